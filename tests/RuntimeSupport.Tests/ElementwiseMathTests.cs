using System;
using System.Linq;
using System.Numerics;
using System.Runtime.Intrinsics;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

/// <summary>The functions of elementwise expressions at the places where languages differ.</summary>
public class ElementwiseMathTests
{
    [Fact]
    public void Integer_division_rounds_towards_zero_and_never_throws()
    {
        Assert.Equal(-2, ElementwiseMath.Divide(-7, 3));
        Assert.Equal(0, ElementwiseMath.Divide(7, 0));
        Assert.Equal(int.MinValue, ElementwiseMath.Divide(int.MinValue, -1));
        Assert.Equal(sbyte.MinValue, ElementwiseMath.Divide(sbyte.MinValue, (sbyte)-1));
        Assert.Equal(long.MinValue, ElementwiseMath.Divide(long.MinValue, -1L));
        Assert.Equal((byte)0, ElementwiseMath.Divide((byte)7, byte.MaxValue));
        Assert.Equal(1u, ElementwiseMath.Divide(uint.MaxValue, uint.MaxValue));
    }

    [Theory]
    [InlineData(7, 3, 1, 1)]
    [InlineData(-7, 3, -1, 2)]
    [InlineData(7, -3, 1, -2)]
    [InlineData(-7, -3, -1, -1)]
    [InlineData(6, -3, 0, 0)]
    [InlineData(7, 0, 0, 0)]
    [InlineData(int.MinValue, -1, 0, 0)]
    public void Remainder_has_the_dividends_sign_and_modulo_the_divisors(int x, int y, int remainder, int modulo)
    {
        Assert.Equal(remainder, ElementwiseMath.Remainder(x, y));
        Assert.Equal(modulo, ElementwiseMath.Modulo(x, y));
        if (y != 0 && x != int.MinValue)
        {
            Assert.Equal(remainder, ElementwiseMath.Remainder((float)x, y));
            Assert.Equal(modulo, ElementwiseMath.Modulo((float)x, y));
            Assert.Equal(modulo, ElementwiseMath.Modulo((double)x, y));
        }
    }

    [Fact]
    public void Bits_go_there_and_back()
    {
        Assert.Equal(0x3F800000, ElementwiseMath.ToBits(1f));
        Assert.Equal(int.MinValue, ElementwiseMath.ToBits(-0f));
        Assert.Equal(0x3FF0000000000000, ElementwiseMath.ToBits(1.0));
        Assert.Equal(-2.5f, ElementwiseMath.FromBits(ElementwiseMath.ToBits(-2.5f)));
        Assert.Equal(double.Epsilon, ElementwiseMath.FromBits(1L));
        Assert.True(float.IsNaN(ElementwiseMath.FromBits(-1)));
    }

    [Fact]
    public void Real_modulo_follows_python_at_the_edges()
    {
        Assert.True(float.IsNegative(ElementwiseMath.Modulo(6f, -3f)));
        Assert.Equal(float.PositiveInfinity, ElementwiseMath.Modulo(-1f, float.PositiveInfinity));
        Assert.Equal(1f, ElementwiseMath.Modulo(1f, float.PositiveInfinity));
        Assert.True(float.IsNaN(ElementwiseMath.Modulo(1f, 0f)));
    }

    [Theory]
    [InlineData(3, 4, 81)]
    [InlineData(-2, 31, int.MinValue)]
    [InlineData(7, 0, 1)]
    [InlineData(0, 0, 1)]
    [InlineData(2, -1, 0)]
    [InlineData(0, -1, 0)]
    [InlineData(1, -5, 1)]
    [InlineData(-1, -5, -1)]
    [InlineData(-1, -4, 1)]
    [InlineData(2, 32, 0)]
    public void Integer_powers_wrap_around_and_negative_exponents_round_to_zero(int x, int y, int expected) =>
        Assert.Equal(expected, ElementwiseMath.Power(x, y));

    [Fact]
    public void Integer_powers_are_repeated_products()
    {
        var random = new Random(3);
        for (int round = 0; round < 1000; round++)
        {
            long x = random.NextInt64(-1000, 1000);
            int y = random.Next(0, 70);
            BigInteger wrapped = BigInteger.Pow(x, y) & ulong.MaxValue;
            Assert.Equal((ulong)wrapped, unchecked((ulong)ElementwiseMath.Power(x, (long)y)));
            Assert.Equal((byte)(wrapped & 255), ElementwiseMath.Power(unchecked((byte)x), (byte)y));
        }
    }

