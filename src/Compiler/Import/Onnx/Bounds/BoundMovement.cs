using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx.Operators;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>Movements of elements when an extent depends on the data.</summary>
internal static class BoundMovement
{
    public static ImmutableArray<string?> Transpose(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        Bound bound = context.BoundOf(node[0])!;
        int rank = context.ShapeOf(node[0]).Rank;
        int axis = node.Integers("perm") is { } order ? System.Array.IndexOf(order, bound.Axis) : rank - 1 - bound.Axis;
        return [context.Bounded(import(node, context)[0]!, bound with { Axis = axis })];
    }

    public static ImmutableArray<string?> Concat(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        int input = Enumerable.Range(0, node.Inputs.Length).First(index => context.BoundOf(node[index]) is not null);
        Bound bound = context.BoundOf(node[input])!;
        if (context.ShapeOf(node[input]).Axis(node.Integer("axis", 1)) == bound.Axis)
        {
            throw BoundRules.Refusal(node, context, input, "cannot put anything behind its end");
        }

        return node.Variadic().All(value => context.BoundOf(value) == bound)
            ? [context.Bounded(import(node, context)[0]!, bound)]
            : throw BoundRules.Refusal(node, context, input, "nothing shows that the other inputs fit to it");
    }

    public static ImmutableArray<string?> Split(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        Bound bound = context.BoundOf(node[0])!;
        return context.ShapeOf(node[0]).Axis(node.Integer("axis", 0)) != bound.Axis
            ? [.. import(node, context).Select(part => context.Bounded(part!, bound))]
            : throw BoundRules.Refusal(node, context, 0, "cannot split that axis");
    }

    // Along the axis itself only what is counted from the beginning is where it seems to be.
    public static ImmutableArray<string?> Slice(OnnxNode node, OnnxContext context, OperatorImporter import)
    {
        Bound bound = context.BoundOf(node[0])!;
        int extent = context.ShapeOf(node[0])[bound.Axis];
        string count = bound.Count;
        foreach ((_, long from, long to, long by) in MovementOperators.Slices(node, context).Where(slice => slice.Axis == bound.Axis))
        {
            if (by != 1 || from < 0 || to < 0)
            {
                throw BoundRules.Refusal(node, context, 0, "its slice counts from the end of that axis or in steps");
            }

            if (from > 0 || to < extent)
            {
                count = context.Map(count, x => (x.Minimum(System.Math.Min(to, extent)) - System.Math.Min(from, extent)).Maximum(0));
            }
        }

        return [context.Bounded(import(node, context)[0]!, bound with { Count = count })];
    }
}
