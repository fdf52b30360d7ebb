using System;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>Changes of shape when an extent depends on the data, and questions for the shape.</summary>
internal static class BoundShapes
{
    /// <summary>The shape, with the number of valid slices in it: a value that is computed like any other.</summary>
    public static ImmutableArray<string?> ShapeOf(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        Bound bound = context.BoundOf(node[0])!;
        int rank = context.ShapeOf(node[0]).Rank;
        string extents = import(node, context)[0]!;
        int place = bound.Axis - Math.Clamp((int)node.Integer("start", 0) + (node.Integer("start", 0) < 0 ? rank : 0), 0, rank);
        int length = context.ShapeOf(extents)[0];
        return place < 0 || place >= length
            ? [extents]
            : [context.Map(context.Count(length, 1, 0), bound.Count, extents, (index, count, extent) => index.EqualTo(place).Select(count, extent))];
    }

    /// <summary>The number of valid elements.</summary>
    public static ImmutableArray<string?> Size(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        Bound bound = context.BoundOf(node[0])!;
        return [context.Map(bound.Count, count => count * context.ShapeOf(node[0]).With(bound.Axis, 1).ElementCount)];
    }

    public static ImmutableArray<string?> Unsqueeze(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        Bound bound = context.BoundOf(node[0])!;
        string result = import(node, context)[0]!;
        int rank = context.ShapeOf(result).Rank;
        int[] added = [.. context.IntegersOrInput("axes", 1)!.Select(axis => (int)(axis < 0 ? axis + rank : axis))];
        int[] kept = [.. Enumerable.Range(0, rank).Where(axis => !added.Contains(axis))];
        return [context.Bounded(result, bound with { Axis = kept[bound.Axis] })];
    }

    public static ImmutableArray<string?> Squeeze(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        Bound bound = context.BoundOf(node[0])!;
        Shape shape = context.ShapeOf(node[0]);
        int[] axes = context.IntegersOrInput("axes", 1) is { } given
            ? [.. given.Select(shape.Axis)]
            : throw BoundRules.Refusal(node, context, 0, "would drop it when it is 1, as it names no axes");
        return !axes.Contains(bound.Axis)
            ? [context.Bounded(import(node, context)[0]!, bound with { Axis = bound.Axis - axes.Count(axis => axis < bound.Axis) })]
            : throw BoundRules.Refusal(node, context, 0, "takes it for 1");
    }

    public static ImmutableArray<string?> Flatten(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        int rank = context.ShapeOf(node[0]).Rank;
        long given = node.Integer("axis", 1);
        int place = context.BoundOf(node[0])!.Axis < (given < 0 ? given + rank : given) ? 0 : 1;
        return [Reshaped(node, context, import(node, context)[0]!, place)];
    }

    /// <summary>A new shape must leave the extent open: −1, or 0 at the place where it was.</summary>
    public static ImmutableArray<string?> Reshape(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        BoundRules.RequireKnownFrom(1, node, context);
        int axis = context.BoundOf(node[0])!.Axis;
        long[] target = node.Opset < 5 ? node.Integers("shape") ?? [] : context.IntegerInput(1);
        int place = axis < target.Length && target[axis] == 0 && !node.Flag("allowzero") ? axis : Array.IndexOf(target, -1L);
        return place >= 0
            ? [Reshaped(node, context, import(node, context)[0]!, place)]
            : throw BoundRules.Refusal(node, context, 0, "its new shape leaves no extent open");
    }

    // The valid elements are the first ones of each block before the axis, and stay that as long as no axis before it is merged with it: axes
    // behind it may be, each slice is several then.
    private static string Reshaped(OnnxNode node, OnnxContext context, string result, int place)
    {
        Bound bound = context.BoundOf(node[0])!;
        Shape from = context.ShapeOf(node[0]);
        Shape to = context.ShapeOf(result);
        int inner = from.Count((bound.Axis + 1)..);
        int newInner = to.Count((place + 1)..);
        if (from.Count(..bound.Axis) != to.Count(..place) || inner == 0 || newInner == 0 || inner % newInner != 0)
        {
            throw BoundRules.Refusal(node, context, 0, $"the axes of the new shape {to} are not those of {from}");
        }

        int each = inner / newInner;
        return context.Bounded(result, new Bound(place, each == 1 ? bound.Count : context.Map(bound.Count, count => count * each)));
    }
}
