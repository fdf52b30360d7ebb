using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The exponential function and what is made of it, with the same bits on every processor: those of C libraries differ.</summary>
/// <remarks>
/// x = n · ln 2 + r with |r| ≤ ln 2 / 2, and e^x = 2ⁿ · e^r. ln 2 is taken in two floats, so that r is right to the last bit but one. e^r is its
/// Taylor polynomial of degree 7: what is cut off, r⁸ / 8!, is below 2⁻²⁷ of the result. Every step is a fused multiply-add. 2ⁿ is multiplied
/// in as two powers of two, because its exponent alone may be outside a float's range; subnormal results are so rounded once more.
/// The worst errors found are 1.1 units in the last place, 2.5 for <see cref="Sigmoid(float)"/> and 2.3 for <see cref="Tanh(float)"/>.
/// </remarks>
public static partial class Exponential
{
    /// <summary>Below it the result is 0.</summary>
    private const float Lowest = -104f;

    /// <summary>Above it the result is infinite.</summary>
    private const float Highest = 89f;

    /// <summary>1 / ln 2.</summary>
    private const float InverseLogarithm = 1.44269504f;

    /// <summary>ln 2, rounded to a float.</summary>
    private const float LogarithmHigh = 0.693147182f;

    /// <summary>ln 2 less <see cref="LogarithmHigh"/>.</summary>
    private const float LogarithmLow = -1.90465421e-9f;

    /// <summary>1.5 · 2²³: adding it rounds to an integer, which is then in the low bits.</summary>
    private const float RoundingShift = 12582912f;

    private const int RoundingShiftBits = 0x4B400000;

    private const float Coefficient2 = 1f / 2;
    private const float Coefficient3 = 1f / 6;
    private const float Coefficient4 = 1f / 24;
    private const float Coefficient5 = 1f / 120;
    private const float Coefficient6 = 1f / 720;
    private const float Coefficient7 = 1f / 5040;

    /// <summary>e^x.</summary>
    /// <param name="value">x; NaN gives NaN.</param>
    /// <returns>The exponential, 0…+∞.</returns>
    [MethodImpl(KernelOptions.Hot)]
    public static float Of(float value)
    {
        float clamped = FloatRange.Clamp(value, Lowest, Highest);
        float shifted = FusedMultiplyAdd.Of(clamped, InverseLogarithm, RoundingShift);
        int power = BitConverter.SingleToInt32Bits(shifted) - RoundingShiftBits;
        float polynomial = LessOne(clamped, shifted - RoundingShift) + 1f;
        int half = power >> 1;
        return polynomial * PowerOfTwo(half) * PowerOfTwo(power - half);
    }

    /// <summary>1 / (1 + e^−x).</summary>
    /// <param name="value">x; NaN gives NaN.</param>
    /// <returns>The sigmoid, 0…1.</returns>
    [MethodImpl(KernelOptions.Hot)]
    public static float Sigmoid(float value) => 1f / (1f + Of(-value));

    /// <summary>The hyperbolic tangent.</summary>
    /// <param name="value">x; NaN gives NaN.</param>
    /// <returns>The tangent, −1…1.</returns>
    [MethodImpl(KernelOptions.Hot)]
    public static float Tanh(float value)
    {
        // With m = e^2|x| − 1 it is m / (m + 2); m = 2ⁿ (e^r − 1) + (2ⁿ − 1) loses nothing for small x. Beyond 10 the result is 1.
        float doubled = FloatRange.Clamp(2f * MathF.Abs(value), 0f, 20f);
        float shifted = FusedMultiplyAdd.Of(doubled, InverseLogarithm, RoundingShift);
        float scale = PowerOfTwo(BitConverter.SingleToInt32Bits(shifted) - RoundingShiftBits);
        float lessOne = FusedMultiplyAdd.Of(scale, LessOne(doubled, shifted - RoundingShift), scale - 1f);
        return MathF.CopySign(lessOne / (lessOne + 2f), value);
    }

