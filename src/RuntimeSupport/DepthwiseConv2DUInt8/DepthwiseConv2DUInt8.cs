using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Depthwise convolution of NHWC images, uint8 activations by int8 weights: each channel by its own filter. The input is padded already,
/// so that no window leaves it.
/// </summary>
public static partial class DepthwiseConv2DUInt8
{
    /// <summary>Packed weights, bias and multipliers are padded to a multiple of it.</summary>
    private const int ChannelPadding = 16;

    /// <summary>Largest number of taps whose weights are widened on the stack.</summary>
    private const int MaximumVectorTaps = 1024;

    /// <summary>Convolves.</summary>
    /// <param name="input">Activations, beginning at the window of output pixel (0, 0).</param>
    /// <param name="weights"><c>[taps][channels padded to 16]</c>, −128…127.</param>
    /// <param name="bias">Start of the sums, the input's zero point folded in; padded to a multiple of 16.</param>
    /// <param name="multipliers">Input scale × weight scale / output scale a channel; padded to a multiple of 16.</param>
    /// <param name="output">Results; channel c of pixel (b, y, x) is at <c>b * OutputBatchStride + y * OutputRowStride + x * OutputPixelStride + c</c>; not the input.</param>
    /// <param name="tapOffsets">Where each tap's channels begin, from the window's begin; at least one, none negative.</param>
    /// <param name="geometry">Sizes and strides.</param>
    /// <param name="channels">Number of channels.</param>
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
        ReadOnlySpan<int> tapOffsets,
        ConvolutionGeometry geometry,
        int channels,
        int outputZeroPoint,
        int outputMinimum,
        int outputMaximum)
    {
        var arguments = new Arguments(
            input, weights, bias, multipliers, output, tapOffsets, geometry, channels, Requantization.Target.Of(outputZeroPoint, outputMinimum, outputMaximum));
        Check(arguments);
        bool fitsVectors = channels >= 8 && tapOffsets.Length <= MaximumVectorTaps;
        if (fitsVectors && Avx2.IsSupported)
        {
            RunAvx2(arguments);
        }
        else if (fitsVectors && Vector128.IsHardwareAccelerated)
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
        ConvolutionExtents.Positive(arguments.Channels, "channels");
        long lastTap = ConvolutionExtents.LastWindow(arguments.Geometry) + ConvolutionExtents.LargestOffset(arguments.TapOffsets, "tapOffsets");
        KernelGuard.Holds(arguments.Input.Length, lastTap + arguments.Channels, "input");
        KernelGuard.Holds(arguments.Weights.Length, (long)arguments.TapOffsets.Length * arguments.PaddedChannels, "weights");
        KernelGuard.Holds(arguments.Bias.Length, arguments.PaddedChannels, "bias");
        KernelGuard.Holds(arguments.Multipliers.Length, arguments.PaddedChannels, "multipliers");
        KernelGuard.Holds(arguments.Output.Length, ConvolutionExtents.LastOutput(arguments.Geometry) + arguments.Channels, "output");
    }

    /// <summary>The truth that every other path agrees with.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunScalar(in Arguments arguments)
    {
        var cursor = new PixelCursor(arguments.Geometry);
        int pixels = arguments.Geometry.Batches * arguments.Geometry.OutputHeight * arguments.Geometry.OutputWidth;
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            for (int channel = 0; channel < arguments.Channels; channel++)
            {
                int sum = arguments.Bias[channel];
                for (int tap = 0; tap < arguments.TapOffsets.Length; tap++)
                {
                    sum += arguments.Input[cursor.Input + arguments.TapOffsets[tap] + channel] * arguments.Weights[(tap * arguments.PaddedChannels) + channel];
                }

                arguments.Output[cursor.Output + channel] = Requantization.Scalar(sum, arguments.Multipliers[channel], arguments.Target);
            }

            cursor.MoveNext();
        }
    }

    /// <summary>
    /// Where a block of channels begins. The last one is moved back to end with the last channel, and computes some channels again:
    /// cheaper than a path for what is left over.
    /// </summary>
    private static int BlockBegin(int block, int width, int channels) => Math.Min(block * width, channels - width);

    /// <summary>Where a row's first window and its first pixel begin; rows are counted through all images.</summary>
    private static (nint Window, nint Pixel) RowBegin(ConvolutionGeometry geometry, int row)
    {
        (int batch, int y) = Math.DivRem(row, geometry.OutputHeight);
        return (((nint)batch * geometry.InputBatchStride) + ((nint)y * geometry.InputRowStep), ((nint)batch * geometry.OutputBatchStride) + ((nint)y * geometry.OutputRowStride));
    }

    /// <summary>Taps go in pairs; an odd last one is paired with itself, the weights of the second being 0.</summary>
    private static void PairOffsets(ReadOnlySpan<int> tapOffsets, Span<int> pairs)
    {
        tapOffsets.CopyTo(pairs);
        pairs[pairs.Length - 1] = tapOffsets[tapOffsets.Length - 1];
    }

    /// <summary>The arguments of a run, as every path takes them.</summary>
    internal readonly ref struct Arguments(
        ReadOnlySpan<byte> input,
        ReadOnlySpan<sbyte> weights,
        ReadOnlySpan<int> bias,
        ReadOnlySpan<float> multipliers,
        Span<byte> output,
        ReadOnlySpan<int> tapOffsets,
        ConvolutionGeometry geometry,
        int channels,
        Requantization.Target target)
    {
        public readonly ReadOnlySpan<byte> Input = input;
        public readonly ReadOnlySpan<sbyte> Weights = weights;
        public readonly ReadOnlySpan<int> Bias = bias;
        public readonly ReadOnlySpan<float> Multipliers = multipliers;
        public readonly Span<byte> Output = output;
        public readonly ReadOnlySpan<int> TapOffsets = tapOffsets;
        public readonly ConvolutionGeometry Geometry = geometry;
        public readonly int Channels = channels;
        public readonly Requantization.Target Target = target;

        /// <summary>Channels of a tap's packed weights.</summary>
        public int PaddedChannels => (Channels + ChannelPadding - 1) / ChannelPadding * ChannelPadding;
    }
}
