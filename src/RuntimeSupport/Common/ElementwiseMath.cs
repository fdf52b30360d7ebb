using System;
using System.Numerics;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// The functions of elementwise expressions, one method a function, total: no argument makes one throw. Integers wrap around; a division of
/// an integer by zero gives 0. Generated loops write operators instead where an operator means exactly the same.
/// </summary>
public static partial class ElementwiseMath
{
    /// <summary>x + y, wrapping around.</summary>
    /// <typeparam name="T">Any number.</typeparam>
    /// <param name="x">A summand.</param>
    /// <param name="y">A summand.</param>
    /// <returns>The sum.</returns>
    public static T Add<T>(T x, T y)
        where T : INumber<T> => unchecked(x + y);

    /// <summary>x − y, wrapping around.</summary>
    /// <typeparam name="T">Any number.</typeparam>
    /// <param name="x">The minuend.</param>
    /// <param name="y">The subtrahend.</param>
    /// <returns>The difference.</returns>
    public static T Subtract<T>(T x, T y)
        where T : INumber<T> => unchecked(x - y);

    /// <summary>x · y, wrapping around.</summary>
    /// <typeparam name="T">Any number.</typeparam>
    /// <param name="x">A factor.</param>
    /// <param name="y">A factor.</param>
    /// <returns>The product.</returns>
    public static T Multiply<T>(T x, T y)
        where T : INumber<T> => unchecked(x * y);

    /// <summary>−x, wrapping around.</summary>
    /// <typeparam name="T">Any number.</typeparam>
    /// <param name="x">A number.</param>
    /// <returns>The number with its sign flipped; the smallest integer is its own negative.</returns>
    public static T Negate<T>(T x)
        where T : INumber<T> => unchecked(-x);

    /// <summary>x / y.</summary>
    /// <param name="x">The dividend.</param>
    /// <param name="y">The divisor.</param>
    /// <returns>The quotient as IEEE 754 has it.</returns>
    public static float Divide(float x, float y) => x / y;

    /// <inheritdoc cref="Divide(float, float)"/>
    public static double Divide(double x, double y) => x / y;

    /// <summary>x / y rounded towards zero.</summary>
    /// <typeparam name="T">An integer.</typeparam>
    /// <param name="x">The dividend.</param>
    /// <param name="y">The divisor.</param>
    /// <returns>The quotient; 0 when <paramref name="y"/> is 0; the smallest integer divided by −1 is itself.</returns>
    public static T Divide<T>(T x, T y)
        where T : IBinaryInteger<T> => y == T.Zero ? T.Zero : IsMinusOne(y) ? Negate(x) : x / y;

    /// <summary>The rest of a division that rounds towards zero: it has the dividend's sign, as C's <c>%</c> and <c>fmod</c>.</summary>
    /// <param name="x">The dividend.</param>
    /// <param name="y">The divisor.</param>
    /// <returns>The rest; NaN when <paramref name="y"/> is 0.</returns>
    public static float Remainder(float x, float y) => x % y;

    /// <inheritdoc cref="Remainder(float, float)"/>
    public static double Remainder(double x, double y) => x % y;

    /// <summary>The rest of a division that rounds towards zero: it has the dividend's sign.</summary>
    /// <typeparam name="T">An integer.</typeparam>
    /// <param name="x">The dividend.</param>
    /// <param name="y">The divisor.</param>
    /// <returns>The rest; 0 when <paramref name="y"/> is 0.</returns>
    public static T Remainder<T>(T x, T y)
        where T : IBinaryInteger<T> => y == T.Zero || IsMinusOne(y) ? T.Zero : x % y;

    /// <summary>The rest of a division that rounds down: it has the divisor's sign, as Python's <c>%</c>.</summary>
    /// <param name="x">The dividend.</param>
    /// <param name="y">The divisor.</param>
    /// <returns>The rest; NaN when <paramref name="y"/> is 0.</returns>
    public static float Modulo(float x, float y)
    {
        float rest = x % y;
        return rest == 0 ? MathF.CopySign(rest, y) : (rest < 0) != (y < 0) ? rest + y : rest;
    }

    /// <inheritdoc cref="Modulo(float, float)"/>
    public static double Modulo(double x, double y)
    {
        double rest = x % y;
        return rest == 0 ? Math.CopySign(rest, y) : (rest < 0) != (y < 0) ? rest + y : rest;
    }

    /// <summary>The rest of a division that rounds down: it has the divisor's sign.</summary>
    /// <typeparam name="T">An integer.</typeparam>
    /// <param name="x">The dividend.</param>
    /// <param name="y">The divisor.</param>
    /// <returns>The rest; 0 when <paramref name="y"/> is 0.</returns>
    public static T Modulo<T>(T x, T y)
        where T : IBinaryInteger<T>
    {
        T rest = Remainder(x, y);
        return rest != T.Zero && T.IsNegative(rest) != T.IsNegative(y) ? rest + y : rest;
    }

