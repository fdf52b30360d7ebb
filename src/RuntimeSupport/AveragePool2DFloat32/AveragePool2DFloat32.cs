using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Mean of each window, of float32 NHWC images: the taps summed in their order, then one division. A window without a tap inside the
/// image gives 0.
/// </summary>
public static partial class AveragePool2DFloat32
{
    /// <summary>Pools.</summary>
    /// <param name="input">Activations.</param>
    /// <param name="output">Results; not the input.</param>
    /// <param name="geometry">Sizes, strides and windows.</param>
    /// <param name="countIncludesPadding">Whether taps in the padding count, as zeros.</param>
    /// <param name="outputMinimum">Smallest result, −∞ for none; a NaN stays a NaN.</param>
    /// <param name="outputMaximum">Largest result, +∞ for none.</param>
    /// <exception cref="ArgumentException">A span is shorter than the geometry implies, or a number is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<float> input, Span<float> output, PoolingGeometry geometry, bool countIncludesPadding, float outputMinimum, float outputMaximum)
    {
        PoolingCursor.Check(geometry, input.Length, output.Length);
        if (geometry.Channels >= 8 && Avx.IsSupported)
        {
            RunAvx(input, output, geometry, countIncludesPadding, outputMinimum, outputMaximum);
        }
        else if (geometry.Channels >= 4 && Vector128.IsHardwareAccelerated)
        {
            RunVector128(input, output, geometry, countIncludesPadding, outputMinimum, outputMaximum);
        }
        else
        {
            RunScalar(input, output, geometry, countIncludesPadding, outputMinimum, outputMaximum);
        }
    }

    /// <summary>The truth that every other path agrees with.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunScalar(ReadOnlySpan<float> input, Span<float> output, PoolingGeometry geometry, bool countIncludesPadding, float minimum, float maximum)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            for (int channel = 0; channel < geometry.Channels; channel++)
            {
                float sum = 0;
                for (int row = 0; row < cursor.RowTaps; row++)
                {
                    for (int column = 0; column < cursor.ColumnTaps; column++)
                    {
                        float value = input[cursor.Input + (row * cursor.RowTapStride) + (column * cursor.ColumnTapStride) + channel];
                        sum += value;
                    }
                }

                output[cursor.Output + channel] = FloatRange.Clamp(sum / Divisor(cursor, countIncludesPadding), minimum, maximum);
            }
        }
        while (cursor.MoveNext());
    }

    /// <summary>Four channels at a time; at least 4 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunVector128(ReadOnlySpan<float> input, Span<float> output, PoolingGeometry geometry, bool countIncludesPadding, float minimum, float maximum)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            for (int block = 0; block * 4 < geometry.Channels; block++)
            {
                int channel = BlockBegin(block, 4, geometry.Channels);
                ref float window = ref Unsafe.Add(ref MemoryMarshal.GetReference(input), cursor.Input + channel);
                Vector128<float> sum = Vector128<float>.Zero;
                for (nint row = 0; row < cursor.RowTaps; row++)
                {
                    ref float taps = ref Unsafe.Add(ref window, row * cursor.RowTapStride);
                    for (nint column = 0; column < cursor.ColumnTaps; column++)
                    {
                        sum += Vector128.LoadUnsafe(ref Unsafe.Add(ref taps, column * cursor.ColumnTapStride));
                    }
                }

                sum /= Vector128.Create(Divisor(cursor, countIncludesPadding));
                FloatRange.Clamp(sum, Vector128.Create(minimum), Vector128.Create(maximum))
                    .StoreUnsafe(ref MemoryMarshal.GetReference(output), (nuint)(cursor.Output + channel));
            }
        }
        while (cursor.MoveNext());
    }

    /// <summary>Eight channels at a time, with AVX; at least 8 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx(ReadOnlySpan<float> input, Span<float> output, PoolingGeometry geometry, bool countIncludesPadding, float minimum, float maximum)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            for (int block = 0; block * 8 < geometry.Channels; block++)
            {
                int channel = BlockBegin(block, 8, geometry.Channels);
                ref float window = ref Unsafe.Add(ref MemoryMarshal.GetReference(input), cursor.Input + channel);
                Vector256<float> sum = Vector256<float>.Zero;
                for (nint row = 0; row < cursor.RowTaps; row++)
                {
                    ref float taps = ref Unsafe.Add(ref window, row * cursor.RowTapStride);
                    for (nint column = 0; column < cursor.ColumnTaps; column++)
                    {
                        sum = Avx.Add(sum, Vector256.LoadUnsafe(ref Unsafe.Add(ref taps, column * cursor.ColumnTapStride)));
                    }
                }

                sum = Avx.Divide(sum, Vector256.Create(Divisor(cursor, countIncludesPadding)));
                // Of these two instructions the second operand is the result when one is NaN.
                Avx.Min(Vector256.Create(maximum), Avx.Max(Vector256.Create(minimum), sum))
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
