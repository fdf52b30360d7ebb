using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>
/// What puts elements at places: the places become rows of a matrix. Where they are constant and nothing is combined, the result is gathered
/// from the old rows and the new ones, which the passes and the int8 kernels understand.
/// </summary>
internal static class ScatterOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("Scatter", 9, 10, ScatterElements),
        new("ScatterElements", 11, ScatterElements),
        new("ScatterND", 11, ScatterPlaces),
    ];

    /// <summary>The data with rows replaced by updates, or combined with them.</summary>
    /// <param name="context">The graph.</param>
    /// <param name="kind">How.</param>
    /// <param name="data">Any shape.</param>
    /// <param name="rows">Rows that the data are taken as.</param>
    /// <param name="targets">int64 of any shape: the row of each update; one outside is an error when the model runs.</param>
    /// <param name="updates">One row a target.</param>
    public static string Scatter(OnnxContext context, ScatterKind kind, string data, int rows, string targets, string updates)
    {
        Shape shape = context.ShapeOf(data);
        int count = context.ShapeOf(targets).Count(..);
        int width = rows == 0 ? 0 : shape.Count(..) / rows;
        string old = context.Reshape(data, [rows, width]);
        string fresh = context.Reshape(updates, [count, width]);
        ElementType type = context.ElementTypeOf(data);
        if (kind == ScatterKind.Replace)
        {
            return context.Reshape(
                context.ConstantOf(targets) is { } constant
                    ? Replaced(context, old, constant.Values<long>(), fresh)
                    : context.Emit(new Scatter(kind), old, context.Reshape(targets, [count]), fresh),
                shape);
        }

        ElementType wide = type switch
        {
            ElementType.Float32 or ElementType.Float64 or ElementType.Int64 => type,
            ElementType.UInt32 => ElementType.Int64,
            ElementType.UInt64 => throw ImportException.ElementType(data, "uint64"),
            _ => ElementType.Int32,
        };
        string combined = context.Emit(new Scatter(kind), context.Convert(old, wide), context.Reshape(targets, [count]), context.Convert(fresh, wide));
        return context.Reshape(context.Convert(combined, type), shape);
    }

    // Rows without an update come from behind all updates.
    private static string Replaced(OnnxContext context, string old, long[] targets, string updates)
    {
        int rows = context.ShapeOf(old)[0];
        long[] sources = [.. Enumerable.Range(0, rows).Select(row => (long)targets.Length + row)];
        for (int update = 0; update < targets.Length; update++)
        {
            sources[targets[update] >= 0 && targets[update] < rows ? targets[update] : throw new ShapeException("an index is outside the data")] = update;
        }

        return context.Gather(context.Concat(0, updates, old), 0, sources);
    }

    private static string ScatterElements(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer("axis", 0));
        string indices = IndexOperators.Indices(node, context, 1);
        Shape places = context.ShapeOf(indices);
        if (places.Rank != shape.Rank || context.ShapeOf(node[2]) != places || places.Where((extent, other) => other != axis && extent > shape[other]).Any())
        {
            throw new ShapeException($"indices of shape {places} and updates of {context.ShapeOf(node[2])} into {shape}");
        }

        int[] strides = shape.Strides();
        int[] others = Strided.Offsets(places, [.. strides.Select((stride, other) => other == axis ? 0 : stride)]);
        string offsets = context.Constant(Tensor.Of(places, Array.ConvertAll(others, offset => (long)offset)));
        string targets = context.Map(indices, offsets, (index, offset) => IndexArithmetic.Offset(index, index.Like(shape[axis]), index.Like(strides[axis]), offset));
        return Scatter(context, Kind(node), node[0], shape.Count(..), targets, node[2]);
    }

    private static string ScatterPlaces(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        string indices = IndexOperators.Indices(node, context, 1);
        Shape places = context.ShapeOf(indices);
        int depth = places.Rank > 0 ? places[^1] : 0;
        if (depth == 0 || depth > shape.Rank || context.ShapeOf(node[2]) != Shape.From([.. places.SkipLast(1), .. shape.Skip(depth)]))
        {
            throw new ShapeException($"indices of shape {places} and updates of {context.ShapeOf(node[2])} into {shape}");
        }

        return Scatter(context, Kind(node), node[0], shape.Count(..depth), IndexArithmetic.Rows(context, indices, [.. shape.Take(depth)]), node[2]);
    }

    private static ScatterKind Kind(OnnxNode node) => node.Text("reduction", "none") switch
    {
        "none" => ScatterKind.Replace,
        "add" => ScatterKind.Add,
        "mul" => ScatterKind.Multiply,
        "min" => ScatterKind.Minimum,
        "max" => ScatterKind.Maximum,
        string other => throw ImportException.Invalid($"attribute 'reduction' of {node.Operator} is '{other}'"),
    };
}
