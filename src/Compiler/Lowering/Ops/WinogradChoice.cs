using System;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Which int8 convolutions are computed by <see cref="ByteWinogradConvolution"/>: those whose sums it can tell apart, and where it takes less time.</summary>
internal static class WinogradChoice
{
    private const int Positions = 36;
    private const int Taps = 9;

    // All that follows is in nanoseconds, measured on one core of a Zen 4 with AVX-512, where both multiply 32 pairs of int16 in a cycle.
    // Direct: 56×56×64 → 64 takes 1,570 µs, 14×14×256 → 256 1,310 µs, 32×32×16 → 16 47 µs.
    private const double DirectProduct = 0.0125;

    // 14×14×256 → 256 takes 465 µs, of which transforms are some 40; 28×28×128 → 128 395 µs.
    private const double Product = 0.011;

    // 32×32×16 → 16 takes 18.6 µs, 55×55×16 → 64 190 µs.
    private const double InputOfTile = 3.5;
    private const double OutputOfTile = 9;

    // Transformed weights of a large network come from memory in each prediction.
    private const double WeightByte = 0.06;

    // What the tiles that are computed together take of the second-level cache.
    private const int TileBytes = 384 << 10;
    private const int MostTilesTogether = 64;

    /// <summary>Whether a convolution with constant weights is computed so.</summary>
    /// <param name="convolution">The convolution.</param>
    /// <param name="weights">Shape of the weights: output channels, rows, columns, input channels.</param>
    /// <param name="output">Shape of the output.</param>
    /// <param name="quantized">The weights.</param>
    public static bool Suits(Conv2D convolution, Shape weights, Shape output, sbyte[] quantized) =>
        convolution is { Groups: 1, Window: { KernelHeight: 3, KernelWidth: 3, StrideHeight: 1, StrideWidth: 1, DilationHeight: 1, DilationWidth: 1 } }
        && Pays(weights[3], weights[0], output)
        && IsExact(quantized, weights[0]);

    /// <summary>Tiles of an image or of several.</summary>
    public static int Tiles(Shape output) => output[0] * Extents(output[1]) * Extents(output[2]);

    /// <summary>As many tiles as stay in the cache, in parts of about the same size.</summary>
    public static int TilesTogether(int inputChannels, int tiles)
    {
        int bytes = (Positions * sizeof(short) * inputChannels) + (Positions * sizeof(int) * 2 * WeightPacking.Block);
        int most = Math.Clamp(TileBytes / bytes / 8 * 8, 8, MostTilesTogether);
        int parts = (tiles + most - 1) / most;
        int each = (tiles + parts - 1) / parts;
        return each > 8 ? (each + 7) / 8 * 8 : (each + 3) / 4 * 4;
    }

    /// <summary>Whether no sum, whatever the inputs, reaches what is told apart.</summary>
    public static bool IsExact(sbyte[] weights, int channels)
    {
        int each = weights.Length / channels;
        for (int channel = 0; channel < channels; channel++)
        {
            (long positive, long negative) = (0, 0);
            foreach (sbyte weight in weights.AsSpan(channel * each, each))
            {
                positive += Math.Max((sbyte)0, weight);
                negative -= Math.Min((sbyte)0, weight);
            }

            if (byte.MaxValue * Math.Max(positive, negative) >= ByteWinogradConvolution.SumLimit)
            {
                return false;
            }
        }

        return true;
    }

    private static bool Pays(int inputChannels, int outputChannels, Shape output)
    {
        double products = (double)inputChannels * WeightPacking.Blocks(outputChannels) * WeightPacking.Block;
        double tiles = Tiles(output);
        double direct = output[0] * output[1] * output[2] * Taps * products * DirectProduct;
        double multiplied = Math.Ceiling(tiles / 4) * 4 * Positions * products * Product;
        double transformed = tiles * ((inputChannels * InputOfTile) + (outputChannels * OutputOfTile));
        double streamed = Positions * sizeof(short) * products * WeightByte;
        return multiplied + transformed + streamed < direct;
    }

    private static int Extents(int pixels) => (pixels + ByteWinogradConvolution.TileExtent - 1) / ByteWinogradConvolution.TileExtent;
}