    [Fact]
    public void Minimum_and_maximum_pass_NaN_on()
    {
        Assert.True(float.IsNaN(ElementwiseMath.Maximum(float.NaN, 1f)));
        Assert.True(float.IsNaN(ElementwiseMath.Maximum(1f, float.NaN)));
        Assert.True(double.IsNaN(ElementwiseMath.Minimum(1, double.NaN)));
        Assert.True(float.IsNegative(ElementwiseMath.Minimum(0f, -0f)));
        Assert.False(float.IsNegative(ElementwiseMath.Maximum(-0f, 0f)));
        Assert.Equal((sbyte)-5, ElementwiseMath.Minimum((sbyte)-5, (sbyte)3));
    }

    [Fact]
    public void Signs_and_absolute_values_wrap_and_pass_NaN_on()
    {
        Assert.True(float.IsNaN(ElementwiseMath.Sign(float.NaN)));
        Assert.Equal([-1f, 0f, 0f, 1f], new[] { float.NegativeInfinity, -0f, 0f, 3f }.Select(ElementwiseMath.Sign));
        Assert.Equal([-1, 0, 1], new[] { int.MinValue, 0, 9 }.Select(ElementwiseMath.Sign));
        Assert.Equal((byte)1, ElementwiseMath.Sign(byte.MaxValue));
        Assert.Equal(int.MinValue, ElementwiseMath.Abs(int.MinValue));
        Assert.Equal(0, BitConverter.SingleToInt32Bits(ElementwiseMath.Abs(-0f)));
        Assert.Equal(int.MinValue, ElementwiseMath.Negate(int.MinValue));
        Assert.Equal((byte)255, ElementwiseMath.Negate((byte)1));
    }

    [Theory]
    [InlineData(0.5f, 0f)]
    [InlineData(1.5f, 2f)]
    [InlineData(2.5f, 2f)]
    [InlineData(-0.5f, 0f)]
    [InlineData(-1.5f, -2f)]
    public void Rounding_takes_ties_to_even(float x, float expected) => Assert.Equal(expected, ElementwiseMath.Round(x));

    [Fact]
    public void Shifts_by_all_bits_and_more_shift_everything_out()
    {
        Assert.Equal(0, ElementwiseMath.ShiftLeft(1, 32));
        Assert.Equal(int.MinValue, ElementwiseMath.ShiftLeft(1, 31));
        Assert.Equal(-1, ElementwiseMath.ShiftRight(-5, 40));
        Assert.Equal(0, ElementwiseMath.ShiftRight(5, -1));
        Assert.Equal((byte)0, ElementwiseMath.ShiftLeft((byte)1, (byte)8));
        Assert.Equal((byte)128, ElementwiseMath.ShiftLeft((byte)1, (byte)7));
        Assert.Equal((sbyte)-128, ElementwiseMath.ShiftLeft((sbyte)1, (sbyte)7));
        Assert.Equal((sbyte)0, ElementwiseMath.ShiftLeft((sbyte)1, (sbyte)8));
        Assert.Equal(1UL, ElementwiseMath.ShiftRight(ulong.MaxValue, 63UL));
        Assert.Equal(0UL, ElementwiseMath.ShiftRight(ulong.MaxValue, 64UL));
    }

    [Fact]
    public void Real_numbers_become_integers_by_cutting_off_and_saturate()
    {
        double[] values = [1.9, -1.9, double.NaN, 1e300, double.NegativeInfinity, 2147483646.5];
        Assert.Equal([1, -1, 0, int.MaxValue, int.MinValue, 2147483646], values.Select(ElementwiseMath.ToInt32));
        Assert.Equal([1L, -1, 0, long.MaxValue, long.MinValue, 2147483646], values.Select(ElementwiseMath.ToInt64));
        Assert.Equal([1u, 0, 0, uint.MaxValue, 0, 2147483646], values.Select(ElementwiseMath.ToUInt32));
        Assert.Equal([1ul, 0, 0, ulong.MaxValue, 0, 2147483646], values.Select(ElementwiseMath.ToUInt64));
        Assert.Equal(long.MaxValue, ElementwiseMath.ToInt64(9223372036854775808.0));
        Assert.Equal(9223372036854774784, ElementwiseMath.ToInt64(9223372036854774784.0));
        Assert.Equal(18446744073709549568, ElementwiseMath.ToUInt64(18446744073709549568.0));
    }

