using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Quantization;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Quantization;

/// <summary>How weights are rounded on the data of their layer.</summary>
public class WeightRoundingTests
{
    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Learned_rounding_is_never_worse_than_plain_rounding_on_its_data(int seed)
    {
        const int terms = 24;
        var random = new Random(seed);
        double[][] inputs = [.. Enumerable.Range(0, 50).Select(_ => Enumerable.Range(0, terms).Select(_ => random.NextDouble() + 0.2).ToArray())];
        double[] products = [.. Enumerable.Range(0, terms * terms).Select(index => inputs.Average(input => input[index / terms] * input[index % terms]))];
        float[] weights = Networks.Noise(random, [terms]).Values<float>();
        float scale = weights.Max(Math.Abs) / 127;
        var levels = new sbyte[terms];

        LearnedRounding.Round(weights, scale, products, levels);

        double[] plain = [.. weights.Select(weight => Math.Round(weight / scale))];
        Assert.True(Error(levels.Select(level => (double)level)) <= Error(plain), $"seed {seed}: {Error(levels.Select(level => (double)level))} and {Error(plain)}");
        Assert.All(levels.Zip(weights), pair => Assert.InRange((pair.First * scale) - pair.Second, -scale * 1.0001, scale * 1.0001));

        double Error(IEnumerable<double> rounded) => inputs.Average(input => Math.Pow(rounded.Zip(input, (level, x) => level * x).Sum() - weights.Zip(input, (weight, x) => weight / (double)scale * x).Sum(), 2));
    }

    [Fact]
    public void Rounding_in_turn_leaves_far_less_than_rounding_each_weight_by_itself()
    {
        (double Turn, double Plain)[] errors = [.. Enumerable.Range(1, 20).Select(RoundingErrors)];

        // In single cases it may be worse: it is no search.
        Assert.True(errors.Sum(error => error.Turn) < errors.Sum(error => error.Plain) / 2, string.Join(", ", errors));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void What_the_products_and_the_ridge_give_is_solved_for(int seed)
    {
        const int terms = 7;
        const double ridge = 0.5;
        var random = new Random(seed);
        double[][] inputs = [.. Enumerable.Range(0, 5).Select(_ => Enumerable.Range(0, terms).Select(_ => random.NextDouble() - 0.5).ToArray())];
        double[] products = [.. Enumerable.Range(0, terms * terms).Select(index => inputs.Sum(input => input[index / terms] * input[index % terms]))];
        double[] expected = [.. Enumerable.Range(0, terms).Select(_ => random.NextDouble())];
        double[] vector = [.. Enumerable.Range(0, terms).Select(row => (ridge * expected[row]) + Enumerable.Range(0, terms).Sum(column => products[(row * terms) + column] * expected[column]))];

        double[] solved = new NearestPlane(products, ridge).Solve(vector);

        Assert.All(solved.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 9));
    }

    [Fact]
    public void A_layer_that_reads_nothing_but_zeros_is_rebuilt_from_its_weights()
    {
        float[] weights = [0.5f, -1, 0.25f];
        var levels = new sbyte[3];

        float scale = new NearestPlane(new double[9], 1e-12).Round([.. weights.Select(weight => (double)weight)], levels);

        Assert.All(levels.Zip(weights), pair => Assert.InRange((pair.First * scale) - pair.Second, -scale, scale));
    }

    private static (double Turn, double Plain) RoundingErrors(int seed)
    {
        const int terms = 24;
        var random = new Random(seed);

        // What the inputs have in common is most of them, so that errors can cancel.
        double[][] inputs = [.. Enumerable.Range(0, 100).Select(_ => random.NextDouble() * 3).Select(common => Enumerable.Range(0, terms).Select(_ => random.NextDouble() + common).ToArray())];
        double[] products = [.. Enumerable.Range(0, terms * terms).Select(index => inputs.Average(input => input[index / terms] * input[index % terms]))];
        double[] weights = [.. Networks.Noise(random, [terms]).Values<float>().Select(weight => (double)weight)];
        var levels = new sbyte[terms];

        float scale = new NearestPlane(products, 1e-3).Round(weights, levels);

        double step = weights.Max(Math.Abs) / 127;
        return (Error(levels.Select(level => level * (double)scale)), Error(weights.Select(weight => Math.Round(weight / step) * step)));

        double Error(IEnumerable<double> rounded) => inputs.Average(input => Math.Pow(rounded.Zip(weights, (level, weight) => level - weight).Zip(input, (error, x) => error * x).Sum(), 2));
    }
}
