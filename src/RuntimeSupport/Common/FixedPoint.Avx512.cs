using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// In 64 bits both roundings are one shift: <c>floor((floor(x / 2³¹) + h) / 2^r) = floor((x + h · 2³¹) / 2^(31 + r))</c>, of which 32 places are taking the upper
/// half. What depends on multiplier and shift alone is computed once.
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

    /// <summary>
    /// Whether <see cref="Avx512Product"/> multiplies by these: shifts go to the right, but for multipliers that are 0. Then the upper half of a 64-bit product holds
    /// what the second shift takes, so that both halves are shifted together. Only multipliers of a half and more have other shifts.
    /// </summary>
    /// <param name="multipliers">The first of the channels' multipliers.</param>
    /// <param name="channels">Number of channels, a multiple of 8.</param>
    /// <param name="shiftDistance">Where a channel's shift lies behind its multiplier.</param>
    /// <returns>Whether they do.</returns>
    [MethodImpl(KernelOptions.Hot)]
    public static bool HasRightShifts(ref int multipliers, int channels, int shiftDistance)
    {
        Vector256<int> others = Vector256<int>.Zero;
        for (int at = 0; at < channels; at += 8)
        {
            ref int factors = ref Unsafe.Add(ref multipliers, at);
            Vector256<int> isZero = Avx2.CompareEqual(Unsafe.As<int, Vector256<int>>(ref factors), Vector256<int>.Zero);
            Vector256<int> isLeft = Avx2.CompareGreaterThan(Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref factors, shiftDistance)), Vector256.Create(-1));
            others = Avx2.Or(others, Avx2.AndNot(isZero, isLeft));
        }

        return Avx.TestZ(others, others);
    }

    /// <summary>Computes what <see cref="Avx512Product"/> reads: multipliers of even and of odd lanes, what is added to the products of either, the last shift.</summary>
    /// <param name="multipliers">The first of 16 multipliers; <see cref="HasRightShifts"/> holds.</param>
    /// <param name="shiftDistance">Where a channel's shift lies behind its multiplier.</param>
    /// <param name="prepared">What is computed, <see cref="ByteLanes.PreparedNumbers"/> at most.</param>
    public static void Avx512Prepare(ref int multipliers, int shiftDistance, ref int prepared)
    {
        Vector512<int> factors = Unsafe.As<int, Vector512<int>>(ref multipliers);
        FindRoundings(
            Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref multipliers, shiftDistance)), out Vector512<long> evenRounding, out Vector512<long> oddRounding, out Vector512<uint> distances);
        Unsafe.As<int, Vector512<int>>(ref prepared) = factors;
        Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref prepared, 16)) = Avx512F.Shuffle(factors, OddToEven);
        Unsafe.As<int, Vector512<long>>(ref Unsafe.Add(ref prepared, 32)) = evenRounding;
        Unsafe.As<int, Vector512<long>>(ref Unsafe.Add(ref prepared, 48)) = oddRounding;
        Unsafe.As<int, Vector512<uint>>(ref Unsafe.Add(ref prepared, 64)) = distances;
    }

    /// <summary>What is added to products of even and of odd lanes – half of what the first shift drops, and half of what both drop – and how far their upper halves are shifted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FindRoundings(Vector512<int> shifts, out Vector512<long> even, out Vector512<long> odd, out Vector512<uint> distances)
    {
        Vector512<int> right = Avx512F.Max(Avx512F.Subtract(Vector512<int>.Zero, shifts), Vector512.Create(1)), beyond = Avx512F.Subtract(right, Vector512.Create(1));
        ref Vector512<long> pairs = ref Unsafe.As<Vector512<int>, Vector512<long>>(ref right);
        Vector512<long> evenRight = Avx512F.And(pairs, Vector512.Create(0xFFFFFFFFL)), oddRight = Avx512F.ShiftRightLogical(pairs, 32);
        Vector512<long> first = Vector512.Create(RoundingHalf);
        even = Avx512F.Add(first, Avx512F.ShiftLeftLogicalVariable(first, Unsafe.As<Vector512<long>, Vector512<ulong>>(ref evenRight)));
        odd = Avx512F.Add(first, Avx512F.ShiftLeftLogicalVariable(first, Unsafe.As<Vector512<long>, Vector512<ulong>>(ref oddRight)));
        distances = Unsafe.As<Vector512<int>, Vector512<uint>>(ref beyond);
    }

    /// <summary>Multiplies 16 integers with AVX-512, halves of the second rounding up.</summary>
    /// <param name="values">The integers.</param>
    /// <param name="prepared">What <see cref="Avx512Prepare"/> computed.</param>
    /// <returns>The rounded products.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Avx512Product(Vector512<int> values, ref int prepared) => RightProduct(
        values,
        Unsafe.As<int, Vector512<int>>(ref prepared),
        Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref prepared, 16)),
        Unsafe.As<int, Vector512<long>>(ref Unsafe.Add(ref prepared, 32)),
        Unsafe.As<int, Vector512<long>>(ref Unsafe.Add(ref prepared, 48)),
        Unsafe.As<int, Vector512<uint>>(ref Unsafe.Add(ref prepared, 64)));

    /// <summary>Multiplies 7 rows of 16 integers with AVX-512, the rounded products in their place.</summary>
    /// <param name="sums0">The first row.</param>
    /// <param name="sums1">The second row.</param>
    /// <param name="sums2">The third row.</param>
    /// <param name="sums3">The fourth row.</param>
    /// <param name="sums4">The fifth row.</param>
    /// <param name="sums5">The sixth row.</param>
    /// <param name="sums6">The seventh row.</param>
    /// <param name="prepared">What <see cref="Avx512Prepare"/> computed.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Avx512Products(
        ref Vector512<int> sums0, ref Vector512<int> sums1, ref Vector512<int> sums2, ref Vector512<int> sums3, ref Vector512<int> sums4, ref Vector512<int> sums5,
        ref Vector512<int> sums6, ref int prepared)
    {
        Vector512<int> even = Unsafe.As<int, Vector512<int>>(ref prepared), odd = Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref prepared, 16));
        Vector512<long> evenRounding = Unsafe.As<int, Vector512<long>>(ref Unsafe.Add(ref prepared, 32)), oddRounding = Unsafe.As<int, Vector512<long>>(ref Unsafe.Add(ref prepared, 48));
        Vector512<uint> distances = Unsafe.As<int, Vector512<uint>>(ref Unsafe.Add(ref prepared, 64));
        sums0 = RightProduct(sums0, even, odd, evenRounding, oddRounding, distances);
        sums1 = RightProduct(sums1, even, odd, evenRounding, oddRounding, distances);
        sums2 = RightProduct(sums2, even, odd, evenRounding, oddRounding, distances);
        sums3 = RightProduct(sums3, even, odd, evenRounding, oddRounding, distances);
        sums4 = RightProduct(sums4, even, odd, evenRounding, oddRounding, distances);
        sums5 = RightProduct(sums5, even, odd, evenRounding, oddRounding, distances);
        sums6 = RightProduct(sums6, even, odd, evenRounding, oddRounding, distances);
    }

    /// <summary>Requantises rows of 16 sums with AVX-512, halves of the second rounding up.</summary>
    /// <param name="sums">The first row's sums.</param>
    /// <param name="stride">From a row's sums to the next one's.</param>
    /// <param name="multipliers">The first of the channels' multipliers; shifts lie behind them.</param>
    /// <param name="output">Where offsets count from.</param>
    /// <param name="offsets">Where each row's 16 results go.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="target">Range and zero point of the results.</param>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    public static void Avx512Rows(ref int sums, nint stride, ref int multipliers, ref byte output, ref int offsets, int rows, RequantizationTarget target)
    {
        if (!HasRightShifts(ref multipliers, 16, target.ShiftDistance))
        {
            Avx512AnyRows(ref sums, stride, ref multipliers, ref output, ref offsets, rows, target, isSymmetric: false);
            return;
        }

        Vector512<int> even = Unsafe.As<int, Vector512<int>>(ref multipliers), odd = Avx512F.Shuffle(even, OddToEven);
        FindRoundings(
            Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref multipliers, target.ShiftDistance)), out Vector512<long> evenRounding, out Vector512<long> oddRounding, out Vector512<uint> distances);
        Vector512<short> zeroPoint = Vector512.Create((short)target.ZeroPoint);
        Vector512<byte> low = Vector512.Create((byte)target.Low), high = Vector512.Create((byte)target.High);

        // The last four rows are moved back to end with the last one, and of fewer than four the last is repeated: a loop of their own would take as long to compile.
        nint last = rows - 1, row1 = Math.Min(1, last), row2 = Math.Min(2, last), row3 = Math.Min(3, last), lastQuad = Math.Max(rows - 4, 0);
        nint sums1 = row1 * stride, sums2 = row2 * stride, sums3 = row3 * stride;
        for (nint row = 0; row < rows; row += 4)
        {
            nint first = Math.Min(row, lastQuad);
            ref int quad = ref Unsafe.Add(ref sums, first * stride);
            ref int places = ref Unsafe.Add(ref offsets, first);
            Vector512<byte> bytes = ByteLanes.Avx512Bytes(
                RightProduct(Unsafe.As<int, Vector512<int>>(ref quad), even, odd, evenRounding, oddRounding, distances),
                RightProduct(Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref quad, sums1)), even, odd, evenRounding, oddRounding, distances),
                RightProduct(Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref quad, sums2)), even, odd, evenRounding, oddRounding, distances),
                RightProduct(Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref quad, sums3)), even, odd, evenRounding, oddRounding, distances),
                zeroPoint);
            bytes = Avx512BW.Min(Avx512BW.Max(bytes, low), high);
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, places)) = bytes.GetLower().GetLower();
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, Unsafe.Add(ref places, row1))) = Avx512F.ExtractVector128(bytes, 1);
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, Unsafe.Add(ref places, row2))) = Avx512F.ExtractVector128(bytes, 2);
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, Unsafe.Add(ref places, row3))) = Avx512F.ExtractVector128(bytes, 3);
        }
    }

    /// <summary>Requantises rows of 16 sums with AVX-512, whatever the shifts.</summary>
    /// <param name="sums">The first row's sums.</param>
    /// <param name="stride">From a row's sums to the next one's.</param>
    /// <param name="multipliers">The first of the channels' multipliers; shifts lie behind them.</param>
    /// <param name="output">Where offsets count from.</param>
    /// <param name="offsets">Where each row's 16 results go.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="target">Range and zero point of the results.</param>
    /// <param name="isSymmetric">Whether halves of the second rounding go away from zero; else up.</param>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    public static void Avx512AnyRows(
        ref int sums, nint stride, ref int multipliers, ref byte output, ref int offsets, int rows, RequantizationTarget target, bool isSymmetric)
    {
        Vector512<int> factors = Unsafe.As<int, Vector512<int>>(ref multipliers), shifts = Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref multipliers, target.ShiftDistance));
        Vector512<int> zeroPoint = Vector512.Create(target.ZeroPoint), low = Vector512.Create(target.Low), high = Vector512.Create(target.High);
        for (nint row = 0; row < rows; row++)
        {
            Vector512<int> products = Avx512Vector(Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref sums, row * stride)), factors, shifts, isSymmetric);
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, row))) =
                Avx512F.ConvertToVector128Byte(Avx512F.Min(Avx512F.Max(Avx512F.Add(products, zeroPoint), low), high));
        }
    }

    /// <summary>What is added before the first rounding, and before the second; and what takes negative halves of the second to the other side.</summary>
    internal static (long First, long Second, long Nudge) SymmetricRoundings(int shift) =>
        shift < 0 ? (RoundingHalf, 1L << (RoundingBits - shift - 1), -1L << RoundingBits) : (1L << (RoundingBits - shift - 1), 0, 0);

    /// <summary>Multiplies 16 integers by numbers that all pairs of lanes have in common, halves of the second rounding away from zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<int> Avx512Symmetric(
        Vector512<int> values, Vector512<int> multipliers, Vector512<long> first, Vector512<long> second, Vector512<long> nudge, Vector512<ulong> distances)
    {
        Vector512<long> evenProducts = Avx512F.Add(Avx512F.Multiply(values, multipliers), first);
        Vector512<long> oddProducts = Avx512F.Add(Avx512F.Multiply(Avx512F.Shuffle(values, OddToEven), multipliers), first);
        evenProducts = Avx512F.Add(Avx512F.Add(evenProducts, second), Avx512F.And(Avx512F.ShiftRightArithmetic(evenProducts, 63), nudge));
        oddProducts = Avx512F.Add(Avx512F.Add(oddProducts, second), Avx512F.And(Avx512F.ShiftRightArithmetic(oddProducts, 63), nudge));
        evenProducts = Avx512F.ShiftRightArithmeticVariable(evenProducts, distances);
        oddProducts = Avx512F.ShiftRightArithmeticVariable(oddProducts, distances);
        return Avx512F.PermuteVar16x32x2(
            Unsafe.As<Vector512<long>, Vector512<int>>(ref evenProducts),
            Vector512.Create(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
            Unsafe.As<Vector512<long>, Vector512<int>>(ref oddProducts));
    }

    /// <summary>
    /// 16 sums' products: those of even lanes and those of odd ones, in 64 bits, then the upper halves of both, shifted. The vectors are arguments each: a local function's
    /// captured variables would be a type to load. It calls nothing: it is inlined so often that inlining more would take a third of its methods' compilation.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> RightProduct(
        Vector512<int> values, Vector512<int> even, Vector512<int> odd, Vector512<long> evenRounding, Vector512<long> oddRounding, Vector512<uint> distances)
    {
        Vector512<long> evenProducts = Avx512F.Add(Avx512F.Multiply(values, even), evenRounding);
        Vector512<long> oddProducts = Avx512F.Add(Avx512F.Multiply(Avx512F.Shuffle(values, OddToEven), odd), oddRounding);
        return Avx512F.ShiftRightArithmeticVariable(
            Avx512F.PermuteVar16x32x2(
                Unsafe.As<Vector512<long>, Vector512<int>>(ref evenProducts),
                Vector512.Create(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31),
                Unsafe.As<Vector512<long>, Vector512<int>>(ref oddProducts)),
            distances);
    }
}
