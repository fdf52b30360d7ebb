using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Passes;

/// <summary>
/// Moves transposes behind the nodes that read them: op(transpose(x)) becomes transpose(op'(x)). The importers of channels-first formats put a
/// transpose on either side of every convolution; moved down, each meets the next one's inverse and both go.
/// </summary>
public static class SinkTransposes
{
    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph) => GraphRewriter.Rewrite(graph, Rewrite);

    private static bool Rewrite(GraphRewriter rewriter, Node node)
    {
        if (node.Op is Transpose outer)
        {
            if (rewriter.Producer<Transpose>(node, 0) is not { Op: Transpose inner } producer)
            {
                return false;
            }

            EquatableArray<int> merged = outer.Permutation.Select(axis => inner.Permutation[axis]).ToEquatableArray();
            return merged.SequenceEqual(Enumerable.Range(0, merged.Count))
                ? rewriter.Replace(node, producer.Inputs[0])
                : rewriter.Replace(node, node.Name, new Transpose(merged), [producer.Inputs[0]]);
        }

        Node? first = LargestTransposed(rewriter, node);
        return first is { Op: Transpose transpose } && Permuted(rewriter, node, transpose.Permutation) is { } permuted
            && Sink(rewriter, node, transpose.Permutation, permuted);
    }

    // The op that does on the transposed tensor's source what the node does on the transposed, and the permutation of its output.
    private static (Op Op, EquatableArray<int> Output)? Permuted(GraphRewriter rewriter, Node node, EquatableArray<int> permutation)
    {
        int rank = permutation.Count;
        switch (node.Op)
        {
            case Elementwise or Requantize when rewriter.Source.ShapeOf(node.Output).Rank == rank:
                return (node.Op, permutation);
            case Concat concat:
                return (new Concat(permutation[concat.Axis]), permutation);
            case Slice slice:
                return (new Slice(Unpermute(slice.Starts), Unpermute(slice.Sizes), Unpermute(slice.Steps)), permutation);
            case Pad pad:
                return (new Pad(Unpermute(pad.Before), Unpermute(pad.After), Unpermute(pad.Between), pad.Value), permutation);
            case Expand expand when expand.Shape.Rank == rank:
                return (new Expand(Shape.From(Unpermute(expand.Shape.Extents.ToEquatableArray()))), permutation);
            case ResampleAxis resample:
                return (resample with { Axis = permutation[resample.Axis] }, permutation);
            case Gather gather when rewriter.Source.Constants.ContainsKey(node.Inputs[1]) && rewriter.Source.ShapeOf(node.Inputs[1]).Rank == 1:
                return (new Gather(permutation[gather.Axis]), permutation);
            case Reduce reduce:
                return (reduce with { Axes = reduce.Axes.Select(axis => permutation[axis]).Order().ToEquatableArray() }, Without(reduce.Axes));
            case ArgReduce reduce:
                return (reduce with { Axis = permutation[reduce.Axis] }, Without(new EquatableArray<int>([reduce.Axis])));
            case Softmax when permutation[rank - 1] == rank - 1:
                return (node.Op, permutation);
            default:
                return null;
        }

        // Something given an axis of the transposed tensor, in the order of the source's axes.
        EquatableArray<int> Unpermute(EquatableArray<int> perAxis) =>
            Enumerable.Range(0, rank).Select(axis => perAxis[permutation.ToList().IndexOf(axis)]).ToEquatableArray();

        EquatableArray<int> Without(EquatableArray<int> axes)
        {
            int[] kept = [.. permutation.Where((_, axis) => !axes.Contains(axis))];
            return kept.Select(axis => kept.Count(other => other < axis)).ToEquatableArray();
        }
    }

    private static bool Sink(GraphRewriter rewriter, Node node, EquatableArray<int> permutation, (Op Op, EquatableArray<int> Output) permuted)
    {
        GraphBuilder target = rewriter.Target;
        var inverse = new Transpose(Enumerable.Range(0, permutation.Count).Select(axis => permutation.ToList().IndexOf(axis)).ToEquatableArray());
        var inputs = new List<string>();
        foreach (string input in node.Op is Gather ? rewriter.InputsOf(node)[..1] : rewriter.InputsOf(node))
        {
            Shape shape = target.ShapeOf(input);
            if (target.ProducerOf(input) is { Op: Transpose transpose } producer && transpose.Permutation.Equals(permutation))
            {
                inputs.Add(producer.Inputs[0]);
            }
            else if (shape.ElementCount == 1 && node.Op is Elementwise)
            {
                inputs.Add(input);
            }
            else
            {
                string full = shape.Rank == permutation.Count
                    ? input
                    : target.Add(node.Name, new Reshape(Shape.From(Enumerable.Repeat(1, permutation.Count - shape.Rank).Concat(shape))), input);
                inputs.Add(target.Add(node.Name, inverse, full));
            }
        }

        inputs.AddRange(node.Op is Gather ? rewriter.InputsOf(node)[1..] : []);
        string result = target.AddNode(node.Name, permuted.Op, [.. inputs], [node.Output])[0];
        return rewriter.Replace(node, target.Add(node.Name, new Transpose(permuted.Output), result));
    }

    // Sinking pays when the transposed input is the largest of those that are not constant: the others are transposed for its sake.
    private static Node? LargestTransposed(GraphRewriter rewriter, Node node)
    {
        string? largest = rewriter.InputsOf(node)
            .Where(input => rewriter.Target.ConstantOf(input) is null)
            .OrderByDescending(input => rewriter.Target.ShapeOf(input).ElementCount)
            .ThenByDescending(input => rewriter.Target.ProducerOf(input)?.Op is Transpose)
            .FirstOrDefault();
        return largest is not null && rewriter.Target.ProducerOf(largest) is { Op: Transpose } producer ? producer : null;
    }
}