    /// <summary>e^x of four values.</summary>
    /// <param name="values">x; NaN gives NaN.</param>
    /// <returns>The exponentials.</returns>
    [MethodImpl(KernelOptions.Hot)]
    public static Vector128<float> Of(Vector128<float> values)
    {
        Vector128<float> clamped = FloatRange.Clamp(values, Vector128.Create(Lowest), Vector128.Create(Highest));
        Vector128<float> shift = Vector128.Create(RoundingShift);
        Vector128<float> shifted = FusedMultiplyAdd.Of(clamped, Vector128.Create(InverseLogarithm), shift);
        Vector128<float> polynomial = LessOne(clamped, shifted - shift) + Vector128.Create(1f);
        Vector128<int> exponent = shifted.AsInt32() - Vector128.Create(RoundingShiftBits);
        Vector128<int> half = Vector128.ShiftRightArithmetic(exponent, 1);
        return polynomial * PowerOfTwo(half) * PowerOfTwo(exponent - half);
    }

    /// <summary>The hyperbolic tangents of four values.</summary>
    /// <param name="values">x; NaN gives NaN.</param>
    /// <returns>The tangents, −1…1.</returns>
    [MethodImpl(KernelOptions.Hot)]
    public static Vector128<float> Tanh(Vector128<float> values)
    {
        Vector128<float> sign = Vector128.Create(-0f);
        Vector128<float> doubled = FloatRange.Clamp(Vector128.Create(2f) * Vector128.AndNot(values, sign), Vector128<float>.Zero, Vector128.Create(20f));
        Vector128<float> shift = Vector128.Create(RoundingShift);
        Vector128<float> shifted = FusedMultiplyAdd.Of(doubled, Vector128.Create(InverseLogarithm), shift);
        Vector128<float> scale = PowerOfTwo(shifted.AsInt32() - Vector128.Create(RoundingShiftBits));
        Vector128<float> lessOne = FusedMultiplyAdd.Of(scale, LessOne(doubled, shifted - shift), scale - Vector128.Create(1f));
        return Vector128.ConditionalSelect(sign, values, lessOne / (lessOne + Vector128.Create(2f)));
    }

    /// <summary>e^r − 1 where r = value − power · ln 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float LessOne(float value, float power)
    {
        float rest = FusedMultiplyAdd.Of(power, -LogarithmHigh, value);
        rest = FusedMultiplyAdd.Of(power, -LogarithmLow, rest);
        float polynomial = FusedMultiplyAdd.Of(rest, Coefficient7, Coefficient6);
        polynomial = FusedMultiplyAdd.Of(polynomial, rest, Coefficient5);
        polynomial = FusedMultiplyAdd.Of(polynomial, rest, Coefficient4);
        polynomial = FusedMultiplyAdd.Of(polynomial, rest, Coefficient3);
        polynomial = FusedMultiplyAdd.Of(polynomial, rest, Coefficient2);
        return FusedMultiplyAdd.Of(polynomial, rest * rest, rest);
    }

    /// <summary>e^r − 1 where r = value − power · ln 2, of four values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> LessOne(Vector128<float> value, Vector128<float> power)
    {
        Vector128<float> rest = FusedMultiplyAdd.Of(power, Vector128.Create(-LogarithmHigh), value);
        rest = FusedMultiplyAdd.Of(power, Vector128.Create(-LogarithmLow), rest);
        Vector128<float> polynomial = FusedMultiplyAdd.Of(rest, Vector128.Create(Coefficient7), Vector128.Create(Coefficient6));
        polynomial = FusedMultiplyAdd.Of(polynomial, rest, Vector128.Create(Coefficient5));
        polynomial = FusedMultiplyAdd.Of(polynomial, rest, Vector128.Create(Coefficient4));
        polynomial = FusedMultiplyAdd.Of(polynomial, rest, Vector128.Create(Coefficient3));
        polynomial = FusedMultiplyAdd.Of(polynomial, rest, Vector128.Create(Coefficient2));
        return FusedMultiplyAdd.Of(polynomial, rest * rest, rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float PowerOfTwo(int exponent) => BitConverter.Int32BitsToSingle((exponent + 127) << 23);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> PowerOfTwo(Vector128<int> exponents) => Vector128.ShiftLeft(exponents + Vector128.Create(127), 23).AsSingle();
}
