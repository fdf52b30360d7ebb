using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// With 64-bit shifts both roundings are one shift: <c>floor((floor(x / 2³¹) + h) / 2^r) = floor((x + h · 2³¹) / 2^(31 + r))</c>. A shift to the left
/// is one less to the right. What depends on multiplier and shift alone is a value of its own, so that loops over rows compute it once.
/// </content>
public static partial class FixedPoint
{
    /// <summary>Multiplies 16 integers with AVX-512.</summary>
    /// <param name="values">The integers.</param>
    /// <param name="multipliers">Of each: 2³⁰…2³¹ − 1, or 0.</param>
    /// <param name="shifts">Of each: −30…30.</param>
    /// <param name="isSymmetric">Whether halves of the second rounding go away from zero; else up.</param>
    /// <returns>The rounded products.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Avx512Vector(Vector512<int> values, Vector512<int> multipliers, Vector512<int> shifts, bool isSymmetric)
    {
        // Where nothing is computed beforehand, rounding twice takes less than making what both roundings are in 64 bits.
        Vector512<uint> right = Avx512F.Max(Avx512F.Subtract(Vector512<int>.Zero, shifts), Vector512<int>.Zero).AsUInt32();
        values = Avx512F.ShiftLeftLogicalVariable(values, Avx512F.Max(shifts, Vector512<int>.Zero).AsUInt32());
        Vector512<long> even = Avx512F.Add(Avx512F.Multiply(values, multipliers), Vector512.Create(RoundingHalf));
        Vector512<long> odd = Avx512F.Add(Avx512F.Multiply(OddLanes(values), OddLanes(multipliers)), Vector512.Create(RoundingHalf));
        Vector512<int> products = Vector512.ConditionalSelect(
            Vector512.Create(-1L << 32).AsInt32(), Avx512F.ShiftLeftLogical(odd, 1).AsInt32(), Avx512F.ShiftRightLogical(even, RoundingBits).AsInt32());
        Vector512<int> rounding = Avx512F.ShiftRightLogical(Avx512F.ShiftLeftLogicalVariable(Vector512<int>.One, right), 1);
        if (isSymmetric)
        {
            rounding = Avx512F.Add(rounding, Avx512F.And(Avx512F.ShiftRightArithmetic(products, 31), Vector512.GreaterThan(right.AsInt32(), Vector512<int>.Zero)));
        }

        return Avx512F.ShiftRightArithmeticVariable(Avx512F.Add(products, rounding), right);
    }

