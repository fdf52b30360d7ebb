using System;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Two-dimensional convolution of NHWC images in float32, any stride, dilation and number of groups. The input is padded already, so
/// that no window leaves it. Every result is the <see cref="ProductSum"/> that starts from the bias and follows the order of the inputs.
/// </summary>
public static partial class Conv2DFloat32
{
    /// <summary>Output channels in a block of packed weights.</summary>
    internal const int BlockChannels = 16;

    /// <summary>Convolves.</summary>
    /// <param name="input">
    /// Activations, beginning at the window of output pixel (0, 0). The window of pixel (b, y, x) and group g begins at
    /// <c>b * InputBatchStride + y * InputRowStep + x * InputPixelStep + g * inputChannelsPerGroup</c>.
    /// </param>
    /// <param name="weights">For each group <c>[ceil(outputChannels / 16)][runs][runLength][16]</c>, filled up with zeros; in pairs
    /// <c>[ceil(outputChannels / 16) / 2][runs][runLength][32]</c>, and behind them what is left over.</param>
    /// <param name="bias">Start of the sums; for each group padded to a multiple of 16.</param>
    /// <param name="output">Results; channel o of group g of pixel (b, y, x) is at
    /// <c>b * OutputBatchStride + y * OutputRowStride + x * OutputPixelStride + g * outputChannelsPerGroup + o</c>.</param>
    /// <param name="runOffsets">Where each run of contiguous inputs begins, from the window's begin; at least one, none negative.</param>
    /// <param name="geometry">Sizes and strides.</param>
    /// <param name="runLength">Activations in a run: kernel width × channels for a dense kernel row, else the channels of one tap.</param>
    /// <param name="weightsInPairs">Whether the weights are stored so that two blocks of output channels are read as one stream.</param>
    /// <param name="groups">Number of groups.</param>
    /// <param name="inputChannelsPerGroup">Input channels of a group.</param>
    /// <param name="outputChannelsPerGroup">Output channels of a group.</param>
    /// <param name="outputMinimum">Smallest result, −∞ for none; a NaN stays a NaN.</param>
    /// <param name="outputMaximum">Largest result, +∞ for none.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or a count is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<float> input,
        ReadOnlySpan<float> weights,
        ReadOnlySpan<float> bias,
        Span<float> output,
        ReadOnlySpan<int> runOffsets,
        ConvolutionGeometry geometry,
        int runLength,
        bool weightsInPairs,
        int groups,
        int inputChannelsPerGroup,
        int outputChannelsPerGroup,
        float outputMinimum,
        float outputMaximum)
    {
        var arguments = new Arguments(
            input, weights, bias, output, runOffsets, geometry, runLength, groups, inputChannelsPerGroup, outputChannelsPerGroup, outputMinimum, outputMaximum,
            weightsInPairs: weightsInPairs);
        Check(arguments);
        Dispatch(arguments);
    }

    /// <summary>Runs the fastest path there is; the arguments are checked.</summary>
    internal static void Dispatch(in Arguments arguments)
    {
        if (Avx512F.IsSupported)
        {
            RunAvx512(arguments);
        }
        else if (Avx2.IsSupported && Fma.IsSupported)
        {
            RunAvx2(arguments);
        }
        else if (Vector128.IsHardwareAccelerated)
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
        CheckAround(arguments);
        KernelGuard.Holds(
            arguments.Weights.Length, (long)arguments.Groups * arguments.Blocks * BlockChannels * arguments.RunOffsets.Length * arguments.RunLength, "weights");
    }

    /// <summary>The same but for the weights, which other kernels store otherwise.</summary>
    internal static void CheckAround(in Arguments arguments)
    {
        ConvolutionExtents.Positive(arguments.RunLength, "runLength");
        ConvolutionExtents.Positive(arguments.Groups, "groups");
        ConvolutionExtents.Positive(arguments.InputChannels, "inputChannelsPerGroup");
        ConvolutionExtents.Positive(arguments.OutputChannels, "outputChannelsPerGroup");
        long lastRun = ConvolutionExtents.LastWindow(arguments.Geometry)
            + ((arguments.Groups - 1L) * arguments.InputChannels)
            + ConvolutionExtents.LargestOffset(arguments.RunOffsets, "runOffsets");
        long paddedChannels = (long)arguments.Groups * arguments.Blocks * BlockChannels;
        KernelGuard.Holds(arguments.Input.Length, lastRun + arguments.RunLength, "input");
        KernelGuard.Holds(arguments.Bias.Length, paddedChannels, "bias");
        KernelGuard.Holds(arguments.Output.Length, ConvolutionExtents.LastOutput(arguments.Geometry) + ((long)arguments.Groups * arguments.OutputChannels), "output");
    }

    /// <summary>An image that is added to the products.</summary>
    /// <param name="values">Its elements, beginning at pixel (0, 0).</param>
    /// <param name="geometry">That of the convolution, but with the image's strides in place of the output's.</param>
    internal readonly ref struct Addend(ReadOnlySpan<float> values, ConvolutionGeometry geometry)
    {
        public readonly ReadOnlySpan<float> Values = values;
        public readonly ConvolutionGeometry Geometry = geometry;

        public bool IsPresent => !Values.IsEmpty;
    }

    /// <summary>The arguments of a run, as every path takes them.</summary>
    internal readonly ref struct Arguments(
        ReadOnlySpan<float> input,
        ReadOnlySpan<float> weights,
        ReadOnlySpan<float> bias,
        Span<float> output,
        ReadOnlySpan<int> runOffsets,
        ConvolutionGeometry geometry,
        int runLength,
        int groups,
        int inputChannels,
        int outputChannels,
        float minimum,
        float maximum,
        Addend addend = default,
        bool weightsInPairs = false)
    {
        public readonly ReadOnlySpan<float> Input = input;
        public readonly ReadOnlySpan<float> Weights = weights;
        public readonly ReadOnlySpan<float> Bias = bias;
        public readonly Span<float> Output = output;
        public readonly ReadOnlySpan<int> RunOffsets = runOffsets;
        public readonly ConvolutionGeometry Geometry = geometry;
        public readonly int RunLength = runLength;
        public readonly int Groups = groups;
        public readonly int InputChannels = inputChannels;
        public readonly int OutputChannels = outputChannels;
        public readonly float Minimum = minimum;
        public readonly float Maximum = maximum;

        /// <summary>What the sums begin with, if anything.</summary>
        public readonly Addend Addend = addend;

        /// <summary>Whether two blocks of weights alternate.</summary>
        public readonly bool WeightsInPairs = weightsInPairs;

        /// <summary>Blocks of 16 output channels in a group, the last one filled up.</summary>
        public int Blocks => (OutputChannels + BlockChannels - 1) / BlockChannels;
    }
}
