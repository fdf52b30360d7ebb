using System;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Convolution of windows of 3×3 with stride 1 in a quarter of the products: Winograd's F(4×4, 3×3) in integers, with the bits of <see cref="ByteConvolution"/>.
/// <para>
/// A tile is 4×4 output pixels of 6×6 inputs d. With weights g it is <c>Aᵀ((24·G g Gᵀ·24) ⊙ (Bᵀ d B))A / 576</c>. The transforms' factors are whole numbers,
/// transformed inputs (at most 17,340) and weights (at most 21,504) fit in int16, and the rest is exact modulo 2³²: 576 = 9 · 64, a product with the inverse
/// of 9 leaves 64 times the sum, and a shift the sum. The sum of an output without its bias must therefore be smaller than 2²⁵ in magnitude.
/// </para>
/// </summary>
public static partial class ByteWinogradConvolution
{
    /// <summary>A tile of outputs has that many rows and columns.</summary>
    public const int TileExtent = 4;

    /// <summary>Sums without bias are smaller than this in magnitude.</summary>
    public const int SumLimit = 1 << 25;

    /// <summary>Rows, and columns, of a window.</summary>
    internal const int Kernel = 3;

    /// <summary>Places of a window.</summary>
    internal const int Taps = Kernel * Kernel;

    /// <summary>Rows, and columns, of a tile's inputs.</summary>
    internal const int InputExtent = TileExtent + Kernel - 1;

    /// <summary>Places of a transformed tile.</summary>
    internal const int Positions = InputExtent * InputExtent;

    /// <summary>Tiles are multiplied in groups of this many.</summary>
    private const int TileGroup = 4;

    /// <summary>What turns 9 times a number into the number, modulo 2³².</summary>
    private const int InverseOfNine = 954437177;

    /// <summary>576 = 9 · 2⁶.</summary>
    private const int ScaleShift = 6;

    /// <summary>Integers of scratch memory.</summary>
    /// <param name="tilesTogether">Tiles that are computed together, a multiple of 4.</param>
    /// <param name="inputChannels">Input channels.</param>
    /// <returns>The number.</returns>
    public static long ScratchLength(int tilesTogether, int inputChannels) =>
        WeightsBegin(tilesTogether, inputChannels) + (Positions * WeightStride(inputChannels) / 2);

    /// <summary>Checks the arguments and runs the fastest path there is.</summary>
    internal static void Run<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        Check(arguments);
        if (IsDirectFaster)
        {
            RunDirect<TRequantizer>(arguments);
        }
        else if (Avx512BW.IsSupported)
        {
            RunAvx512<TRequantizer>(arguments);
        }
        else if (Avx2.IsSupported)
        {
            RunAvx2<TRequantizer>(arguments);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            RunVector128<TRequantizer>(arguments);
        }
        else
        {
            RunScalar<TRequantizer>(arguments);
        }
    }

    /// <summary>Whether the processor multiplies bytes so much faster than int16 that transforms do not pay: Arm sums 16 products of bytes in an instruction, but 4 of int16.</summary>
    internal static bool IsDirectFaster => !Avx2.IsSupported && Dp.IsSupported;

    /// <summary>Convolves without transforms.</summary>
    internal static void RunDirect<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        int channels = arguments.InputChannels;

        // A row of a window without gaps is one run; the weights lie in the same order then.
        bool rowsAreRuns = geometry.InputPixelStep == channels && channels % 4 == 0;
        int columns = rowsAreRuns ? 1 : Kernel;
        Span<int> runs = stackalloc int[Kernel * columns];
        for (int run = 0; run < runs.Length; run++)
        {
            runs[run] = (run / columns * geometry.InputRowStep) + (run % columns * geometry.InputPixelStep);
        }

        ByteConvolution.Run<TRequantizer>(new ByteConvolution.Arguments(
            arguments.Input, arguments.Weights, arguments.Bias, arguments.Multipliers, arguments.Output, runs, geometry,
            rowsAreRuns ? Kernel * channels : channels, 1, channels, arguments.OutputChannels, arguments.Target));
    }

    /// <summary>Throws unless the spans hold what the counts imply.</summary>
    internal static void Check(in Arguments arguments)
    {
        ConvolutionExtents.Positive(arguments.InputChannels, "inputChannels");
        ConvolutionExtents.Positive(arguments.OutputChannels, "outputChannels");
        ConvolutionExtents.Positive(arguments.TilesTogether, "tilesTogether");
        if (arguments.TilesTogether % TileGroup != 0)
        {
            throw new ArgumentException($"{arguments.TilesTogether} is no multiple of {TileGroup}.", "tilesTogether");
        }

        ConvolutionGeometry geometry = arguments.Geometry;
        long paddedChannels = (long)arguments.Blocks * ByteConvolution.BlockChannels;
        long lastTap = ConvolutionExtents.LastWindow(geometry) + ((Kernel - 1L) * geometry.InputRowStep) + ((Kernel - 1L) * geometry.InputPixelStep);
        KernelGuard.Holds(arguments.Input.Length, lastTap + PaddedInputs(arguments.InputChannels), "input");
        KernelGuard.Holds(arguments.Weights.Length, (long)Taps * PaddedInputs(arguments.InputChannels) * paddedChannels, "weights");
        KernelGuard.Holds(arguments.Bias.Length, paddedChannels, "bias");
        KernelGuard.Holds(arguments.Multipliers.Length, paddedChannels + arguments.Target.ShiftDistance, "multipliers");
        KernelGuard.Holds(arguments.Output.Length, ConvolutionExtents.LastOutput(geometry) + arguments.OutputChannels, "output");
        KernelGuard.Holds(arguments.Scratch.Length, ScratchLength(arguments.TilesTogether, arguments.InputChannels), "scratch");
    }

    /// <summary>Input channels, filled up to whole quads.</summary>
    internal static int PaddedInputs(int inputChannels) => (inputChannels + 3) / 4 * 4;

    /// <summary>The arguments of a run, as every path takes them.</summary>
    internal readonly ref struct Arguments(
        ReadOnlySpan<byte> input,
        ReadOnlySpan<sbyte> weights,
        ReadOnlySpan<int> bias,
        ReadOnlySpan<int> multipliers,
        Span<byte> output,
        Span<int> scratch,
        ConvolutionGeometry geometry,
        int tilesTogether,
        int inputChannels,
        int outputChannels,
        RequantizationTarget target)
    {
        public readonly ReadOnlySpan<byte> Input = input;
        public readonly ReadOnlySpan<sbyte> Weights = weights;
        public readonly ReadOnlySpan<int> Bias = bias;
        public readonly ReadOnlySpan<int> Multipliers = multipliers;
        public readonly Span<byte> Output = output;
        public readonly Span<int> Scratch = scratch;
        public readonly ConvolutionGeometry Geometry = geometry;
        public readonly int TilesTogether = tilesTogether;
        public readonly int InputChannels = inputChannels;
        public readonly int OutputChannels = outputChannels;
        public readonly RequantizationTarget Target = target;

        /// <summary>Blocks of 16 output channels, the last one filled up.</summary>
        public int Blocks => (OutputChannels + ByteConvolution.BlockChannels - 1) / ByteConvolution.BlockChannels;

        /// <summary>Requantises the sum of a channel.</summary>
        public byte Requantize<TRequantizer>(int sum, int channel)
            where TRequantizer : struct, IRequantizer =>
            TRequantizer.Scalar(sum, Multipliers[channel], TRequantizer.HasShifts ? Multipliers[Target.ShiftDistance + channel] : 0, Target);
    }
}
