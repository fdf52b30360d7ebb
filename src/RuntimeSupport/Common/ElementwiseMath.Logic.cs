using System.Numerics;

namespace ModelCompiler.RuntimeSupport;

/// <content>Comparisons, truth values and bits.</content>
public static partial class ElementwiseMath
{
    /// <summary>Whether two numbers are equal; NaN equals nothing.</summary>
    /// <typeparam name="T">Any number.</typeparam>
    /// <param name="x">A number.</param>
    /// <param name="y">A number.</param>
    /// <returns>x = y.</returns>
    public static bool Equal<T>(T x, T y)
        where T : INumber<T> => x == y;

    /// <summary>Whether two truth values are equal.</summary>
    /// <param name="x">A truth value.</param>
    /// <param name="y">A truth value.</param>
    /// <returns>x = y.</returns>
    public static bool Equal(bool x, bool y) => x == y;

    /// <summary>Whether a number is less than another; false with NaN.</summary>
    /// <typeparam name="T">Any number.</typeparam>
    /// <param name="x">A number.</param>
    /// <param name="y">A number.</param>
    /// <returns>x &lt; y.</returns>
    public static bool Less<T>(T x, T y)
        where T : INumber<T> => x < y;

    /// <summary>Whether a number is at most another; false with NaN.</summary>
    /// <typeparam name="T">Any number.</typeparam>
    /// <param name="x">A number.</param>
    /// <param name="y">A number.</param>
    /// <returns>x ≤ y.</returns>
    public static bool LessOrEqual<T>(T x, T y)
        where T : INumber<T> => x <= y;

    /// <summary>Whether a number is greater than another; false with NaN.</summary>
    /// <typeparam name="T">Any number.</typeparam>
    /// <param name="x">A number.</param>
    /// <param name="y">A number.</param>
    /// <returns>x &gt; y.</returns>
    public static bool Greater<T>(T x, T y)
        where T : INumber<T> => x > y;

    /// <summary>Whether a number is at least another; false with NaN.</summary>
    /// <typeparam name="T">Any number.</typeparam>
    /// <param name="x">A number.</param>
    /// <param name="y">A number.</param>
    /// <returns>x ≥ y.</returns>
    public static bool GreaterOrEqual<T>(T x, T y)
        where T : INumber<T> => x >= y;

    /// <summary>Whether a number is NaN.</summary>
    /// <typeparam name="T">Any number; integers never are.</typeparam>
    /// <param name="x">A number.</param>
    /// <returns>Whether it is NaN.</returns>
    public static bool IsNaN<T>(T x)
        where T : INumber<T> => T.IsNaN(x);

    /// <summary>The opposite truth value.</summary>
    /// <param name="x">A truth value.</param>
    /// <returns>Not x.</returns>
    public static bool Not(bool x) => !x;

    /// <summary>Whether both are true.</summary>
    /// <param name="x">A truth value.</param>
    /// <param name="y">A truth value.</param>
    /// <returns>x and y.</returns>
    public static bool And(bool x, bool y) => x & y;

    /// <summary>Whether at least one is true.</summary>
    /// <param name="x">A truth value.</param>
    /// <param name="y">A truth value.</param>
    /// <returns>x or y.</returns>
    public static bool Or(bool x, bool y) => x | y;

    /// <summary>Whether just one is true.</summary>
    /// <param name="x">A truth value.</param>
    /// <param name="y">A truth value.</param>
    /// <returns>Either x or y.</returns>
    public static bool Xor(bool x, bool y) => x ^ y;

    /// <summary>All bits flipped.</summary>
    /// <typeparam name="T">An integer.</typeparam>
    /// <param name="x">An integer.</param>
    /// <returns>The complement.</returns>
    public static T BitwiseNot<T>(T x)
        where T : IBinaryInteger<T> => ~x;

    /// <summary>The bits that are set in both.</summary>
    /// <typeparam name="T">An integer.</typeparam>
    /// <param name="x">An integer.</param>
    /// <param name="y">An integer.</param>
    /// <returns>The common bits.</returns>
    public static T BitwiseAnd<T>(T x, T y)
        where T : IBinaryInteger<T> => x & y;

    /// <summary>The bits that are set in at least one.</summary>
    /// <typeparam name="T">An integer.</typeparam>
    /// <param name="x">An integer.</param>
    /// <param name="y">An integer.</param>
    /// <returns>All bits.</returns>
    public static T BitwiseOr<T>(T x, T y)
        where T : IBinaryInteger<T> => x | y;

    /// <summary>The bits that are set in just one.</summary>
    /// <typeparam name="T">An integer.</typeparam>
    /// <param name="x">An integer.</param>
    /// <param name="y">An integer.</param>
    /// <returns>The bits in which they differ.</returns>
    public static T BitwiseXor<T>(T x, T y)
        where T : IBinaryInteger<T> => x ^ y;

    /// <summary>Shifts towards the high bits, zeros coming in.</summary>
    /// <typeparam name="T">An integer.</typeparam>
    /// <param name="x">What to shift.</param>
    /// <param name="y">By how many bits.</param>
    /// <returns>x · 2^y, wrapping around; 0 when y is negative or not less than the number of bits.</returns>
    public static T ShiftLeft<T>(T x, T y)
        where T : IBinaryInteger<T>, IMinMaxValue<T> => IsShift(y) ? x << int.CreateTruncating(y) : T.Zero;

    /// <summary>Shifts towards the low bits, copies of the sign coming in.</summary>
    /// <typeparam name="T">An integer.</typeparam>
    /// <param name="x">What to shift.</param>
    /// <param name="y">By how many bits.</param>
    /// <returns>
    /// x / 2^y rounded down. When y is negative or not less than the number of bits, all bits are shifted out: −1 for a negative x, else 0.
    /// </returns>
    public static T ShiftRight<T>(T x, T y)
        where T : IBinaryInteger<T>, IMinMaxValue<T> =>
        IsShift(y) ? x >> int.CreateTruncating(y) : T.IsNegative(x) ? unchecked(T.Zero - T.One) : T.Zero;

    private static bool IsShift<T>(T y)
        where T : IBinaryInteger<T>, IMinMaxValue<T> => !T.IsNegative(y) && y < T.CreateTruncating(BitsOf<T>());

    // The largest value of a signed integer has one bit less than the integer.
    private static int BitsOf<T>()
        where T : IBinaryInteger<T>, IMinMaxValue<T> => T.MaxValue.GetShortestBitLength() + (T.MinValue == T.Zero ? 0 : 1);
}
