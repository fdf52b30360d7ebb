using System;
using System.Runtime.Intrinsics;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class FusedMultiplyAddTests
{
    private static readonly float[] Adversarial =
    [
        0f, -0f, 1f, -1f, 3f, 1 + (1f / 8388608), 1 - (1f / 16777216), -1 - (1f / 8388608), 4097f, 8388609f, 16777215f, -16777217f,
        float.Epsilon, -float.Epsilon, 3 * float.Epsilon, 1.1754944e-38f, 1.1754942e-38f, -1.1754942e-38f, 5.9604645e-8f, 2.9802322e-8f, 1.2676506e30f, 7.8886091e-31f,
        3.4028235e38f, -3.4028235e38f, 1.7014118e38f, 1.8446744e19f, 1.0842022e-19f, 2.646978e-23f, 3.743392e-23f,
        float.PositiveInfinity, float.NegativeInfinity, float.NaN,
    ];

    [Fact]
    public void Adversarial_values_give_the_bits_of_the_instruction()
    {
        foreach (float left in Adversarial)
        {
            foreach (float right in Adversarial)
            {
                foreach (float addend in Adversarial)
                {
                    AssertFused(left, right, addend);
                }
            }
        }
    }

    [Fact]
    public void Random_bits_give_the_bits_of_the_instruction()
    {
        var random = new Random(1);
        for (int round = 0; round < 400_000; round++)
        {
            float left = BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
            float right = BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue));
            AssertFused(left, right, BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)));
        }
    }

    [Fact]
    public void Sums_next_to_the_middle_of_two_floats_are_not_rounded_twice()
    {
        // (1 + a)(1 − a) = 1 − a²: half a unit of the addend less so little that the sum in double is exactly between two floats.
        var random = new Random(2);
        int wrongInDouble = 0;
        for (int round = 0; round < 200_000; round++)
        {
            float small = MathF.Pow(2, -random.Next(14, 24));
            float addend = random.Next(1 << 23, 1 << 24) * (round % 2 == 0 ? 1f : -1f);
            float left = (1 + small) * (round % 3 == 0 ? -0.5f : 0.5f);
            float right = 1 - small;
            float exact = MathF.FusedMultiplyAdd(left, right, addend);
            wrongInDouble += (float)(((double)left * right) + addend) != exact ? 1 : 0;
            AssertFused(left, right, addend);
            AssertFused(1 + small, 1 + small, -MathF.Pow(2, -random.Next(40, 80)));
        }

        Assert.True(wrongInDouble > 10_000, $"Only {wrongInDouble} of these sums need care: the test lost its point.");
    }

    [Fact]
    public void Subnormal_results_are_rounded_once()
    {
        var random = new Random(3);
        for (int round = 0; round < 400_000; round++)
        {
            float left = (1 + random.NextSingle()) * MathF.Pow(2, random.Next(-80, -60));
            float right = (1 + random.NextSingle()) * MathF.Pow(2, random.Next(-80, -60));
            float addend = BitConverter.Int32BitsToSingle(random.Next(0, 1 << 24)) * (round % 2 == 0 ? 1 : -1);
            AssertFused(left, right, addend);
        }
    }

    private static void AssertFused(float left, float right, float addend)
    {
        float expected = MathF.FusedMultiplyAdd(left, right, addend);
        AssertSame(expected, FusedMultiplyAdd.Exact(left, right, addend), left, right, addend);
        AssertSame(expected, FusedMultiplyAdd.Of(left, right, addend), left, right, addend);
        Vector128<float> vector = FusedMultiplyAdd.Exact(Vector128.Create(left, 1, left, 1), Vector128.Create(right, 1, right, 1), Vector128.Create(addend, 1, 1, addend));
        AssertSame(expected, vector[0], left, right, addend);
        AssertSame(2, vector[1], left, right, addend);
        AssertSame(MathF.FusedMultiplyAdd(left, right, 1), vector[2], left, right, 1);
        AssertSame(expected, FusedMultiplyAdd.Of(Vector128.Create(left), Vector128.Create(right), Vector128.Create(addend))[3], left, right, addend);
    }

    private static void AssertSame(float expected, float actual, float left, float right, float addend)
    {
        bool same = float.IsNaN(expected) ? float.IsNaN(actual) : BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(actual);
        if (!same)
        {
            Assert.Fail($"{left:R} · {right:R} + {addend:R} should be {expected:R}, is {actual:R}");
        }
    }
}
