using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>Other shapes of the same elements, and shapes as numbers.</summary>
internal static class ShapeOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        LiteEntry.Move("RESHAPE", Reshape),
        LiteEntry.Move("SQUEEZE", Squeeze),
        LiteEntry.Move("EXPAND_DIMS", ExpandDimensions),
        new("SHAPE", (node, context) => context.Constant([.. context.ShapeOf(node[0]).Select(extent => (long)extent)])),
        new("RANK", (node, context) => context.Constant(Tensor.Scalar((long)context.ShapeOf(node[0]).Rank))),
        LiteEntry.Move("FILL", (node, context) => context.Expand(node[1], LiteContext.CheckedShape(context.IntegerInput(0))), moved: 1),
        new("RANGE", Range),
        new("ZEROS_LIKE", (node, context) => context.Expand(
            context.Constant(Tensor.Zeros(new TensorType(context.ElementTypeOf(node[0]), Shape.Scalar))), context.ShapeOf(node[0]))),
        new("BROADCAST_ARGS", BroadcastShapes),
        LiteEntry.Move("BROADCAST_TO", (node, context) => context.Expand(node[0], LiteContext.CheckedShape(context.IntegerInput(1)))),
        LiteEntry.Move("TILE", Tile),
        LiteEntry.Move("DENSIFY", (node, _) => node[0]),
    ];

    private static string Reshape(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] extents = node.Optional(1) is not null ? context.IntegerInput(1) : [.. node.Integers(0).Select(extent => (long)extent)];
        int open = Array.IndexOf(extents, -1L);
        if (open >= 0)
        {
            long others = extents.Where((_, index) => index != open).Aggregate(1L, (product, extent) => checked(product * extent));
            extents = [.. extents];
            extents[open] = others > 0 ? shape.ElementCount / others : 0;
        }

        return context.Reshape(node[0], LiteContext.CheckedShape(extents));
    }

    private static string Squeeze(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int[] axes = [.. node.Integers(0).Select(axis => shape.Axis(axis))];
        return axes.All(axis => shape[axis] == 1)
            ? context.Reshape(node[0], Shape.From(shape.Where((extent, axis) => axes.Length == 0 ? extent != 1 : !axes.Contains(axis))))
            : throw new ShapeException($"{node.Operator} of the axes {string.Join(',', axes)} of {shape}");
    }

    private static string ExpandDimensions(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long axis = context.IntegerInput(1) is [var only] ? only : throw ImportException.Invalid($"{node.Operator} takes one axis");
        int place = shape.Rank >= 0 && axis >= -shape.Rank - 1 && axis <= shape.Rank ? (int)(axis < 0 ? axis + shape.Rank + 1 : axis) : throw new ShapeException($"axis {axis} of {shape}");
        return context.Reshape(node[0], Shape.From(shape.Extents.Insert(place, 1)));
    }

    private static string Range(LiteOperator node, LiteContext context)
    {
        Tensor[] limits = [.. Enumerable.Range(0, 3).Select(context.ConstantInput)];
        double[] numbers = [.. limits.Select(limit => limit.Count == 1 ? limit.ToFloat64()[0] : throw ImportException.Invalid($"{node.Operator} takes single numbers"))];
        double count = Math.Ceiling((numbers[1] - numbers[0]) / numbers[2]);
        if (!(count <= GraphBuilder.MaximumTensorBytes / 8))
        {
            throw ImportException.Invalid($"{node.Operator} from {numbers[0]} to {numbers[1]} by {numbers[2]}");
        }

        double[] range = [.. Enumerable.Range(0, (int)Math.Max(0, count)).Select(index => numbers[0] + (index * numbers[2]))];
        return context.Constant(Tensor.Of([range.Length], range).ConvertedTo(limits[0].Type));
    }

    private static string BroadcastShapes(LiteOperator node, LiteContext context)
    {
        Shape shape = Shape.Broadcast(LiteContext.CheckedShape(context.IntegerInput(0)), LiteContext.CheckedShape(context.IntegerInput(1)));
        return context.Constant([.. shape.Select(extent => (long)extent)]);
    }

    private static string Tile(LiteOperator node, LiteContext context)
    {
        string value = node[0];
        long[] multiples = context.IntegerInput(1);
        Shape shape = context.ShapeOf(value);
        if (multiples.Length != shape.Rank || multiples.Any(multiple => multiple is < 0 or > int.MaxValue))
        {
            throw new ShapeException($"{node.Operator} of {shape} by {string.Join(',', multiples)}");
        }

        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if (multiples[axis] != 1)
            {
                Shape before = context.ShapeOf(value);
                Shape apart = Shape.From(before.Extents.Insert(axis, 1));
                string repeated = context.Expand(context.Reshape(value, apart), apart.With(axis, (int)multiples[axis]));
                value = context.Reshape(repeated, before.With(axis, checked(before[axis] * (int)multiples[axis])));
            }
        }

        return value;
    }
}
