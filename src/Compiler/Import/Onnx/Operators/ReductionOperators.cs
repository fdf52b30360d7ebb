using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>What makes one number of many, along axes.</summary>
internal static class ReductionOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        Reduction("ReduceSum", 13, ReduceKind.Sum),
        Reduction("ReduceMean", 18, ReduceKind.Mean),
        Reduction("ReduceMax", 18, ReduceKind.Maximum),
        Reduction("ReduceMin", 18, ReduceKind.Minimum),
        Reduction("ReduceProd", 18, ReduceKind.Product),
        Reduction("ReduceSumSquare", 18, ReduceKind.SumOfSquares, x => x.Square()),
        Reduction("ReduceL1", 18, ReduceKind.SumOfAbsolutes, x => x.Abs()),
        Reduction("ReduceL2", 18, ReduceKind.SumOfSquares, x => x.Abs(), x => x.Type.IsFloat() ? x.Sqrt() : x.To(ElementType.Float64).Sqrt().To(x.Type)),
        Reduction("ReduceLogSum", 18, ReduceKind.Sum, x => x.Log(), x => x.Log()),
        new("ReduceLogSumExp", 1, LogSumExp),
        new("ArgMax", 1, (node, context) => ArgReduce(node, context, maximum: true)),
        new("ArgMin", 1, (node, context) => ArgReduce(node, context, maximum: false)),
    ];

    // The axes are an attribute until 'inputSince', then an input. 'alone' is what becomes of elements when there are no axes to reduce.
    private static OperatorEntry Reduction(string name, int inputSince, ReduceKind kind, Func<Term, Term>? alone = null, Func<Term, Term>? after = null) =>
        new(name, 1, (node, context) =>
        {
            if (Axes(node, context, inputSince) is not { } axes)
            {
                return context.Map(node[0], alone ?? (x => x));
            }

            return context.Map(context.Reduce(kind, node[0], axes, node.Flag("keepdims", true)), after ?? (x => x));
        });

    // Null when the node says that no axes means nothing to do.
    internal static int[]? Axes(OnnxNode node, OnnxContext context, int inputSince)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] given = (node.Opset >= inputSince && node.Optional(1) is not null ? context.IntegerInput(1) : node.Integers("axes")) ?? [];
        return given.Length > 0 ? [.. given.Select(shape.Axis)]
            : node.Flag("noop_with_empty_axes") ? null
            : [.. Enumerable.Range(0, shape.Rank)];
    }

    private static string LogSumExp(OnnxNode node, OnnxContext context)
    {
        if (Axes(node, context, 18) is not { } axes)
        {
            return node[0];
        }

        string sums = Distributions.LogSumExp(context, node[0], axes);
        return node.Flag("keepdims", true) ? sums : context.Reshape(sums, Shape.From(context.ShapeOf(sums).Where((_, axis) => !axes.Contains(axis))));
    }

    private static string ArgReduce(OnnxNode node, OnnxContext context, bool maximum)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer("axis", 0));
        string index = Distributions.ArgReduce(context, node[0], axis, maximum, node.Flag("select_last_index"));
        return node.Flag("keepdims", true) ? context.Reshape(index, shape.With(axis, 1)) : index;
    }
}
