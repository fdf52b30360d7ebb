using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>Eight and 16 values at a time, part of the loops that call them.</content>
public static partial class Exponential
{
    /// <summary>e^x of eight values, with AVX2 and FMA3.</summary>
    /// <param name="values">x; NaN gives NaN.</param>
    /// <returns>The exponentials.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Avx2(Vector256<float> values)
    {
        Vector256<float> clamped = Avx.Min(Vector256.Create(Highest), Avx.Max(Vector256.Create(Lowest), values));
        Vector256<float> shift = Vector256.Create(RoundingShift);
        Vector256<float> shifted = Fma.MultiplyAdd(clamped, Vector256.Create(InverseLogarithm), shift);
        Vector256<float> polynomial = LessOne(clamped, shifted - shift) + Vector256.Create(1f);
        Vector256<int> exponent = shifted.AsInt32() - Vector256.Create(RoundingShiftBits);
        Vector256<int> half = Vector256.ShiftRightArithmetic(exponent, 1);
        return polynomial * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>The hyperbolic tangents of eight values, with AVX2 and FMA3.</summary>
    /// <param name="values">x; NaN gives NaN.</param>
    /// <returns>The tangents, −1…1.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> TanhAvx2(Vector256<float> values)
    {
        Vector256<float> sign = Vector256.Create(-0f);
        Vector256<float> doubled = Avx.Min(Vector256.Create(20f), Avx.Max(Vector256<float>.Zero, Vector256.Create(2f) * Vector256.AndNot(values, sign)));
        Vector256<float> shift = Vector256.Create(RoundingShift);
        Vector256<float> shifted = Fma.MultiplyAdd(doubled, Vector256.Create(InverseLogarithm), shift);
        Vector256<float> scale = PowerOfTwo(shifted.AsInt32() - Vector256.Create(RoundingShiftBits));
        Vector256<float> lessOne = Fma.MultiplyAdd(scale, LessOne(doubled, shifted - shift), scale - Vector256.Create(1f));
        return Vector256.ConditionalSelect(sign, values, lessOne / (lessOne + Vector256.Create(2f)));
    }

    /// <summary>e^x of 16 values, with AVX-512.</summary>
    /// <param name="values">x; NaN gives NaN.</param>
    /// <returns>The exponentials.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Avx512(Vector512<float> values)
    {
        Vector512<float> clamped = Avx512F.Min(Vector512.Create(Highest), Avx512F.Max(Vector512.Create(Lowest), values));
        Vector512<float> shift = Vector512.Create(RoundingShift);
        Vector512<float> shifted = Avx512F.FusedMultiplyAdd(clamped, Vector512.Create(InverseLogarithm), shift);
        Vector512<float> polynomial = LessOne(clamped, shifted - shift) + Vector512.Create(1f);
        Vector512<int> exponent = shifted.AsInt32() - Vector512.Create(RoundingShiftBits);
        Vector512<int> half = Vector512.ShiftRightArithmetic(exponent, 1);
        return polynomial * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>1 / (1 + e^−x) of 16 values, with AVX-512. A subnormal e^−x, which is rounded once less here, is lost in the sum.</summary>
    /// <param name="values">x; NaN gives NaN.</param>
    /// <returns>The sigmoids, 0…1.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SigmoidAvx512(Vector512<float> values)
    {
        Vector512<float> one = Vector512.Create(1f), shift = Vector512.Create(RoundingShift);
        Vector512<float> clamped = Avx512F.Min(Vector512.Create(Highest), Avx512F.Max(Vector512.Create(Lowest), -values));
        Vector512<float> power = Avx512F.FusedMultiplyAdd(clamped, Vector512.Create(InverseLogarithm), shift) - shift;
        return one / (one + Avx512F.Scale(LessOne(clamped, power) + one, power));
    }

    /// <summary>The hyperbolic tangents of 16 values, with AVX-512.</summary>
    /// <param name="values">x; NaN gives NaN.</param>
    /// <returns>The tangents, −1…1.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> TanhAvx512(Vector512<float> values)
    {
        Vector512<float> sign = Vector512.Create(-0f);
        Vector512<float> doubled = Avx512F.Min(Vector512.Create(20f), Avx512F.Max(Vector512<float>.Zero, Vector512.Create(2f) * Vector512.AndNot(values, sign)));
        Vector512<float> shift = Vector512.Create(RoundingShift);
        Vector512<float> shifted = Avx512F.FusedMultiplyAdd(doubled, Vector512.Create(InverseLogarithm), shift);
        Vector512<float> scale = PowerOfTwo(shifted.AsInt32() - Vector512.Create(RoundingShiftBits));
        Vector512<float> lessOne = Avx512F.FusedMultiplyAdd(scale, LessOne(doubled, shifted - shift), scale - Vector512.Create(1f));
        return Vector512.ConditionalSelect(sign, values, lessOne / (lessOne + Vector512.Create(2f)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> LessOne(Vector256<float> value, Vector256<float> power)
    {
        Vector256<float> rest = Fma.MultiplyAdd(power, Vector256.Create(-LogarithmHigh), value);
        rest = Fma.MultiplyAdd(power, Vector256.Create(-LogarithmLow), rest);
        Vector256<float> polynomial = Fma.MultiplyAdd(rest, Vector256.Create(Coefficient7), Vector256.Create(Coefficient6));
        polynomial = Fma.MultiplyAdd(polynomial, rest, Vector256.Create(Coefficient5));
        polynomial = Fma.MultiplyAdd(polynomial, rest, Vector256.Create(Coefficient4));
        polynomial = Fma.MultiplyAdd(polynomial, rest, Vector256.Create(Coefficient3));
        polynomial = Fma.MultiplyAdd(polynomial, rest, Vector256.Create(Coefficient2));
        return Fma.MultiplyAdd(polynomial, rest * rest, rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> PowerOfTwo(Vector256<int> exponents) => Vector256.ShiftLeft(exponents + Vector256.Create(127), 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> LessOne(Vector512<float> value, Vector512<float> power)
    {
        Vector512<float> rest = Avx512F.FusedMultiplyAdd(power, Vector512.Create(-LogarithmHigh), value);
        rest = Avx512F.FusedMultiplyAdd(power, Vector512.Create(-LogarithmLow), rest);
        Vector512<float> polynomial = Avx512F.FusedMultiplyAdd(rest, Vector512.Create(Coefficient7), Vector512.Create(Coefficient6));
        polynomial = Avx512F.FusedMultiplyAdd(polynomial, rest, Vector512.Create(Coefficient5));
        polynomial = Avx512F.FusedMultiplyAdd(polynomial, rest, Vector512.Create(Coefficient4));
        polynomial = Avx512F.FusedMultiplyAdd(polynomial, rest, Vector512.Create(Coefficient3));
        polynomial = Avx512F.FusedMultiplyAdd(polynomial, rest, Vector512.Create(Coefficient2));
        return Avx512F.FusedMultiplyAdd(polynomial, rest * rest, rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> PowerOfTwo(Vector512<int> exponents) => Vector512.ShiftLeft(exponents + Vector512.Create(127), 23).AsSingle();
}
