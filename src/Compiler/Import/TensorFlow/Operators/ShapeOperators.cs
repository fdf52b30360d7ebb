using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>What changes a shape and no elements, or asks for a shape.</summary>
internal static class ShapeOperators
{
    private const int MaximumRank = 64;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        new("Reshape", Reshape),
        new("Squeeze", Squeeze),
        new("ExpandDims", (node, context) =>
        {
            Shape shape = context.ShapeOf(node[0]);
            return context.Reshape(node[0], shape.Insert(shape.Insert(0, 1).Axis(context.NumberInput(1)), 1));
        }),
        new("BroadcastTo", (node, context) => context.Expand(node[0], ShapeOf(context.IntegerInput(1)))),
        new("Tile", Tile),
        new("Shape", (node, context) => ShapeOf(context, node[0])),
        new("ShapeN", (node, context) => [.. node.Inputs.Select(input => ShapeOf(context, input))]),
        new("Size", (node, context) => context.Integers(Shape.Scalar, [context.ShapeOf(node[0]).ElementCount], "out_type")),
        new("Rank", (node, context) => context.Constant(Tensor.Scalar(context.ShapeOf(node[0]).Rank))),
        new("BroadcastArgs", (node, context) => context.Convert(
            context.Constant([.. Shape.Broadcast(ShapeOf(context.IntegerInput(0)), ShapeOf(context.IntegerInput(1))).Select(extent => (long)extent)]), context.ElementTypeOf(node[0]))),
    ];

    /// <summary>The shape that a list of extents says.</summary>
    /// <exception cref="ShapeException">An extent is negative or does not fit 32 bits, or there are too many.</exception>
    public static Shape ShapeOf(IEnumerable<long> extents)
    {
        Shape shape = Shape.From(extents.Select(extent => extent is >= 0 and <= int.MaxValue ? (int)extent : throw new ShapeException($"an extent of {extent}")));
        return shape.Rank <= MaximumRank ? shape : throw new ShapeException($"a shape of {shape.Rank} dimensions");
    }

    private static string ShapeOf(TensorFlowContext context, string value)
    {
        Shape shape = context.ShapeOf(value);
        return context.Integers([shape.Rank], [.. shape.Select(extent => (long)extent)], "out_type");
    }

    private static string Reshape(TensorFlowNode node, TensorFlowContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] target = context.IntegerInput(1);
        int open = Array.IndexOf(target, -1);
        if (open >= 0)
        {
            long known = target.Where((_, index) => index != open).Aggregate(1L, (product, extent) => checked(product * extent));
            target = [.. target];
            target[open] = known > 0 && shape.ElementCount % known == 0
                ? shape.ElementCount / known
                : throw new ShapeException($"{shape} does not reshape to {string.Join('×', target)}");
        }

        return context.Reshape(node[0], ShapeOf(target));
    }

    private static string Squeeze(TensorFlowNode node, TensorFlowContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] given = node.Integers("squeeze_dims") ?? node.Integers("axis") ?? [];
        int[] axes = given.Length > 0 ? [.. given.Select(shape.Axis)] : [.. Enumerable.Range(0, shape.Rank).Where(axis => shape[axis] == 1)];
        return axes.All(axis => shape[axis] == 1)
            ? context.Reshape(node[0], Shape.From(shape.Where((_, axis) => !axes.Contains(axis))))
            : throw new ShapeException($"Squeeze of axes {string.Join(',', axes)} of {shape}, which are not all 1");
    }

    // Each axis gets one before it, which is expanded and then merged into it.
    private static string Tile(TensorFlowNode node, TensorFlowContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] repeats = context.IntegerInput(1);
        if (repeats.Length != shape.Rank)
        {
            throw new ShapeException($"{repeats.Length} repetitions for {shape}");
        }

        Shape spaced = ShapeOf(shape.SelectMany(extent => new long[] { 1, extent }));
        Shape repeated = ShapeOf(shape.SelectMany((extent, axis) => new[] { repeats[axis], extent }));
        return context.Reshape(context.Expand(context.Reshape(node[0], spaced), repeated), ShapeOf(shape.Select((extent, axis) => checked(extent * repeats[axis]))));
    }
}
