using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>What moves elements to other places that are known at build time.</summary>
internal static class MovementOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        new("Transpose", (node, context) => context.Transpose(node[0], [.. context.IntegerInput(1).Select(context.ShapeOf(node[0]).Axis)])),
        new("Concat", (node, context) => Concat(context, context.NumberInput(0), [.. node.Inputs.Skip(1)])),
        new("ConcatV2", (node, context) => Concat(context, context.NumberInput(node.Inputs.Length - 1), [.. node.Inputs.SkipLast(1)])),
        new("Split", (node, context) => Split(context, node[1], context.NumberInput(0), EqualParts(node, context, node[1], context.NumberInput(0)))),
        new("SplitV", (node, context) => Split(context, node[0], context.NumberInput(2), context.IntegerInput(1))),
        new("Pack", Pack),
        new("Unpack", Unpack),
        new("ReverseV2", Reverse),
        new("Roll", Roll),
        new("InvertPermutation", InvertPermutation),
        new("DepthToSpace", DepthToSpace),
        new("SpaceToDepth", SpaceToDepth),
        new("SpaceToBatchND", (node, context) => SpaceToBatch(context, node[0], context.IntegerInput(1), context.IntegerInput(2))),
        new("BatchToSpaceND", (node, context) => BatchToSpace(context, node[0], context.IntegerInput(1), context.IntegerInput(2))),
        new("SpaceToBatch", (node, context) => SpaceToBatch(context, node[0], Block(node), context.IntegerInput(1))),
        new("BatchToSpace", (node, context) => BatchToSpace(context, node[0], Block(node), context.IntegerInput(1))),
        new("MatrixBandPart", BandPart),
    ];

    private static string Concat(TensorFlowContext context, long axis, string[] values) =>
        values.Length > 0 ? context.Concat(context.ShapeOf(values[0]).Axis(axis), values) : throw ImportException.Invalid("Concat has no inputs");

    private static long[] EqualParts(TensorFlowNode node, TensorFlowContext context, string value, long axis)
    {
        Shape shape = context.ShapeOf(value);
        long count = node.Integer("num_split");
        int extent = shape[shape.Axis(axis)];
        return count > 0 && count <= Math.Max(1, extent) && extent % count == 0
            ? [.. Enumerable.Repeat(extent / count, (int)count)]
            : throw new ShapeException($"an extent of {extent} does not split into {count} equal parts");
    }

    private static ImmutableArray<string?> Split(TensorFlowContext context, string value, long given, long[] sizes)
    {
        Shape shape = context.ShapeOf(value);
        int axis = shape.Axis(given);
        int open = Array.IndexOf(sizes, -1);
        if (open >= 0)
        {
            sizes = [.. sizes];
            sizes[open] = shape[axis] - sizes.Sum() - 1;
        }

        if (sizes.Any(size => size < 0 || size > shape[axis]) || sizes.Sum() != shape[axis])
        {
            throw new ShapeException($"parts of {string.Join(", ", sizes)} do not make up axis {axis} of {shape}");
        }

        int[] starts = [.. sizes.Select((_, index) => (int)sizes.Take(index).Sum())];
        return [.. sizes.Select((size, index) => context.Slice(value, axis, starts[index], (int)size))];
    }

    private static string Pack(TensorFlowNode node, TensorFlowContext context)
    {
        string[] values = context.Variadic();
        Shape shape = context.ShapeOf(values[0]);
        int axis = shape.Insert(0, 1).Axis(node.Integer("axis", 0));
        return values.All(value => context.ShapeOf(value) == shape)
            ? context.Concat(axis, [.. values.Select(value => context.Reshape(value, shape.Insert(axis, 1)))])
            : throw new ShapeException($"Pack of {string.Join(", ", values.Select(context.ShapeOf))}");
    }

    private static ImmutableArray<string?> Unpack(TensorFlowNode node, TensorFlowContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer("axis", 0));
        Shape part = Shape.From(shape.Extents.RemoveAt(axis));
        return node.Integer("num") == shape[axis]
            ? [.. Enumerable.Range(0, shape[axis]).Select(index => context.Reshape(context.Slice(node[0], axis, index, 1), part))]
            : throw new ShapeException($"Unpack of axis {axis} of {shape} into {node.Integer("num")} parts");
    }

    private static string Reverse(TensorFlowNode node, TensorFlowContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int[] axes = [.. context.IntegerInput(1).Select(shape.Axis)];
        return shape.ElementCount == 0 ? node[0] : context.Slice(
            node[0], [.. shape.Select((extent, axis) => axes.Contains(axis) ? extent - 1 : 0)], [.. shape], [.. shape.Select((_, axis) => axes.Contains(axis) ? -1 : 1)]);
    }

    private static string Roll(TensorFlowNode node, TensorFlowContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] shifts = context.IntegerInput(1), axes = context.IntegerInput(2);
        if (shifts.Length != axes.Length)
        {
            throw new ShapeException($"{shifts.Length} shifts along {axes.Length} axes");
        }

        string value = node[0];
        foreach ((long shift, int axis) in shifts.Zip(axes.Select(shape.Axis)))
        {
            int length = shape[axis];
            int start = length == 0 ? 0 : (int)((((-shift) % length) + length) % length);
            value = start == 0 ? value : context.Concat(axis, context.Slice(value, axis, start, length - start), context.Slice(value, axis, 0, start));
        }

        return value;
    }

    private static string InvertPermutation(TensorFlowNode node, TensorFlowContext context)
    {
        long[] permutation = context.IntegerInput(0);
        return permutation.Order().SequenceEqual(Enumerable.Range(0, permutation.Length).Select(index => (long)index))
            ? context.Convert(context.Constant([.. permutation.Select((_, index) => (long)Array.IndexOf(permutation, index))]), context.ElementTypeOf(node[0]))
            : throw ImportException.Invalid($"{string.Join(',', permutation)} is no permutation");
    }

    private static string DepthToSpace(TensorFlowNode node, TensorFlowContext context)
    {
        string image = context.ToImage(node[0]);
        Shape shape = context.ShapeOf(image);
        int block = (int)Block(node)[0];
        int depth = shape.Rank == 4 ? shape[3] / (block * block) : 0;
        if (shape.Rank != 4 || depth * block * block != shape[3])
        {
            throw new ShapeException($"the channels of {shape} do not make blocks of {block}×{block}");
        }

        string blocks = context.Reshape(image, [shape[0], shape[1], shape[2], block, block, depth]);
        return context.FromImage(context.Reshape(context.Transpose(blocks, 0, 1, 3, 2, 4, 5), [shape[0], shape[1] * block, shape[2] * block, depth]));
    }

    private static string SpaceToDepth(TensorFlowNode node, TensorFlowContext context)
    {
        string image = context.ToImage(node[0]);
        Shape shape = context.ShapeOf(image);
        int block = (int)Block(node)[0];
        if (shape.Rank != 4 || shape[1] % block != 0 || shape[2] % block != 0)
        {
            throw new ShapeException($"{shape} does not split into blocks of {block}×{block}");
        }

        string blocks = context.Reshape(image, [shape[0], shape[1] / block, block, shape[2] / block, block, shape[3]]);
        return context.FromImage(context.Reshape(context.Transpose(blocks, 0, 1, 3, 2, 4, 5), [shape[0], shape[1] / block, shape[2] / block, block * block * shape[3]]));
    }

    private static long[] Block(TensorFlowNode node) =>
        node.Integer("block_size") is var block && block is > 0 and < 1 << 10 ? [block, block] : throw ImportException.Invalid($"attribute 'block_size' of {node.Operator} is {block}");

    // Places within a block become batches: what a dilated convolution does around an ordinary one.
    private static string SpaceToBatch(TensorFlowContext context, string value, long[] block, long[] paddings)
    {
        Shape shape = context.ShapeOf(value);
        CheckBlock(shape, block, paddings);
        int[] before = new int[shape.Rank], after = new int[shape.Rank];
        for (int axis = 0; axis < block.Length; axis++)
        {
            (before[axis + 1], after[axis + 1]) = ((int)paddings[2 * axis], (int)paddings[(2 * axis) + 1]);
        }

        string padded = context.Pad(value, before, after);
        Shape whole = context.ShapeOf(padded);
        int[] blocks = [.. block.Select(extent => (int)extent)];
        if (blocks.Where((extent, axis) => whole[axis + 1] % extent != 0).Any())
        {
            throw new ShapeException($"{whole} does not split into blocks of {string.Join('×', block)}");
        }

        int count = blocks.Length;
        int[] rest = [.. whole.Skip(count + 1)];
        Shape split = Shape.From([whole[0], .. blocks.SelectMany((extent, axis) => new[] { whole[axis + 1] / extent, extent }), .. rest]);
        int[] order = [.. Enumerable.Range(0, count).Select(axis => (2 * axis) + 2), 0, .. Enumerable.Range(0, count).Select(axis => (2 * axis) + 1), .. Enumerable.Range((2 * count) + 1, rest.Length)];
        Shape result = Shape.From([checked(whole[0] * blocks.Aggregate(1, (product, extent) => product * extent)), .. blocks.Select((extent, axis) => whole[axis + 1] / extent), .. rest]);
        return context.Reshape(context.Transpose(context.Reshape(padded, split), order), result);
    }

    private static string BatchToSpace(TensorFlowContext context, string value, long[] block, long[] crops)
    {
        Shape shape = context.ShapeOf(value);
        CheckBlock(shape, block, crops);
        int[] blocks = [.. block.Select(extent => (int)extent)];
        int product = blocks.Aggregate(1, (all, extent) => checked(all * extent));
        if (shape[0] % product != 0)
        {
            throw new ShapeException($"the batches of {shape} do not make blocks of {string.Join('×', block)}");
        }

        int count = blocks.Length;
        int[] rest = [.. shape.Skip(count + 1)];
        Shape split = Shape.From([.. blocks, shape[0] / product, .. shape.Skip(1)]);
        int[] order = [count, .. Enumerable.Range(0, count).SelectMany(axis => new[] { count + 1 + axis, axis }), .. Enumerable.Range((2 * count) + 1, rest.Length)];
        Shape whole = Shape.From([shape[0] / product, .. blocks.Select((extent, axis) => checked(extent * shape[axis + 1])), .. rest]);
        string merged = context.Reshape(context.Transpose(context.Reshape(value, split), order), whole);
        for (int axis = 0; axis < count; axis++)
        {
            long size = whole[axis + 1] - crops[2 * axis] - crops[(2 * axis) + 1];
            merged = size >= 0 ? context.Slice(merged, axis + 1, (int)crops[2 * axis], (int)size) : throw new ShapeException($"crops of {string.Join(',', crops)} from {whole}");
        }

        return merged;
    }

    private static void CheckBlock(Shape shape, long[] block, long[] borders)
    {
        if (block.Length == 0 || block.Length >= shape.Rank || borders.Length != 2 * block.Length
            || block.Any(extent => extent is < 1 or > 1 << 10) || borders.Any(count => count is < 0 or > 1 << 15))
        {
            throw new ShapeException($"blocks of {string.Join('×', block)} with borders of {string.Join(',', borders)} for {shape}");
        }
    }

    private static string BandPart(TensorFlowNode node, TensorFlowContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long lower = context.NumberInput(1), upper = context.NumberInput(2);
        if (shape.Rank < 2)
        {
            throw new ShapeException($"MatrixBandPart of the shape {shape}");
        }

        bool[] kept = [.. Enumerable.Range(0, shape[^2] * shape[^1]).Select(index =>
            (index / shape[^1]) - (index % shape[^1]) is var below && (lower < 0 || below <= lower) && (upper < 0 || -below <= upper))];
        return context.Map(context.Constant(Tensor.Of([shape[^2], shape[^1]], kept)), node[0], (keep, x) => keep.Select(x, x.Like(0)));
    }
}