    [Theory]
    [InlineData(0f, 10)]
    [InlineData(0.25f, 10)]
    [InlineData(0.75f, 12)]
    [InlineData(-0.25f, 10)]
    [InlineData(1e30f, 255)]
    [InlineData(-1e30f, 0)]
    [InlineData(float.NaN, 10)]
    [InlineData(float.PositiveInfinity, 255)]
    [InlineData(float.NegativeInfinity, 0)]
    public void Quantising_rounds_to_even_saturates_and_takes_NaN_for_zero(float x, byte expected) =>
        Assert.Equal(expected, ElementwiseMath.Quantize(x, 2f, 10f));

    [Fact]
    public void Quantising_is_the_kernel_of_the_same_name()
    {
        var random = new Random(9);
        float[] values = [.. Enumerable.Range(0, 2000).Select(_ => (random.NextSingle() - 0.5f) * 100), float.NaN, float.MaxValue];
        byte[] expected = new byte[values.Length];
        QuantizeUInt8.Run(values, expected, [values.Length], [1], [1], 3.7f, 77);
        Assert.Equal(expected, values.Select(value => ElementwiseMath.Quantize(value, 3.7f, 77f)));
    }

    [Fact]
    public void The_error_function_in_double_precision_is_right_to_four_units_in_the_last_place()
    {
        for (double x = -6.5; x <= 6.5; x += 1.0 / 64)
        {
            double expected = (double)ErrorFunction((decimal)x);
            double unit = Math.BitIncrement(Math.Abs(expected)) - Math.Abs(expected);
            Assert.True(Math.Abs(ElementwiseMath.Erf(x) - expected) <= 4 * unit, $"erf({x})");
        }
    }

    [Fact]
    public void The_error_function_in_single_precision_is_right_to_six_tenths_of_a_unit_in_the_last_place()
    {
        for (float x = -4.5f; x <= 4.5f; x += 1f / 512)
        {
            // By way of double: the conversion from float keeps seven digits.
            double expected = (double)ErrorFunction((decimal)(double)x);
            double unit = MathF.BitIncrement((float)Math.Abs(expected)) - (float)Math.Abs(expected);
            Assert.True(Math.Abs(ElementwiseMath.Erf(x) - expected) <= 0.6 * unit, $"erf({x})");
        }
    }

    [Fact]
    public void The_error_function_is_odd_and_ends_at_one()
    {
        foreach (double x in new[] { 1e-300, 0.3, 0.46875, 1, 4, 5.9, 6.1, 100, double.PositiveInfinity })
        {
            Assert.Equal(ElementwiseMath.Erf(x), -ElementwiseMath.Erf(-x));
            Assert.Equal(ElementwiseMath.Erf((float)x), -ElementwiseMath.Erf(-(float)x));
        }

        Assert.Equal(1, ElementwiseMath.Erf(double.PositiveInfinity));
        Assert.Equal(1f, ElementwiseMath.Erf(float.PositiveInfinity));
        Assert.True(double.IsNaN(ElementwiseMath.Erf(double.NaN)));
        Assert.True(float.IsNaN(ElementwiseMath.Erf(float.NaN)));
        Assert.True(double.IsNegative(ElementwiseMath.Erf(-0d)));
        Assert.True(float.IsNegative(ElementwiseMath.Erf(-0f)));
    }

    [Fact]
    public void Comparisons_with_NaN_are_false()
    {
        Assert.False(ElementwiseMath.Equal(float.NaN, float.NaN));
        Assert.False(ElementwiseMath.Less(float.NaN, 1f));
        Assert.False(ElementwiseMath.GreaterOrEqual(float.NaN, 1f));
        Assert.False(ElementwiseMath.LessOrEqual(1.0, double.NaN));
        Assert.True(ElementwiseMath.IsNaN(double.NaN));
        Assert.False(ElementwiseMath.IsNaN(3));
    }

