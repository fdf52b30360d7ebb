using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// Pointwise convolutions of few inputs whose products are summed in int16: the weights of 16 channels stay in registers while pixels pass by, which are read where they lie.
/// Several times as many outputs as inputs are written: a stretch of pixels has all its channels before the next one, so that what is written leaves the first cache once.
/// </content>
public static partial class ByteConvolution
{
    /// <summary>The most quads whose weights stay in registers beside all else.</summary>
    private const int PointwiseQuads = 8;

    /// <summary>Pixels that are multiplied together; the last ones of a stretch are moved back to end with it.</summary>
    private const int PointwiseTile = 4;

    /// <summary>Pixels of a stretch.</summary>
    private const int PointwisePixels = 56;

    /// <summary>Blocks of channels of a stretch.</summary>
    private const int PointwiseBlocks = 16;

    /// <summary>Whether windows are so short, and images wide enough.</summary>
    private static bool IsInt16Pointwise(int runs, int quadsPerRun, int outputChannels, int outputWidth) =>
        runs == 1 && quadsPerRun is > 0 and <= PointwiseQuads && quadsPerRun % 2 == 0 && outputChannels >= BlockChannels && outputWidth >= PointwiseTile;

    /// <summary>Whether <see cref="RunAvx512Pointwise"/> convolves.</summary>
    internal static bool SumsPointwiseInt16(in Arguments arguments) =>
        arguments.Int16Sums && IsInt16Pointwise(arguments.RunOffsets.Length, arguments.QuadsPerRun, arguments.OutputChannels, arguments.Geometry.OutputWidth);

    /// <summary>Convolves; <see cref="SumsPointwiseInt16"/> and <see cref="IRequantizer.HasAvx512Products"/> hold.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx512Pointwise<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        int rows = geometry.Batches * geometry.OutputHeight, width = geometry.OutputWidth;
        if (ConvolutionExtents.IsUniform(geometry) && ConvolutionExtents.HasUniformOutput(geometry))
        {
            width *= rows;
            rows = 1;
        }

