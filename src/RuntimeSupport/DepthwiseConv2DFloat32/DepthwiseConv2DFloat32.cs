using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Depthwise convolution of NHWC images in float32: each channel by its own filter. The input is padded already, so that no window
/// leaves it. Every result is one chain of fused multiply-adds that starts from the bias and follows the order of the taps.
/// </summary>
public static partial class DepthwiseConv2DFloat32
{
    /// <summary>Packed weights and bias are padded to a multiple of it.</summary>
    private const int ChannelPadding = 16;

    /// <summary>Convolves.</summary>
    /// <param name="input">Activations, beginning at the window of output pixel (0, 0).</param>
    /// <param name="weights"><c>[taps][channels padded to 16]</c>.</param>
    /// <param name="bias">Start of the sums; padded to a multiple of 16.</param>
    /// <param name="output">Results; channel c of pixel (b, y, x) is at <c>b * OutputBatchStride + y * OutputRowStride + x * OutputPixelStride + c</c>; not the input.</param>
    /// <param name="tapOffsets">Where each tap's channels begin, from the window's begin; at least one, none negative.</param>
    /// <param name="geometry">Sizes and strides.</param>
    /// <param name="channels">Number of channels.</param>
    /// <param name="outputMinimum">Smallest result, −∞ for none; a NaN stays a NaN.</param>
    /// <param name="outputMaximum">Largest result, +∞ for none.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or a count is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<float> input,
        ReadOnlySpan<float> weights,
        ReadOnlySpan<float> bias,
        Span<float> output,
        ReadOnlySpan<int> tapOffsets,
        ConvolutionGeometry geometry,
        int channels,
        float outputMinimum,
        float outputMaximum)
    {
        var arguments = new Arguments(input, weights, bias, output, tapOffsets, geometry, channels, outputMinimum, outputMaximum);
        Check(arguments);
        if (channels >= 16 && Avx512F.IsSupported)
        {
            RunAvx512(arguments);
        }
        else if (channels >= 8 && Avx2.IsSupported && Fma.IsSupported)
        {
            RunAvx2(arguments);
        }
        else if (channels >= 4 && Vector128.IsHardwareAccelerated)
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
                float sum = arguments.Bias[channel];
                for (int tap = 0; tap < arguments.TapOffsets.Length; tap++)
                {
                    float activation = arguments.Input[cursor.Input + arguments.TapOffsets[tap] + channel];
                    sum = FusedMultiplyAdd.Of(activation, arguments.Weights[(tap * arguments.PaddedChannels) + channel], sum);
                }

                arguments.Output[cursor.Output + channel] = FloatRange.Clamp(sum, arguments.Minimum, arguments.Maximum);
            }

            cursor.MoveNext();
        }
    }

    /// <summary>Where a row's first window and its first pixel begin; rows are counted through all images.</summary>
    private static (nint Window, nint Pixel) RowBegin(ConvolutionGeometry geometry, int row)
    {
        (int batch, int y) = Math.DivRem(row, geometry.OutputHeight);
        return (((nint)batch * geometry.InputBatchStride) + ((nint)y * geometry.InputRowStep), ((nint)batch * geometry.OutputBatchStride) + ((nint)y * geometry.OutputRowStride));
    }

    /// <summary>The arguments of a run, as every path takes them.</summary>
    internal readonly ref struct Arguments(
        ReadOnlySpan<float> input,
        ReadOnlySpan<float> weights,
        ReadOnlySpan<float> bias,
        Span<float> output,
        ReadOnlySpan<int> tapOffsets,
        ConvolutionGeometry geometry,
        int channels,
        float minimum,
        float maximum)
    {
        public readonly ReadOnlySpan<float> Input = input;
        public readonly ReadOnlySpan<float> Weights = weights;
        public readonly ReadOnlySpan<float> Bias = bias;
        public readonly Span<float> Output = output;
        public readonly ReadOnlySpan<int> TapOffsets = tapOffsets;
        public readonly ConvolutionGeometry Geometry = geometry;
        public readonly int Channels = channels;
        public readonly float Minimum = minimum;
        public readonly float Maximum = maximum;

        /// <summary>Channels of a tap's packed weights.</summary>
        public int PaddedChannels => (Channels + ChannelPadding - 1) / ChannelPadding * ChannelPadding;
    }
}
