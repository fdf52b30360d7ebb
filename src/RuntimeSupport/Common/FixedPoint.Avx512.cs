using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// With 64-bit shifts both roundings are one shift: <c>floor((floor(x / 2³¹) + h) / 2^r) = floor((x + h · 2³¹) / 2^(31 + r))</c>. A shift to the left
/// is one less to the right. What depends on multiplier and shift alone is a value of its own, so that loops over rows compute it once.
/// Vectors are read, and change their type, by <see cref="Unsafe.As{TFrom, TTo}(ref TFrom)"/>: it compiles sooner than the methods of <see cref="Vector512"/>,
/// hundreds of which are searched for each use of a generic one.
/// </content>
public static partial class FixedPoint
{
    /// <summary>Takes odd lanes where the even ones were.</summary>
    internal const byte OddToEven = 0b11_11_01_01;

    /// <summary>Of three bits: the second where the first is set, else the third.</summary>
    private const byte ChooseByFirst = 0b1100_1010;

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
        Vector512<int> right = Avx512F.Max(Avx512F.Subtract(Vector512<int>.Zero, shifts), Vector512<int>.Zero);
        Vector512<int> left = Avx512F.Max(shifts, Vector512<int>.Zero);
        ref Vector512<uint> distances = ref Unsafe.As<Vector512<int>, Vector512<uint>>(ref right);
        values = Avx512F.ShiftLeftLogicalVariable(values, Unsafe.As<Vector512<int>, Vector512<uint>>(ref left));
        Vector512<long> even = Avx512F.Add(Avx512F.Multiply(values, multipliers), Vector512.Create(RoundingHalf));
        Vector512<long> odd = Avx512F.Add(Avx512F.Multiply(Avx512F.Shuffle(values, OddToEven), Avx512F.Shuffle(multipliers, OddToEven)), Vector512.Create(RoundingHalf));

        // The upper halves of odd lanes, the lower ones of even lanes.
        Vector512<long> pairs = Avx512F.TernaryLogic(Vector512.Create(-1L << 32), Avx512F.ShiftLeftLogical(odd, 1), Avx512F.ShiftRightLogical(even, RoundingBits), ChooseByFirst);
        Vector512<int> products = Unsafe.As<Vector512<long>, Vector512<int>>(ref pairs);
        Vector512<int> rounding = Avx512F.ShiftRightLogical(Avx512F.ShiftLeftLogicalVariable(Vector512<int>.One, distances), 1);
        if (isSymmetric)
        {
            Vector512<int> isShifted = Avx512F.Subtract(Vector512<int>.Zero, Avx512F.Min(right, Vector512<int>.One));
            rounding = Avx512F.Add(rounding, Avx512F.And(Avx512F.ShiftRightArithmetic(products, 31), isShifted));
        }

