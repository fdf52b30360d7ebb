using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>Images in another size.</summary>
internal static class ResizeOperators
{
    private const long Greatest = 1 << 16;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        new("ResizeBilinear", (node, context) => Bilinear(node, context, node.Flag("align_corners"), node.Flag("half_pixel_centers"))),
        new("ResizeBicubic", Bicubic),
        new("ResizeNearestNeighbor", Nearest),
    ];

    /// <summary>Each pixel mixed of the four around its place.</summary>
    public static string Bilinear(TensorFlowNode node, TensorFlowContext context, bool alignsCorners, bool hasHalfPixels)
    {
        string coordinates = hasHalfPixels ? "half_pixel" : alignsCorners ? "align_corners" : "asymmetric";
        return Mixed(node, context, new ResampleRule("linear", coordinates, ""));
    }

    private static string Bicubic(TensorFlowNode node, TensorFlowContext context) => node.Flag("half_pixel_centers")
        ? Mixed(node, context, new ResampleRule("cubic", "half_pixel", "") { CubicCoefficient = -0.5, ExcludesOutside = true })
        : throw ImportException.Attribute(node.Operator, "'half_pixel_centers' false, which looks weights up in a rough table,", "export with half_pixel_centers=True, or use ResizeBilinear");

    // The result is of float32, whatever the image is.
    private static string Mixed(TensorFlowNode node, TensorFlowContext context, ResampleRule rule)
    {
        ResizedAxis[] axes = Axes(node, context);
        return Resampling.Emit(context, context.Convert(node[0], ElementType.Float32), axes, rule);
    }

    // In float32, as the format computes it: where a product is near a whole number, that decides.
    private static string Nearest(TensorFlowNode node, TensorFlowContext context)
    {
        bool aligns = node.Flag("align_corners"), centres = node.Flag("half_pixel_centers");
        string value = node[0];
        ResizedAxis[] axes = Axes(node, context);
        for (int axis = 1; axis <= 2; axis++)
        {
            (int from, int to) = (axes[axis].From, axes[axis].To);
            float scale = aligns && to > 1 ? (from - 1) / (float)(to - 1) : from / (float)to;
            long[] places = [.. Enumerable.Range(0, to).Select(index =>
            {
                float place = centres ? (index + 0.5f) * scale : index * scale;
                return Math.Clamp((long)(aligns ? MathF.Round(place, MidpointRounding.AwayFromZero) : MathF.Floor(place)), 0, from - 1);
            })];
            value = from == to && places.Select((place, index) => place == index).All(same => same) ? value : context.Gather(value, axis, places);
        }

        return value;
    }

    private static ResizedAxis[] Axes(TensorFlowNode node, TensorFlowContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] size = context.IntegerInput(1);
        if (shape.Rank != 4 || size.Length != 2 || size.Any(extent => extent is < 1 or > Greatest) || shape[1] == 0 || shape[2] == 0)
        {
            throw new ShapeException($"{shape} resized to {string.Join('×', size)}");
        }

        return [.. shape.Select((extent, axis) => (long)extent is var from && axis is 1 or 2
            ? new ResizedAxis(extent, (int)size[axis - 1], (double)size[axis - 1] / from)
            : new ResizedAxis(extent, extent, 1))];
    }
}
