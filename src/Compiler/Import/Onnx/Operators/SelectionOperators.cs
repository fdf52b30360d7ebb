using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>
/// What picks elements by their values. How many there are depends on the data: the results are as large as they can get, and know which value
/// says how much of them is valid (<see cref="OnnxContext.Bounded"/>).
/// </summary>
internal static class SelectionOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("TopK", 1, TopK),
        new("NonZero", 9, NonZero),
        new("Compress", 9, Compress),
        new("Unique", 11, Unique),
        new("NonMaxSuppression", 10, NonMaxSuppression),
    ];

    // Of the same order as they come, but of a type that the kernels know.
    private static string Comparable(OnnxContext context, string value) => context.Convert(value, context.ElementTypeOf(value) switch
    {
        ElementType.Float32 or ElementType.Float64 or ElementType.Int64 or ElementType.UInt64 => context.ElementTypeOf(value),
        ElementType.UInt32 => ElementType.Int64,
        _ => ElementType.Int32,
    });

    // Unless 'sorted' says otherwise any order would do: the sorted one is one of them.
    private static ImmutableArray<string?> TopK(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer("axis", -1));
        bool largest = node.Flag("largest", true);
        string? wanted = node.Opset < 10 ? null : node[1];
        Tensor? known = wanted is null ? Tensor.Of<long>([1], node.Integer("k")) : context.ConstantOf(wanted);
        TensorType type = known?.TensorType ?? context.TypeOf(wanted!);
        if (type.Type != ElementType.Int64 || type.Shape.ElementCount != 1)
        {
            throw new ShapeException($"a number of elements of {type}");
        }

        long count = known?.Values<long>()[0] ?? shape[axis];
        if (count < 0 || count > shape[axis])
        {
            throw new ShapeException($"the best {count} of axis {axis} of {shape}");
        }

        ImmutableArray<string> results = context.EmitAll(new TopK(axis, (int)count, largest), ["indices"], Comparable(context, node[0]));
        string values = context.Convert(results[0], context.ElementTypeOf(node[0]));
        if (known is not null)
        {
            return [values, results[1]];
        }

        string bounded = context.Map(context.Reshape(wanted!, Shape.Scalar), x => x.Clamp(0, count));
        return [context.Bounded(values, new Bound(axis, bounded)), context.Bounded(results[1], new Bound(axis, bounded))];
    }

    private static string NonZero(OnnxNode node, OnnxContext context)
    {
        ImmutableArray<string> results = context.EmitAll(new NonZero(), ["count"], context.Convert(node[0], ElementType.Boolean));
        return context.Bounded(results[0], new Bound(1, results[1]));
    }

    private static string Compress(OnnxNode node, OnnxContext context)
    {
        TensorType condition = context.TypeOf(node[1]);
        if (condition.Type != ElementType.Boolean || condition.Shape.Rank != 1)
        {
            throw new ShapeException($"a condition of {condition}");
        }

        Shape shape = context.ShapeOf(node[0]);
        string value = node.Has("axis") ? node[0] : context.Reshape(node[0], [shape.Count(..)]);
        int axis = node.Has("axis") ? shape.Axis(node.Integer("axis")) : 0;
        int length = condition.Shape[0];
        if (length > context.ShapeOf(value)[axis])
        {
            throw new ShapeException($"a condition of {length} elements for axis {axis} of {context.ShapeOf(value)}");
        }

        // Behind the last index there are zeros, which pick the first slice: no harm, nobody looks there.
        ImmutableArray<string> places = context.EmitAll(new NonZero(), ["count"], node[1]);
        string indices = context.Bounded(context.Reshape(places[0], [length]), new Bound(0, places[1]));
        context.FollowsBounds = true;
        string picked = context.Emit(new Gather(axis), value, indices);
        return context.BoundOf(indices) is null ? picked : context.Bounded(picked, new Bound(axis, places[1]));
    }

    private static ImmutableArray<string?> Unique(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        string value = node.Has("axis") ? node[0] : context.Reshape(node[0], [shape.Count(..)]);
        shape = context.ShapeOf(value);
        int axis = node.Has("axis") ? shape.Axis(node.Integer("axis")) : 0;
        int rows = shape[axis];
        string slices = context.MoveAxis(value, axis, 0);
        string matrix = context.Reshape(slices, [rows, context.ShapeOf(slices).Count(1..)]);
        ImmutableArray<string> found = context.EmitAll(new Unique(node.Flag("sorted", true)), ["inverse", "counts", "count"], Comparable(context, matrix));
        string firsts = context.Bounded(found[0], new Bound(0, found[3]));
        context.FollowsBounds = true;
        string picked = context.Emit(new Gather(axis), value, firsts);
        return
        [
            context.BoundOf(firsts) is null ? picked : context.Bounded(picked, new Bound(axis, found[3])),
            firsts,
            found[1],
            context.Bounded(found[2], new Bound(0, found[3])),
        ];
    }

    private static string NonMaxSuppression(OnnxNode node, OnnxContext context)
    {
        Shape scores = context.ShapeOf(node[1]);
        if (scores.Rank != 3)
        {
            throw new ShapeException($"scores of the shape {scores}");
        }

        // Without a number of boxes there are none, without an overlap none may overlap.
        string maximum = node.Optional(2) ?? context.Constant(0);
        string overlap = node.Optional(3) ?? context.Constant(Tensor.Scalar(0f));
        TensorType type = context.TypeOf(maximum);
        long wanted = type.Type == ElementType.Int64 && type.Shape.ElementCount == 1
            ? context.ConstantOf(maximum)?.Values<long>()[0] ?? scores[2]
            : throw new ShapeException($"a number of boxes of {type}");
        bool isCentered = node.Integer("center_point_box", 0) switch
        {
            0 => false,
            1 => true,
            var other => throw ImportException.Invalid($"attribute 'center_point_box' of NonMaxSuppression is {other}"),
        };
        string[] operands = [node[0], node[1], maximum, overlap, .. (string[])(node.Optional(4) is { } threshold ? [threshold] : [])];
        ImmutableArray<string> results = context.EmitAll(new NonMaxSuppression((int)Math.Clamp(wanted, 0, scores[2]), isCentered), ["count"], operands);
        return context.Bounded(results[0], new Bound(0, results[1]));
    }
}
