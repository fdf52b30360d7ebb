using System;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class ExponentialTests
{
    [Fact]
    public void The_exponential_is_right_within_two_units_in_the_last_place()
    {
        Assert.InRange(WorstError(Exponential.Of, Math.Exp, -105, 89), 0, 2);
    }

    [Fact]
    public void The_sigmoid_is_right_within_three_units_in_the_last_place()
    {
        Assert.InRange(WorstError(Exponential.Sigmoid, x => 1 / (1 + Math.Exp(-x)), -87, 100), 0, 3);
    }

    [Fact]
    public void The_hyperbolic_tangent_is_right_within_three_units_in_the_last_place()
    {
        Assert.InRange(WorstError(Exponential.Tanh, Math.Tanh, -12, 12), 0, 3);
    }

    [Fact]
    public void Extremes_are_what_they_should_be()
    {
        Assert.Equal(1f, Exponential.Of(0));
        Assert.Equal(1f, Exponential.Of(-0f));
        Assert.Equal(0f, Exponential.Of(float.NegativeInfinity));
        Assert.Equal(float.PositiveInfinity, Exponential.Of(float.PositiveInfinity));
        Assert.Equal(float.PositiveInfinity, Exponential.Of(88.73f));
        Assert.True(float.IsFinite(Exponential.Of(88.72283f)));
        Assert.Equal(float.Epsilon, Exponential.Of(-103.2f));
        Assert.True(float.IsNaN(Exponential.Of(float.NaN)));
        Assert.Equal(0.5f, Exponential.Sigmoid(0));
        Assert.Equal(0f, Exponential.Sigmoid(float.NegativeInfinity));
        Assert.Equal(1f, Exponential.Sigmoid(float.PositiveInfinity));
        Assert.True(float.IsNaN(Exponential.Sigmoid(float.NaN)));
        Assert.Equal(1f, Exponential.Tanh(float.PositiveInfinity));
        Assert.Equal(-1f, Exponential.Tanh(float.NegativeInfinity));
        Assert.Equal(1e-30f, Exponential.Tanh(1e-30f));
        Assert.True(float.IsNegative(Exponential.Tanh(-0f)));
        Assert.True(float.IsNaN(Exponential.Tanh(float.NaN)));
    }

    [Fact]
    public void Every_width_has_the_bits_of_the_scalar_function()
    {
        var random = new Random(1);
        for (int round = 0; round < 500_000; round++)
        {
            float value = round % 2 == 0
                ? (random.NextSingle() - 0.5f) * 220
                : BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
            AssertSame(value, Exponential.Of(value), Exponential.Of(Vector128.Create(value))[3]);
            AssertSame(value, Exponential.Tanh(value), Exponential.Tanh(Vector128.Create(value))[3]);
            if (Avx2.IsSupported && Fma.IsSupported)
            {
                AssertSame(value, Exponential.Of(value), Exponential.Avx2(Vector256.Create(value))[7]);
                AssertSame(value, Exponential.Tanh(value), Exponential.TanhAvx2(Vector256.Create(value))[7]);
            }

            if (Avx512F.IsSupported)
            {
                AssertSame(value, Exponential.Of(value), Exponential.Avx512(Vector512.Create(value))[15]);
                AssertSame(value, Exponential.Tanh(value), Exponential.TanhAvx512(Vector512.Create(value))[15]);
            }
        }
    }

    private static void AssertSame(float value, float expected, float actual)
    {
        if (float.IsNaN(expected) ? !float.IsNaN(actual) : BitConverter.SingleToInt32Bits(expected) != BitConverter.SingleToInt32Bits(actual))
        {
            Assert.Fail($"of {value:R}: should be {expected:R}, is {actual:R}");
        }
    }

    private static double WorstError(Func<float, float> function, Func<double, double> truth, double from, double to)
    {
        double worst = 0;
        const int Steps = 2_000_000;
        for (int step = 0; step <= Steps; step++)
        {
            float x = (float)(from + ((to - from) * step / Steps));
            worst = Math.Max(worst, Error(function(x), truth(x)));
        }

        // Small arguments are dense in floats and would hardly be met by even steps.
        for (float x = 1e-38f; x < 1; x *= 1.01f)
        {
            worst = Math.Max(worst, Math.Max(Error(function(x), truth(x)), Error(function(-x), truth(-x))));
        }

        return worst;
    }

    private static double Error(float actual, double truth)
    {
        float rounded = (float)truth;
        if (float.IsInfinity(rounded))
        {
            return float.IsInfinity(actual) ? 0 : double.PositiveInfinity;
        }

        float magnitude = MathF.Abs(rounded);
        double unit = (double)MathF.BitIncrement(magnitude) - magnitude;
        return double.IsInfinity(unit) ? 0 : Math.Abs(actual - truth) / unit;
    }
}
