using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx.Operators;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>What picks elements, by indices or by their values, when an extent depends on the data.</summary>
internal static class BoundSelection
{
    /// <summary>Indices that are not valid pick the first slice; indices into an axis that is not all valid are checked against what is.</summary>
    public static ImmutableArray<string?> Gather(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer("axis", 0));
        int places = context.ShapeOf(node[1]).Rank;
        Bound? ofData = context.BoundOf(node[0]);
        Bound? ofIndices = context.BoundOf(node[1]);
        if (ofData is not null && ofData.Axis != axis && ofIndices is not null)
        {
            throw BoundRules.Refusal(node, context, 0, "has an extent more that depends on the data");
        }

        string indices = IndexOperators.Indices(node, context, 1);
        if (ofIndices is not null && context.BoundOf(indices) is null)
        {
            context.Bounded(indices, ofIndices);
        }

        string checkedIndices = ofData?.Axis == axis ? WithinValid(context, indices, ofData, shape[axis]) : indices;
        if (ofIndices is not null)
        {
            checkedIndices = checkedIndices == indices ? indices : context.Bounded(checkedIndices, ofIndices);
            checkedIndices = Indices(node, context, 1, checkedIndices, shape[axis]);
        }

        string result = import(node.With(1, checkedIndices), context)[0]!;
        return ofIndices is not null ? [context.Bounded(result, ofIndices with { Axis = axis + ofIndices.Axis })]
            : ofData!.Axis == axis ? [result]
            : [context.Bounded(result, ofData with { Axis = ofData.Axis < axis ? ofData.Axis : ofData.Axis - 1 + places })];
    }

    public static ImmutableArray<string?> GatherPlaces(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        if (context.BoundOf(node[0]) is not null)
        {
            throw BoundRules.Refusal(node, context, 0, "cannot follow that");
        }

        Bound bound = context.BoundOf(node[1])!;
        Shape places = context.ShapeOf(node[1]);
        long batch = node.Integer("batch_dims", 0);
        if (bound.Axis == places.Rank - 1 || bound.Axis < batch)
        {
            throw BoundRules.Refusal(node, context, 1, "takes the coordinates along that axis");
        }

        int least = context.ShapeOf(node[0]).Skip((int)batch).Take(places[^1]).DefaultIfEmpty(1).Min();
        string result = import(node.With(1, Indices(node, context, 1, node[1], least)), context)[0]!;
        return [context.Bounded(result, bound)];
    }

    public static ImmutableArray<string?> NonZero(OnnxNode node, OnnxContext context, OperatorImporter import) =>
        import(node.With(0, BoundRules.Masked(context, node[0], x => x.Like(0))), context);

    public static ImmutableArray<string?> Compress(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        Bound? ofData = context.BoundOf(node[0]);
        Bound? ofCondition = context.BoundOf(node[1]);
        Shape shape = context.ShapeOf(node[0]);
        bool isAlong = ofData is not null && (node.Has("axis") ? shape.Axis(node.Integer("axis")) == ofData.Axis : shape.Rank == 1);
        return ofCondition is not null && (ofData is null || (isAlong && ofData.Count == ofCondition.Count))
            ? import(node.With(1, BoundRules.Masked(context, node[1], x => x.Like(0))), context)
            : throw BoundRules.Refusal(node, context, ofData is null ? 1 : 0, "nothing shows that the condition fits to it");
    }

    /// <summary>Along the axis itself, what is not valid comes last. There the result ends, however many are wanted.</summary>
    public static ImmutableArray<string?> TopK(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        BoundRules.RequireKnownFrom(1, node, context);
        Bound bound = context.BoundOf(node[0])!;
        if (context.ShapeOf(node[0]).Axis(node.Integer("axis", -1)) != bound.Axis)
        {
            return [.. import(node, context).Select(result => Within(context, result!, bound))];
        }

        ElementType type = context.ElementTypeOf(node[0]);
        bool largest = node.Flag("largest", true);
        if (!largest && type is ElementType.Int64 or ElementType.UInt64)
        {
            throw BoundRules.Refusal(node, context, 0, $"there is no number of {type} to put behind all others");
        }

        double last = largest ? ElementLimits.Least(type) : ElementLimits.Greatest(type);
        return [.. import(node.With(0, BoundRules.Masked(context, node[0], x => x.Like(last))), context).Select(result => Fewer(context, result!, bound))];
    }

    // A number of elements that is computed bounds the result as well.
    private static string Fewer(OnnxContext context, string result, Bound bound)
    {
        string count = context.BoundOf(result) is { } wanted ? context.Map(wanted.Count, bound.Count, (x, y) => x.Minimum(y))
            : context.Map(bound.Count, x => x.Minimum(context.ShapeOf(result)[bound.Axis]));
        return context.Bounded(result, bound with { Count = count });
    }

    private static string Within(OnnxContext context, string result, Bound bound) =>
        context.BoundOf(result) is null
            ? context.Bounded(result, bound)
            : throw ImportException.Extent("TopK", result, bound.Axis, "has an extent more that depends on the data");

    // Indices behind the valid ones may be anything; 0 is a place that there is.
    private static string Indices(OnnxNode node, OnnxContext context, int input, string indices, int length) =>
        length > 0 ? BoundRules.Masked(context, indices, x => x.Like(0)) : throw BoundRules.Refusal(node, context, input, "there is nothing to pick from");

    // As the kernel does it for a whole axis: negative ones count from the end of what is valid, and those outside are made such that the kernel
    // finds them to be outside.
    private static string WithinValid(OnnxContext context, string indices, Bound bound, int length) =>
        context.Map(indices, bound.Count, (index, count) =>
            (index < count).And(index >= -count).Select((index < 0).Select(index + count, index), index.Like(length)));
}
