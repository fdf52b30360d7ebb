using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class AveragePool2DFixedPoint
{
    /// <summary>Bytes whose sum 15 bits hold.</summary>
    private const int NarrowTaps = 128;

    /// <summary>16 channels at a time; at least 16 channels. The last block is moved back to end with the last channel.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx2(ReadOnlySpan<byte> input, Span<byte> output, PoolingGeometry geometry, Average average)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            (int count, int start) = average.Window(cursor);
            RunWindow(
                ref Unsafe.Add(ref MemoryMarshal.GetReference(input), cursor.Input), ref Unsafe.Add(ref MemoryMarshal.GetReference(output), cursor.Output),
                cursor.RowTaps, cursor.RowTapStride, cursor.ColumnTaps, cursor.ColumnTapStride, geometry.Channels, average, count, start);
        }
        while (cursor.MoveNext());
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunWindow(
        ref byte input, ref byte output, nint rows, nint rowStride, nint columns, nint columnStride, int channels, Average average, int count, int start)
    {
        var divisor = new Divisor(count);
        for (int block = 0; block < channels; block += BlockChannels)
        {
            nint channel = Math.Min(block, channels - BlockChannels);
            ref byte window = ref Unsafe.Add(ref input, channel);
            Vector256<int> even = default, odd = default;
            for (nint row = 0; row < rows; row++)
            {
                for (nint first = 0; first < columns; first += NarrowTaps)
                {
                    Vector256<short> narrow = default;
                    nint end = Math.Min(first + NarrowTaps, columns);
                    for (nint column = first; column < end; column++)
                    {
                        ref byte tap = ref Unsafe.Add(ref window, (row * rowStride) + (column * columnStride));
                        narrow = Avx2.Add(narrow, Avx2.ConvertToVector256Int16(Unsafe.As<byte, Vector128<byte>>(ref tap)));
                    }

                    Vector256<int> pairs = Unsafe.As<Vector256<short>, Vector256<int>>(ref narrow);
                    even = Avx2.Add(even, Avx2.ShiftRightArithmetic(Avx2.ShiftLeftLogical(pairs, 16), 16));
                    odd = Avx2.Add(odd, Avx2.ShiftRightArithmetic(pairs, 16));
                }
            }

            Vector256<int> averages = Avx2.Or(average.OfAvx2(even, start, divisor), Avx2.ShiftLeftLogical(average.OfAvx2(odd, start, divisor), 16));
            Vector256<short> words = Unsafe.As<Vector256<int>, Vector256<short>>(ref averages);
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, channel)) = Sse2.PackUnsignedSaturate(Avx2.ExtractVector128(words, 0), Avx2.ExtractVector128(words, 1));
        }
    }

    /// <summary>
    /// Division of 31-bit integers by one that they have in common, halves up, as a product: with <c>2^(l − 1) &lt; divisor ≤ 2^l</c> and <c>m = ⌈2^(31 + l) / divisor⌉</c>
    /// it is <c>⌊x · m / 2^(31 + l)⌋</c> (Granlund and Montgomery, "Division by invariant integers using multiplication", 1994).
    /// </summary>
    internal readonly struct Divisor
    {
        private readonly int multiplier;
        private readonly int half;
        private readonly int shift;

        public Divisor(int divisor)
        {
            // Nothing is divided by 0 but 0.
            uint positive = (uint)Math.Max(divisor, 1);
            half = divisor / 2;
            shift = 63 - BitOperations.LeadingZeroCount(positive - 1);
            multiplier = unchecked((int)(((1UL << shift) + positive - 1) / positive));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<int> Divide(Vector256<int> magnitudes)
        {
            Vector256<int> dividends = Avx2.Add(magnitudes, Vector256.Create(half)), factors = Vector256.Create(multiplier);
            Vector128<long> distance = Vector128.CreateScalar((long)shift);
            Vector256<long> even = Avx2.ShiftRightLogical(Multiply(dividends, factors), distance);
            Vector256<long> odd = Avx2.ShiftRightLogical(Multiply(Avx2.Shuffle(dividends, FixedPoint.OddToEven), factors), distance);
            Vector256<long> quotients = Avx2.Or(even, Avx2.ShiftLeftLogical(odd, 32));
            return Unsafe.As<Vector256<long>, Vector256<int>>(ref quotients);
        }

        /// <summary>The products of the even lanes with factors of 2³¹ to 2³² − 1, which a signed product takes for 2³² less. Unsigned vectors would be types more to load.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<long> Multiply(Vector256<int> dividends, Vector256<int> factors) =>
            Avx2.Add(Avx2.Multiply(dividends, factors), Avx2.ShiftLeftLogical(Unsafe.As<Vector256<int>, Vector256<long>>(ref dividends), 32));
    }
}
