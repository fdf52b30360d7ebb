using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>What moves elements to other places that are known at build time.</summary>
internal static class MovementOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        LiteEntry.Move("TRANSPOSE", (node, context) => context.Transpose(node[0], [.. context.IntegerInput(1).Select(axis => context.ShapeOf(node[0]).Axis(axis))])),
        new("CONCATENATION", (node, context) => context.Activate(context.Concat(context.ShapeOf(node[0]).Axis(node.Integer(0)), node.All), node.Choice(1))),
        new("PACK", Pack),
        new("UNPACK", Unpack) { Moved = 0 },
        new("SPLIT", Split) { Moved = 1 },
        new("SPLIT_V", SplitBySizes) { Moved = 0 },
        LiteEntry.Move("SLICE", Slice),
        LiteEntry.Move("STRIDED_SLICE", (node, context) => StridedSlice.Import(node, context)),
        LiteEntry.Move("REVERSE_V2", Reverse),
        LiteEntry.Move("PAD", (node, context) => Pad(node, context, 0)),
        new("PADV2", (node, context) => Pad(node, context, context.ConstantInput(2) is { Count: 1 } filling ? filling.ToFloat64()[0] : throw ImportException.Invalid($"{node.Operator} takes one number"))),
        LiteEntry.Move("MIRROR_PAD", Mirror),
        LiteEntry.Move("DEPTH_TO_SPACE", DepthToSpace),
        LiteEntry.Move("SPACE_TO_DEPTH", SpaceToDepth),
        LiteEntry.Move("SPACE_TO_BATCH_ND", SpaceToBatch),
        LiteEntry.Move("BATCH_TO_SPACE_ND", BatchToSpace),
        new("DILATE", Dilate),
    ];

    private static string Pack(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        Shape one = Shape.From(shape.Extents.Insert(0, 1));
        int axis = one.Axis(node.Integer(1));
        one = Shape.From(shape.Extents.Insert(axis, 1));
        return context.Concat(axis, [.. node.All.Select(value => context.Reshape(value, one))]);
    }

    private static ImmutableArray<string> Unpack(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer(1));
        Shape each = Shape.From(shape.Extents.RemoveAt(axis));
        return [.. Enumerable.Range(0, shape[axis]).Select(index => context.Reshape(context.Slice(node[0], axis, index, 1), each))];
    }

    private static ImmutableArray<string> Split(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[1]);
        int axis = shape.Axis(context.IntegerInput(0)[0]);
        int count = node.Count(0, "number of parts");
        return shape[axis] % count == 0
            ? [.. Enumerable.Range(0, count).Select(part => context.Slice(node[1], axis, part * (shape[axis] / count), shape[axis] / count))]
            : throw new ShapeException($"{count} equal parts of axis {axis} of {shape}");
    }

    private static ImmutableArray<string> SplitBySizes(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(context.IntegerInput(2)[0]);
        long[] sizes = context.IntegerInput(1);
        long rest = shape[axis] - sizes.Where(size => size >= 0).Sum();
        sizes = [.. sizes.Select(size => size < 0 ? rest : size)];
        if (sizes.Any(size => size < 0) || sizes.Sum() != shape[axis])
        {
            throw new ShapeException($"parts of {string.Join(", ", sizes)} do not make up axis {axis} of {shape}");
        }

        return [.. sizes.Select((size, index) => context.Slice(node[0], axis, (int)sizes[..index].Sum(), (int)size))];
    }

    private static string Slice(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] sizes = context.IntegerInput(2);
        if (context.ConstantOf(node[1]) is null)
        {
            return Window(node, context, sizes);
        }

        long[] begin = context.IntegerInput(1);
        if (begin.Length != shape.Rank || sizes.Length != shape.Rank || begin.Zip(shape).Any(pair => pair.First < 0 || pair.First > pair.Second))
        {
            throw new ShapeException($"{node.Operator} of {shape} from {string.Join(',', begin)} of {string.Join(',', sizes)}");
        }

        return context.Slice(
            node[0],
            [.. begin.Select(start => (int)start)],
            [.. sizes.Select((size, axis) => size == -1 ? shape[axis] - (int)begin[axis] : checked((int)size))],
            [.. shape.Select(_ => 1)]);
    }

    // A part of known size that begins where the data says, moved so that it lies inside.
    private static string Window(LiteOperator node, LiteContext context, long[] sizes)
    {
        Shape shape = context.ShapeOf(node[0]);
        if (sizes.Length != shape.Rank || context.ShapeOf(node[1]).ElementCount != shape.Rank || sizes.Zip(shape).Any(pair => pair.First < 0 || pair.First > pair.Second))
        {
            throw new ShapeException($"{node.Operator} of {shape} from a computed place of {string.Join(',', sizes)}");
        }

        string places = context.Reshape(context.Convert(node[1], ElementType.Int64), [shape.Rank]);
        string value = node[0];
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            long room = shape[axis] - sizes[axis];
            if (room > 0)
            {
                string first = context.Map(context.Slice(places, 0, axis, 1), place => place.Clamp(0, room));
                value = context.Emit(new Gather(axis), value, context.Map(context.Count((int)sizes[axis], 1, 0), first, (step, begin) => step + begin));
            }
        }

        return value;
    }

    private static string Reverse(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int[] axes = context.AxesInput(1, shape.Rank);
        return context.Slice(
            node[0],
            [.. shape.Select((extent, axis) => axes.Contains(axis) ? Math.Max(0, extent - 1) : 0)],
            [.. shape],
            [.. shape.Select((_, axis) => axes.Contains(axis) ? -1 : 1)]);
    }

    private static string Pad(LiteOperator node, LiteContext context, double filling)
    {
        (int[] before, int[] after) = Padding(node, context);
        return context.Pad(node[0], before, after, filling);
    }

    private static (int[] Before, int[] After) Padding(LiteOperator node, LiteContext context)
    {
        long[] padding = context.IntegerInput(1);
        return padding.Length == 2 * context.ShapeOf(node[0]).Rank && padding.All(count => count is >= 0 and <= int.MaxValue)
            ? ([.. padding.Where((_, index) => index % 2 == 0).Select(count => (int)count)], [.. padding.Where((_, index) => index % 2 == 1).Select(count => (int)count)])
            : throw new ShapeException($"{node.Operator} of {context.ShapeOf(node[0])} by {string.Join(',', padding)}");
    }

    private static string Mirror(LiteOperator node, LiteContext context)
    {
        (int[] before, int[] after) = Padding(node, context);
        int edge = node.Choice(0) == 0 ? 1 : 0;
        string value = node[0];
        for (int axis = 0; axis < before.Length; axis++)
        {
            int length = context.ShapeOf(value)[axis];
            if (Math.Max(before[axis], after[axis]) > length - edge)
            {
                throw new ShapeException($"{node.Operator} of {length} elements by {before[axis]} and {after[axis]}");
            }

            if (before[axis] + after[axis] > 0)
            {
                value = context.Gather(value, axis, [
                    .. Enumerable.Range(0, before[axis]).Select(index => (long)(before[axis] - 1 - index + edge)),
                    .. Enumerable.Range(0, length).Select(index => (long)index),
                    .. Enumerable.Range(0, after[axis]).Select(index => (long)(length - 1 - index - edge))]);
            }
        }

        return value;
    }

    private static string DepthToSpace(LiteOperator node, LiteContext context)
    {
        int block = node.Count(0, "block");
        Shape shape = Image(node, context);
        int channels = shape[3] / block / block;
        string blocks = context.Reshape(node[0], [shape[0], shape[1], shape[2], block, block, channels]);
        return context.Reshape(context.Transpose(blocks, 0, 1, 3, 2, 4, 5), [shape[0], shape[1] * block, shape[2] * block, channels]);
    }

    private static string SpaceToDepth(LiteOperator node, LiteContext context)
    {
        int block = node.Count(0, "block");
        Shape shape = Image(node, context);
        string blocks = context.Reshape(node[0], [shape[0], shape[1] / block, block, shape[2] / block, block, shape[3]]);
        return context.Reshape(context.Transpose(blocks, 0, 1, 3, 2, 4, 5), [shape[0], shape[1] / block, shape[2] / block, block * block * shape[3]]);
    }

    private static Shape Image(LiteOperator node, LiteContext context) =>
        context.ShapeOf(node[0]) is { Rank: 4 } shape ? shape : throw new ShapeException($"{node.Operator} of the shape {context.ShapeOf(node[0])}");

    private static string SpaceToBatch(LiteOperator node, LiteContext context)
    {
        (int[] block, int[] before, int[] after) = Blocks(node, context);
        int rest = context.ShapeOf(node[0]).Rank - 1 - block.Length;
        string padded = context.Pad(node[0], [0, .. before, .. new int[rest]], [0, .. after, .. new int[rest]]);
        Shape shape = context.ShapeOf(padded);
        int[] tail = [.. shape.Skip(1 + block.Length)];
        string blocks = context.Reshape(padded, Shape.From([shape[0], .. block.SelectMany((size, axis) => new[] { shape[axis + 1] / size, size }), .. tail]));
        int[] order = [.. block.Select((_, axis) => 2 + (2 * axis)), 0, .. block.Select((_, axis) => 1 + (2 * axis)), .. Enumerable.Range(1 + (2 * block.Length), rest)];
        return context.Reshape(
            context.Transpose(blocks, order),
            Shape.From([block.Aggregate(shape[0], (product, size) => checked(product * size)), .. block.Select((size, axis) => shape[axis + 1] / size), .. tail]));
    }

    private static string BatchToSpace(LiteOperator node, LiteContext context)
    {
        (int[] block, int[] before, int[] after) = Blocks(node, context);
        Shape shape = context.ShapeOf(node[0]);
        int[] tail = [.. shape.Skip(1 + block.Length)];
        int batches = block.Aggregate(shape[0], (quotient, size) => quotient / size);
        int axes = block.Length;
        string blocks = context.Reshape(node[0], Shape.From([.. block, batches, .. shape.Skip(1)]));
        int[] order = [axes, .. Enumerable.Range(0, axes).SelectMany(axis => new[] { axes + 1 + axis, axis }), .. Enumerable.Range((2 * axes) + 1, tail.Length)];
        string image = context.Reshape(context.Transpose(blocks, order), Shape.From([batches, .. block.Select((size, axis) => checked(shape[axis + 1] * size)), .. tail]));
        Shape whole = context.ShapeOf(image);
        return context.Slice(
            image,
            [0, .. before, .. tail.Select(_ => 0)],
            [batches, .. block.Select((_, axis) => whole[axis + 1] - before[axis] - after[axis]), .. tail],
            [.. whole.Select(_ => 1)]);
    }

    private static (int[] Block, int[] Before, int[] After) Blocks(LiteOperator node, LiteContext context)
    {
        long[] block = context.IntegerInput(1);
        long[] edges = context.IntegerInput(2);
        if (edges.Length != 2 * block.Length || block.Length >= context.ShapeOf(node[0]).Rank
            || block.Any(size => size is < 1 or > 1 << 15) || edges.Any(count => count is < 0 or > 1 << 24))
        {
            throw new ShapeException($"{node.Operator} of {context.ShapeOf(node[0])} by blocks of {string.Join(',', block)}");
        }

        return ([.. block.Select(size => (int)size)], [.. block.Select((_, axis) => (int)edges[2 * axis])], [.. block.Select((_, axis) => (int)edges[(2 * axis) + 1])]);
    }

    private static string Dilate(LiteOperator node, LiteContext context)
    {
        int[] none = new int[context.ShapeOf(node[0]).Rank];
        return context.Pad(node[0], none, none, context.ConstantInput(2).ToFloat64()[0], [.. context.IntegerInput(1).Select(step => checked((int)step) - 1)]);
    }
}
