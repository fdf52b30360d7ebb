using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Tests.Import.TensorFlowLite;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Lowering;

/// <summary>Sums in integers that one linear function of the bytes gives as well.</summary>
public class LinearSumTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void A_sum_of_arbitrary_scales_is_one_linear_function_of_all_pairs_of_bytes(int sign)
    {
        for (int seed = 1; seed <= 10; seed++)
        {
            var random = new Random(seed);
            QuantizationParameters left = Grid(random), right = Grid(random), output = Grid(random);
            int minimum = random.Next(100), maximum = random.Next(150, 256);
            AssertLinear(left, right, output, sign, (minimum, maximum), $"seed {seed}");
        }
    }

    [Fact]
    public void Halves_that_go_away_from_zero_on_both_sides_are_a_function_a_little_steeper()
    {
        var whole = new QuantizationParameters(1, 128);
        AssertLinear(whole, new QuantizationParameters(0.5f, 128), whole, 1, (0, 255), "halves");
    }

    [Fact]
    public void A_sum_of_equal_scales_is_linear()
    {
        var grid = new QuantizationParameters(0.1f, 30);
        AssertLinear(grid, grid, grid, 1, (30, 255), "equal scales");
    }

    [Fact]
    public void A_sum_that_is_always_the_same_is_left_to_the_roundings()
    {
        var grid = new QuantizationParameters(0.1f, 30);
        (string kernel, _) = FixedPointBinary.Sum(grid, grid, grid, subtracts: false, (7, 7))!.Value;
        Assert.Equal("AddFixedPoint", kernel);
    }

    private static void AssertLinear(
        QuantizationParameters left, QuantizationParameters right, QuantizationParameters output, int sign, (int Minimum, int Maximum) range, string note)
    {
        (string kernel, IReadOnlyList<(string Name, PlanValue Value)> arguments) = FixedPointBinary.Sum(left, right, output, sign < 0, range)!.Value;
        Assert.True(kernel == "AddLinearUInt8", $"{note}: {kernel}");
        long Argument(string name) => ((IntegerValue)arguments.Single(argument => argument.Name == name).Value).Value;
        long leftFactor = Argument("leftFactor"), rightFactor = Argument("rightFactor"), offset = Argument("offset");
        int shift = (int)Argument("shift");
        for (int pair = 0; pair < 1 << 16; pair++)
        {
            int expected = LiteArithmetic.Add((pair >> 8) - 128, Signed(left), (pair & 255) - 128, Signed(right), Signed(output), sign) + 128;
            long sum = ((pair >> 8) * leftFactor) + ((pair & 255) * rightFactor) + offset;
            Assert.InRange(sum, int.MinValue, int.MaxValue);
            Assert.True(Math.Clamp(expected, range.Minimum, range.Maximum) == Math.Clamp(sum >> shift, range.Minimum, range.Maximum), $"{note}, pair {pair}");
        }
    }

    private static QuantizationParameters Grid(Random random) => new(0.05f + random.NextSingle(), random.Next(256));

    private static (float Scale, int Zero) Signed(QuantizationParameters grid) => (grid.Scale, grid.ZeroPoint - 128);
}