        return Avx512F.ShiftRightArithmeticVariable(Avx512F.Add(products, rounding), distances);
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
        Vector512<int> evenMultipliers = Unsafe.As<int, Vector512<int>>(ref multipliers), oddMultipliers = Avx512F.Shuffle(evenMultipliers, OddToEven);
        Vector512<int> shifts = Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref multipliers, target.ShiftDistance));
        Vector512<int> distances = Avx512F.Subtract(Vector512.Create(RoundingBits), shifts);
        ref Vector512<long> pairs = ref Unsafe.As<Vector512<int>, Vector512<long>>(ref distances);
        FindRoundings(
            Avx512F.And(pairs, Vector512.Create(0xFFFFFFFFL)), isSymmetric, out Vector512<long> evenFirst, out Vector512<long> evenSecond, out Vector512<long> evenNudge, out Vector512<ulong> even);
        FindRoundings(
            Avx512F.ShiftRightLogical(pairs, 32), isSymmetric, out Vector512<long> oddFirst, out Vector512<long> oddSecond, out Vector512<long> oddNudge, out Vector512<ulong> odd);
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
                Product(Unsafe.As<int, Vector512<int>>(ref quad), evenMultipliers, evenFirst, evenSecond, evenNudge, even, oddMultipliers, oddFirst, oddSecond, oddNudge, odd, isSymmetric),
                Product(Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref quad, row1 * stride)), evenMultipliers, evenFirst, evenSecond, evenNudge, even, oddMultipliers, oddFirst, oddSecond, oddNudge, odd, isSymmetric),
                Product(Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref quad, row2 * stride)), evenMultipliers, evenFirst, evenSecond, evenNudge, even, oddMultipliers, oddFirst, oddSecond, oddNudge, odd, isSymmetric),
                Product(Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref quad, row3 * stride)), evenMultipliers, evenFirst, evenSecond, evenNudge, even, oddMultipliers, oddFirst, oddSecond, oddNudge, odd, isSymmetric),
                zeroPoint);
            bytes = Avx512BW.Min(Avx512BW.Max(bytes, low), high);
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, places)) = bytes.GetLower().GetLower();
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, Unsafe.Add(ref places, row1))) = Avx512F.ExtractVector128(bytes, 1);
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, Unsafe.Add(ref places, row2))) = Avx512F.ExtractVector128(bytes, 2);
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, Unsafe.Add(ref places, row3))) = Avx512F.ExtractVector128(bytes, 3);
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
        Vector512<int> evenMultipliers = Unsafe.As<int, Vector512<int>>(ref multipliers), oddMultipliers = Avx512F.Shuffle(evenMultipliers, OddToEven);
        Vector512<int> shifts = Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref multipliers, shiftDistance));
        Vector512<int> distances = Avx512F.Subtract(Vector512.Create(RoundingBits), shifts);
        ref Vector512<long> pairs = ref Unsafe.As<Vector512<int>, Vector512<long>>(ref distances);
        FindRoundings(
            Avx512F.And(pairs, Vector512.Create(0xFFFFFFFFL)), isSymmetric, out Vector512<long> evenFirst, out Vector512<long> evenSecond, out Vector512<long> evenNudge, out Vector512<ulong> even);
        FindRoundings(
            Avx512F.ShiftRightLogical(pairs, 32), isSymmetric, out Vector512<long> oddFirst, out Vector512<long> oddSecond, out Vector512<long> oddNudge, out Vector512<ulong> odd);
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
        Vector512<int> values, Vector512<int> multipliers, Vector512<long> first, Vector512<long> second, Vector512<long> nudge, Vector512<ulong> distances) =>
        Product(values, multipliers, first, second, nudge, distances, multipliers, first, second, nudge, distances, isSymmetric: true);

    /// <summary>
    /// 16 sums' products: those of even lanes and those of odd ones, in 64 bits, then the lower halves of both. The vectors are arguments each: a local function's
    /// captured variables would be a type to load. It calls nothing: it is inlined so often that inlining more would take a third of its methods' compilation.
    /// </summary>
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
        bool isSymmetric)
    {
        Vector512<long> evenProducts = Avx512F.Add(Avx512F.Multiply(values, evenMultipliers), evenFirst);
        Vector512<long> oddProducts = Avx512F.Add(Avx512F.Multiply(Avx512F.Shuffle(values, OddToEven), oddMultipliers), oddFirst);
        if (isSymmetric)
        {
            evenProducts = Avx512F.Add(Avx512F.Add(evenProducts, evenSecond), Avx512F.And(Avx512F.ShiftRightArithmetic(evenProducts, 63), evenNudge));
            oddProducts = Avx512F.Add(Avx512F.Add(oddProducts, oddSecond), Avx512F.And(Avx512F.ShiftRightArithmetic(oddProducts, 63), oddNudge));
        }

        evenProducts = Avx512F.ShiftRightArithmeticVariable(evenProducts, even);
        oddProducts = Avx512F.ShiftRightArithmeticVariable(oddProducts, odd);
        return Avx512F.PermuteVar16x32x2(
            Unsafe.As<Vector512<long>, Vector512<int>>(ref evenProducts),
            Vector512.Create(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
            Unsafe.As<Vector512<long>, Vector512<int>>(ref oddProducts));
    }

    /// <summary>What is added to products in 64 bits.</summary>
    /// <param name="distance">How far they are shifted right: 1…61.</param>
    /// <param name="isSymmetric">Whether halves of the second rounding go away from zero; else up.</param>
    /// <param name="first">What is added before the first rounding; where no sign decides, before both.</param>
    /// <param name="second">Half of what the second rounding drops, 0 where there is none.</param>
    /// <param name="nudge">What takes negative halves of the second rounding to the other side.</param>
    /// <param name="count">The distance as what shifts count by.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FindRoundings(
        Vector512<long> distance, bool isSymmetric, out Vector512<long> first, out Vector512<long> second, out Vector512<long> nudge, out Vector512<ulong> count)
    {
        Vector512<long> places = Avx512F.Subtract(distance, Vector512.Create(1L)), most = Vector512.Create((long)RoundingBits);
        Vector512<long> last = Avx512F.ShiftLeftLogicalVariable(Vector512.Create(1L), Unsafe.As<Vector512<long>, Vector512<ulong>>(ref places)), half = Vector512.Create(RoundingHalf);

        // The comparison is written twice: kept as a vector, it would leave its mask and become one again.
        first = Avx512F.BlendVariable(last, isSymmetric ? half : Avx512F.Add(half, last), Avx512F.CompareGreaterThan(distance, most));
        Vector512<long> hasSecond = isSymmetric ? Avx512F.CompareGreaterThan(distance, most) : default;
        second = Avx512F.And(last, hasSecond);
        nudge = Avx512F.ShiftLeftLogical(hasSecond, RoundingBits);
        count = Unsafe.As<Vector512<long>, Vector512<ulong>>(ref distance);
    }
}
