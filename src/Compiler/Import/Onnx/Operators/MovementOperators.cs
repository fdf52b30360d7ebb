using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>What moves elements to other places that are known at build time.</summary>
internal static class MovementOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("Transpose", 1, Transpose),
        new("Concat", 1, (node, context) =>
            context.Concat(context.ShapeOf(node[0]).Axis(node.Integer("axis", 1)), [.. node.Variadic()])),
        new("Split", 1, Split),
        new("Slice", 1, Slice),
        new("DepthToSpace", 1, DepthToSpace),
        new("SpaceToDepth", 1, SpaceToDepth),
        new("Trilu", 14, Trilu),
    ];

    private static string Transpose(OnnxNode node, OnnxContext context)
    {
        int rank = context.ShapeOf(node[0]).Rank;
        long[] order = node.Integers("perm") ?? [.. Enumerable.Range(0, rank).Reverse().Select(axis => (long)axis)];
        return context.Transpose(node[0], [.. order.Select(axis => checked((int)axis))]);
    }

    private static ImmutableArray<string?> Split(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer("axis", 0));
        long[] sizes = context.IntegersOrInput("split", 1) ?? EqualParts(node, shape[axis]);
        if (sizes.Any(size => size < 0) || sizes.Sum() != shape[axis] || sizes.Length < node.OutputCount)
        {
            throw new ShapeException($"parts of {string.Join(", ", sizes)} do not make up axis {axis} of {shape}");
        }

        var parts = ImmutableArray.CreateBuilder<string?>();
        int start = 0;
        foreach (long size in sizes)
        {
            parts.Add(context.Slice(node[0], axis, start, (int)size));
            start += (int)size;
        }

        return parts.ToImmutable();
    }

    private static long[] EqualParts(OnnxNode node, int length)
    {
        int count = node.OutputCount;
        if (node.Has("num_outputs") && node.Integer("num_outputs") != count)
        {
            throw ImportException.Invalid($"attribute 'num_outputs' of Split is {node.Integer("num_outputs")}, but it has {count} outputs");
        }

        // Since version 18 the last part may be smaller.
        int size = (length + count - 1) / count;
        return size * count == length || node.Opset >= 18
            ? [.. Enumerable.Range(0, count).Select(index => (long)Math.Clamp(length - (index * size), 0, size))]
            : throw new ShapeException($"an extent of {length} does not split into {count} equal parts");
    }

    private static string Slice(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int[] starts = new int[shape.Rank], sizes = [.. shape], steps = [.. shape.Select(_ => 1)];
        foreach ((int axis, long from, long to, long by) in Slices(node, context))
        {
            (starts[axis], sizes[axis], steps[axis]) = SliceRange.Of(from, to, by, shape[axis]);
        }

        return context.Slice(node[0], starts, sizes, steps);
    }

    /// <summary>What a Slice says of each of its axes.</summary>
    internal static IEnumerable<(int Axis, long From, long To, long By)> Slices(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] from = Required(context.IntegersOrInput("starts", 1), "starts");
        long[] to = Required(context.IntegersOrInput("ends", 2), "ends");
        long[] axes = context.IntegersOrInput("axes", 3) ?? [.. Enumerable.Range(0, from.Length).Select(axis => (long)axis)];
        long[] by = node.Optional(4) is null ? [.. from.Select(_ => 1L)] : context.IntegerInput(4);
        if (to.Length != from.Length || axes.Length != from.Length || by.Length != from.Length)
        {
            throw ImportException.Invalid("starts, ends, axes and steps of Slice differ in length");
        }

        return from.Select((start, index) => (shape.Axis(axes[index]), start, to[index], by[index]));
    }

    private static long[] Required(long[]? values, string name) => values ?? throw ImportException.Invalid($"'{name}' of Slice is missing");

    private static string DepthToSpace(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int block = Block(node, shape);
        int depth = shape.Extents[1] / (block * block);
        if (depth * block * block != shape[1])
        {
            throw new ShapeException($"{shape[1]} channels do not make blocks of {block}×{block}");
        }

        string mode = node.Text("mode", "DCR");
        Shape result = [shape[0], depth, shape[2] * block, shape[3] * block];
        return mode switch
        {
            "DCR" => context.Reshape(context.Transpose(context.Reshape(node[0], [shape[0], block, block, depth, shape[2], shape[3]]), 0, 3, 4, 1, 5, 2), result),
            "CRD" => context.Reshape(context.Transpose(context.Reshape(node[0], [shape[0], depth, block, block, shape[2], shape[3]]), 0, 1, 4, 2, 5, 3), result),
            _ => throw ImportException.Invalid($"attribute 'mode' of DepthToSpace is '{mode}'"),
        };
    }

    private static string SpaceToDepth(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int block = Block(node, shape);
        if (shape[2] % block != 0 || shape[3] % block != 0)
        {
            throw new ShapeException($"{shape} does not split into blocks of {block}×{block}");
        }

        string mode = node.Text("mode", "DCR");
        int height = shape[2] / block, width = shape[3] / block;
        string blocks = context.Reshape(node[0], [shape[0], shape[1], height, block, width, block]);
        string moved = mode switch
        {
            "DCR" => context.Transpose(blocks, 0, 3, 5, 1, 2, 4),
            "CRD" => context.Transpose(blocks, 0, 1, 3, 5, 2, 4),
            _ => throw ImportException.Invalid($"attribute 'mode' of SpaceToDepth is '{mode}'"),
        };
        return context.Reshape(moved, [shape[0], shape[1] * block * block, height, width]);
    }

    private static int Block(OnnxNode node, Shape shape)
    {
        long block = node.Integer("blocksize");
        return shape.Rank != 4 ? throw new ShapeException($"{node.Operator} of the shape {shape}")
            : block is > 0 and < 1 << 10 ? (int)block
            : throw ImportException.Invalid($"attribute 'blocksize' of {node.Operator} is {block}");
    }

    private static string Trilu(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        if (shape.Rank < 2)
        {
            throw new ShapeException($"Trilu of the shape {shape}");
        }

        bool isUpper = node.Flag("upper", true);
        string diagonal = node.Optional(1) is { } given ? context.Reshape(context.Convert(given, ElementType.Int64), Shape.Scalar) : context.Scalar(0, ElementType.Int64);
        string row = context.Count(shape[^2], 2, 0);
        string keep = context.Map(context.Count(shape[^1], 2, 1), row, diagonal, (x, y, k) => isUpper ? x - y >= k : x - y <= k);
        return context.Map(keep, node[0], (condition, x) => condition.Select(x, x.Like(0)));
    }
}
