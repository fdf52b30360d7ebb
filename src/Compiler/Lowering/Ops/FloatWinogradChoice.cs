using System;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Which float32 convolutions are computed by <see cref="FloatWinogradConvolution"/>: those of 3×3 with stride 1, where it takes less time.</summary>
internal static class FloatWinogradChoice
{
    private const int Positions = 16;
    private const int Taps = 9;

    // All that follows is in nanoseconds, measured on one core of a Zen 4 with AVX-512.
    // Direct: 56×56×64 → 64, 28×28×128 → 128 and 14×14×256 → 256 take 2,150 to 2,200 µs, transformed 1,060 to 1,130.
    private const double Product = 0.0185;
    private const double InputOfTile = 1;
    private const double OutputOfTile = 1;
    private const double Weight = 0.55;

    // Channels of part of a vector are stored one by one.
    private const double OutputOfPart = 1.5;

    // Half a block of outputs takes half as long, but not transformed.
    private const int HalfBlock = WeightPacking.Block / 2;

    // What less is gained is not worth compiling more methods before the first prediction.
    private const double LeastGain = 5000;

    // So few tiles take as long as this many.
    private const int LeastTiles = 6;

    // Fewer channels than a vector has are transformed in narrower ones.
    private const int LeastChannels = 16;

    // What the tiles that are computed together take of the second-level cache; but the fewer they are, the more often are the weights transformed.
    private const int TileBytes = 1 << 20;
    private const int MostTilesTogether = 56;

    // Fewer are not worth transforming the weights for.
    private const int LeastTilesTogether = 14;

    /// <summary>Whether a convolution with constant weights is computed so.</summary>
    /// <param name="convolution">The convolution.</param>
    /// <param name="weights">Shape of the weights: output channels, rows, columns, input channels.</param>
    /// <param name="output">Shape of the output.</param>
    public static bool Suits(Conv2D convolution, Shape weights, Shape output) =>
        convolution is { Groups: 1, Window: { KernelHeight: 3, KernelWidth: 3, StrideHeight: 1, StrideWidth: 1, DilationHeight: 1, DilationWidth: 1 } }
        && Pays(weights[3], weights[0], output);

    /// <summary>Tiles of an image or of several.</summary>
    public static int Tiles(Shape output) => output[0] * Extents(output[1]) * Extents(output[2]);

    /// <summary>As many tiles as stay in the cache, in parts of about the same size.</summary>
    public static int TilesTogether(int inputChannels, int tiles)
    {
        int bytes = Positions * sizeof(float) * (inputChannels + (2 * WeightPacking.Block));
        int most = Math.Clamp(TileBytes / bytes, LeastTilesTogether, MostTilesTogether);
        int parts = (tiles + most - 1) / most;
        int each = (tiles + parts - 1) / parts;
        int group = FloatWinogradConvolution.TilesOfProduct(tiles);
        return Math.Min(tiles, (each + group - 1) / group * group);
    }

    private static bool Pays(int inputChannels, int outputChannels, Shape output)
    {
        double products = (double)inputChannels * WeightPacking.Blocks(outputChannels) * WeightPacking.Block;
        double halves = (outputChannels + HalfBlock - 1) / HalfBlock * HalfBlock;
        double direct = (double)output[0] * output[1] * output[2] * Taps * inputChannels * halves * Product;
        int tiles = Tiles(output), together = TilesTogether(inputChannels, tiles);
        double multiplied = Math.Max(tiles, LeastTiles) * Positions * products * Product;
        double part = outputChannels % WeightPacking.Block * FloatWinogradConvolution.TileExtent * FloatWinogradConvolution.TileExtent * OutputOfPart;
        double transformed = tiles * ((inputChannels * InputOfTile) + (outputChannels * OutputOfTile) + part);
        double weights = Math.Ceiling((double)tiles / together) * products * Weight;
        long scratch = sizeof(float) * FloatWinogradConvolution.ScratchLength(together, inputChannels);
        return inputChannels >= LeastChannels && scratch <= GraphBuilder.MaximumTensorBytes && multiplied + transformed + weights + LeastGain < direct;
    }

    private static int Extents(int pixels) => (pixels + FloatWinogradConvolution.TileExtent - 1) / FloatWinogradConvolution.TileExtent;
}
