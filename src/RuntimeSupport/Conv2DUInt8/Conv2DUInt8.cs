using System;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Two-dimensional convolution of NHWC images, uint8 activations by int8 weights, any stride, dilation and number of groups.
/// The input is padded already, so that no window leaves it.
/// </summary>
public static partial class Conv2DUInt8
{
    /// <summary>Output channels in a block of packed weights.</summary>
    internal const int BlockChannels = 16;

    /// <summary>Bytes of a block's weights for four consecutive inputs: <c>[16][4]</c>.</summary>
    internal const int QuadWeights = 64;

    /// <summary>Convolves.</summary>
    /// <param name="input">
    /// Activations, beginning at the window of output pixel (0, 0). The window of pixel (b, y, x) and group g begins at
    /// <c>b * InputBatchStride + y * InputRowStep + x * InputPixelStep + g * inputChannelsPerGroup</c>. Up to 3 bytes past a run may be read.
    /// </param>
    /// <param name="weights">For each group <c>[ceil(outputChannels / 16)][runs][ceil(runLength / 4)][16][4]</c>, −128…127, filled up with zeros.</param>
    /// <param name="bias">Start of the sums, in steps of input scale × weight scale, the input's zero point folded in; for each group padded to a multiple of 16.</param>
    /// <param name="multipliers">Input scale × weight scale / output scale an output channel; padded like the bias.</param>
    /// <param name="output">Results; channel o of group g of pixel (b, y, x) is at
    /// <c>b * OutputBatchStride + y * OutputRowStride + x * OutputPixelStride + g * outputChannelsPerGroup + o</c>.</param>
    /// <param name="runOffsets">Where each run of contiguous inputs begins, from the window's begin; at least one, none negative.</param>
    /// <param name="geometry">Sizes and strides.</param>
    /// <param name="runLength">Activations in a run: kernel width × channels for a dense kernel row, else the channels of one tap.</param>
    /// <param name="groups">Number of groups.</param>
    /// <param name="inputChannelsPerGroup">Input channels of a group.</param>
    /// <param name="outputChannelsPerGroup">Output channels of a group.</param>
    /// <param name="outputZeroPoint">Quantised zero of the output, 0…255.</param>
    /// <param name="outputMinimum">Smallest result, 0…255.</param>
    /// <param name="outputMaximum">Largest result, <paramref name="outputMinimum"/>…255.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or a count is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<byte> input,
        ReadOnlySpan<sbyte> weights,
        ReadOnlySpan<int> bias,
        ReadOnlySpan<float> multipliers,
        Span<byte> output,
        ReadOnlySpan<int> runOffsets,
        ConvolutionGeometry geometry,
        int runLength,
        int groups,
        int inputChannelsPerGroup,
        int outputChannelsPerGroup,
        int outputZeroPoint,
        int outputMinimum,
        int outputMaximum)
    {
        var arguments = new Arguments(
            input, weights, bias, multipliers, output, runOffsets, geometry, runLength, groups, inputChannelsPerGroup, outputChannelsPerGroup,
            Requantization.Target.Of(outputZeroPoint, outputMinimum, outputMaximum));
        Check(arguments);
        Dispatch(arguments);
    }

    /// <summary>Runs the fastest path there is; the arguments are checked.</summary>
    internal static void Dispatch(in Arguments arguments)
    {
#if NET10_0_OR_GREATER
        if (AvxVnni.IsSupported)
        {
            RunAvxVnni(arguments);
            return;
        }
#endif
        if (Avx512BW.IsSupported)
        {
            RunAvx512(arguments);
        }
        else if (Avx2.IsSupported)
        {
            RunAvx2(arguments);
        }
        else if (Dp.IsSupported)
        {
            RunArmDp(arguments);
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
        ConvolutionExtents.Positive(arguments.RunLength, "runLength");
        ConvolutionExtents.Positive(arguments.Groups, "groups");
        ConvolutionExtents.Positive(arguments.InputChannels, "inputChannelsPerGroup");
        ConvolutionExtents.Positive(arguments.OutputChannels, "outputChannelsPerGroup");
        long lastRun = ConvolutionExtents.LastWindow(arguments.Geometry)
            + ((arguments.Groups - 1L) * arguments.InputChannels)
            + ConvolutionExtents.LargestOffset(arguments.RunOffsets, "runOffsets");
        long paddedChannels = (long)arguments.Groups * arguments.Blocks * BlockChannels;
        KernelGuard.Holds(arguments.Input.Length, lastRun + (4L * arguments.QuadsPerRun), "input");
        KernelGuard.Holds(arguments.Weights.Length, (long)arguments.Groups * arguments.Blocks * arguments.RunOffsets.Length * arguments.QuadsPerRun * QuadWeights, "weights");
        KernelGuard.Holds(arguments.Bias.Length, paddedChannels, "bias");
        KernelGuard.Holds(arguments.Multipliers.Length, paddedChannels, "multipliers");
        KernelGuard.Holds(arguments.Output.Length, ConvolutionExtents.LastOutput(arguments.Geometry) + ((long)arguments.Groups * arguments.OutputChannels), "output");
    }

    /// <summary>The arguments of a run, as every path takes them.</summary>
    internal readonly ref struct Arguments(
        ReadOnlySpan<byte> input,
        ReadOnlySpan<sbyte> weights,
        ReadOnlySpan<int> bias,
        ReadOnlySpan<float> multipliers,
        Span<byte> output,
        ReadOnlySpan<int> runOffsets,
        ConvolutionGeometry geometry,
        int runLength,
        int groups,
        int inputChannels,
        int outputChannels,
        Requantization.Target target)
    {
        public readonly ReadOnlySpan<byte> Input = input;
        public readonly ReadOnlySpan<sbyte> Weights = weights;
        public readonly ReadOnlySpan<int> Bias = bias;
        public readonly ReadOnlySpan<float> Multipliers = multipliers;
        public readonly Span<byte> Output = output;
        public readonly ReadOnlySpan<int> RunOffsets = runOffsets;
        public readonly ConvolutionGeometry Geometry = geometry;
        public readonly int RunLength = runLength;
        public readonly int Groups = groups;
        public readonly int InputChannels = inputChannels;
        public readonly int OutputChannels = outputChannels;
        public readonly Requantization.Target Target = target;

        /// <summary>Groups of four inputs in a run, the last one filled up.</summary>
        public int QuadsPerRun => (RunLength + 3) / 4;

        /// <summary>Blocks of 16 output channels in a group, the last one filled up.</summary>
        public int Blocks => (OutputChannels + BlockChannels - 1) / BlockChannels;
    }
}
