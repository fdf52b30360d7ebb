using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import;

/// <summary>Several indices as one, so that a gather along one axis picks what they name.</summary>
internal static class IndexArithmetic
{
    /// <summary>Less than any index, and eight of them still add up to a negative number that fits.</summary>
    public const double FarOutside = -(double)(1L << 59);

    /// <summary>What vectors of int64 indices, along the last axis, pick of a value.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="value">The value.</param>
    /// <param name="indices">The indices.</param>
    /// <param name="batch">So many first axes of both go together.</param>
    public static string GatherPlaces(NodeContext context, string value, string indices, int batch)
    {
        Shape shape = context.ShapeOf(value);
        Shape places = context.ShapeOf(indices);
        if (batch < 0 || places.Rank <= batch || shape.Rank < batch + places[^1] || !places.Take(batch).SequenceEqual(shape.Take(batch)))
        {
            throw new ShapeException($"indices of shape {places} into {shape}");
        }

        // Rows are what one index picks.
        int depth = places[^1];
        int[] extents = [.. shape.Skip(batch).Take(depth)];
        string row = Rows(context, indices, extents);
        if (batch > 0)
        {
            int rowsPerBatch = extents.Aggregate(1, (count, extent) => checked(count * extent));
            long[] firsts = [.. Enumerable.Range(0, shape.Count(..batch)).Select(index => (long)index * rowsPerBatch)];
            Shape broadcast = Shape.From(places.SkipLast(1).Select((extent, axis) => axis < batch ? extent : 1));
            row = context.Map(row, context.Constant(Tensor.Of(broadcast, firsts)), (x, y) => (x < 0).Select(x, x + y));
        }

        string rows = context.Reshape(value, Shape.From([shape.Count(..(batch + depth)), .. shape.Skip(batch + depth)]));
        CheckRange(context, row, context.ShapeOf(rows), 0);
        return context.Emit(new Gather(0), rows, row);
    }

    /// <summary>The rows that vectors of indices, along the last axis, name in a matrix of the given leading extents; one outside gives a row outside.</summary>
    public static string Rows(NodeContext context, string indices, int[] extents)
    {
        int[] strides = Shape.From(extents).Strides();
        string extentVector = context.Constant([.. extents.Select(extent => (long)extent)]);
        string strideVector = context.Constant([.. strides.Select(stride => (long)stride)]);
        string parts = context.Map(indices, extentVector, strideVector, (index, extent, stride) => Offset(index, extent, stride, index.Like(0)));
        return context.Reduce(ReduceKind.Sum, parts, [context.ShapeOf(indices).Rank - 1], keep: false);
    }

    /// <summary>Where an index leads; an index outside the extent leads out of everything, so that the kernel refuses it rather than reads an element of another row.</summary>
    public static Term Offset(Term index, Term length, Term stride, Term offset)
    {
        Term position = FromStart(index, length);
        return (position >= 0).And(position < length).Select((position * stride) + offset, position.Like(FarOutside));
    }

    /// <summary>An index that counts from the end as one that counts from the start.</summary>
    public static Term FromStart(Term index, Term length) => (index < 0).Select(index + length, index);

    /// <summary>Fails when an index that is known leads out of an axis.</summary>
    /// <exception cref="ShapeException">It does.</exception>
    public static void CheckRange(NodeContext context, string indices, Shape shape, int axis)
    {
        if (context.ConstantOf(indices) is { } constant && constant.Values<long>().Any(index => index < -shape[axis] || index >= shape[axis]))
        {
            throw new ShapeException($"an index is outside axis {axis} of {shape}");
        }
    }
}
