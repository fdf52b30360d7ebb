using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class TreeEnsembleTests
{
    private const int Columns = 3;
    private const int Outputs = 2;

    [Theory]
    [InlineData(1, TreeAggregation.Sum, false)]
    [InlineData(7, TreeAggregation.Sum, true)]
    [InlineData(8, TreeAggregation.Average, false)]
    [InlineData(32, TreeAggregation.Average, true)]
    [InlineData(16, TreeAggregation.Minimum, true)]
    [InlineData(21, TreeAggregation.Maximum, false)]
    public void Trees_of_any_depth_give_what_walking_them_one_by_one_gives(int trees, int aggregation, bool tracksMissing)
    {
        var random = new Random(trees);
        var forest = new Forest(random, trees, tracksMissing);
        for (int repetition = 0; repetition < 20; repetition++)
        {
            const int rows = 5;
            float[] input = [.. Enumerable.Range(0, rows * Columns).Select(_ => random.Next(6) == 0 ? float.NaN : random.Next(-3, 4))];
            float[] bases = [0.5f, -1f];
            float[] output = new float[rows * Outputs];
            TreeEnsembleFloat32.Run(
                input, forest.Nodes(isDouble: false), forest.Roots, forest.Starts, forest.Targets, forest.Weights, bases, output, rows, Columns, aggregation, tracksMissing);
            double[] wide = new double[rows * Outputs];
            TreeEnsembleFloat64.Run(
                Widen(input), forest.Nodes(isDouble: true), forest.Roots, forest.Starts, forest.Targets, Widen(forest.Weights), Widen(bases), wide, rows, Columns, aggregation, tracksMissing);
            for (int row = 0; row < rows; row++)
            {
                double[] expected = forest.Expected(input.AsSpan(row * Columns, Columns), aggregation, bases);
                for (int index = 0; index < Outputs; index++)
                {
                    Assert.Equal(expected[index], output[(row * Outputs) + index]);
                    Assert.Equal(expected[index], wide[(row * Outputs) + index]);
                }
            }
        }
    }

    [Fact]
    public void A_walk_in_a_circle_ends()
    {
        // Node 1 leads back to the root.
        int[] nodes = [BitConverter.SingleToInt32Bits(float.NaN), 0, 0, BitConverter.SingleToInt32Bits(float.NaN), 0, -1];
        float[] output = new float[1];
        TreeEnsembleFloat32.Run([1f], nodes, [0], [0, 0, 0], [], [], [2f], output, 1, 1, TreeAggregation.Sum, false);
        Assert.Equal([2f], output);
    }

    [Theory]
    [InlineData(0, 1, 0, 0)]
    [InlineData(1, 0, 0, 0)]
    [InlineData(1, 1, 1, 0)]
    [InlineData(1, 1, 0, 4)]
    [InlineData(1, 1, 0, -1)]
    public void What_does_not_fit_is_refused(int features, int outputs, int missingStarts, int aggregation)
    {
        int[] leaf = [BitConverter.SingleToInt32Bits(float.NaN), 0, -1];
        Assert.Throws<ArgumentException>(() => TreeEnsembleFloat32.Run(
            new float[features], leaf, [0], new int[2 - missingStarts], [], [], [0f], new float[outputs], 1, 1, aggregation, false));
    }

    private static double[] Widen(float[] values) => Array.ConvertAll(values, value => (double)value);

    // Multiples of 1/4, so that sums and means over 8 or 32 trees are exact.
    private sealed class Forest
    {
        private readonly Random random;
        private readonly bool tracksMissing;
        private readonly List<(float Threshold, int Feature, int Left)> nodes = [];
        private readonly List<List<(int Target, float Weight)>> leaves = [];

        public Forest(Random random, int trees, bool tracksMissing)
        {
            this.random = random;
            this.tracksMissing = tracksMissing;
            Roots = new int[trees];
            for (int tree = 0; tree < trees; tree++)
            {
                Roots[tree] = Reserve(1);
                Grow(Roots[tree], random.Next(0, 7));
            }
        }

        public int[] Roots { get; }

        public int[] Starts => [.. Enumerable.Range(0, leaves.Count + 1).Select(node => leaves.Take(node).Sum(entries => entries.Count))];

        public int[] Targets => [.. leaves.SelectMany(entries => entries).Select(entry => entry.Target)];

        public float[] Weights => [.. leaves.SelectMany(entries => entries).Select(entry => entry.Weight)];

        public int[] Nodes(bool isDouble) => [.. nodes.SelectMany(node => isDouble
            ? new[] { (int)BitConverter.DoubleToInt64Bits(node.Threshold), (int)(BitConverter.DoubleToInt64Bits(node.Threshold) >> 32), node.Feature, node.Left }
            : new[] { BitConverter.SingleToInt32Bits(node.Threshold), node.Feature, node.Left })];

        public double[] Expected(ReadOnlySpan<float> row, int aggregation, float[] bases)
        {
            var given = new List<float>[] { [], [] };
            foreach (int root in Roots)
            {
                int node = root;
                while (!float.IsNaN(nodes[node].Threshold))
                {
                    int feature = nodes[node].Feature;
                    float value = row[feature < 0 ? ~feature : feature];
                    bool isLeft = float.IsNaN(value) ? feature < 0 : value <= nodes[node].Threshold;
                    node = nodes[node].Left + (isLeft ? 0 : 1);
                }

                leaves[node].ForEach(entry => given[entry.Target].Add(entry.Weight));
            }

            int trees = Roots.Length;
            return [.. given.Select((weights, index) => aggregation switch
            {
                TreeAggregation.Sum => weights.Sum(),
                TreeAggregation.Average => weights.Sum() / trees,
                TreeAggregation.Minimum => weights.DefaultIfEmpty(0).Min(),
                _ => (double)weights.DefaultIfEmpty(0).Max(),
            } + bases[index])];
        }

        private int Reserve(int count)
        {
            for (int index = 0; index < count; index++)
            {
                nodes.Add(default);
                leaves.Add([]);
            }

            return nodes.Count - count;
        }

        private void Grow(int slot, int depth)
        {
            if (depth == 0)
            {
                nodes[slot] = (float.NaN, 0, slot - 1);
                leaves[slot] = [.. Enumerable.Range(0, random.Next(0, 3)).Select(_ => (random.Next(Outputs), random.Next(-8, 9) / 4f))];
                return;
            }

            int pair = Reserve(2);
            int feature = random.Next(Columns);
            nodes[slot] = (random.Next(-3, 4), tracksMissing && random.Next(2) == 0 ? ~feature : feature, pair);
            Grow(pair, random.Next(4) == 0 ? 0 : depth - 1);
            Grow(pair + 1, depth - 1);
        }
    }
}
