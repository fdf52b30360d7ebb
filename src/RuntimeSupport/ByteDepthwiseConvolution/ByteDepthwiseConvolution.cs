using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Depthwise convolution of NHWC images, uint8 activations by int8 weights: each channel by its own filter. The input is padded already,
/// so that no window leaves it.
/// </summary>
public static partial class ByteDepthwiseConvolution
{
    /// <summary>Packed weights, bias and multipliers are padded to a multiple of it.</summary>
    private const int ChannelPadding = 16;

    /// <summary>Largest number of taps whose weights are widened on the stack.</summary>
    private const int MaximumVectorTaps = 1024;

    /// <summary>Checks the arguments and runs the fastest path there is.</summary>
    internal static void Run<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        Check(arguments);
        bool fitsVectors = arguments.Channels >= 8 && arguments.TapOffsets.Length <= MaximumVectorTaps;
        if (Avx512BW.IsSupported && IsNarrow(arguments))
        {
            RunAvx512Narrow<TRequantizer>(arguments);
        }
        else if (fitsVectors && arguments.Channels >= 16 && Avx512BW.IsSupported)
        {
            RunAvx512<TRequantizer>(arguments);
        }
        else if (fitsVectors && Avx2.IsSupported)
        {
            RunAvx2<TRequantizer>(arguments);
        }
        else if (fitsVectors && Vector128.IsHardwareAccelerated)
        {
            RunVector128<TRequantizer>(arguments);
        }
        else
        {
            RunScalar<TRequantizer>(arguments);
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
        KernelGuard.Holds(arguments.Multipliers.Length, arguments.PaddedChannels + (long)arguments.Target.ShiftDistance, "multipliers");
        KernelGuard.Holds(arguments.Output.Length, ConvolutionExtents.LastOutput(arguments.Geometry) + arguments.Channels, "output");
    }

    /// <summary>The truth that every other path agrees with.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunScalar<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
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

                arguments.Output[cursor.Output + channel] = arguments.Requantize<TRequantizer>(sum, channel);
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

    /// <summary>Taps go in pairs; an odd last one is paired with itself, the weights of the second being 0. Not part of a loop, which would load the texts of exceptions that copying throws.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
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
        ReadOnlySpan<int> multipliers,
        Span<byte> output,
        ReadOnlySpan<int> tapOffsets,
        ConvolutionGeometry geometry,
        int channels,
        RequantizationTarget target)
    {
        public readonly ReadOnlySpan<byte> Input = input;
        public readonly ReadOnlySpan<sbyte> Weights = weights;
        public readonly ReadOnlySpan<int> Bias = bias;
        public readonly ReadOnlySpan<int> Multipliers = multipliers;
        public readonly Span<byte> Output = output;
        public readonly ReadOnlySpan<int> TapOffsets = tapOffsets;
        public readonly ConvolutionGeometry Geometry = geometry;
        public readonly int Channels = channels;
        public readonly RequantizationTarget Target = target;

        /// <summary>Channels of a tap's packed weights.</summary>
        public int PaddedChannels => (Channels + ChannelPadding - 1) / ChannelPadding * ChannelPadding;

        /// <summary>Requantises the sum of a channel.</summary>
        public byte Requantize<TRequantizer>(int sum, int channel)
            where TRequantizer : struct, IRequantizer =>
            TRequantizer.Scalar(sum, Multipliers[channel], TRequantizer.HasShifts ? Multipliers[Target.ShiftDistance + channel] : 0, Target);
    }
}
