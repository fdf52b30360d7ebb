using System;
using System.Collections.Immutable;
using System.Linq;
using System.Numerics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>What an ensemble makes of the leaves that its trees arrive at.</summary>
public enum TreeAggregationKind
{
    /// <summary>The sum of their weights.</summary>
    Sum,

    /// <summary>The sum divided by the number of trees.</summary>
    Average,

    /// <summary>The least; 0 of none.</summary>
    Minimum,

    /// <summary>The greatest; 0 of none.</summary>
    Maximum,
}

/// <summary>Decision trees over rows of features: [N, F] becomes [N, outputs]. float32, float64.</summary>
/// <param name="Trees">The trees.</param>
/// <param name="Aggregation">What becomes of the leaves' weights.</param>
/// <param name="BaseValues">One an output: added to the aggregate.</param>
public sealed record TreeEnsemble(Forest Trees, TreeAggregationKind Aggregation, EquatableArray<double> BaseValues) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        TensorType input = inputs[0];
        Require(input.Type.IsFloat(), $"trees over {input.Type}");
        Require(input.Shape.Rank == 2 && input.Shape[1] >= Trees.Features, $"trees that ask for {Trees.Features} features of {input.Shape}");
        return [input with { Shape = [input.Shape[0], BaseValues.Count] }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs) =>
        inputs[0].Type == ElementType.Float32 ? [Evaluate<float>(inputs[0])] : [Evaluate<double>(inputs[0])];

    private Tensor Evaluate<T>(Tensor input)
        where T : IBinaryFloatingPointIeee754<T>
    {
        T[] features = input.Values<T>();
        int columns = input.Shape[1];
        T[] output = [.. Enumerable.Range(0, input.Shape[0]).SelectMany(row => Row<T>(features.AsSpan(row * columns, columns)))];
        return Tensor.Of([input.Shape[0], BaseValues.Count], output);
    }

    private T[] Row<T>(ReadOnlySpan<T> features)
        where T : IBinaryFloatingPointIeee754<T>
    {
        var results = new T?[BaseValues.Count];
        var isGiven = new bool[BaseValues.Count];
        foreach (int root in Trees.Roots)
        {
            int leaf = Leaf(features, root);
            foreach (LeafEntry entry in Trees.Entries.AsSpan()[Trees.LeafStarts[leaf]..Trees.LeafStarts[leaf + 1]])
            {
                T weight = T.CreateTruncating(entry.Weight);
                results[entry.Target] = isGiven[entry.Target] ? Combine(results[entry.Target]!, weight) : weight;
                isGiven[entry.Target] = true;
            }
        }

        T divisor = Aggregation == TreeAggregationKind.Average ? T.CreateTruncating(Trees.Roots.Length) : T.One;
        return [.. results.Select((result, index) => ((isGiven[index] ? result! : T.Zero) / divisor) + T.CreateTruncating(BaseValues[index]))];
    }

    private int Leaf<T>(ReadOnlySpan<T> features, int node)
        where T : IBinaryFloatingPointIeee754<T>
    {
        while (true)
        {
            ForestNode branch = Trees.Nodes[node];
            if (branch.Left == node - 1 && double.IsNaN(branch.Threshold))
            {
                return node;
            }

            T value = features[branch.Feature];
            bool isLeft = T.IsNaN(value) ? branch.NaNGoesLeft : value <= T.CreateTruncating(branch.Threshold);
            node = isLeft ? branch.Left : branch.Left + 1;
        }
    }

    private T Combine<T>(T result, T weight)
        where T : IBinaryFloatingPointIeee754<T> => Aggregation switch
        {
            TreeAggregationKind.Minimum => weight < result ? weight : result,
            TreeAggregationKind.Maximum => weight > result ? weight : result,
            _ => result + weight,
        };
}
