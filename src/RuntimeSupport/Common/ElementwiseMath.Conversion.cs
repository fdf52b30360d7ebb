using System;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// From real numbers to integers. A C# cast leaves the result open where the number does not fit, and differs between processors before
/// .NET 9; these saturate everywhere, and NaN gives 0.
/// </content>
public static partial class ElementwiseMath
{
    /// <summary>Rounds towards zero.</summary>
    /// <param name="x">Any number.</param>
    /// <returns>The integer, saturated; 0 of NaN.</returns>
    public static int ToInt32(double x) =>
        x >= int.MaxValue ? int.MaxValue : x <= int.MinValue ? int.MinValue : double.IsNaN(x) ? 0 : (int)x;

    /// <inheritdoc cref="ToInt32(double)"/>
    public static uint ToUInt32(double x) => x >= uint.MaxValue ? uint.MaxValue : x > 0 ? (uint)x : 0;

    /// <inheritdoc cref="ToInt32(double)"/>
    /// <remarks>2^63, where the literals are, is the first double that does not fit.</remarks>
    public static long ToInt64(double x) =>
        x >= 9223372036854775808.0 ? long.MaxValue : x <= long.MinValue ? long.MinValue : double.IsNaN(x) ? 0 : (long)x;

    /// <inheritdoc cref="ToInt32(double)"/>
    /// <remarks>2^64, where the literal is, is the first double that does not fit.</remarks>
    public static ulong ToUInt64(double x) => x >= 18446744073709551616.0 ? ulong.MaxValue : x > 0 ? (ulong)x : 0;

    /// <summary>The bits of a number.</summary>
    /// <param name="x">Any number.</param>
    /// <returns>The integer with the same bits.</returns>
    public static int ToBits(float x) => BitConverter.SingleToInt32Bits(x);

    /// <inheritdoc cref="ToBits(float)"/>
    public static long ToBits(double x) => BitConverter.DoubleToInt64Bits(x);

    /// <summary>The number that has given bits.</summary>
    /// <param name="x">The bits.</param>
    /// <returns>The number.</returns>
    public static float FromBits(int x) => BitConverter.Int32BitsToSingle(x);

    /// <inheritdoc cref="FromBits(int)"/>
    public static double FromBits(long x) => BitConverter.Int64BitsToDouble(x);

    /// <summary>Quantises: <c>round(clamp(x · inverseScale, −zeroPoint, 255 − zeroPoint)) + zeroPoint</c>, ties to even.</summary>
    /// <param name="x">The real number.</param>
    /// <param name="inverseScale">1 / the size of a step.</param>
    /// <param name="zeroPoint">The quantised zero, a whole number 0…255.</param>
    /// <returns>The quantised number; the zero point for NaN.</returns>
    public static byte Quantize(float x, float inverseScale, float zeroPoint)
    {
        float steps = x * inverseScale;
        steps = steps > -zeroPoint ? steps : float.IsNaN(steps) ? 0 : -zeroPoint;
        steps = steps < 255 - zeroPoint ? steps : 255 - zeroPoint;
        return (byte)(int)(MathF.Round(steps, MidpointRounding.ToEven) + zeroPoint);
    }
}
