using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Compiler.Tests.Import;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Quantization;

/// <summary>How strongly weights are held when a layer is fitted to what the quantised program feeds it, and the sums that this is computed from.</summary>
public sealed class CrossValidationTests
{
    private const int Terms = 32;

    [Theory]
    [MemberData(nameof(WeightRoundingTests.Seeds), MemberType = typeof(WeightRoundingTests))]
    public void Products_are_those_of_differences_from_any_centre(int seed)
    {
        var random = new Random(seed);
        (double[] Quantized, double[] Real)[] places = Places(random, 9, 3, noise: 0.5);
        (double[] centre, double[] realCentre) = (Vector(random, 3), Vector(random, 3));
        var sums = new MomentSums(3);
        foreach ((double[] quantized, double[] real) in places)
        {
            sums.Add(quantized, real);
        }

        Close(Enumerable.Range(0, 9).Select(index => places.Average(place => (place.Quantized[index / 3] - centre[index / 3]) * (place.Quantized[index % 3] - centre[index % 3]))), sums.Products(centre));
        Close(
            Enumerable.Range(0, 9).Select(index => places.Average(place => (place.Quantized[index / 3] - centre[index / 3]) * (place.Real[index % 3] - realCentre[index % 3]))),
            sums.CrossProducts(centre, realCentre));
    }

    [Fact]
    public void Parts_together_are_all_but_the_one_that_is_left_out()
    {
        var random = new Random(1);
        LayerMoments all = Moments(Places(random, 40, Terms, noise: 0.1));
        double[] centre = new double[Terms];

        Assert.Equal(40, all.All(0).Count);
        Assert.All(Enumerable.Range(0, LayerMoments.Parts), part =>
        {
            (MomentSums held, MomentSums others) = (all.In(0, part), all.Outside(0, part));
            Assert.Equal((10, 30), (held.Count, others.Count));
            Close(held.Products(centre).Zip(others.Products(centre), (one, other) => (one + (3 * other)) / 4), all.All(0).Products(centre));
        });
    }

    [Fact]
    public void Weights_are_held_where_examples_are_few_and_what_they_differ_by_is_chance()
    {
        Assert.All(Enumerable.Range(1, 10), seed =>
        {
            double damping = CrossValidation.Damping(Moments(Places(new Random(seed), 40, Terms, noise: 0.3)));
            Assert.True(damping >= 1, $"seed {seed}: {damping}");
        });
    }

    [Fact]
    public void Weights_are_free_where_the_examples_agree_on_what_is_wrong()
    {
        Assert.All(Enumerable.Range(1, 10), seed =>
        {
            (double[] Quantized, double[] Real)[] halved = [.. Places(new Random(seed), 2000, Terms, noise: 0).Select(place => (Array.ConvertAll(place.Real, number => number / 2), place.Real))];
            Assert.Equal(CrossValidation.Dampings[0], CrossValidation.Damping(Moments(halved)));
        });
    }

    [Fact]
    public void What_is_chosen_on_examples_is_better_on_others_than_a_free_fit()
    {
        (double Chosen, double Free, double Kept)[] errors = [.. Enumerable.Range(1, 10).Select(seed =>
        {
            var random = new Random(seed);
            LayerMoments seen = Moments(Places(random, 60, Terms, noise: 0.3));
            (double[] Quantized, double[] Real)[] others = Places(random, 1000, Terms, noise: 0.3);
            return (Error(seen, CrossValidation.Damping(seen), others), Error(seen, CrossValidation.Dampings[0], others), Error(seen, 1e9, others));
        })];

        // Of single layers the examples may say the wrong thing.
        Assert.True(errors.Sum(error => error.Chosen) < 0.9 * errors.Sum(error => error.Free), string.Join(", ", errors));
        Assert.True(errors.Sum(error => error.Chosen) <= errors.Sum(error => error.Kept), string.Join(", ", errors));
    }

    [Fact]
    public void The_order_of_examples_in_a_part_does_not_matter()
    {
        (double[] Quantized, double[] Real)[] places = Places(new Random(3), 60, Terms, noise: 0.2);
        IEnumerable<(double[] Quantized, double[] Real)> reversed = places.Chunk(60 / LayerMoments.Parts).SelectMany(part => part.Reverse());

        (LayerMoments one, LayerMoments other) = (Moments(places), Moments([.. reversed]));

        Assert.Equal(CrossValidation.Damping(one), CrossValidation.Damping(other));
        Close(one.All(0).Products(one.All(0).Means), other.All(0).Products(other.All(0).Means));
    }

    [Fact]
    public void One_example_alone_moves_no_weight() =>
        Assert.Equal(CrossValidation.Dampings[^1], CrossValidation.Damping(Moments(Places(new Random(1), 1, Terms, noise: 0.3))));

    // The mean square of what the sums of the first channel are wrong by, with the mean taken off as the bias does.
    private static double Error(LayerMoments seen, double damping, (double[] Quantized, double[] Real)[] places)
    {
        var fit = new LayerFit(seen.All(0));
        float[] weights = seen.Constants.Weights.Values<float>()[..Terms];
        double[] fitted = fit.Fit(weights, fit.Plane(damping));
        return places.Average(place => Math.Pow(
            Enumerable.Range(0, Terms).Sum(term => (fitted[term] * (place.Quantized[term] - fit.Means[term])) - (weights[term] * (place.Real[term] - fit.RealMeans[term]))), 2));
    }

    // A fully connected layer that reads a place an example.
    private static LayerMoments Moments((double[] Quantized, double[] Real)[] places)
    {
        Graph graph = PassList.Run(
            OnnxModels.Accept(OnnxModels.Model([1, Terms], [OnnxModels.Node("MatMul", "x w", "y")], OnnxModels.Floats("w", [Terms, 8], Networks.Noise(new Random(9), [Terms, 8]).Values<float>()))),
            Precision.Int8);
        var moments = new LayerMoments(graph, graph, graph.Nodes.Single(node => LayerConstants.Of(graph, node) is not null), places.Length);
        foreach ((int index, (double[] quantized, double[] real)) in places.Index())
        {
            moments.AddReal(Array.ConvertAll(real, number => (float)number));
            moments.AddQuantized(Array.ConvertAll(quantized, number => (float)number), index * LayerMoments.Parts / places.Length);
        }

        return moments;
    }

    // Real inputs that have little in common, and what a program with noise of its own makes of them.
    private static (double[] Quantized, double[] Real)[] Places(Random random, int count, int terms, double noise) => [.. Enumerable.Range(0, count).Select(_ =>
    {
        double[] real = Vector(random, terms);
        return (Array.ConvertAll(real, number => number + (noise * ((2 * random.NextDouble()) - 1))), real);
    })];

    private static double[] Vector(Random random, int terms) => [.. Enumerable.Range(0, terms).Select(_ => (2 * random.NextDouble()) - 1)];

    private static void Close(IEnumerable<double> expected, IEnumerable<double> actual) => Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 6));
}
