using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Products of integers and real numbers, in integers: a real number is <c>multiplier · 2^(shift − 31)</c>. The product is shifted left where the
/// shift is positive, multiplied, the upper half rounded, and shifted right with a second rounding where the shift is negative. This is TensorFlow
/// Lite's arithmetic; halves of the second rounding go up in its matrix products on x86, away from zero elsewhere.
/// Neither a value shifted left nor a product before its second rounding may leave 32 bits; a shift is within ±30.
/// </summary>
public static partial class FixedPoint
{
    /// <summary>How far products are shifted right where there is no other shift.</summary>
    internal const int RoundingBits = 31;

    internal const long RoundingHalf = 1L << (RoundingBits - 1);

    /// <summary>Multiplies.</summary>
    /// <param name="value">The integer.</param>
    /// <param name="multiplier">2³⁰…2³¹ − 1, or 0.</param>
    /// <param name="shift">−30…30.</param>
    /// <param name="isSymmetric">Whether halves of the second rounding go away from zero; else up.</param>
    /// <returns>The rounded product.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Multiply(int value, int multiplier, int shift, bool isSymmetric)
    {
        int shifted = unchecked(value << (shift > 0 ? shift : 0));
        int product = unchecked((int)((((long)shifted * multiplier) + RoundingHalf) >> RoundingBits));
        int right = shift < 0 ? -shift : 0;
        int nudge = isSymmetric && right > 0 && product < 0 ? -1 : 0;
        return unchecked(product + ((1 << right) >> 1) + nudge) >> right;
    }

    /// <summary>Multiplies 4 integers.</summary>
    /// <param name="values">The integers.</param>
    /// <param name="multipliers">Of each: 2³⁰…2³¹ − 1, or 0.</param>
    /// <param name="shifts">Of each: −30…30.</param>
    /// <param name="isSymmetric">Whether halves of the second rounding go away from zero; else up.</param>
    /// <returns>The rounded products.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Portable(Vector128<int> values, Vector128<int> multipliers, Vector128<int> shifts, bool isSymmetric) => AdvSimd.IsSupported
        ? ArmVector(values, multipliers, shifts, isSymmetric)
        : Vector128.Create(
            Multiply(values.GetElement(0), multipliers.GetElement(0), shifts.GetElement(0), isSymmetric),
            Multiply(values.GetElement(1), multipliers.GetElement(1), shifts.GetElement(1), isSymmetric),
            Multiply(values.GetElement(2), multipliers.GetElement(2), shifts.GetElement(2), isSymmetric),
            Multiply(values.GetElement(3), multipliers.GetElement(3), shifts.GetElement(3), isSymmetric));

    /// <summary>Multiplies 8 integers with AVX2.</summary>
    /// <param name="values">The integers.</param>
    /// <param name="multipliers">Of each: 2³⁰…2³¹ − 1, or 0.</param>
    /// <param name="shifts">Of each: −30…30.</param>
    /// <param name="isSymmetric">Whether halves of the second rounding go away from zero; else up.</param>
    /// <returns>The rounded products.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Avx2Vector(Vector256<int> values, Vector256<int> multipliers, Vector256<int> shifts, bool isSymmetric)
    {
        Vector256<int> right = Avx2.Max(Avx2.Subtract(default, shifts), default), left = Avx2.Max(shifts, default);
        ref Vector256<uint> distances = ref Unsafe.As<Vector256<int>, Vector256<uint>>(ref right);
        values = Avx2.ShiftLeftLogicalVariable(values, Unsafe.As<Vector256<int>, Vector256<uint>>(ref left));
        Vector256<long> even = Avx2.Add(Avx2.Multiply(values, multipliers), Vector256.Create(RoundingHalf));
        Vector256<long> odd = Avx2.Add(Avx2.Multiply(Avx2.Shuffle(values, OddToEven), Avx2.Shuffle(multipliers, OddToEven)), Vector256.Create(RoundingHalf));
        even = Avx2.ShiftRightLogical(even, RoundingBits);
        odd = Avx2.ShiftLeftLogical(odd, 1);
        Vector256<int> products = Avx2.Blend(Unsafe.As<Vector256<long>, Vector256<int>>(ref even), Unsafe.As<Vector256<long>, Vector256<int>>(ref odd), 0b1010_1010);
        Vector256<int> rounding = Avx2.ShiftRightLogical(Avx2.ShiftLeftLogicalVariable(Vector256.Create(1), distances), 1);
        if (isSymmetric)
        {
            rounding = Avx2.Add(rounding, Avx2.And(Avx2.ShiftRightArithmetic(products, 31), Avx2.CompareGreaterThan(right, default)));
        }

        return Avx2.ShiftRightArithmeticVariable(Avx2.Add(products, rounding), distances);
    }

    private static Vector128<int> ArmVector(Vector128<int> values, Vector128<int> multipliers, Vector128<int> shifts, bool isSymmetric)
    {
        Vector128<int> right = AdvSimd.Min(shifts, Vector128<int>.Zero);
        Vector128<int> shifted = AdvSimd.ShiftArithmetic(values, AdvSimd.Max(shifts, Vector128<int>.Zero));
        Vector128<int> products = AdvSimd.MultiplyRoundedDoublingSaturateHigh(shifted, multipliers);
        Vector128<int> rounding = Vector128.ShiftRightLogical(AdvSimd.ShiftLogical(Vector128<int>.One, AdvSimd.Negate(right)), 1);
        if (isSymmetric)
        {
            rounding += Vector128.LessThan(products, Vector128<int>.Zero) & Vector128.LessThan(right, Vector128<int>.Zero);
        }

        return AdvSimd.ShiftArithmetic(products + rounding, right);
    }
}
