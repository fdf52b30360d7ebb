using System;
using System.Linq;
using ModelCompiler.Compiler.Quantization;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Quantization;

public sealed class CalibratorTests
{
    [Theory]
    [MemberData(nameof(Rules))]
    public void A_range_lies_in_what_was_seen_and_is_the_same_in_any_order_unless_it_is_an_average(string rule)
    {
        foreach (int seed in Enumerable.Range(1, 20))
        {
            float[][] examples = Examples(seed);
            ValueRange range = Choose(rule, examples);

            Assert.InRange(range.Minimum, examples.Min(example => example.Min()), range.Maximum);
            Assert.InRange(range.Maximum, range.Minimum, examples.Max(example => example.Max()));
            if (rule != "MovingAverage")
            {
                Assert.Equal(range, Choose(rule, [.. examples.Reverse()]));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void What_is_always_zero_or_nearly_has_a_range_that_can_be_quantised(string rule)
    {
        foreach (float element in new[] { 0f, 1e-38f, -1e-38f, float.Epsilon, 5, -5 })
        {
            Assert.True(Choose(rule, [element]).Quantize().Scale > 0, $"{element}");
        }
    }

    [Theory]
    [InlineData("Percentile99.9", 0.999)]
    [InlineData("Percentile99.99", 0.9999)]
    [InlineData("Percentile99.999", 0.99999)]
    public void A_percentile_leaves_out_its_share_and_hardly_more(string rule, double share)
    {
        float[] positive = [.. Normal(7, 1_000_000).Select(Math.Abs)];
        ValueRange range = Choose(rule, positive);
        Assert.InRange(positive.Count(element => element <= range.Maximum) / 1e6, share, share + ((1 - share) * 0.5));

        float[] both = Normal(8, 1_000_000);
        range = Choose(rule, both);
        Assert.InRange(both.Count(element => element <= range.Maximum && element >= range.Minimum) / 1e6, share, share + ((1 - share) * 0.5));
    }

    [Fact]
    public void A_percentile_of_negative_numbers_ends_at_their_side()
    {
        ValueRange range = Choose("Percentile99.9", [.. Normal(9, 100_000).Select(element => -Math.Abs(element))]);

        Assert.InRange(range.Minimum, -4f, -3f);
        Assert.InRange(range.Maximum, -0.01f, 0f);
    }

    [Theory]
    [InlineData("Entropy")]
    [InlineData("MeanSquaredError")]
    public void A_lone_outlier_is_cut_and_a_uniform_distribution_is_not(string rule)
    {
        float[] normal = Normal(3, 200_000);

        Assert.InRange(Choose(rule, [.. normal, 60]).Maximum, 3f, 55f);
        Assert.InRange(Choose(rule, [.. Enumerable.Range(1, 100_000).Select(index => index / 100_000f)]).Maximum, 0.97f, 1f);
    }

    [Fact]
    public void The_least_mean_squared_error_is_the_least_of_all_calibrators()
    {
        foreach (int seed in Enumerable.Range(1, 10))
        {
            float[] elements = Examples(seed).SelectMany(example => example).ToArray();
            double least = Error(elements, Choose("MeanSquaredError", elements));

            Assert.All(Calibrator.All, other => Assert.True(least <= 1.05 * Error(elements, Choose(other.Name, elements)), $"seed {seed}: {other.Name}"));
        }
    }

    [Fact]
    public void The_moving_average_follows_the_examples()
    {
        Assert.Equal(new ValueRange(-1, 2), Choose("MovingAverage", [[-1, 0, 2]]));
        ValueRange moved = Choose("MovingAverage", [[-1, 0, 2], [0, 12]]);
        Assert.Equal(3, moved.Maximum, 5);
        Assert.Equal(-0.9, moved.Minimum, 5);
    }

    [Fact]
    public void A_histogram_counts_every_number_once_and_zeros_apart()
    {
        float[] elements = [.. Normal(4, 10_000), 0, 0, 0];
        var range = new ValueRange(elements.Min(), elements.Max());
        Histogram histogram = Histogram.Of(range)!;
        histogram.Add(elements);

        Assert.Equal(3, histogram.Zeros);
        Assert.Equal(10_003, histogram.Total);
        Assert.Equal(0, histogram.Boundary(histogram.FirstPositive));
        Assert.Equal(elements.Count(element => element < 0), histogram.Counts[..histogram.FirstPositive].ToArray().Sum());
        Assert.InRange(histogram.Counts.Length, Histogram.BinsOfLongerSide, 2 * Histogram.BinsOfLongerSide);
    }

    public static TheoryData<string> Rules() => [.. Calibrator.All.Select(calibrator => calibrator.Name)];

    private static float[][] Examples(int seed) => [.. Enumerable.Range(0, 5).Select(index => Normal((seed * 10) + index, 2000).Select(element => element * (index + 1) * (seed % 3 == 0 && element < 0 ? 0 : 1)).ToArray())];

    private static float[] Normal(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }

    private static ValueRange Choose(string rule, params float[][] examples)
    {
        var value = new ObservedValue();
        foreach (float[] example in examples)
        {
            value.Note(new ValueRange(example.Min(), example.Max()));
        }

        foreach (float[] example in examples)
        {
            value.Count(example);
        }

        return Calibrator.Named(rule).Single().Choose(value);
    }

    private static double Error(float[] elements, ValueRange range)
    {
        var grid = range.Quantize();
        return elements.Average(element => Math.Pow(element - ((ModelCompiler.Compiler.Ops.Requantize.Element(element, grid) - grid.ZeroPoint) * (double)grid.Scale), 2));
    }
}
