using System;
using System.Linq;
using System.Numerics;
using System.Runtime.Intrinsics;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class FixedPointTests
{
    public static TheoryData<string> Paths => InstructionSets.Supported("Vector128", "Avx2", "Avx512");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_scalar_product_is_rounded_twice(bool isSymmetric)
    {
        var random = new Random(1);
        for (int round = 0; round < 20000; round++)
        {
            (int value, int multiplier, int shift) = Draw(random);
            Assert.Equal(Expected(value, multiplier, shift, isSymmetric), FixedPoint.Multiply(value, multiplier, shift, isSymmetric));
        }
    }

    [Theory]
    [InlineData(-3, -1, -2)]
    [InlineData(3, 2, 2)]
    [InlineData(-1, 0, -1)]
    [InlineData(1, 1, 1)]
    public void Halves_go_up_or_away_from_zero(int value, int up, int away)
    {
        // One half: 2³⁰ · 2⁻¹ · 2 for the multiplier 2³⁰ with the shift 0; with −1 behind a doubling it is a half again.
        Assert.Equal(up, FixedPoint.Multiply(2 * value, 1 << 30, -1, isSymmetric: false));
        Assert.Equal(away, FixedPoint.Multiply(2 * value, 1 << 30, -1, isSymmetric: true));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_path_gives_the_bits_of_the_scalar_one(string path)
    {
        var random = new Random(2);
        for (int round = 0; round < 4000; round++)
        {
            bool isSymmetric = round % 2 == 0;
            (int Value, int Multiplier, int Shift)[] drawn = [.. Enumerable.Range(0, 16).Select(_ => Draw(random))];
            int[] values = [.. drawn.Select(d => d.Value)], multipliers = [.. drawn.Select(d => d.Multiplier)], shifts = [.. drawn.Select(d => d.Shift)];
            int[] expected = [.. drawn.Select(d => FixedPoint.Multiply(d.Value, d.Multiplier, d.Shift, isSymmetric))];
            var actual = new int[16];
            switch (path)
            {
                case "Vector128":
                    FixedPoint.Portable(Vector128.Create(values), Vector128.Create(multipliers), Vector128.Create(shifts), isSymmetric).CopyTo(actual);
                    expected = [.. expected[..4], .. new int[12]];
                    break;
                case "Avx2":
                    FixedPoint.Avx2Vector(Vector256.Create(values), Vector256.Create(multipliers), Vector256.Create(shifts), isSymmetric).CopyTo(actual);
                    expected = [.. expected[..8], .. new int[8]];
                    break;
                default:
                    FixedPoint.Avx512Vector(Vector512.Create(values), Vector512.Create(multipliers), Vector512.Create(shifts), isSymmetric).CopyTo(actual);
                    break;
            }

            Assert.Equal(expected, actual);
        }
    }

    /// <summary>A value that, shifted left, is within ±2³⁰; small ones and ties among them.</summary>
    internal static (int Value, int Multiplier, int Shift) Draw(Random random)
    {
        int shift = random.Next(-30, 8);
        int bits = random.Next(1, 31 - Math.Max(shift, 0));
        int value = random.Next(-(1 << (bits - 1)), 1 << (bits - 1));
        int multiplier = random.Next(5) switch
        {
            0 => 1 << 30,
            1 => int.MaxValue,
            2 => 3 << 29,
            _ => random.Next(1 << 30, int.MaxValue),
        };
        return random.Next(50) == 0 ? (value, 0, 0) : (value, multiplier, shift);
    }

    /// <summary>With integers of any size: the product rounded to 31 bits less, halves up, then shifted right.</summary>
    internal static int Expected(int value, int multiplier, int shift, bool isSymmetric)
    {
        BigInteger product = Rounded(new BigInteger(value) * BigInteger.Pow(2, Math.Max(shift, 0)) * multiplier, 31, isSymmetric: false);
        return (int)Rounded(product, Math.Max(-shift, 0), isSymmetric);
    }

    private static BigInteger Rounded(BigInteger value, int bits, bool isSymmetric)
    {
        BigInteger divisor = BigInteger.Pow(2, bits);
        return isSymmetric && value < 0 ? -Floor((2 * -value) + divisor, 2 * divisor) : Floor((2 * value) + divisor, 2 * divisor);
    }

    private static BigInteger Floor(BigInteger value, BigInteger divisor)
    {
        var quotient = BigInteger.DivRem(value, divisor, out BigInteger remainder);
        return remainder < 0 ? quotient - 1 : quotient;
    }
}
