using System;
using System.Collections.Generic;
using System.Linq;
using System.Linq.Expressions;
using BenchmarkDotNet.Attributes;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.KernelBenchmarks;

/// <summary>A forest as the kernel walks it, and as nested conditions, which is what generated code could be instead.</summary>
public class TreeBenchmarks
{
    private const int Features = 16;
    private const int Rows = 256;

    private readonly float[] output = new float[Rows];
    private float[] input = [];
    private Forest forest = new(new Random(1));
    private Func<float[], int, float>[] conditions = [];

    /// <summary>Trees of the forest.</summary>
    [Params(10, 100)]
    public int Trees { get; set; }

    /// <summary>Conditions from the root to a leaf.</summary>
    [Params(4, 8)]
    public int Depth { get; set; }

    /// <summary>Grows the forest. Rows differ, so that the processor cannot learn their way.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        input = Numbers.Floats(Rows * Features);
        forest = new Forest(new Random(1));
        conditions = [.. Enumerable.Range(0, Trees).Select(_ => forest.Grow(Depth))];
    }

    /// <summary>The kernel.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Rows)]
    public void Kernel() => TreeEnsembleFloat32.Run(
        input, forest.Nodes, forest.Roots, forest.LeafStarts, forest.Targets, forest.Weights, [0], output, Rows, Features, TreeAggregation.Sum, tracksMissing: false);

    /// <summary>Nested conditions.</summary>
    [Benchmark(OperationsPerInvoke = Rows)]
    public void Conditions()
    {
        for (int row = 0; row < Rows; row++)
        {
            float sum = 0;
            foreach (Func<float[], int, float> tree in conditions)
            {
                sum += tree(input, row * Features);
            }

            output[row] = sum;
        }
    }

    /// <summary>Full trees of random conditions.</summary>
    private sealed class Forest(Random random)
    {
        private readonly List<(float Threshold, int Feature, int Left)> nodes = [];
        private readonly List<int> roots = [];
        private readonly List<(int Node, float Weight)> leaves = [];

        public int[] Nodes { get; private set; } = [];

        public int[] Roots { get; private set; } = [];

        public int[] LeafStarts { get; private set; } = [];

        public int[] Targets { get; private set; } = [];

        public float[] Weights { get; private set; } = [];

        /// <summary>Adds a tree and gives the same as conditions.</summary>
        public Func<float[], int, float> Grow(int depth)
        {
            ParameterExpression features = Expression.Parameter(typeof(float[]));
            ParameterExpression begin = Expression.Parameter(typeof(int));
            roots.Add(nodes.Count);
            nodes.Add(default);
            Expression body = Grow(nodes.Count - 1, depth, features, begin);
            Pack();
            return Expression.Lambda<Func<float[], int, float>>(body, features, begin).Compile();
        }

        private Expression Grow(int node, int depth, ParameterExpression features, ParameterExpression begin)
        {
            if (depth == 0)
            {
                // A leaf is its own right child.
                float weight = random.NextSingle();
                nodes[node] = (float.NaN, 0, node - 1);
                leaves.Add((node, weight));
                return Expression.Constant(weight);
            }

            int feature = random.Next(Features);
            float threshold = (2 * random.NextSingle()) - 1;
            int left = nodes.Count;
            nodes[node] = (threshold, feature, left);
            nodes.Add(default);
            nodes.Add(default);
            Expression value = Expression.ArrayIndex(features, Expression.Add(begin, Expression.Constant(feature)));
            return Expression.Condition(
                Expression.LessThanOrEqual(value, Expression.Constant(threshold)), Grow(left, depth - 1, features, begin), Grow(left + 1, depth - 1, features, begin));
        }

        private void Pack()
        {
            Nodes = [.. nodes.SelectMany(node => new[] { BitConverter.SingleToInt32Bits(node.Threshold), node.Feature, node.Left })];
            Roots = [.. roots];
            (int Node, float Weight)[] sorted = [.. leaves.OrderBy(leaf => leaf.Node)];
            LeafStarts = new int[nodes.Count + 1];
            foreach ((int node, _) in sorted)
            {
                LeafStarts[node + 1] = 1;
            }

            for (int node = 0; node < nodes.Count; node++)
            {
                LeafStarts[node + 1] += LeafStarts[node];
            }

            Targets = new int[sorted.Length];
            Weights = [.. sorted.Select(leaf => leaf.Weight)];
        }
    }
}
