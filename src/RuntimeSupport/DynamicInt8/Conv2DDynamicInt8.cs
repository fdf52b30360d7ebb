using System;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Convolution of float32 images by int8 weights: the activations are quantised when they are there, to the 256 steps that cover them and 0, the
/// products summed as integers, and the sums scaled back to float32.
/// </summary>
public static partial class Conv2DDynamicInt8
{
    private const int BlockChannels = ByteConvolution.BlockChannels;

    /// <summary>Most terms of a sum: 255 · 127 of each, and as much again for the zero point, fit an int32.</summary>
    public const int MaximumTerms = 33_000;

    /// <summary>Convolves. If an activation is NaN or infinite, so that no scale covers them, all results are NaN.</summary>
    /// <param name="input">Activations, beginning at the window of output pixel (0, 0), as <see cref="Conv2DFloat32"/> has them; all up to the last window's end count for the range.</param>
    /// <param name="weights">For each group <c>[ceil(outputChannels / 16)][runs][ceil(runLength / 4)][16][4]</c>, −128…127, filled up with zeros.</param>
    /// <param name="weightSums">Sum of an output channel's weights; for each group padded to a multiple of 16.</param>
    /// <param name="scales">Scale of an output channel's weights; padded alike.</param>
    /// <param name="bias">Added to the results; padded alike.</param>
    /// <param name="output">Results, as <see cref="Conv2DFloat32"/> has them; not the input.</param>
    /// <param name="quantized">For the quantised activations: 3 bytes more than are read of the input.</param>
    /// <param name="start">For what the sums start from: as many as there are weight sums.</param>
    /// <param name="runOffsets">Where each run of contiguous inputs begins, from the window's begin; at least one, none negative.</param>
    /// <param name="geometry">Sizes and strides.</param>
    /// <param name="runLength">Activations in a run.</param>
    /// <param name="groups">Number of groups.</param>
    /// <param name="inputChannelsPerGroup">Input channels of a group.</param>
    /// <param name="outputChannelsPerGroup">Output channels of a group.</param>
    /// <param name="outputMinimum">Smallest result, −∞ for none; a NaN stays a NaN.</param>
    /// <param name="outputMaximum">Largest result, +∞ for none.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or a count is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<float> input,
        ReadOnlySpan<sbyte> weights,
        ReadOnlySpan<int> weightSums,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<float> bias,
        Span<float> output,
        Span<byte> quantized,
        Span<int> start,
        ReadOnlySpan<int> runOffsets,
        ConvolutionGeometry geometry,
        int runLength,
        int groups,
        int inputChannelsPerGroup,
        int outputChannelsPerGroup,
        float outputMinimum,
        float outputMaximum)
    {
        var layer = new Conv2DFloat32.Arguments(
            input, default, bias, output, runOffsets, geometry, runLength, groups, inputChannelsPerGroup, outputChannelsPerGroup, outputMinimum, outputMaximum);
        Conv2DFloat32.CheckAround(layer);
        int channels = layer.Groups * layer.Blocks * BlockChannels;
        long extent = ConvolutionExtents.LastWindow(geometry) + ((groups - 1L) * inputChannelsPerGroup) + ConvolutionExtents.LargestOffset(runOffsets, nameof(runOffsets)) + runLength;
        KernelGuard.Holds(MaximumTerms, (long)runOffsets.Length * runLength, nameof(runLength));
        KernelGuard.Holds(weightSums.Length, channels, nameof(weightSums));
        KernelGuard.Holds(scales.Length, channels, nameof(scales));
        KernelGuard.Holds(quantized.Length, extent + 3, nameof(quantized));
        KernelGuard.Holds(start.Length, channels, nameof(start));
        (float scale, int zeroPoint) = DynamicRange.Of(input[..(int)extent]);
        for (int channel = 0; channel < channels; channel++)
        {
            start[channel] = -zeroPoint * weightSums[channel];
        }

        var integers = new ByteConvolution.Arguments(
            quantized, weights, start, MemoryMarshal.Cast<float, int>(scales), MemoryMarshal.AsBytes(output), runOffsets, geometry, runLength, groups, inputChannelsPerGroup, outputChannelsPerGroup, default);
        ByteConvolution.Check(integers);
        Quantize(input[..(int)extent], quantized, scale, zeroPoint);
        Dispatch(integers);
        Scale(layer, scales, scale);
    }

    /// <summary>Leaves the sums, as integers, where the results will be.</summary>
    internal static void Dispatch(in ByteConvolution.Arguments integers)
    {
#if NET10_0_OR_GREATER
        if (global::System.Runtime.Intrinsics.X86.AvxVnni.IsSupported)
        {
            ByteConvolution.Run<ByteConvolution.DotTile<ByteConvolution.AvxVnniDot>, Accumulators>(integers);
            return;
        }
#endif
        if (Avx512BW.IsSupported)
        {
            ByteConvolution.Run<ByteConvolution.Avx512Tile, Accumulators>(integers);
        }
        else if (Avx2.IsSupported)
        {
            ByteConvolution.Run<ByteConvolution.Avx2Tile, Accumulators>(integers);
        }
        else if (Dp.IsSupported)
        {
            ByteConvolution.Run<ByteConvolution.ArmDpTile, Accumulators>(integers);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            RunVector128(integers);
        }
        else
        {
            RunScalar(integers);
        }
    }

    internal static void RunVector128(in ByteConvolution.Arguments integers)
    {
        if (Sse2.IsSupported)
        {
            ByteConvolution.Run<ByteConvolution.Vector128Tile<ByteConvolution.Sse2PairDot>, Accumulators>(integers);
        }
        else
        {
            ByteConvolution.Run<ByteConvolution.Vector128Tile<ByteConvolution.PortablePairDot>, Accumulators>(integers);
        }
    }

    private static void Quantize(ReadOnlySpan<float> values, Span<byte> quantized, float scale, int zeroPoint)
    {
        if (float.IsNaN(scale))
        {
            return;
        }

        ReadOnlySpan<int> shape = [values.Length];
        ReadOnlySpan<int> strides = [1];
        QuantizeUInt8.Run(values, quantized, shape, strides, strides, 1f / scale, zeroPoint);
    }

    /// <summary>The sums as they are.</summary>
    internal readonly struct Accumulators : ByteConvolution.IStore
    {
        public static void Store<TTile>(
            in ByteConvolution.Arguments arguments, int group, int block, int blocks, ref PixelCursor target, Span<int> accumulators, int rows)
            where TTile : struct, ByteConvolution.ITile
        {
            int channels = Math.Min(blocks * BlockChannels, arguments.OutputChannels - (block * BlockChannels));
            Span<int> output = MemoryMarshal.Cast<byte, int>(arguments.Output);
            for (int row = 0; row < rows; row++)
            {
                int at = target.Output + (group * arguments.OutputChannels) + (block * BlockChannels);
                accumulators.Slice(row * ByteConvolution.PanelChannels, channels).CopyTo(output[at..]);
                target.MoveNext();
            }
        }
    }
}