    [Fact]
    public void Vectors_give_the_bits_of_single_elements()
    {
        float[] values =
        [
            0, -0f, 1, -1, 0.5f, -2.5f, 3.7f, -88, 88, 1e-40f, float.Epsilon, float.MaxValue, float.MinValue, float.NaN, float.PositiveInfinity, float.NegativeInfinity,
        ];
        foreach (float x in values)
        {
            AssertSame(x, ElementwiseMath.Negate, ElementwiseMath.Negate, ElementwiseMath.Negate, ElementwiseMath.Negate);
            AssertSame(x, ElementwiseMath.Abs, ElementwiseMath.Abs, ElementwiseMath.Abs, ElementwiseMath.Abs);
            AssertSame(x, ElementwiseMath.Sqrt, ElementwiseMath.Sqrt, ElementwiseMath.Sqrt, ElementwiseMath.Sqrt);
            AssertSame(x, ElementwiseMath.Sign, ElementwiseMath.Sign, ElementwiseMath.Sign, ElementwiseMath.Sign);
            AssertSame(x, ElementwiseMath.Floor, ElementwiseMath.Floor, ElementwiseMath.Floor, ElementwiseMath.Floor);
            AssertSame(x, ElementwiseMath.Ceiling, ElementwiseMath.Ceiling, ElementwiseMath.Ceiling, ElementwiseMath.Ceiling);
            AssertSame(x, ElementwiseMath.Exp, ElementwiseMath.Exp, ElementwiseMath.Exp, ElementwiseMath.Exp);
            AssertSame(x, ElementwiseMath.Sigmoid, ElementwiseMath.Sigmoid, ElementwiseMath.Sigmoid, ElementwiseMath.Sigmoid);
            AssertSame(x, ElementwiseMath.Tanh, ElementwiseMath.Tanh, ElementwiseMath.Tanh, ElementwiseMath.Tanh);
            foreach (float y in values)
            {
                AssertSame(
                    x, value => ElementwiseMath.Minimum(value, y), value => ElementwiseMath.Minimum(value, Vector128.Create(y)),
                    value => ElementwiseMath.Minimum(value, Vector256.Create(y)), value => ElementwiseMath.Minimum(value, Vector512.Create(y)));
                AssertSame(
                    x, value => ElementwiseMath.Maximum(value, y), value => ElementwiseMath.Maximum(value, Vector128.Create(y)),
                    value => ElementwiseMath.Maximum(value, Vector256.Create(y)), value => ElementwiseMath.Maximum(value, Vector512.Create(y)));
            }
        }
    }

    private static void AssertSame(
        float x,
        Func<float, float> single,
        Func<Vector128<float>, Vector128<float>> four,
        Func<Vector256<float>, Vector256<float>> eight,
        Func<Vector512<float>, Vector512<float>> sixteen)
    {
        int expected = BitConverter.SingleToInt32Bits(single(x));
        Assert.Equal(Vector128.Create(expected), four(Vector128.Create(x)).AsInt32());
        if (ElementwiseMath.HasVector256)
        {
            Assert.Equal(Vector256.Create(expected), eight(Vector256.Create(x)).AsInt32());
        }

        if (ElementwiseMath.HasVector512)
        {
            Assert.Equal(Vector512.Create(expected), sixteen(Vector512.Create(x)).AsInt32());
        }
    }

    // erf x = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, all terms of one sign, in 28 decimal digits.
    private static decimal ErrorFunction(decimal x)
    {
        const decimal TwoByRootOfPi = 1.1283791670955125738961589031m;
        decimal square = x * x;
        decimal term = x;
        decimal sum = x;
        for (int n = 1; Math.Abs(term) > Math.Abs(sum) * 1e-27m && n < 500; n++)
        {
            term *= 2 * square / ((2 * n) + 1);
            sum += term;
        }

        return TwoByRootOfPi * sum / Exponential(square);
    }

    private static decimal Exponential(decimal x)
    {
        decimal term = 1;
        decimal sum = 1;
        for (int n = 1; term > sum * 1e-27m; n++)
        {
            term *= x / n;
            sum += term;
        }

        return sum;
    }
}
