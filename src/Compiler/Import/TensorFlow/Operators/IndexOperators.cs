using System.Collections.Generic;
using System.Collections.Immutable;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>What picks elements by indices or by their values.</summary>
internal static class IndexOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        new("Gather", (node, context) => Gather(context, node[0], context.IndexInput(1), 0, 0)),
        new("GatherV2", (node, context) => Gather(
            context, node[0], context.IndexInput(1), context.ShapeOf(node[0]).Axis(context.NumberInput(2)), checked((int)node.Integer("batch_dims", 0)))),
        new("GatherNd", (node, context) => IndexArithmetic.GatherPlaces(context, node[0], context.IndexInput(1), 0)),
        new("OneHot", OneHot),
        new("TopK", (node, context) => TopK(node, context, node.Integer("k"))) { Outputs = ["values", "indices"] },
        new("TopKV2", (node, context) => TopK(node, context, context.NumberInput(1))) { Outputs = ["values", "indices"] },
    ];

    /// <summary>Slices of an axis by their numbers.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="value">Of what.</param>
    /// <param name="indices">The numbers.</param>
    /// <param name="axis">The axis.</param>
    /// <param name="batch">So many first axes of both go together; negative to count from the end of the indices.</param>
    public static string Gather(TensorFlowContext context, string value, string indices, int axis, int batch)
    {
        Shape shape = context.ShapeOf(value);
        Shape places = context.ShapeOf(indices);
        int common = batch < 0 ? batch + places.Rank : batch;
        IndexArithmetic.CheckRange(context, indices, shape, axis);
        if (common == 0)
        {
            return context.Emit(new Gather(axis), value, indices);
        }

        return common == axis
            ? IndexArithmetic.GatherPlaces(context, value, context.Reshape(indices, places.Insert(places.Rank, 1)), common)
            : throw ImportException.Attribute("GatherV2", $"'batch_dims' of {batch} with axis {axis}", "an axis right behind the batch is");
    }

    // An index outside is nowhere, also a negative one.
    private static string OneHot(TensorFlowNode node, TensorFlowContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long given = context.NumberInput(1);
        int depth = given is >= 1 and <= 1 << 24 ? (int)given : throw new ShapeException($"a depth of {given}");
        int place = shape.Insert(0, 1).Axis(node.Integer("axis", -1));
        string index = context.Reshape(context.IndexInput(0), shape.Insert(place, 1));
        string isHot = context.Map(index, context.Count(depth, shape.Rank + 1, place), (x, y) => x.EqualTo(y));
        return LogicOperators.Choose(context, isHot, node[2], node[3]);
    }

    private static ImmutableArray<string?> TopK(TensorFlowNode node, TensorFlowContext context, long count)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(-1);
        if (count < 0 || count > shape[axis])
        {
            throw new ShapeException($"the best {count} of axis {axis} of {shape}");
        }

        ElementType type = context.ElementTypeOf(node[0]);
        ElementType comparable = type is ElementType.Float32 or ElementType.Float64 or ElementType.Int64 or ElementType.UInt64 ? type
            : type == ElementType.UInt32 ? ElementType.Int64
            : ElementType.Int32;
        ImmutableArray<string> results = context.EmitAll(new TopK(axis, (int)count, Largest: true), ["indices"], context.Convert(node[0], comparable));
        return [context.Convert(results[0], type), context.Convert(results[1], node.Type("index_type", TensorFlowTypes.Int32))];
    }
}
