using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>
/// What an input that decides a shape must hold, where the file declares the shape that it decides: one rule an operator. A rule answers only
/// when nothing else could give that shape, or everything else would give the same elements.
/// </summary>
internal static class SettledInputs
{
    // A reduction of so many axes has too many candidates to try.
    private const int MaximumRank = 8;

    /// <summary>The numbers that an input must hold, or <see langword="null"/> when the declared shapes do not settle them.</summary>
    /// <param name="node">The node that wants them.</param>
    /// <param name="index">Which of its inputs.</param>
    /// <param name="count">How many numbers the input has.</param>
    /// <param name="context">Knows the shapes.</param>
    public static long[]? Settle(OnnxNode node, int index, int count, OnnxContext context)
    {
        if (node.Operator == "Split" && index == 1)
        {
            return Parts(node, context);
        }

        return context.DeclaredShape(0) is { } declared ? Settle(node, index, count, context, declared) : null;
    }

    private static long[]? Settle(OnnxNode node, int index, int count, OnnxContext context, Shape declared) =>
        (node.Operator, index) switch
        {
            ("Reshape" or "Expand", 1) or ("ConstantOfShape", 0) or ("HannWindow" or "HammingWindow" or "BlackmanWindow", 0) => Extents(declared),
            ("Resize", 3) when node.Text("keep_aspect_ratio_policy", "stretch") == "stretch" => OfAxes(node, declared),
            ("CenterCropPad", 1) => OfAxes(node, declared),
            ("Tile", 1) => Repeats(context.ShapeOf(node[0]), declared),
            ("OneHot", 1) => [declared[declared.Axis(node.Integer("axis", -1))]],
            ("TopK", 1) => [declared[declared.Axis(node.Integer("axis", -1))]],
            ("CumSum" or "CumProd", 1) when declared.Rank == 1 => [0],
            ("Unsqueeze", 1) => Only(count, declared, axes => Without(declared, axes) == context.ShapeOf(node[0]), any: true),
            ("Squeeze", 1) => Only(count, context.ShapeOf(node[0]), axes => Without(context.ShapeOf(node[0]), axes) == declared, any: true),
            (_, 1) when node.Operator.StartsWith("Reduce", StringComparison.Ordinal) => ReducedAxes(node, context.ShapeOf(node[0]), count, declared),
            _ => null,
        };

    private static long[] Extents(Shape shape) => [.. shape.Select(extent => (long)extent)];

    private static Shape Without(Shape shape, int[] axes) => Shape.From(shape.Where((_, axis) => !axes.Contains(axis)));

    private static long[] OfAxes(OnnxNode node, Shape declared) =>
        node.Integers("axes") is { } axes ? [.. axes.Select(axis => (long)declared[declared.Axis(axis)])] : Extents(declared);

    private static long[]? Repeats(Shape from, Shape to) =>
        from.Rank == to.Rank && from.Zip(to).All(pair => pair.First > 0 && pair.Second % pair.First == 0)
            ? [.. from.Zip(to, (extent, repeated) => (long)(repeated / extent))]
            : null;

    private static long[]? Parts(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer("axis", 0));
        Shape?[] parts = [.. Enumerable.Range(0, node.OutputCount).Select(context.DeclaredShape)];
        return parts.All(part => part?.Rank == shape.Rank) ? [.. parts.Select(part => (long)part!.Value[axis])] : null;
    }

    private static long[]? ReducedAxes(OnnxNode node, Shape shape, int count, Shape declared)
    {
        bool keeps = node.Flag("keepdims", true);
        return Only(
            count,
            shape,
            axes => (keeps ? Shape.From(shape.Select((extent, axis) => axes.Contains(axis) ? 1 : extent)) : Without(shape, axes)) == declared,
            any: false);
    }

    // The set of so many axes that fits: the only one, or the first where all give the same.
    private static long[]? Only(int count, Shape shape, Func<int[], bool> fits, bool any)
    {
        if (shape.Rank > MaximumRank)
        {
            return null;
        }

        int[][] candidates =
        [
            .. Enumerable.Range(0, 1 << shape.Rank)
                .Select(set => Enumerable.Range(0, shape.Rank).Where(axis => (set >> axis & 1) != 0).ToArray())
                .Where(axes => axes.Length == count && fits(axes)),
        ];
        return candidates.Length == 1 || (any && candidates.Length > 0) ? [.. candidates[0].Select(axis => (long)axis)] : null;
    }
}
