using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx.Operators;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>What makes one number of many, when how many depends on the data: along that axis, what is not valid is replaced by what changes nothing.</summary>
internal static class BoundReduction
{
    public static ImmutableArray<string?> Reduce(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        Bound bound = context.BoundOf(node[0])!;
        if (ReductionOperators.Axes(node, context, node.Operator == "ReduceSum" ? 13 : 18) is not { } axes)
        {
            return [context.Bounded(import(node, context)[0]!, bound)];
        }

        if (axes.Contains(bound.Axis))
        {
            double neutral = Neutral(node, context);
            return import(node.With(0, BoundRules.Masked(context, node[0], x => x.Type == ElementType.Boolean ? x.Like(neutral > 0 ? 1 : 0) : x.Like(neutral))), context);
        }

        int axis = node.Flag("keepdims", true) ? bound.Axis : bound.Axis - axes.Distinct().Count(reduced => reduced < bound.Axis);
        return [context.Bounded(import(node, context)[0]!, bound with { Axis = axis })];
    }

    public static ImmutableArray<string?> ArgReduce(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        Bound bound = context.BoundOf(node[0])!;
        int reduced = context.ShapeOf(node[0]).Axis(node.Integer("axis", 0));
        int axis = node.Flag("keepdims", true) || reduced > bound.Axis ? bound.Axis : bound.Axis - 1;
        return reduced != bound.Axis
            ? [context.Bounded(import(node, context)[0]!, bound with { Axis = axis })]
            : throw BoundRules.Refusal(node, context, 0, "works along that axis");
    }

    // Until version 13, softmax is over all axes from the given one on.
    public static ImmutableArray<string?> Softmax(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        Bound bound = context.BoundOf(node[0])!;
        int axis = context.ShapeOf(node[0]).Axis(node.Integer("axis", node.Opset < 13 ? 1 : -1));
        bool isAlong = node.Opset < 13 ? bound.Axis >= axis : bound.Axis == axis;
        return isAlong
            ? throw BoundRules.Refusal(node, context, 0, "works along that axis")
            : [context.Bounded(import(node, context)[0]!, bound)];
    }

    // Rows on the left, which pass through one by one.
    public static ImmutableArray<string?> MatMul(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        BoundRules.RequireKnownFrom(1, node, context);
        Bound bound = context.BoundOf(node[0])!;
        return bound.Axis != context.ShapeOf(node[0]).Rank - 1 && context.ShapeOf(node[1]).Rank == 2
            ? [context.Bounded(import(node, context)[0]!, bound)]
            : throw BoundRules.Refusal(node, context, 0, "works along that axis, or with a matrix for each of its slices");
    }

    private static double Neutral(OnnxNode node, OnnxContext context)
    {
        ElementType type = context.ElementTypeOf(node[0]);
        return node.Operator switch
        {
            "ReduceSum" or "ReduceSumSquare" or "ReduceL1" or "ReduceL2" => 0,
            "ReduceProd" => 1,
            "ReduceMax" => ElementLimits.Least(type),
            "ReduceMin" when type is not (ElementType.Int64 or ElementType.UInt64) => ElementLimits.Greatest(type),
            _ => throw BoundRules.Refusal(node, context, 0, $"has no neutral number of {type} to put in its place"),
        };
    }
}