    /// <summary>Requantises rows of 16 sums with AVX-512.</summary>
    /// <param name="sums">The first row's sums.</param>
    /// <param name="stride">From a row's sums to the next one's.</param>
    /// <param name="multipliers">The first of the channels' multipliers; shifts lie behind them.</param>
    /// <param name="output">Where offsets count from.</param>
    /// <param name="offsets">Where each row's 16 results go.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="target">Range and zero point of the results.</param>
    /// <param name="isSymmetric">Whether halves of the second rounding go away from zero; else up.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Avx512Rows(
        ref int sums, nint stride, ref int multipliers, ref byte output, ref int offsets, int rows, RequantizationTarget target, bool isSymmetric)
    {
        Vector512<int> evenMultipliers = Vector512.LoadUnsafe(ref multipliers), oddMultipliers = OddLanes(evenMultipliers);
        Vector512<int> shifts = Vector512.LoadUnsafe(ref multipliers, (nuint)target.ShiftDistance);
        Vector512<ulong> even = EvenDistances(shifts), odd = OddDistances(shifts);
        Vector512<long> evenFirst = FirstRounding(even, isSymmetric), oddFirst = FirstRounding(odd, isSymmetric);
        Vector512<long> evenSecond = isSymmetric ? SecondRounding(even) : default, oddSecond = isSymmetric ? SecondRounding(odd) : default;
        Vector512<long> evenNudge = isSymmetric ? Nudge(even) : default, oddNudge = isSymmetric ? Nudge(odd) : default;
        Vector512<short> zeroPoint = Vector512.Create((short)target.ZeroPoint);
        Vector512<byte> low = Vector512.Create((byte)target.Low), high = Vector512.Create((byte)target.High);

        // The last four rows are moved back to end with the last one, and of fewer than four the last is repeated: a loop of their own would take as long to compile.
        nint last = rows - 1, row1 = Math.Min(1, last), row2 = Math.Min(2, last), row3 = Math.Min(3, last), lastQuad = Math.Max(rows - 4, 0);
        for (nint row = 0; row < rows; row += 4)
        {
            nint first = Math.Min(row, lastQuad);
            ref int quad = ref Unsafe.Add(ref sums, first * stride);
            ref int places = ref Unsafe.Add(ref offsets, first);
            Vector512<byte> bytes = ByteLanes.Avx512Bytes(
                Product(Vector512.LoadUnsafe(ref quad), evenMultipliers, evenFirst, evenSecond, evenNudge, even, oddMultipliers, oddFirst, oddSecond, oddNudge, odd, isSymmetric),
                Product(Vector512.LoadUnsafe(ref quad, (nuint)(row1 * stride)), evenMultipliers, evenFirst, evenSecond, evenNudge, even, oddMultipliers, oddFirst, oddSecond, oddNudge, odd, isSymmetric),
                Product(Vector512.LoadUnsafe(ref quad, (nuint)(row2 * stride)), evenMultipliers, evenFirst, evenSecond, evenNudge, even, oddMultipliers, oddFirst, oddSecond, oddNudge, odd, isSymmetric),
                Product(Vector512.LoadUnsafe(ref quad, (nuint)(row3 * stride)), evenMultipliers, evenFirst, evenSecond, evenNudge, even, oddMultipliers, oddFirst, oddSecond, oddNudge, odd, isSymmetric),
                zeroPoint);
            bytes = Avx512BW.Min(Avx512BW.Max(bytes, low), high);
            bytes.GetLower().GetLower().StoreUnsafe(ref Unsafe.Add(ref output, places));
            Avx512F.ExtractVector128(bytes, 1).StoreUnsafe(ref Unsafe.Add(ref output, Unsafe.Add(ref places, row1)));
            Avx512F.ExtractVector128(bytes, 2).StoreUnsafe(ref Unsafe.Add(ref output, Unsafe.Add(ref places, row2)));
            Avx512F.ExtractVector128(bytes, 3).StoreUnsafe(ref Unsafe.Add(ref output, Unsafe.Add(ref places, row3)));
        }
    }

    /// <summary>Multiplies 7 rows of 16 integers with AVX-512, the rounded products in their place.</summary>
    /// <param name="sums0">The first row.</param>
    /// <param name="sums1">The second row.</param>
    /// <param name="sums2">The third row.</param>
    /// <param name="sums3">The fourth row.</param>
    /// <param name="sums4">The fifth row.</param>
    /// <param name="sums5">The sixth row.</param>
    /// <param name="sums6">The seventh row.</param>
    /// <param name="multipliers">The first of the channels' multipliers.</param>
    /// <param name="shiftDistance">Where a channel's shift lies behind its multiplier.</param>
    /// <param name="isSymmetric">Whether halves of the second rounding go away from zero; else up.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Avx512Products(
        ref Vector512<int> sums0, ref Vector512<int> sums1, ref Vector512<int> sums2, ref Vector512<int> sums3, ref Vector512<int> sums4, ref Vector512<int> sums5,
        ref Vector512<int> sums6, ref int multipliers, int shiftDistance, bool isSymmetric)
    {
        Vector512<int> evenMultipliers = Vector512.LoadUnsafe(ref multipliers), oddMultipliers = OddLanes(evenMultipliers);
        Vector512<int> shifts = Vector512.LoadUnsafe(ref multipliers, (nuint)shiftDistance);
        Vector512<ulong> even = EvenDistances(shifts), odd = OddDistances(shifts);
        Vector512<long> evenFirst = FirstRounding(even, isSymmetric), evenSecond = isSymmetric ? SecondRounding(even) : default, evenNudge = isSymmetric ? Nudge(even) : default;
        Vector512<long> oddFirst = FirstRounding(odd, isSymmetric), oddSecond = isSymmetric ? SecondRounding(odd) : default, oddNudge = isSymmetric ? Nudge(odd) : default;
        sums0 = Product(sums0, evenMultipliers, evenFirst, evenSecond, evenNudge, even, oddMultipliers, oddFirst, oddSecond, oddNudge, odd, isSymmetric);
        sums1 = Product(sums1, evenMultipliers, evenFirst, evenSecond, evenNudge, even, oddMultipliers, oddFirst, oddSecond, oddNudge, odd, isSymmetric);
        sums2 = Product(sums2, evenMultipliers, evenFirst, evenSecond, evenNudge, even, oddMultipliers, oddFirst, oddSecond, oddNudge, odd, isSymmetric);
        sums3 = Product(sums3, evenMultipliers, evenFirst, evenSecond, evenNudge, even, oddMultipliers, oddFirst, oddSecond, oddNudge, odd, isSymmetric);
        sums4 = Product(sums4, evenMultipliers, evenFirst, evenSecond, evenNudge, even, oddMultipliers, oddFirst, oddSecond, oddNudge, odd, isSymmetric);
        sums5 = Product(sums5, evenMultipliers, evenFirst, evenSecond, evenNudge, even, oddMultipliers, oddFirst, oddSecond, oddNudge, odd, isSymmetric);
        sums6 = Product(sums6, evenMultipliers, evenFirst, evenSecond, evenNudge, even, oddMultipliers, oddFirst, oddSecond, oddNudge, odd, isSymmetric);
    }

    /// <summary>What is added before the first rounding, and before the second; and what takes negative halves of the second to the other side.</summary>
    internal static (long First, long Second, long Nudge) SymmetricRoundings(int shift) =>
        shift < 0 ? (RoundingHalf, 1L << (RoundingBits - shift - 1), -1L << RoundingBits) : (1L << (RoundingBits - shift - 1), 0, 0);

    /// <summary>Multiplies 16 integers by numbers that all pairs of lanes have in common, halves of the second rounding away from zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<int> Avx512Symmetric(
        Vector512<int> values, Vector512<int> multipliers, Vector512<long> first, Vector512<long> second, Vector512<long> nudge, Vector512<ulong> distances) => Interleave(
            Half(values, multipliers, first, second, nudge, distances, isSymmetric: true),
            Half(OddLanes(values), multipliers, first, second, nudge, distances, isSymmetric: true));

    /// <summary>16 sums' products. The vectors are arguments each: a local function's captured variables would be a type to load.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Product(
        Vector512<int> values,
        Vector512<int> evenMultipliers,
        Vector512<long> evenFirst,
        Vector512<long> evenSecond,
        Vector512<long> evenNudge,
        Vector512<ulong> even,
        Vector512<int> oddMultipliers,
        Vector512<long> oddFirst,
        Vector512<long> oddSecond,
        Vector512<long> oddNudge,
        Vector512<ulong> odd,
        bool isSymmetric) => Interleave(
            Half(values, evenMultipliers, evenFirst, evenSecond, evenNudge, even, isSymmetric),
            Half(OddLanes(values), oddMultipliers, oddFirst, oddSecond, oddNudge, odd, isSymmetric));

    /// <summary>The products of the even lanes, in 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> Half(
        Vector512<int> values, Vector512<int> multipliers, Vector512<long> first, Vector512<long> second, Vector512<long> nudge, Vector512<ulong> distances, bool isSymmetric)
    {
        Vector512<long> products = Avx512F.Add(Avx512F.Multiply(values, multipliers), first);
        if (isSymmetric)
        {
            products = Avx512F.Add(Avx512F.Add(products, second), Avx512F.And(Avx512F.ShiftRightArithmetic(products, 63), nudge));
        }

        return Avx512F.ShiftRightArithmeticVariable(products, distances);
    }

    /// <summary>What is added before the first rounding; where no sign decides, before both.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> FirstRounding(Vector512<ulong> distances, bool isSymmetric)
    {
        Vector512<long> last = LastRounding(distances), first = Vector512.Create(RoundingHalf);
        return Vector512.ConditionalSelect(HasSecond(distances), isSymmetric ? first : Avx512F.Add(first, last), last);
    }

    /// <summary>Half of what the second rounding drops, 0 where there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> SecondRounding(Vector512<ulong> distances) => Avx512F.And(LastRounding(distances), HasSecond(distances));

    /// <summary>What takes negative halves of the second rounding to the other side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> Nudge(Vector512<ulong> distances) => Avx512F.ShiftLeftLogical(HasSecond(distances), RoundingBits);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> LastRounding(Vector512<ulong> distances) =>
        Avx512F.ShiftLeftLogicalVariable(Vector512<long>.One, Avx512F.Subtract(distances, Vector512<ulong>.One));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<long> HasSecond(Vector512<ulong> distances) => Vector512.GreaterThan(distances.AsInt64(), Vector512.Create((long)RoundingBits));

    /// <summary>How far products of the even lanes are shifted right: 1…61.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> EvenDistances(Vector512<int> shifts) =>
        Avx512F.And(Avx512F.Subtract(Vector512.Create(RoundingBits), shifts).AsUInt64(), Vector512.Create(0xFFFFFFFFUL));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> OddDistances(Vector512<int> shifts) => OddLanes(Avx512F.Subtract(Vector512.Create(RoundingBits), shifts)).AsUInt64();

    /// <summary>Odd lanes where the even ones were.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> OddLanes(Vector512<int> values) => Avx512F.ShiftRightLogical(values.AsInt64(), 32).AsInt32();

    /// <summary>The lower halves of the products of even lanes and of odd lanes, in the order of the lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Interleave(Vector512<long> even, Vector512<long> odd) => Avx512F.PermuteVar16x32x2(
        even.AsInt32(), Vector512.Create(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30), odd.AsInt32());
}
