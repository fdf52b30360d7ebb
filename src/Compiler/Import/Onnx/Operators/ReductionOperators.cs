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

    /// <summary>Log(Σ Exp(x)) along axes that stay; where the greatest is infinite, without subtracting it.</summary>
    public static string LogSumExp(OnnxContext context, string value, int[] axes)
    {
        string greatest = context.Map(context.Reduce(ReduceKind.Maximum, value, axes, keep: true), x => x.Abs().EqualTo(double.PositiveInfinity).Select(x.Like(0), x));
        string sum = context.Reduce(ReduceKind.Sum, context.Map(value, greatest, (x, y) => (x - y).Exp()), axes, keep: true);
        return context.Map(sum, greatest, (x, y) => x.Log() + y);
    }

    /// <summary>The index of the greatest or least element along an axis, which goes away.</summary>
    public static string ArgReduce(OnnxNode node, OnnxContext context, string value, int axis, bool maximum, bool last)
    {
        ElementType type = context.ElementTypeOf(value) switch
        {
            ElementType.Float32 => ElementType.Float32,
            ElementType.UInt8 => ElementType.UInt8,
            ElementType.Int64 or ElementType.UInt32 => ElementType.Int64,
            ElementType.Float64 or ElementType.UInt64 => throw ImportException.ElementType(node.InputName(0), context.ElementTypeOf(value).ToString()),
            _ => ElementType.Int32,
        };
        return context.Emit(new ArgReduce(axis, maximum, last), context.Convert(value, type));
    }

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

        string sums = LogSumExp(context, node[0], axes);
        return node.Flag("keepdims", true) ? sums : context.Reshape(sums, Shape.From(context.ShapeOf(sums).Where((_, axis) => !axes.Contains(axis))));
    }

    private static string ArgReduce(OnnxNode node, OnnxContext context, bool maximum)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer("axis", 0));
        string index = ArgReduce(node, context, node[0], axis, maximum, node.Flag("select_last_index"));
        return node.Flag("keepdims", true) ? context.Reshape(index, shape.With(axis, 1)) : index;
    }
}
