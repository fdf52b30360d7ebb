using System;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>The orders in which kernels read weights.</summary>
public static class WeightPacking
{
    /// <summary>Output channels of a block.</summary>
    public const int Block = 16;

    /// <summary>
    /// int8 weights [outputs][runs][runLength] as [groups][blocks of 16][runs][runLength / 4][16][4]: a 64-byte line holds 4 terms of 16 outputs,
    /// which is what dot-product instructions take.
    /// </summary>
    public static sbyte[] Int8(sbyte[] weights, int groups, int runs, int runLength)
    {
        int outputs = weights.Length / Math.Max(1, runs * runLength);
        int perGroup = outputs / groups;
        int blocks = Blocks(perGroup);
        int quads = (runLength + 3) / 4;
        var packed = new sbyte[groups * blocks * runs * quads * Block * 4];
        for (int output = 0; output < outputs; output++)
        {
            int inGroup = output % perGroup;
            int block = (output / perGroup * blocks) + (inGroup / Block);
            for (int run = 0; run < runs; run++)
            {
                for (int term = 0; term < runLength; term++)
                {
                    int line = (((block * runs) + run) * quads) + (term / 4);
                    packed[(((line * Block) + (inGroup % Block)) * 4) + (term % 4)] = weights[(((output * runs) + run) * runLength) + term];
                }
            }
        }

        return packed;
    }

    /// <summary>float weights [outputs][terms] as [groups][blocks of 16][terms][16].</summary>
    public static Tensor Float32(Tensor weights, int groups, int terms)
    {
        int perGroup = weights.Count / Math.Max(1, terms) / groups;
        return weights.IsUniform
            ? Repeat(weights, groups * Blocks(perGroup) * terms * Block)
            : Vector(Float32(weights.Values<float>(), groups, terms));
    }

    /// <summary>The same, but two blocks alternate: [groups][pairs of blocks][terms][32], then what is left over, so that a tile of two blocks reads one stream.</summary>
    public static Tensor Float32InPairs(Tensor weights, int groups, int terms)
    {
        Tensor packed = Float32(weights, groups, terms);
        return weights.IsUniform ? packed : Vector(InPairs(packed.Values<float>(), groups, terms));
    }

    /// <summary>float weights of a depthwise convolution, as <see cref="Depthwise{T}"/> packs them.</summary>
    public static Tensor Depthwise(Tensor weights, int taps) => weights.IsUniform
        ? Repeat(weights, taps * Blocks(weights.Count / Math.Max(1, taps)) * Block)
        : Vector(Depthwise(weights.Values<float>(), taps));

    /// <summary>float weights [outputs][terms] as [groups][blocks of 16][terms][16].</summary>
    public static float[] Float32(float[] weights, int groups, int terms) => Blocks(weights, groups, terms);

    /// <summary>Weights [outputs][terms] as [groups][blocks of 16][terms][16].</summary>
    public static T[] Blocks<T>(T[] weights, int groups, int terms)
    {
        int outputs = weights.Length / Math.Max(1, terms);
        int perGroup = outputs / groups;
        int blocks = Blocks(perGroup);
        var packed = new T[groups * blocks * terms * Block];
        for (int output = 0; output < outputs; output++)
        {
            int inGroup = output % perGroup;
            int block = (output / perGroup * blocks) + (inGroup / Block);
            for (int term = 0; term < terms; term++)
            {
                packed[(((block * terms) + term) * Block) + (inGroup % Block)] = weights[(output * terms) + term];
            }
        }

        return packed;
    }

    /// <summary>Depthwise weights [channels][taps] as [taps][channels padded to 16].</summary>
    public static T[] Depthwise<T>(T[] weights, int taps)
    {
        int channels = weights.Length / Math.Max(1, taps);
        int padded = Blocks(channels) * Block;
        var packed = new T[taps * padded];
        for (int channel = 0; channel < channels; channel++)
        {
            for (int tap = 0; tap < taps; tap++)
            {
                packed[(tap * padded) + channel] = weights[(channel * taps) + tap];
            }
        }

        return packed;
    }

    /// <summary>Values per output, each group padded to a multiple of 16.</summary>
    public static T[] PerOutput<T>(T[] values, int groups)
    {
        int perGroup = values.Length / groups;
        int padded = Blocks(perGroup) * Block;
        var packed = new T[groups * padded];
        for (int output = 0; output < values.Length; output++)
        {
            packed[(output / perGroup * padded) + (output % perGroup)] = values[output];
        }

        return packed;
    }

    /// <summary>Blocks of 16 that hold so many channels.</summary>
    public static int Blocks(int channels) => (channels + Block - 1) / Block;

    private static float[] InPairs(float[] packed, int groups, int terms)
    {
        int length = terms * Block;
        int blocks = packed.Length / Math.Max(1, groups * length);
        float[] result = [.. packed];
        for (int group = 0; group < groups; group++)
        {
            for (int block = 0; block < blocks / 2 * 2; block++)
            {
                int from = ((group * blocks) + block) * length;
                int to = (((group * blocks) + (block & ~1)) * length) + ((block & 1) * Block);
                for (int term = 0; term < terms; term++)
                {
                    packed.AsSpan(from + (term * Block), Block).CopyTo(result.AsSpan(to + (term * 2 * Block)));
                }
            }
        }

        return result;
    }

    // What fills the last block is computed and dropped: it may be anything, here what the others are.
    private static Tensor Repeat(Tensor weights, int length) => Tensor.Uniform(weights, [length]);

    private static Tensor Vector(float[] packed) => Tensor.Of([packed.Length], packed);
}