        Span<int> prepared = CacheLine.Align(stackalloc int[(Math.Min(arguments.Blocks, PointwiseBlocks) * ByteLanes.PreparedNumbers) + (CacheLine.Bytes / sizeof(int))]);
        for (int group = 0; group < arguments.Groups; group++)
        {
            for (int block = 0; block < arguments.Blocks; block += PointwiseBlocks)
            {
                int blocks = Math.Min(PointwiseBlocks, arguments.Blocks - block);
                Prepare<TRequantizer>(arguments, (group * arguments.Blocks) + block, blocks, prepared);
                for (int row = 0; row < rows; row++)
                {
                    (int batch, int y) = Math.DivRem(row, geometry.OutputHeight);
                    int input = (batch * geometry.InputBatchStride) + (y * geometry.InputRowStep) + (group * arguments.InputChannels) + arguments.RunOffsets[0];
                    int output = (batch * geometry.OutputBatchStride) + (y * geometry.OutputRowStride) + (group * arguments.OutputChannels);
                    for (int stretch = 0; stretch < width; stretch += PointwisePixels)
                    {
                        int pixels = Math.Clamp(width - stretch, PointwiseTile, PointwisePixels), pixel = Math.Min(stretch, width - pixels);
                        RunPoints<TRequantizer>(
                            arguments, group, block, blocks, ref MemoryMarshal.GetReference(prepared),
                            ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), input + (pixel * geometry.InputPixelStep)),
                            ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), output + (pixel * geometry.OutputPixelStride)), pixels);
                    }
                }
            }
        }
    }

    /// <summary>A stretch of pixels by some blocks of channels.</summary>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    private static void RunPoints<TRequantizer>(in Arguments arguments, int group, int block, int blocks, ref int prepared, ref byte input, ref byte output, int pixels)
        where TRequantizer : struct, IRequantizer
    {
        nint step = arguments.Geometry.InputPixelStep, stride = arguments.Geometry.OutputPixelStride;
        for (int index = block; index < block + blocks; index++)
        {
            nint at = (group * arguments.Blocks) + index;
            int channels = arguments.OutputChannels - (index * BlockChannels);
            ref sbyte weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), at * arguments.QuadsPerRun * QuadWeights);
            ref int bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), at * BlockChannels);
            ref byte target = ref Unsafe.Add(ref output, index * BlockChannels);
            if (channels >= BlockChannels)
            {
                MultiplyPoints<TRequantizer>(ref input, step, ref weights, arguments.QuadsPerRun, ref bias, ref prepared, ref target, stride, pixels, arguments.Target);
            }
            else
            {
                MultiplyPart<TRequantizer>(arguments, ref input, ref weights, ref bias, ref prepared, ref target, pixels, channels);
            }

            prepared = ref Unsafe.Add(ref prepared, ByteLanes.PreparedNumbers);
        }
    }

    /// <summary>The last block's 1…15 channels: stored whole first, then copied. A method of its own, which most layers need not compile.</summary>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    private static void MultiplyPart<TRequantizer>(
        in Arguments arguments, ref byte input, ref sbyte weights, ref int bias, ref int prepared, ref byte output, int pixels, int channels)
        where TRequantizer : struct, IRequantizer
    {
        Span<byte> whole = (stackalloc byte[PointwisePixels * BlockChannels]).Slice(0, pixels * BlockChannels);
        MultiplyPoints<TRequantizer>(
            ref input, arguments.Geometry.InputPixelStep, ref weights, arguments.QuadsPerRun, ref bias, ref prepared, ref MemoryMarshal.GetReference(whole), BlockChannels, pixels, arguments.Target);
        CopyPixels(whole, ref output, arguments.Geometry.OutputPixelStride, channels);
    }

    /// <summary>At least 4 pixels by 16 channels; there is an even number of quads, 8 at most.</summary>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    private static void MultiplyPoints<TRequantizer>(
        ref byte input, nint step, ref sbyte weights, nint quads, ref int bias, ref int prepared, ref byte output, nint stride, nint pixels, RequantizationTarget target)
        where TRequantizer : struct, IRequantizer
    {
        // Conditions rather than a loop: registers have no index. They take no time: the processor foresees them.
        bool has4 = quads >= 4, has6 = quads >= 6, has8 = quads >= 8;
        Vector512<sbyte> weights0 = WeightsAt(ref weights, 0), weights1 = WeightsAt(ref weights, 1);
        Vector512<sbyte> weights2 = has4 ? WeightsAt(ref weights, 2) : default, weights3 = has4 ? WeightsAt(ref weights, 3) : default;
        Vector512<sbyte> weights4 = has6 ? WeightsAt(ref weights, 4) : default, weights5 = has6 ? WeightsAt(ref weights, 5) : default;
        Vector512<sbyte> weights6 = has8 ? WeightsAt(ref weights, 6) : default, weights7 = has8 ? WeightsAt(ref weights, 7) : default;
        Vector512<short> ones = Vector512.Create((short)1), zeroPoint = Vector512.Create((short)target.ZeroPoint);
        Vector512<byte> low = Vector512.Create(TRequantizer.Minimum(target)), high = Vector512.Create(TRequantizer.Maximum(target));
        Vector512<int> start = Unsafe.As<int, Vector512<int>>(ref bias);
        nint last = pixels - PointwiseTile;
        for (nint pixel = 0; pixel < pixels; pixel += PointwiseTile)
        {
            nint first = pixel < last ? pixel : last;
            ref byte row0 = ref Unsafe.Add(ref input, first * step), row2 = ref Unsafe.Add(ref row0, 2 * step);
            Vector512<int> sum0 = Avx512Int16Tile.Add(start, ref row0, 0, 4, weights0, weights1, ones), sum1 = Avx512Int16Tile.Add(start, ref row0, step, step + 4, weights0, weights1, ones);
            Vector512<int> sum2 = Avx512Int16Tile.Add(start, ref row2, 0, 4, weights0, weights1, ones), sum3 = Avx512Int16Tile.Add(start, ref row2, step, step + 4, weights0, weights1, ones);
            if (has4)
            {
                AddPoints(ref sum0, ref sum1, ref sum2, ref sum3, ref row0, ref row2, step, 8, weights2, weights3, ones);
            }

            if (has6)
            {
                AddPoints(ref sum0, ref sum1, ref sum2, ref sum3, ref row0, ref row2, step, 16, weights4, weights5, ones);
            }

            if (has8)
            {
                AddPoints(ref sum0, ref sum1, ref sum2, ref sum3, ref row0, ref row2, step, 24, weights6, weights7, ones);
            }

            Vector512<byte> bytes = ByteLanes.Avx512Bytes(
                TRequantizer.Avx512Product(sum0, ref prepared), TRequantizer.Avx512Product(sum1, ref prepared),
                TRequantizer.Avx512Product(sum2, ref prepared), TRequantizer.Avx512Product(sum3, ref prepared), zeroPoint);
            bytes = Avx512BW.Min(Avx512BW.Max(bytes, low), high);
            ref byte target0 = ref Unsafe.Add(ref output, first * stride), target2 = ref Unsafe.Add(ref target0, 2 * stride);
            Unsafe.As<byte, Vector128<byte>>(ref target0) = bytes.GetLower().GetLower();
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref target0, stride)) = Avx512F.ExtractVector128(bytes, 1);
            Unsafe.As<byte, Vector128<byte>>(ref target2) = Avx512F.ExtractVector128(bytes, 2);
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref target2, stride)) = Avx512F.ExtractVector128(bytes, 3);
        }
    }

    /// <summary>Adds the products of 4 pixels with two quads.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddPoints(
        ref Vector512<int> sum0, ref Vector512<int> sum1, ref Vector512<int> sum2, ref Vector512<int> sum3,
        ref byte row0, ref byte row2, nint step, nint at, Vector512<sbyte> weights0, Vector512<sbyte> weights1, Vector512<short> ones)
    {
        sum0 = Avx512Int16Tile.Add(sum0, ref row0, at, at + 4, weights0, weights1, ones);
        sum1 = Avx512Int16Tile.Add(sum1, ref row0, step + at, step + at + 4, weights0, weights1, ones);
        sum2 = Avx512Int16Tile.Add(sum2, ref row2, at, at + 4, weights0, weights1, ones);
        sum3 = Avx512Int16Tile.Add(sum3, ref row2, step + at, step + at + 4, weights0, weights1, ones);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<sbyte> WeightsAt(ref sbyte weights, nint quad) => Unsafe.As<sbyte, Vector512<sbyte>>(ref Unsafe.Add(ref weights, quad * QuadWeights));
}
