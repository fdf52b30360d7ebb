using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>What reads and writes elements at places that may be known only when the model runs.</summary>
internal static class IndexOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        LiteEntry.Move("GATHER", (node, context) => Gather(context, node[0], node[1], context.ShapeOf(node[0]).Axis(node.Integer(0)), node.Integer(1))),
        LiteEntry.Move("GATHER_ND", GatherPoints),
        LiteEntry.Move("EMBEDDING_LOOKUP", (node, context) => Gather(context, node[1], node[0], 0, 0), moved: 1),
        LiteEntry.Move("REVERSE_SEQUENCE", ReverseSequence),
        new("ONE_HOT", OneHot),
        new("SCATTER_ND", ScatterPoints),
        new("SPARSE_TO_DENSE", SparseToDense),
        new("DYNAMIC_UPDATE_SLICE", UpdateSlice),
        new("MATRIX_DIAG", (node, context) => Diagonal(context, node[0], null)),
        new("MATRIX_SET_DIAG", (node, context) => Diagonal(context, node[1], node[0])),
        new("BUCKETIZE", Bucketize),
        new("SEGMENT_SUM", SegmentSum),
        Segments("UNSORTED_SEGMENT_SUM", ScatterKind.Add),
        Segments("UNSORTED_SEGMENT_PROD", ScatterKind.Multiply),
        Segments("UNSORTED_SEGMENT_MAX", ScatterKind.Maximum),
        Segments("UNSORTED_SEGMENT_MIN", ScatterKind.Minimum),
        new("WHERE", Where),
        new("UNIQUE", Different),
    ];

    private static string Indices(LiteContext context, string value) => context.Convert(value, ElementType.Int64);

    private static int Count(IEnumerable<int> extents) => extents.Aggregate(1, (product, extent) => checked(product * extent));

    // With batches, each picks from its own part: one axis of all parts, and places moved to the part.
    private static string Gather(LiteContext context, string data, string places, int axis, int batchAxes)
    {
        string indices = Indices(context, places);
        if (batchAxes == 0)
        {
            return context.Emit(new Gather(axis), data, indices);
        }

        Shape shape = context.ShapeOf(data), which = context.ShapeOf(indices);
        batchAxes = batchAxes < 0 ? batchAxes + which.Rank : batchAxes;
        if (batchAxes < 0 || batchAxes > axis || batchAxes > which.Rank || !shape.Take(batchAxes).SequenceEqual(which.Take(batchAxes)))
        {
            throw new ShapeException($"{batchAxes} batch axes of {shape} and {which}");
        }

        int batches = Count(shape.Take(batchAxes));
        int[] between = [.. shape.Skip(batchAxes).Take(axis - batchAxes)], behind = [.. shape.Skip(axis + 1)];
        int length = shape[axis], each = Count(which.Skip(batchAxes));
        string rows = context.Transpose(context.Reshape(data, [batches, Count(between), length, Count(behind)]), 0, 2, 1, 3);
        string flat = context.Map(context.Reshape(indices, [batches, each]), context.Count(batches, 2, 0), (index, batch) => index + (batch * length));
        string picked = context.Emit(new Gather(0), context.Reshape(rows, [batches * length, Count(between) * Count(behind)]), flat);
        string ordered = context.Transpose(context.Reshape(picked, [batches, each, Count(between), Count(behind)]), 0, 2, 1, 3);
        return context.Reshape(ordered, Shape.From([.. shape.Take(axis), .. which.Skip(batchAxes), .. behind]));
    }

    // Points of so many coordinates in the first axes of a shape, as rows.
    private static (string Rows, int[] Outer, int[] Inner) Points(LiteOperator node, LiteContext context, string points, Shape shape)
    {
        Shape which = context.ShapeOf(points);
        int coordinates = which.Rank == 0 ? 0 : which[^1];
        if (coordinates < 1 || coordinates > shape.Rank)
        {
            throw new ShapeException($"{node.Operator} with points of {which} in {shape}");
        }

        int[] outer = [.. shape.Take(coordinates)];
        long[] strides = [.. outer.Select((_, axis) => (long)Count(outer[(axis + 1)..]))];
        string weighted = context.Map(Indices(context, points), context.Constant(strides), (index, stride) => index * stride);
        return (context.Reduce(ReduceKind.Sum, weighted, [which.Rank - 1], keep: false), outer, [.. shape.Skip(coordinates)]);
    }

    private static string GatherPoints(LiteOperator node, LiteContext context)
    {
        (string rows, int[] outer, int[] inner) = Points(node, context, node[1], context.ShapeOf(node[0]));
        string picked = context.Emit(new Gather(0), context.Reshape(node[0], [Count(outer), Count(inner)]), rows);
        return context.Reshape(picked, Shape.From([.. context.ShapeOf(rows), .. inner]));
    }

    private static string ScatterPoints(LiteOperator node, LiteContext context)
    {
        Shape shape = LiteContext.CheckedShape(context.IntegerInput(2));
        (string rows, int[] outer, int[] inner) = Points(node, context, node[0], shape);
        ElementType type = context.ElementTypeOf(node[1]);
        bool isReady = type is ElementType.Float32 or ElementType.Float64 or ElementType.Int32 or ElementType.Int64;
        string updates = isReady ? node[1] : context.Convert(node[1], ElementType.Int32);
        return context.Convert(Scattered(context, ScatterKind.Add, 0, Count(outer), Count(inner), rows, updates, shape), type);
    }

    private static string Scattered(LiteContext context, ScatterKind kind, double start, int rows, int width, string indices, string updates, Shape shape)
    {
        string empty = context.Expand(context.Scalar(start, context.ElementTypeOf(updates)), [rows, width]);
        int count = (int)context.ShapeOf(indices).ElementCount;
        return context.Reshape(context.Emit(new Scatter(kind), empty, context.Reshape(indices, [count]), context.Reshape(updates, [count, width])), shape);
    }

    private static string SparseToDense(LiteOperator node, LiteContext context)
    {
        Shape shape = LiteContext.CheckedShape(context.IntegerInput(1));
        Shape which = context.ShapeOf(node[0]);
        string points = which.Rank == 2 ? node[0] : context.Reshape(node[0], [(int)which.ElementCount, 1]);
        (string rows, int[] outer, int[] inner) = Points(node, context, points, shape);
        int count = (int)context.ShapeOf(rows).ElementCount;
        string filled = context.Expand(context.Reshape(node[3], [1, 1]), [Count(outer), Count(inner)]);
        string values = context.Expand(context.Reshape(node[2], [(int)context.ShapeOf(node[2]).ElementCount, 1]), [count, Count(inner)]);
        return context.Reshape(context.Emit(new Scatter(ScatterKind.Replace), filled, context.Reshape(rows, [count]), values), shape);
    }

    // The start may be computed; it is moved so that the update fits.
    private static string UpdateSlice(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[0]), update = context.ShapeOf(node[1]);
        if (shape.Rank != update.Rank || update.Zip(shape).Any(pair => pair.First > pair.Second))
        {
            throw new ShapeException($"{node.Operator} of {shape} with {update}");
        }

        long[] strides = [.. shape.Strides().Select(stride => (long)stride)];
        long[] room = [.. shape.Zip(update).Select(pair => (long)pair.First - pair.Second)];
        string start = context.Map(Indices(context, node[2]), context.Constant(room), (place, most) => place.Maximum(0).Minimum(most));
        string first = context.Reduce(ReduceKind.Sum, context.Map(start, context.Constant(strides), (place, stride) => place * stride), [0], keep: false);
        long[] places = [.. Strided.Offsets(update, shape.Strides()).Select(offset => (long)offset)];
        string rows = context.Map(context.Constant(places), first, (place, begin) => place + begin);
        string data = context.Reshape(node[0], [(int)shape.ElementCount, 1]);
        return context.Reshape(context.Emit(new Scatter(ScatterKind.Replace), data, rows, context.Reshape(node[1], [places.Length, 1])), shape);
    }

    private static string OneHot(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int depth = context.IntegerInput(1) is [>= 0 and <= int.MaxValue and var only] ? (int)only : throw ImportException.Invalid($"the depth of {node.Operator}");
        int axis = node.Integer(0) == -1 ? shape.Rank : shape.Rank == 0 ? 0 : node.Integer(0);
        Shape apart = axis >= 0 && axis <= shape.Rank ? Shape.From(shape.Extents.Insert(axis, 1)) : throw new ShapeException($"axis {axis} of {shape}");
        string isHot = context.Map(context.Reshape(Indices(context, node[0]), apart), context.Count(depth, shape.Rank + 1, axis), (index, place) => index.EqualTo(place));
        return context.Map(isHot, node[2], node[3], (hot, on, off) => hot.Select(on, off));
    }

    private static string ReverseSequence(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer(0)), batch = shape.Axis(node.Integer(1));
        if (axis == batch)
        {
            throw new ShapeException($"{node.Operator} with batches along the sequence");
        }

        (int batches, int length) = (shape[batch], shape[axis]);
        string moved = context.MoveAxis(context.MoveAxis(node[0], batch, 0), axis + (axis < batch ? 1 : 0), 1);
        Shape order = context.ShapeOf(moved);
        string lengths = context.Reshape(Indices(context, node[1]), [batches, 1]);
        string places = context.Map(lengths, context.Count(length, 2, 1), context.Count(batches, 2, 0), (count, place, row) =>
            (place < count).Select(count - 1 - place, place) + (row * length));
        string reversed = context.Emit(new Gather(0), context.Reshape(moved, [batches * length, Count(order.Skip(2))]), context.Reshape(places, [batches * length]));
        return context.MoveAxis(context.MoveAxis(context.Reshape(reversed, order), 1, axis + (axis < batch ? 1 : 0)), 0, batch);
    }

    private static string Diagonal(LiteContext context, string diagonal, string? around)
    {
        Shape shape = context.ShapeOf(diagonal);
        (int rows, int columns) = around is null ? (shape[^1], shape[^1]) : (context.ShapeOf(around)[^2], context.ShapeOf(around)[^1]);
        bool[] isDiagonal = [.. Enumerable.Range(0, rows * columns).Select(place => place / columns == place % columns)];
        string mask = context.Constant(Tensor.Of([rows, columns], isDiagonal));
        string padded = rows > columns ? context.Pad(diagonal, new int[shape.Rank], [.. new int[shape.Rank - 1], rows - columns]) : diagonal;
        string column = context.Reshape(padded, Shape.From([.. context.ShapeOf(padded), 1]));
        return around is null
            ? context.Map(mask, column, (choice, x) => choice.Select(x, x.Like(0)))
            : context.Map(mask, column, around, (choice, x, other) => choice.Select(x, other));
    }

    private static string Bucketize(LiteOperator node, LiteContext context)
    {
        float[] boundaries = node.Node.Options?.Floats(0) ?? [];
        Shape shape = context.ShapeOf(node[0]);
        string value = context.Reshape(context.Convert(node[0], ElementType.Float32), Shape.From([.. shape, 1]));
        string isBehind = context.Map(value, context.Constant(Tensor.Of([boundaries.Length], boundaries)), (x, boundary) => (x >= boundary).To(ElementType.Int32));
        return context.Reduce(ReduceKind.Sum, isBehind, [shape.Rank], keep: false);
    }

    private static string SegmentSum(LiteOperator node, LiteContext context)
    {
        long[] segments = context.IntegerInput(1);
        return segments.Zip(segments.Skip(1)).All(pair => pair.First <= pair.Second) && segments.All(segment => segment is >= 0 and < 1 << 30)
            ? Segmented(context, node[0], node[1], (int)segments.DefaultIfEmpty(-1).Last() + 1, ScatterKind.Add)
            : throw ImportException.Invalid($"the segments of {node.Operator} do not ascend");
    }

    private static LiteEntry Segments(string name, ScatterKind kind) => new(name, (node, context) =>
        Segmented(context, node[0], node[1], context.IntegerInput(2) is [>= 0 and < 1 << 30 and var only] ? (int)only : throw ImportException.Invalid($"the number of segments of {name}"), kind));

    // Rows of no segment go to one behind the last, which is cut off.
    private static string Segmented(LiteContext context, string data, string segments, int count, ScatterKind kind)
    {
        Shape shape = context.ShapeOf(data), which = context.ShapeOf(segments);
        if (!shape.Take(which.Rank).SequenceEqual(which))
        {
            throw new ShapeException($"segments of {which} for {shape}");
        }

        int[] inner = [.. shape.Skip(which.Rank)];
        bool isFloat = context.ElementTypeOf(data).IsFloat();
        double start = kind switch
        {
            ScatterKind.Multiply => 1,
            ScatterKind.Maximum => isFloat ? float.MinValue : int.MinValue,
            ScatterKind.Minimum => isFloat ? float.MaxValue : int.MaxValue,
            _ => 0,
        };
        string rows = context.Map(Indices(context, segments), segment => (segment < 0).Select(segment.Like(count), segment));
        string all = Scattered(context, kind, start, count + 1, Count(inner), rows, data, Shape.From([count + 1, .. inner]));
        return context.Slice(all, 0, 0, count);
    }

    // The different elements in the order in which they come: as many as there are; and for each element which of them it is.
    private static ImmutableArray<string> Different(LiteOperator node, LiteContext context)
    {
        TensorType type = context.TypeOf(node[0]);
        if (type.Shape.Rank != 1)
        {
            throw new ShapeException($"{node.Operator} of the shape {type.Shape}");
        }

        bool isReady = type.Type is ElementType.Float32 or ElementType.Float64 or ElementType.Int32 or ElementType.Int64 or ElementType.UInt64;
        string column = context.Reshape(isReady ? node[0] : context.Convert(node[0], ElementType.Int32), [type.Shape[0], 1]);
        ImmutableArray<string> found = context.EmitAll(new Unique(Sorted: false), ["which", "counts", "count"], column);
        return [context.Bounded(context.Emit(new Gather(0), node[0], found[0]), new Bound(0, found[3])), found[1]];
    }

    // The places of the true elements, a row each: as many as there are.
    private static string Where(LiteOperator node, LiteContext context)
    {
        string condition = context.Convert(node[0], ElementType.Boolean);
        ImmutableArray<string> found = context.EmitAll(new NonZero(), ["count"], condition);
        return context.Bounded(context.Transpose(found[0], 1, 0), new Bound(0, found[1]));
    }
}
