using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>What picks elements by indices. All of it becomes a gather along one axis; several indices become one by arithmetic.</summary>
internal static class IndexOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("Gather", 1, Gather) { TakesText = true },
        new("GatherElements", 11, GatherElements),
        new("GatherND", 11, GatherPlaces),
        new("OneHot", 9, OneHot),
        new("ReverseSequence", 10, ReverseSequence),
    ];

    private static string Gather(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer("axis", 0));
        string indices = Indices(node, context, 1);
        IndexArithmetic.CheckRange(context, indices, shape, axis);
        return context.Emit(new Gather(axis), node[0], indices);
    }

    private static string GatherElements(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer("axis", 0));
        string indices = Indices(node, context, 1);
        Shape places = context.ShapeOf(indices);
        if (places.Rank != shape.Rank || places.Where((extent, other) => other != axis && extent > shape[other]).Any())
        {
            throw new ShapeException($"indices of shape {places} into {shape}");
        }

        IndexArithmetic.CheckRange(context, indices, shape, axis);
        int[] strides = shape.Strides();
        int[] others = Strided.Offsets(places, [.. strides.Select((stride, other) => other == axis ? 0 : stride)]);
        string offsets = context.Constant(Tensor.Of(places, Array.ConvertAll(others, offset => (long)offset)));
        string flat = context.Map(indices, offsets, (index, offset) => IndexArithmetic.Offset(index, index.Like(shape[axis]), index.Like(strides[axis]), offset));
        IndexArithmetic.CheckRange(context, flat, [shape.Count(..)], 0);
        return context.Emit(new Gather(0), context.Reshape(node[0], [shape.Count(..)]), flat);
    }

    private static string GatherPlaces(OnnxNode node, OnnxContext context) =>
        IndexArithmetic.GatherPlaces(context, node[0], Indices(node, context, 1), checked((int)node.Integer("batch_dims", 0)));

    private static string OneHot(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        Tensor depths = context.ConstantInput(1);
        double given = depths.Count == 1 ? depths.ToFloat64()[0] : throw new ShapeException($"a depth of shape {depths.Shape}");
        int depth = given is >= 1 and <= 1 << 24 ? (int)given : throw new ShapeException($"a depth of {given}");
        long axis = node.Integer("axis", -1);
        int place = shape.Insert(0, 1).Axis(axis);
        string hot = context.Reshape(context.Convert(node[0], ElementType.Int64), shape.Insert(place, 1));
        string isHot = context.Map(hot, context.Count(depth, shape.Rank + 1, place), (index, count) => IndexArithmetic.FromStart(index, index.Like(depth)).EqualTo(count));
        string off = context.Slice(node[2], 0, 0, 1);
        string on = context.Slice(node[2], 0, 1, 1);
        return context.Map(isHot, on, off, (condition, x, y) => condition.Select(x, y));
    }

    private static string ReverseSequence(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        bool timeFirst = node.Integer("time_axis", 0) == 0;
        if (node.Integer("batch_axis", 1) != (timeFirst ? 1 : 0) || shape.Rank < 2)
        {
            throw ImportException.Invalid($"the axes of ReverseSequence of {shape} are not 0 and 1");
        }

        int batches = shape[timeFirst ? 1 : 0], times = shape[timeFirst ? 0 : 1];
        string lengths = Indices(node, context, 1);
        if (context.ShapeOf(lengths) != Shape.From([batches]) || (context.ConstantOf(lengths)?.Values<long>().Any(length => length < 0 || length > times) ?? false))
        {
            throw new ShapeException($"lengths of shape {context.ShapeOf(lengths)} for {shape}");
        }

        // Which row each comes from, a row being one time of one batch. A length outside the sequence leads to no row at all.
        string time = context.Count(times, 2, timeFirst ? 0 : 1);
        string batch = context.Count(batches, 2, timeFirst ? 1 : 0);
        string length = context.Reshape(lengths, timeFirst ? [1, batches] : [batches, 1]);
        string from = context.Map(time, length, (t, n) =>
            (n >= 0).And(n <= times).Select((t < n).Select(n - 1 - t, t), t.Like(IndexArithmetic.FarOutside)));
        string rows = context.Map(from, batch, (t, b) => timeFirst ? (t * batches) + b : (b * times) + t);
        string flat = context.Reshape(node[0], Shape.From([batches * times, .. shape.Skip(2)]));
        return context.Reshape(context.Emit(new Gather(0), flat, context.Reshape(rows, [batches * times])), shape);
    }

    /// <summary>An input of indices as int64.</summary>
    internal static string Indices(OnnxNode node, OnnxContext context, int input)
    {
        ElementType type = context.ElementTypeOf(node[input]);
        return type is ElementType.Int32 or ElementType.Int64
            ? context.Convert(node[input], ElementType.Int64)
            : throw ImportException.Invalid($"the indices of {node.Operator} are of {type}");
    }
}
