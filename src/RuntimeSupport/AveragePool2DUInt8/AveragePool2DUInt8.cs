using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Mean of each window, of quantised NHWC images. A window without a tap inside the image gives the output's zero point, clamped.</summary>
public static partial class AveragePool2DUInt8
{
    /// <summary>Pools: <c>round(clamp((Σ − count * inputZeroPoint) * (multiplier / divisor))) + outputZeroPoint</c>.</summary>
    /// <param name="input">Activations.</param>
    /// <param name="output">Results; not the input.</param>
    /// <param name="geometry">Sizes, strides and windows.</param>
    /// <param name="countIncludesPadding">Whether the divisor counts taps in the padding; their value is zero.</param>
    /// <param name="inputZeroPoint">Quantised zero of the input, 0…255.</param>
    /// <param name="multiplier">Input scale / output scale.</param>
    /// <param name="outputZeroPoint">Quantised zero of the output, 0…255.</param>
    /// <param name="outputMinimum">Smallest result, 0…255.</param>
    /// <param name="outputMaximum">Largest result, <paramref name="outputMinimum"/>…255.</param>
    /// <exception cref="ArgumentException">A span is shorter than the geometry implies, or a number is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<byte> input,
        Span<byte> output,
        PoolingGeometry geometry,
        bool countIncludesPadding,
        int inputZeroPoint,
        float multiplier,
        int outputZeroPoint,
        int outputMinimum,
        int outputMaximum)
    {
        PoolingCursor.Check(geometry, input.Length, output.Length);
        Requantization.Target target = Requantization.Target.Of(outputZeroPoint, outputMinimum, outputMaximum);
        if (geometry.Channels >= 16 && Avx2.IsSupported)
        {
            RunAvx2(input, output, geometry, countIncludesPadding, inputZeroPoint, multiplier, target);
        }
        else if (geometry.Channels >= 16 && Vector128.IsHardwareAccelerated)
        {
            RunVector128(input, output, geometry, countIncludesPadding, inputZeroPoint, multiplier, target);
        }
        else
        {
            RunScalar(input, output, geometry, countIncludesPadding, inputZeroPoint, multiplier, target);
        }
    }

    /// <summary>The truth that every other path agrees with.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunScalar(ReadOnlySpan<byte> input, Span<byte> output, PoolingGeometry geometry, bool countIncludesPadding, int inputZeroPoint, float multiplier, Requantization.Target target)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            for (int channel = 0; channel < geometry.Channels; channel++)
            {
                int sum = -cursor.RowTaps * cursor.ColumnTaps * inputZeroPoint;
                for (int row = 0; row < cursor.RowTaps; row++)
                {
                    for (int column = 0; column < cursor.ColumnTaps; column++)
                    {
                        byte value = input[cursor.Input + (row * cursor.RowTapStride) + (column * cursor.ColumnTapStride) + channel];
                        sum += value;
                    }
                }

                output[cursor.Output + channel] = Requantization.Scalar(sum, multiplier / Divisor(cursor, countIncludesPadding), target);
            }
        }
        while (cursor.MoveNext());
    }

    /// <summary>16 channels at a time; at least 16 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunVector128(ReadOnlySpan<byte> input, Span<byte> output, PoolingGeometry geometry, bool countIncludesPadding, int inputZeroPoint, float multiplier, Requantization.Target target)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            for (int block = 0; block * 16 < geometry.Channels; block++)
            {
                int channel = BlockBegin(block, 16, geometry.Channels);
                ref byte window = ref Unsafe.Add(ref MemoryMarshal.GetReference(input), cursor.Input + channel);
                Vector128<int> sum0 = Vector128.Create(-cursor.RowTaps * cursor.ColumnTaps * inputZeroPoint);
                Vector128<int> sum1 = sum0, sum2 = sum0, sum3 = sum0;
                for (nint row = 0; row < cursor.RowTaps; row++)
                {
                    ref byte taps = ref Unsafe.Add(ref window, row * cursor.RowTapStride);
                    for (nint column = 0; column < cursor.ColumnTaps; column++)
                    {
                        (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(Vector128.LoadUnsafe(ref Unsafe.Add(ref taps, column * cursor.ColumnTapStride)));
                        sum0 += Vector128.WidenLower(lower).AsInt32();
                        sum1 += Vector128.WidenUpper(lower).AsInt32();
                        sum2 += Vector128.WidenLower(upper).AsInt32();
                        sum3 += Vector128.WidenUpper(upper).AsInt32();
                    }
                }

                Vector128<float> scale = Vector128.Create(multiplier / Divisor(cursor, countIncludesPadding));
                ByteLanes.PortableBytes(
                        Requantization.Portable(Vector128.ConvertToSingle(sum0) * scale, target),
                        Requantization.Portable(Vector128.ConvertToSingle(sum1) * scale, target),
                        Requantization.Portable(Vector128.ConvertToSingle(sum2) * scale, target),
                        Requantization.Portable(Vector128.ConvertToSingle(sum3) * scale, target))
                    .StoreUnsafe(ref MemoryMarshal.GetReference(output), (nuint)(cursor.Output + channel));
            }
        }
        while (cursor.MoveNext());
    }

    /// <summary>16 channels at a time; at least 16 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx2(ReadOnlySpan<byte> input, Span<byte> output, PoolingGeometry geometry, bool countIncludesPadding, int inputZeroPoint, float multiplier, Requantization.Target target)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            for (int block = 0; block * 16 < geometry.Channels; block++)
            {
                int channel = BlockBegin(block, 16, geometry.Channels);
                ref byte window = ref Unsafe.Add(ref MemoryMarshal.GetReference(input), cursor.Input + channel);
                Vector256<int> sum0 = Vector256.Create(-cursor.RowTaps * cursor.ColumnTaps * inputZeroPoint);
                Vector256<int> sum1 = sum0;
                for (nint row = 0; row < cursor.RowTaps; row++)
                {
                    ref byte taps = ref Unsafe.Add(ref window, row * cursor.RowTapStride);
                    for (nint column = 0; column < cursor.ColumnTaps; column++)
                    {
                        Vector128<byte> values = Vector128.LoadUnsafe(ref Unsafe.Add(ref taps, column * cursor.ColumnTapStride));
                        sum0 = Avx2.Add(sum0, Avx2.ConvertToVector256Int32(values));
                        sum1 = Avx2.Add(sum1, Avx2.ConvertToVector256Int32(Sse2.ShiftRightLogical128BitLane(values, 8)));
                    }
                }

                Vector256<float> scale = Vector256.Create(multiplier / Divisor(cursor, countIncludesPadding));
                ByteLanes.Avx2Bytes(
                        Requantization.Avx2Integers(Avx.Multiply(Avx.ConvertToVector256Single(sum0), scale), target),
                        Requantization.Avx2Integers(Avx.Multiply(Avx.ConvertToVector256Single(sum1), scale), target))
                    .StoreUnsafe(ref MemoryMarshal.GetReference(output), (nuint)(cursor.Output + channel));
            }
        }
        while (cursor.MoveNext());
    }

    /// <summary>What a window's sum is divided by; 1 where it is empty, so that the mean of nothing is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Divisor(in PoolingCursor cursor, bool countIncludesPadding) =>
        Math.Max(1, countIncludesPadding ? cursor.PaddedTaps : cursor.RowTaps * cursor.ColumnTaps);

    /// <summary>Where a block of channels begins; the last one is moved back to end with the last channel, and computes some channels again.</summary>
    private static int BlockBegin(int block, int width, int channels) => Math.Min(block * width, channels - width);
}
