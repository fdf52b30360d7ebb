using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Passes;

/// <summary>Drops nodes that change nothing, merges reshapes and transposes that follow each other, and makes reshapes of transposes that only move axes of extent 1.</summary>
public static class RemoveNoOperations
{
    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph) => GraphRewriter.Rewrite(graph, Rewrite);

    private static bool Rewrite(GraphRewriter rewriter, Node node)
    {
        if (node.Inputs.Length == 0)
        {
            return false;
        }

        string input = rewriter.New(node.Inputs[0]);
        Shape shape = rewriter.Target.ShapeOf(input);
        if (IsIdentity(node, shape, rewriter.Source.ShapeOf(node.Output)))
        {
            return rewriter.Replace(node, input);
        }

        switch (node.Op)
        {
            case Reshape reshape:
                return AddReshape(rewriter, node, input, reshape.Shape);
            case Transpose transpose when MovesOnlyUnits(transpose, shape):
                return AddReshape(rewriter, node, input, rewriter.Source.ShapeOf(node.Output));
            case Transpose transpose when rewriter.Producer<Transpose>(node, 0) is { Op: Transpose first } producer:
                var merged = new Transpose(transpose.Permutation.Select(axis => first.Permutation[axis]).ToEquatableArray());
                return IsIdentity(merged) ? rewriter.Replace(node, producer.Inputs[0]) : rewriter.Replace(node, node.Name, merged, [producer.Inputs[0]]);
            default:
                return false;
        }
    }

    private static bool AddReshape(GraphRewriter rewriter, Node node, string input, Shape shape)
    {
        if (rewriter.Target.ProducerOf(input) is { Op: Reshape } first)
        {
            input = first.Inputs[0];
        }

        return rewriter.Target.ShapeOf(input) == shape
            ? rewriter.Replace(node, input)
            : rewriter.Replace(node, node.Name, new Reshape(shape), [input]);
    }

    private static bool IsIdentity(Node node, Shape input, Shape output) => node.Op switch
    {
        Elementwise { Expression: InputExpression { Index: 0 } } => input == output,
        Elementwise { Expression: CallExpression call } => node.Inputs.Length == 1 && input == output && IsTimesOne(call),
        Transpose transpose => IsIdentity(transpose),
        Reshape or Expand or Pad => input == output,
        Slice slice => input == output && slice.Steps.All(step => step == 1),
        Concat => node.Inputs.Length == 1,
        Reduce { Axes.Count: 0, Kind: ReduceKind.Sum or ReduceKind.Mean or ReduceKind.Maximum or ReduceKind.Minimum or ReduceKind.Product } => true,
        Pool2D pool => pool.Window is { KernelHeight: 1, KernelWidth: 1, StrideHeight: 1, StrideWidth: 1, HasPadding: false },
        _ => false,
    };

    // Dropout that keeps everything, for one.
    private static bool IsTimesOne(CallExpression call) => call.Function switch
    {
        ElementwiseFunction.Multiply => call.Operands is [InputExpression, LiteralExpression { Value: 1 }] or [LiteralExpression { Value: 1 }, InputExpression],
        ElementwiseFunction.Divide => call.Operands is [InputExpression, LiteralExpression { Value: 1 }],
        _ => false,
    };

    private static bool IsIdentity(Transpose transpose) => transpose.Permutation.SequenceEqual(Enumerable.Range(0, transpose.Permutation.Count));

    private static bool MovesOnlyUnits(Transpose transpose, Shape shape) =>
        transpose.Permutation.Where(axis => shape[axis] != 1).SequenceEqual(Enumerable.Range(0, shape.Rank).Where(axis => shape[axis] != 1));
}
