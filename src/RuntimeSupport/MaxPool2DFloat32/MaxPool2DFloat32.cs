using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Largest value of each window, of float32 NHWC images. A NaN wins; a window without a tap inside the image gives the minimum.</summary>
public static partial class MaxPool2DFloat32
{
    /// <summary>Pools.</summary>
    /// <param name="input">Activations.</param>
    /// <param name="output">Results; not the input.</param>
    /// <param name="geometry">Sizes, strides and windows.</param>
    /// <param name="outputMinimum">Smallest result, −∞ for none; a NaN stays a NaN.</param>
    /// <param name="outputMaximum">Largest result, +∞ for none.</param>
    /// <exception cref="ArgumentException">A span is shorter than the geometry implies, or a number is outside its range.</exception>
    public static void Run(ReadOnlySpan<float> input, Span<float> output, PoolingGeometry geometry, float outputMinimum, float outputMaximum)
    {
        PoolingCursor.Check(geometry, input.Length, output.Length);
        if (geometry.Channels >= 16 && Avx512F.IsSupported)
        {
            RunAvx512(input, output, geometry, outputMinimum, outputMaximum);
        }
        else if (geometry.Channels >= 8 && Avx.IsSupported)
        {
            RunAvx(input, output, geometry, outputMinimum, outputMaximum);
        }
        else if (geometry.Channels >= 4 && Vector128.IsHardwareAccelerated)
        {
            RunVector128(input, output, geometry, outputMinimum, outputMaximum);
        }
        else
        {
            RunScalar(input, output, geometry, outputMinimum, outputMaximum);
        }
    }

    /// <summary>The truth that every other path agrees with.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunScalar(ReadOnlySpan<float> input, Span<float> output, PoolingGeometry geometry, float minimum, float maximum)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            for (int channel = 0; channel < geometry.Channels; channel++)
            {
                float largest = float.NegativeInfinity;
                for (int row = 0; row < cursor.RowTaps; row++)
                {
                    for (int column = 0; column < cursor.ColumnTaps; column++)
                    {
                        float value = input[cursor.Input + (row * cursor.RowTapStride) + (column * cursor.ColumnTapStride) + channel];
                        largest = value > largest || float.IsNaN(value) ? value : largest;
                    }
                }

                output[cursor.Output + channel] = FloatRange.Clamp(largest, minimum, maximum);
            }
        }
        while (cursor.MoveNext());
    }

    /// <summary>Four channels at a time; at least 4 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunVector128(ReadOnlySpan<float> input, Span<float> output, PoolingGeometry geometry, float minimum, float maximum)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            for (int block = 0; block * 4 < geometry.Channels; block++)
            {
                int channel = BlockBegin(block, 4, geometry.Channels);
                ref float window = ref Unsafe.Add(ref MemoryMarshal.GetReference(input), cursor.Input + channel);
                Vector128<float> largest = Vector128.Create(float.NegativeInfinity);
                for (nint row = 0; row < cursor.RowTaps; row++)
                {
                    ref float taps = ref Unsafe.Add(ref window, row * cursor.RowTapStride);
                    for (nint column = 0; column < cursor.ColumnTaps; column++)
                    {
                        Vector128<float> values = Vector128.LoadUnsafe(ref Unsafe.Add(ref taps, column * cursor.ColumnTapStride));
                        Vector128<float> loses = Vector128.Equals(values, values) & ~Vector128.GreaterThan(values, largest);
                        largest = Vector128.ConditionalSelect(loses, largest, values);
                    }
                }

                FloatRange.Clamp(largest, Vector128.Create(minimum), Vector128.Create(maximum))
                    .StoreUnsafe(ref MemoryMarshal.GetReference(output), (nuint)(cursor.Output + channel));
            }
        }
        while (cursor.MoveNext());
    }

    /// <summary>Eight channels at a time, with AVX; at least 8 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx(ReadOnlySpan<float> input, Span<float> output, PoolingGeometry geometry, float minimum, float maximum)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            for (int block = 0; block * 8 < geometry.Channels; block++)
            {
                int channel = BlockBegin(block, 8, geometry.Channels);
                ref float window = ref Unsafe.Add(ref MemoryMarshal.GetReference(input), cursor.Input + channel);
                Vector256<float> largest = Vector256.Create(float.NegativeInfinity);
                for (nint row = 0; row < cursor.RowTaps; row++)
                {
                    ref float taps = ref Unsafe.Add(ref window, row * cursor.RowTapStride);
                    for (nint column = 0; column < cursor.ColumnTaps; column++)
                    {
                        Vector256<float> values = Vector256.LoadUnsafe(ref Unsafe.Add(ref taps, column * cursor.ColumnTapStride));
                        Vector256<float> wins = Avx.Or(Avx.CompareGreaterThan(values, largest), Avx.CompareUnordered(values, values));
                        largest = Avx.BlendVariable(largest, values, wins);
                    }
                }

                // Of these two instructions the second operand is the result when one is NaN.
                Avx.Min(Vector256.Create(maximum), Avx.Max(Vector256.Create(minimum), largest))
                    .StoreUnsafe(ref MemoryMarshal.GetReference(output), (nuint)(cursor.Output + channel));
            }
        }
        while (cursor.MoveNext());
    }

    /// <summary>Sixteen channels at a time, with AVX-512; at least 16 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx512(ReadOnlySpan<float> input, Span<float> output, PoolingGeometry geometry, float minimum, float maximum)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            for (int block = 0; block * 16 < geometry.Channels; block++)
            {
                int channel = BlockBegin(block, 16, geometry.Channels);
                ref float window = ref Unsafe.Add(ref MemoryMarshal.GetReference(input), cursor.Input + channel);
                Vector512<float> largest = Vector512.Create(float.NegativeInfinity);
                for (nint row = 0; row < cursor.RowTaps; row++)
                {
                    ref float taps = ref Unsafe.Add(ref window, row * cursor.RowTapStride);
                    for (nint column = 0; column < cursor.ColumnTaps; column++)
                    {
                        // The largest so far is the second operand, which wins when both are equal or one is NaN.
                        Vector512<float> values = Vector512.LoadUnsafe(ref Unsafe.Add(ref taps, column * cursor.ColumnTapStride));
                        largest = Vector512.ConditionalSelect(Vector512.Equals(values, values), Avx512F.Max(values, largest), values);
                    }
                }

                Avx512F.Min(Vector512.Create(maximum), Avx512F.Max(Vector512.Create(minimum), largest))
                    .StoreUnsafe(ref MemoryMarshal.GetReference(output), (nuint)(cursor.Output + channel));
            }
        }
        while (cursor.MoveNext());
    }

    /// <summary>Where a block of channels begins; the last one is moved back to end with the last channel, and computes some channels again.</summary>
    private static int BlockBegin(int block, int width, int channels) => Math.Min(block * width, channels - width);
}
