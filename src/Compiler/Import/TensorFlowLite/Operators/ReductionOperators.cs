using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>Reductions, running sums and choices along axes.</summary>
internal static class ReductionOperators
{
    // A running sum is a product with a triangle of ones.
    private const int LongestSum = 4096;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        Reduction("MEAN", ReduceKind.Mean),
        Reduction("SUM", ReduceKind.Sum),
        Reduction("REDUCE_PROD", ReduceKind.Product),
        Reduction("REDUCE_MAX", ReduceKind.Maximum),
        Reduction("REDUCE_MIN", ReduceKind.Minimum),
        Reduction("REDUCE_ANY", ReduceKind.Maximum),
        Reduction("REDUCE_ALL", ReduceKind.Minimum),
        new("ARG_MAX", (node, context) => Best(node, context, isGreatest: true)),
        new("ARG_MIN", (node, context) => Best(node, context, isGreatest: false)),
        new("CUMSUM", RunningSum),
        new("TOPK_V2", Top),
    ];

    private static LiteEntry Reduction(string name, ReduceKind kind) => new(name, (node, context) =>
        context.AxesInput(1, context.ShapeOf(node[0]).Rank) is { Length: > 0 } axes ? context.Reduce(kind, node[0], axes, node.Flag(0)) : node[0]);

    private static string Best(LiteOperator node, LiteContext context, bool isGreatest)
    {
        bool isReady = context.ElementTypeOf(node[0]) is ElementType.Float32 or ElementType.UInt8 or ElementType.Int32 or ElementType.Int64;
        string value = isReady ? node[0] : context.Convert(node[0], ElementType.Int32);
        int axis = context.ShapeOf(value).Axis(context.IntegerInput(1) is [var only] ? only : throw ImportException.Invalid($"{node.Operator} takes one axis"));
        return context.Emit(new ArgReduce(axis, isGreatest, LastIndex: false), value);
    }

    private static string RunningSum(LiteOperator node, LiteContext context)
    {
        TensorType type = context.TypeOf(node[0]);
        int axis = context.AxesInput(1, type.Shape.Rank) is [var only] ? only : throw ImportException.Invalid($"{node.Operator} takes one axis");
        int length = type.Shape[axis];
        if (length > LongestSum)
        {
            throw ImportException.Attribute(node.Operator, $"an axis of {length} elements", $"up to {LongestSum} are");
        }

        (bool isExclusive, bool isReverse) = (node.Flag(0), node.Flag(1));
        float[] triangle = [.. Enumerable.Range(0, length).SelectMany(from => Enumerable.Range(0, length).Select(to =>
            (isReverse ? from > to : from < to) || (from == to && !isExclusive) ? 1f : 0f))];
        Tensor ones = Tensor.Of([length, length], triangle).ConvertedTo(type.Type);
        int last = type.Shape.Rank - 1;
        string sums = context.Emit(new MatMul(), Rows(context, context.MoveAxis(node[0], axis, last)), context.Constant(ones));
        int[] moved = [.. type.Shape.Where((_, index) => index != axis), length];
        return context.MoveAxis(context.Reshape(sums, Shape.From(moved)), last, axis);
    }

    private static string Rows(LiteContext context, string value)
    {
        Shape shape = context.ShapeOf(value);
        return context.Reshape(value, [(int)(shape.ElementCount / Math.Max(1, shape[^1])), shape[^1]]);
    }

    private static ImmutableArray<string> Top(LiteOperator node, LiteContext context)
    {
        TensorType type = context.TypeOf(node[0]);
        bool isReady = type.Type is ElementType.Float32 or ElementType.Float64 or ElementType.Int32 or ElementType.Int64 or ElementType.UInt64;
        string value = isReady ? node[0] : context.Convert(node[0], ElementType.Int32);
        long count = context.IntegerInput(1) is [var only] ? only : throw ImportException.Invalid($"{node.Operator} takes one number of elements");
        return context.EmitAll(new TopK(type.Shape.Rank - 1, checked((int)count), Largest: true), ["indices"], value);
    }
}
