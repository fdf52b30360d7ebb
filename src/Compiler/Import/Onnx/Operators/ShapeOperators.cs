using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>What changes a shape and no elements, or asks for a shape.</summary>
internal static class ShapeOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("Identity", 1, (node, _) => node[0]) { TakesText = true },
        new("Dropout", 1, Dropout),
        new("Reshape", 1, Reshape) { TakesText = true },
        new("Flatten", 1, Flatten) { TakesText = true },
        new("Squeeze", 1, Squeeze) { TakesText = true },
        new("Unsqueeze", 1, Unsqueeze) { TakesText = true },
        new("Expand", 8, (node, context) =>
            context.Expand(node[0], Shape.Broadcast(context.ShapeOf(node[0]), ShapeOf(context.IntegerInput(1))))),
        new("Tile", 1, Tile),
        new("Shape", 1, ShapeOf),
        new("Size", 1, (node, context) => context.Constant(Tensor.Scalar(context.ShapeOf(node[0]).ElementCount))),
    ];

    /// <summary>The shape that a list of extents says.</summary>
    /// <exception cref="ShapeException">An extent is negative or does not fit 32 bits, or there are too many.</exception>
    public static Shape ShapeOf(IEnumerable<long> extents)
    {
        Shape shape = Shape.From(extents.Select(Extent));
        return shape.Rank <= OnnxTensors.MaximumRank ? shape : throw new ShapeException($"a shape of {shape.Rank} dimensions");
    }

    private static int Extent(long extent) =>
        extent is >= 0 and <= int.MaxValue ? (int)extent : throw new ShapeException($"an extent of {extent}");

    private static ImmutableArray<string?> Dropout(OnnxNode node, OnnxContext context)
    {
        // Old files that say is_test=0 were exported before anyone thought of it: they too mean inference.
        bool isTraining = node.Opset >= 12 && node.Optional(2) is not null && context.ConstantInput(2).Values<bool>()[0];
        if (isTraining && (node.Optional(1) is null || context.ConstantInput(1).ToFloat64()[0] != 0))
        {
            throw ImportException.Attribute(node.Operator, "training_mode", "export the model in evaluation mode");
        }

        return node.HasOutput(1) ? [node[0], Mask(node, context)] : [node[0]];
    }

    // What is kept: everything. Before version 10 the mask had the data's type.
    private static string Mask(OnnxNode node, OnnxContext context) =>
        context.Expand(context.Scalar(1, node.Opset < 10 ? context.ElementTypeOf(node[0]) : ElementType.Boolean), context.ShapeOf(node[0]));

    private static string Reshape(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] target = node.Opset < 5 ? node.Integers("shape") ?? throw ImportException.Invalid("attribute 'shape' of Reshape is missing") : context.IntegerInput(1);
        bool zeroIsZero = node.Flag("allowzero");
        long[] extents = [.. target.Select((extent, axis) =>
            extent != 0 || zeroIsZero ? extent
            : axis < shape.Rank ? shape[axis]
            : throw new ShapeException($"extent {axis} of {shape} is to be kept, which there is not"))];
        int open = Array.IndexOf(extents, -1);
        if (open >= 0)
        {
            Shape others = ShapeOf(extents.Where((_, axis) => axis != open));
            extents[open] = others.ElementCount > 0 && shape.ElementCount % others.ElementCount == 0
                ? shape.ElementCount / others.ElementCount
                : throw new ShapeException($"{shape} cannot be reshaped to {string.Join('×', target)}");
        }

        return context.Reshape(node[0], ShapeOf(extents));
    }

    private static string Flatten(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long given = node.Integer("axis", 1);
        int axis = given == shape.Rank ? shape.Rank : shape.Axis(given);
        return context.Reshape(node[0], [shape.Count(..axis), shape.Count(axis..)]);
    }

    private static string Squeeze(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int[] axes = context.IntegersOrInput("axes", 1) is { } given
            ? [.. given.Select(shape.Axis)]
            : [.. Enumerable.Range(0, shape.Rank).Where(axis => shape[axis] == 1)];
        return axes.All(axis => shape[axis] == 1)
            ? context.Reshape(node[0], Shape.From(shape.Where((_, axis) => !axes.Contains(axis))))
            : throw new ShapeException($"Squeeze of axes {string.Join(',', axes)} of {shape}, which are not all 1");
    }

    private static string Unsqueeze(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] given = context.IntegersOrInput("axes", 1) ?? throw ImportException.Invalid("'axes' of Unsqueeze is missing");
        int rank = shape.Rank + given.Length;
        if (rank > OnnxTensors.MaximumRank)
        {
            throw new ShapeException($"a shape of {rank} dimensions");
        }

        int[] axes = [.. given.Select(axis => (int)(axis < 0 ? axis + rank : axis)).Order()];
        if (axes.Distinct().Count() != axes.Length || axes.Any(axis => axis < 0 || axis >= rank))
        {
            throw new ShapeException($"Unsqueeze of axes {string.Join(',', given)} of {shape}");
        }

        return context.Reshape(node[0], axes.Aggregate(shape, (extended, axis) => extended.Insert(axis, 1)));
    }

    private static string Tile(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] repeats;
        if (node.Opset < 6)
        {
            repeats = [.. Enumerable.Repeat(1L, shape.Rank)];
            repeats[shape.Axis(context.IntegerInput(2)[0])] = context.IntegerInput(1)[0];
        }
        else
        {
            repeats = context.IntegerInput(1);
        }

        if (repeats.Length != shape.Rank)
        {
            throw new ShapeException($"{repeats.Length} repetitions for {shape}");
        }

        // Each axis gets one before it, which is expanded and then merged into it.
        Shape spaced = ShapeOf(shape.SelectMany(extent => new long[] { 1, extent }));
        Shape repeated = ShapeOf(shape.SelectMany((extent, axis) => new[] { repeats[axis], extent }));
        Shape tiled = ShapeOf(shape.Select((extent, axis) => extent * repeats[axis]));
        return context.Reshape(context.Expand(context.Reshape(node[0], spaced), repeated), tiled);
    }

    private static string ShapeOf(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int start = Clamp(node.Integer("start", 0), shape.Rank);
        int end = Clamp(node.Integer("end", shape.Rank), shape.Rank);
        return context.Constant([.. shape.Select(extent => (long)extent).Take(end).Skip(start)]);
    }

    private static int Clamp(long axis, int rank) => (int)Math.Clamp(axis < 0 ? axis + rank : axis, 0, rank);
}
