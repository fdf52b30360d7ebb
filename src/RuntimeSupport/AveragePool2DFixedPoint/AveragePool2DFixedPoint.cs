using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Average of each window of quantised NHWC images, in integers, as TensorFlow Lite computes it.</summary>
public static partial class AveragePool2DFixedPoint
{
    private const int BlockChannels = 16;

    /// <summary>
    /// Pools: the sum of the window's values less <paramref name="inputOrigin"/>, times the multiplier, divided by the number of taps, halves away from
    /// zero, plus <paramref name="outputOrigin"/>.
    /// </summary>
    /// <param name="input">Activations.</param>
    /// <param name="output">Results; not the input.</param>
    /// <param name="geometry">Sizes, strides and windows.</param>
    /// <param name="countIncludesPadding">Whether the padding counts as zeros; else only taps inside the image do.</param>
    /// <param name="inputZeroPoint">Quantised zero of the input, 0…255: what padding holds.</param>
    /// <param name="inputOrigin">The input's value from which roundings go away, 0…255.</param>
    /// <param name="multiplier">Input scale / output scale, see <see cref="FixedPoint"/>.</param>
    /// <param name="shift">Its shift.</param>
    /// <param name="outputOrigin">What stands for <paramref name="inputOrigin"/> in the output.</param>
    /// <param name="outputMinimum">Smallest result, 0…255.</param>
    /// <param name="outputMaximum">Largest result, <paramref name="outputMinimum"/>…255.</param>
    /// <exception cref="ArgumentException">A span is shorter than the geometry implies, or a number is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<byte> input,
        Span<byte> output,
        PoolingGeometry geometry,
        bool countIncludesPadding,
        int inputZeroPoint,
        int inputOrigin,
        int multiplier,
        int shift,
        int outputOrigin,
        int outputMinimum,
        int outputMaximum)
    {
        PoolingCursor.Check(geometry, input.Length, output.Length);
        RequantizationTarget.Check(inputZeroPoint, outputMinimum, outputMaximum);
        var average = new Average(countIncludesPadding, inputZeroPoint, inputOrigin, multiplier, shift, outputOrigin, outputMinimum, outputMaximum);
        if (geometry.Channels >= BlockChannels && Avx2.IsSupported && PoolingCursor.IsWhole(geometry))
        {
            // Most networks pool once, and all of the image: the cursor need not be compiled for it.
            int taps = geometry.InputHeight * geometry.InputWidth;
            RunWindow(
                ref MemoryMarshal.GetReference(input), ref MemoryMarshal.GetReference(output), geometry.InputHeight, geometry.InputRowStride, geometry.InputWidth, geometry.InputPixelStride,
                geometry.Channels, average, taps, average.Start(taps, taps));
        }
        else if (geometry.Channels >= BlockChannels && Avx2.IsSupported)
        {
            RunAvx2(input, output, geometry, average);
        }
        else if (geometry.Channels >= BlockChannels && Vector128.IsHardwareAccelerated)
        {
            RunVector128(input, output, geometry, average);
        }
        else
        {
            RunScalar(input, output, geometry, average);
        }
    }

    /// <summary>The truth that every other path agrees with.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunScalar(ReadOnlySpan<byte> input, Span<byte> output, PoolingGeometry geometry, Average average)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            for (int channel = 0; channel < geometry.Channels; channel++)
            {
                int sum = 0;
                for (int row = 0; row < cursor.RowTaps; row++)
                {
                    for (int column = 0; column < cursor.ColumnTaps; column++)
                    {
                        sum += input[cursor.Input + (row * cursor.RowTapStride) + (column * cursor.ColumnTapStride) + channel];
                    }
                }

                output[cursor.Output + channel] = average.Of(sum, cursor);
            }
        }
        while (cursor.MoveNext());
    }

    /// <summary>16 channels at a time; at least 16 channels. The last block is moved back to end with the last channel.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunVector128(ReadOnlySpan<byte> input, Span<byte> output, PoolingGeometry geometry, Average average)
    {
        Span<int> sums = stackalloc int[BlockChannels];
        var cursor = new PoolingCursor(geometry);
        do
        {
            for (int block = 0; block * BlockChannels < geometry.Channels; block++)
            {
                int channel = Math.Min(block * BlockChannels, geometry.Channels - BlockChannels);
                Sum(ref Unsafe.Add(ref MemoryMarshal.GetReference(input), (nint)cursor.Input + channel), cursor, ref MemoryMarshal.GetReference(sums));
                for (int lane = 0; lane < BlockChannels; lane++)
                {
                    output[cursor.Output + channel + lane] = average.Of(sums[lane], cursor);
                }
            }
        }
        while (cursor.MoveNext());
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void Sum(ref byte input, in PoolingCursor cursor, ref int sums)
    {
        Vector128<uint> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        for (int row = 0; row < cursor.RowTaps; row++)
        {
            for (int column = 0; column < cursor.ColumnTaps; column++)
            {
                Vector128<byte> values = Vector128.LoadUnsafe(ref Unsafe.Add(ref input, ((nint)row * cursor.RowTapStride) + ((nint)column * cursor.ColumnTapStride)));
                (Vector128<ushort> lower, Vector128<ushort> upper) = Vector128.Widen(values);
                sum0 += Vector128.WidenLower(lower);
                sum1 += Vector128.WidenUpper(lower);
                sum2 += Vector128.WidenLower(upper);
                sum3 += Vector128.WidenUpper(upper);
            }
        }

        sum0.AsInt32().StoreUnsafe(ref sums);
        sum1.AsInt32().StoreUnsafe(ref sums, 4);
        sum2.AsInt32().StoreUnsafe(ref sums, 8);
        sum3.AsInt32().StoreUnsafe(ref sums, 12);
    }

    /// <summary>From the sum of a window to its average.</summary>
    internal readonly struct Average(
        bool countIncludesPadding, int inputZeroPoint, int inputOrigin, int multiplier, int shift, int outputOrigin, int minimum, int maximum)
    {
        private readonly UniformScale scale = new(multiplier, shift);

        /// <summary>The average of a window; of nothing it is what stands for the origin.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public byte Of(int sum, in PoolingCursor cursor)
        {
            (int count, int start) = Window(cursor);
            int scaled = scale.Of(unchecked(sum + start));
            int half = count / 2;
            int rounded = count == 0 ? 0 : unchecked(scaled > 0 ? scaled + half : scaled - half) / count;
            return (byte)Math.Clamp(rounded + outputOrigin, minimum, maximum);
        }

        /// <summary>The averages of a window in 8 channels.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<int> OfAvx2(Vector256<int> sums, int start, Divisor count)
        {
            Vector256<int> scaled = scale.OfAvx2(Avx2.Add(sums, Vector256.Create(start)));
            Vector256<int> rounded = Avx2.Sign(count.Divide(Avx2.Sign(scaled, scaled)), scaled);
            return Avx2.Min(Avx2.Max(Avx2.Add(rounded, Vector256.Create(outputOrigin)), Vector256.Create(minimum)), Vector256.Create(maximum));
        }

        /// <summary>How many taps count, and what is added to the sum of those inside the image.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public (int Count, int Start) Window(in PoolingCursor cursor)
        {
            int taps = cursor.RowTaps * cursor.ColumnTaps;
            int count = countIncludesPadding ? cursor.PaddedTaps : taps;
            return (count, Start(count, taps));
        }

        /// <summary>What is added to the sum of the taps inside the image.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public int Start(int count, int taps) => unchecked(((count - taps) * inputZeroPoint) - (count * inputOrigin));
    }
}