    /// <summary>x to the power of y.</summary>
    /// <param name="x">The base.</param>
    /// <param name="y">The exponent.</param>
    /// <returns>The power as C's <c>powf</c> has it.</returns>
    public static float Power(float x, float y) => MathF.Pow(x, y);

    /// <summary>x to the power of y.</summary>
    /// <param name="x">The base.</param>
    /// <param name="y">The exponent.</param>
    /// <returns>The power as C's <c>pow</c> has it.</returns>
    public static double Power(double x, double y) => Math.Pow(x, y);

    /// <summary>x to the power of y, wrapping around.</summary>
    /// <typeparam name="T">An integer.</typeparam>
    /// <param name="x">The base.</param>
    /// <param name="y">The exponent.</param>
    /// <returns>The power; for a negative exponent the reciprocal rounded towards zero: 0 unless the base is 1 or −1.</returns>
    public static T Power<T>(T x, T y)
        where T : IBinaryInteger<T>
    {
        if (T.IsNegative(y))
        {
            return x == T.One || (IsMinusOne(x) && T.IsEvenInteger(y)) ? T.One : IsMinusOne(x) ? x : T.Zero;
        }

        T power = T.One;
        for (T square = x; y != T.Zero; y >>= 1, square = unchecked(square * square))
        {
            power = T.IsOddInteger(y) ? unchecked(power * square) : power;
        }

        return power;
    }

    /// <summary>The smaller of two numbers.</summary>
    /// <typeparam name="T">Any number.</typeparam>
    /// <param name="x">A number.</param>
    /// <param name="y">A number.</param>
    /// <returns>The smaller; NaN when one of them is; −0 is smaller than 0.</returns>
    public static T Minimum<T>(T x, T y)
        where T : INumber<T> => T.Min(x, y);

    /// <inheritdoc cref="Minimum{T}(T, T)"/>
    /// <remarks>Of two NaN the first, which the framework's own function leaves to the processor.</remarks>
    public static float Minimum(float x, float y) => x < y || float.IsNaN(x) || (x == y && float.IsNegative(x)) ? x : y;

    /// <inheritdoc cref="Minimum(float, float)"/>
    public static double Minimum(double x, double y) => x < y || double.IsNaN(x) || (x == y && double.IsNegative(x)) ? x : y;

    /// <summary>The larger of two numbers.</summary>
    /// <typeparam name="T">Any number.</typeparam>
    /// <param name="x">A number.</param>
    /// <param name="y">A number.</param>
    /// <returns>The larger; NaN when one of them is; −0 is smaller than 0.</returns>
    public static T Maximum<T>(T x, T y)
        where T : INumber<T> => T.Max(x, y);

    /// <inheritdoc cref="Maximum{T}(T, T)"/>
    /// <remarks>Of two NaN the first, which the framework's own function leaves to the processor.</remarks>
    public static float Maximum(float x, float y) => x > y || float.IsNaN(x) || (x == y && float.IsNegative(y)) ? x : y;

    /// <inheritdoc cref="Maximum(float, float)"/>
    public static double Maximum(double x, double y) => x > y || double.IsNaN(x) || (x == y && double.IsNegative(y)) ? x : y;

    /// <summary>The absolute value.</summary>
    /// <param name="x">A number.</param>
    /// <returns>The number without its sign.</returns>
    public static float Abs(float x) => MathF.Abs(x);

    /// <inheritdoc cref="Abs(float)"/>
    public static double Abs(double x) => Math.Abs(x);

    /// <summary>The absolute value, wrapping around.</summary>
    /// <typeparam name="T">An integer.</typeparam>
    /// <param name="x">A number.</param>
    /// <returns>The number without its sign; the smallest integer stays.</returns>
    public static T Abs<T>(T x)
        where T : IBinaryInteger<T> => T.IsNegative(x) ? Negate(x) : x;

    /// <summary>The sign.</summary>
    /// <param name="x">A number.</param>
    /// <returns>−1, 0 or 1; NaN of NaN.</returns>
    public static float Sign(float x) => x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x;

    /// <inheritdoc cref="Sign(float)"/>
    public static double Sign(double x) => x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x;

    /// <summary>The sign.</summary>
    /// <typeparam name="T">An integer.</typeparam>
    /// <param name="x">A number.</param>
    /// <returns>−1, 0 or 1.</returns>
    public static T Sign<T>(T x)
        where T : IBinaryInteger<T> => T.IsNegative(x) ? unchecked(-T.One) : x == T.Zero ? T.Zero : T.One;

    // False for unsigned integers, whose largest value has the same bits.
    private static bool IsMinusOne<T>(T x)
        where T : IBinaryInteger<T> => T.IsNegative(x) && x == unchecked(T.Zero - T.One);
}
