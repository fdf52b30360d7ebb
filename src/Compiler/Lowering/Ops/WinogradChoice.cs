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

    // All that follows is in nanoseconds, measured on one core of a Zen 4 with AVX-512, where both multiply 32 pairs of int16 in a cycle of 0.27 ns.
    // Direct: 56×56×64 → 64, 28×28×128 → 128, 14×14×256 → 256 and 7×7×512 → 512 take 1,260 to 1,290 µs; small layers up to a quarter as much again.
    private const double DirectProduct = 0.011;

    // Winograd: 390, 365, 460 and 655 µs for the same, of which 210 are the weights' transform in the last.
    private const double Product = 0.01;
    private const double InputOfTile = 3.5;
    private const double OutputOfTile = 6;
    private const double Weight = 1;

    // Channels that are transformed in about the time of one; fewer than the least have no vector form.
    private const int VectorChannels = 16;
    private const int LeastChannels = 8;

    // What the tiles that are computed together take of the second-level cache; but the fewer they are, the more often are the weights transformed.
    private const int TileBytes = 384 << 10;
    private const int LeastTilesTogether = 16;
    private const int MostTilesTogether = 32;

    // Tiles are multiplied in groups of 8, a rest in one of 4.
    private const int WholeGroup = 8;
    private const int TileGroup = 4;

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
        int bytes = Positions * ((sizeof(short) * inputChannels) + (sizeof(int) * WeightPacking.Block));
        int most = Math.Clamp(TileBytes / bytes / WholeGroup * WholeGroup, LeastTilesTogether, MostTilesTogether);
        int parts = (tiles + most - 1) / most;
        int each = (tiles + parts - 1) / parts;
        int group = each > WholeGroup ? WholeGroup : TileGroup;
        return (each + group - 1) / group * group;
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
        double outputs = WeightPacking.Blocks(outputChannels) * WeightPacking.Block;
        double products = inputChannels * outputs;
        double tiles = Tiles(output);
        double direct = (double)output[0] * output[1] * output[2] * Taps * products * DirectProduct;
        double multiplied = Math.Ceiling(tiles / TileGroup) * TileGroup * Positions * products * Product;
        double transformed = tiles * ((Math.Max(inputChannels, VectorChannels) * InputOfTile) + (outputs * OutputOfTile));
        int together = TilesTogether(inputChannels, Tiles(output));
        double weights = Math.Ceiling(tiles / together) * products * Weight;
        long scratch = sizeof(int) * ByteWinogradConvolution.ScratchLength(together, inputChannels);
        return inputChannels >= LeastChannels && scratch <= GraphBuilder.MaximumTensorBytes && multiplied + transformed + weights < direct;
    }

    private static int Extents(int pixels) => (pixels + ByteWinogradConvolution.TileExtent - 1) / ByteWinogradConvolution.TileExtent;
}
