using System;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Convolution of windows of 3×3 with stride 1 in four ninths of the products: Winograd's F(2×2, 3×3) in float32.
/// <para>
/// A tile is 2×2 output pixels of 4×4 inputs d. With weights g it is <c>Aᵀ(Σ (G g Gᵀ) ⊙ (Bᵀ d B))A</c>, where the sum over the input channels is the <see cref="ProductSum"/> of each
/// of 16 positions; that of position (1, 1), which every output contains once, begins with the bias. All factors are 1 or ½, so that a transform only rounds sums. An output is as exact
/// as that of a direct convolution, measured by the largest of its tile's inputs instead of its window's: an infinity or a NaN spoils the outputs of its tiles.
/// </para>
/// </summary>
public static partial class FloatWinogradConvolution
{
    /// <summary>A tile of outputs has that many rows and columns.</summary>
    public const int TileExtent = 2;

    /// <summary>The most tiles that are computed together.</summary>
    public const int MostTilesTogether = 4096;

    // With fewer an addition is waited for.
    private const int LeastTilesOfProduct = 8;
    private const int MostTilesOfProduct = 14;

    /// <summary>Rows, and columns, of a window.</summary>
    internal const int Kernel = 3;

    /// <summary>Places of a window.</summary>
    internal const int Taps = Kernel * Kernel;

    /// <summary>Rows, and columns, of a tile's inputs.</summary>
    internal const int InputExtent = TileExtent + Kernel - 1;

    /// <summary>Places of a transformed tile.</summary>
    internal const int Positions = InputExtent * InputExtent;

    /// <summary>The place whose products all outputs of a tile contain with the factor 1.</summary>
    internal const int BiasPosition = InputExtent + 1;

    /// <summary>Tiles that are multiplied together at most: as many as divide their number if that leaves sums enough, because each other number is compiled by itself.</summary>
    /// <param name="tiles">Tiles of all images.</param>
    /// <returns>The number.</returns>
    public static int TilesOfProduct(int tiles)
    {
        int together = MostTilesOfProduct;
        while (tiles % together != 0 && together > LeastTilesOfProduct)
        {
            together--;
        }

        return tiles % together == 0 ? together : MostTilesOfProduct;
    }

    /// <summary>Floats of scratch memory.</summary>
    /// <param name="tilesTogether">Tiles that are computed together.</param>
    /// <param name="inputChannels">Input channels.</param>
    /// <returns>The number.</returns>
    public static long ScratchLength(int tilesTogether, int inputChannels) =>
        Positions * (InputStride(tilesTogether, inputChannels) + WeightStride(inputChannels) + ProductStride(tilesTogether));

    /// <summary>Checks the arguments and runs the fastest path there is.</summary>
    internal static void Run(in Arguments arguments)
    {
        Check(arguments);
        if (Avx512F.IsSupported && arguments.InputChannels >= Lanes512.Count)
        {
            RunAvx512(arguments);
        }
        else if (Avx2.IsSupported && Fma.IsSupported && arguments.InputChannels >= Lanes256.Count)
        {
            RunAvx2(arguments);
        }
        else if (Vector128.IsHardwareAccelerated && arguments.InputChannels >= Lanes128.Count)
        {
            RunVector128(arguments);
        }
        else
        {
            RunScalar(arguments);
        }
    }

    /// <summary>Throws unless the spans hold what the counts imply.</summary>
    internal static void Check(in Arguments arguments)
    {
        ConvolutionExtents.Positive(arguments.InputChannels, "inputChannels");
        ConvolutionExtents.Positive(arguments.OutputChannels, "outputChannels");
        ConvolutionExtents.Positive(arguments.TilesTogether, "tilesTogether");
        if (arguments.TilesTogether > MostTilesTogether)
        {
            throw new ArgumentException($"{arguments.TilesTogether} is more than {MostTilesTogether}.", "tilesTogether");
        }

        ConvolutionGeometry geometry = arguments.Geometry;
        long paddedChannels = (long)arguments.Blocks * Conv2DFloat32.BlockChannels;
        long lastTap = ConvolutionExtents.LastWindow(geometry) + ((Kernel - 1L) * geometry.InputRowStep) + ((Kernel - 1L) * geometry.InputPixelStep);
        KernelGuard.Holds(arguments.Input.Length, lastTap + arguments.InputChannels, "input");
        KernelGuard.Holds(arguments.Weights.Length, (long)Taps * arguments.InputChannels * paddedChannels, "weights");
        KernelGuard.Holds(arguments.Bias.Length, paddedChannels, "bias");
        KernelGuard.Holds(arguments.Output.Length, ConvolutionExtents.LastOutput(geometry) + arguments.OutputChannels, "output");
        KernelGuard.Holds(arguments.Scratch.Length, ScratchLength(arguments.TilesTogether, arguments.InputChannels), "scratch");
    }

    /// <summary>Throws unless the image that is added holds a number for every output.</summary>
    internal static void CheckAddend(in Arguments arguments)
    {
        _ = ConvolutionExtents.LastWindow(arguments.Addend.Geometry);
        KernelGuard.Holds(arguments.Addend.Values.Length, ConvolutionExtents.LastOutput(arguments.Addend.Geometry) + arguments.OutputChannels, "addend");
    }

    /// <summary>The arguments of a run, as every path takes them.</summary>
    internal readonly ref struct Arguments(
        ReadOnlySpan<float> input,
        ReadOnlySpan<float> weights,
        ReadOnlySpan<float> bias,
        Span<float> output,
        Span<float> scratch,
        ConvolutionGeometry geometry,
        int tilesTogether,
        int inputChannels,
        int outputChannels,
        float minimum,
        float maximum,
        Conv2DFloat32.Addend addend = default)
    {
        public readonly ReadOnlySpan<float> Input = input;
        public readonly ReadOnlySpan<float> Weights = weights;
        public readonly ReadOnlySpan<float> Bias = bias;
        public readonly Span<float> Output = output;
        public readonly Span<float> Scratch = scratch;
        public readonly ConvolutionGeometry Geometry = geometry;
        public readonly int TilesTogether = tilesTogether;
        public readonly int InputChannels = inputChannels;
        public readonly int OutputChannels = outputChannels;
        public readonly float Minimum = minimum;
        public readonly float Maximum = maximum;

        /// <summary>What is added to the products, if anything.</summary>
        public readonly Conv2DFloat32.Addend Addend = addend;

        /// <summary>Blocks of 16 output channels, the last one filled up.</summary>
        public int Blocks => (OutputChannels + Conv2DFloat32.BlockChannels - 1) / Conv2DFloat32.BlockChannels;
    }
}
