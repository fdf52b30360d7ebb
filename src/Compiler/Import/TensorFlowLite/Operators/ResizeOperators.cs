using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>Images of other sizes.</summary>
internal static class ResizeOperators
{
    // Far beyond any image.
    private const int Greatest = 1 << 20;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        new("RESIZE_BILINEAR", (node, context) => Resize(node, context, 2, (value, axis, to, align, half) => Linear(context, value, axis, to, align, half))),
        new("RESIZE_NEAREST_NEIGHBOR", (node, context) => Resize(node, context, 0, (value, axis, to, align, half) => Nearest(context, value, axis, to, align, half))),
    ];

    private static string Resize(LiteOperator node, LiteContext context, int option, Func<string, int, int, bool, bool, string> resize)
    {
        long[] size = context.IntegerInput(1);
        if (context.ShapeOf(node[0]).Rank != 4 || size.Length != 2 || size.Any(extent => extent is < 1 or > Greatest))
        {
            throw new ShapeException($"{node.Operator} of {context.ShapeOf(node[0])} to {string.Join('×', size)}");
        }

        (bool alignCorners, bool halfPixels) = (node.Flag(option), node.Flag(option + 1));
        return resize(resize(node[0], 1, (int)size[0], alignCorners, halfPixels), 2, (int)size[1], alignCorners, halfPixels);
    }

    // In float32, as the format's tools compute places: others fall to the other side of an element's edge.
    private static float Scale(int from, int to, bool alignCorners) => alignCorners && to > 1 ? (from - 1) / (float)(to - 1) : from / (float)to;

    private static string Linear(LiteContext context, string value, int axis, int to, bool alignCorners, bool halfPixels)
    {
        int from = context.ShapeOf(value)[axis];
        float scale = Scale(from, to, alignCorners);
        int[] indices = new int[2 * to];
        float[] weights = new float[2 * to];
        for (int index = 0; index < to; index++)
        {
            float place = halfPixels ? ((index + 0.5f) * scale) - 0.5f : index * scale;
            float below = MathF.Floor(place);
            indices[2 * index] = (int)Math.Clamp(below, 0, from - 1);
            indices[(2 * index) + 1] = (int)Math.Clamp(below + 1, 0, from - 1);
            weights[(2 * index) + 1] = place - below;
            weights[2 * index] = 1 - weights[(2 * index) + 1];
        }

        return from == to && !indices.Where((place, index) => index % 2 == 0 && (place != index / 2 || weights[index] != 1)).Any()
            ? value
            : context.Emit(new ResampleAxis(axis, 2, indices.ToEquatableArray(), weights.ToEquatableArray()), value);
    }

    private static string Nearest(LiteContext context, string value, int axis, int to, bool alignCorners, bool halfPixels)
    {
        int from = context.ShapeOf(value)[axis];
        float scale = Scale(from, to, alignCorners);
        long[] places = [.. Enumerable.Range(0, to).Select(index =>
        {
            float place = (index + (halfPixels ? 0.5f : 0)) * scale;
            return (long)Math.Clamp(alignCorners ? MathF.Round(place, MidpointRounding.AwayFromZero) : MathF.Floor(place), 0, from - 1);
        })];
        return places.SequenceEqual(Enumerable.Range(0, from).Select(index => (long)index)) ? value : context.Gather(value, axis, places);
    }
}
