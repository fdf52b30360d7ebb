using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Resizing, one axis after the other: nearest as a gather, linear and cubic as weighted sums.</summary>
internal static class ResizeOperators
{
    private const long Greatest = 1 << 24;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("Resize", 10, Resize),
        new("Upsample", 7, 9, Upsample),
    ];

    private static string Upsample(OnnxNode node, OnnxContext context)
    {
        float[] scales = node.Opset < 9 ? node.Numbers("scales") ?? throw ImportException.Invalid("attribute 'scales' of Upsample is missing") : Numbers(context, 1);
        return Resampling.Emit(context, node[0], Axes(context.ShapeOf(node[0]), scales), new ResampleRule(node.Text("mode", "nearest"), "asymmetric", "floor"));
    }

    private static string Resize(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        if (node.Opset < 11)
        {
            return Resampling.Emit(context, node[0], Axes(shape, Numbers(context, 1)), new ResampleRule(node.Text("mode", "nearest"), "asymmetric", "floor"));
        }

        int[] axes = node.Integers("axes") is { } given ? [.. given.Select(shape.Axis)] : [.. Enumerable.Range(0, shape.Rank)];
        bool hasScales = node.Optional(2) is { } scaleInput && context.ShapeOf(scaleInput).ElementCount > 0;
        ResizedAxis[] resized = hasScales
            ? Axes(shape, Scatter(shape, axes, Numbers(context, 2), 1))
            : Sized(node, shape, axes, context.IntegerInput(3));
        var rule = new ResampleRule(
            node.Text("mode", "nearest"), node.Text("coordinate_transformation_mode", "half_pixel"), node.Text("nearest_mode", "round_prefer_floor"))
        {
            CubicCoefficient = node.Number("cubic_coeff_a", -0.75f),
            ExcludesOutside = node.Flag("exclude_outside"),
            Antialias = node.Flag("antialias"),
        };
        if (rule.Coordinates == "tf_crop_and_resize")
        {
            float[] region = Numbers(context, 1);
            if (region.Length != 2 * axes.Length)
            {
                throw new ShapeException($"a region of {region.Length} numbers for {axes.Length} axes");
            }

            float[] starts = Scatter(shape, axes, region[..axes.Length], 0), ends = Scatter(shape, axes, region[axes.Length..], 1);
            resized = [.. resized.Select((axis, index) => axis with { Start = starts[index], End = ends[index] })];
        }

        string result = Resampling.Emit(context, node[0], resized, rule);
        return rule.Coordinates == "tf_crop_and_resize" ? Extrapolate(node, context, result, resized, rule) : result;
    }

    // Places outside the image get a value of their own.
    private static string Extrapolate(OnnxNode node, OnnxContext context, string value, ResizedAxis[] axes, ResampleRule rule)
    {
        float filling = node.Number("extrapolation_value", 0);
        for (int axis = 0; axis < axes.Length; axis++)
        {
            bool[] inside = [.. Enumerable.Range(0, axes[axis].To).Select(index =>
                rule.Coordinate(axes[axis], index) is var place && place >= 0 && place <= axes[axis].From - 1)];
            if (inside.Contains(false))
            {
                Shape shape = Shape.From(axes.Select((other, index) => index == axis ? other.To : 1));
                value = context.Map(context.Constant(Tensor.Of(shape, inside)), value, (condition, x) => condition.Select(x, x.Like(filling)));
            }
        }

        return value;
    }

    private static ResizedAxis[] Axes(Shape shape, float[] scales)
    {
        if (scales.Length != shape.Rank || scales.Any(scale => !(scale > 0)))
        {
            throw new ShapeException($"scales of {string.Join(',', scales)} for {shape}");
        }

        return [.. shape.Select((extent, axis) => Axis(extent, Math.Floor(extent * (double)scales[axis]), scales[axis]))];
    }

    private static ResizedAxis[] Sized(OnnxNode node, Shape shape, int[] axes, long[] sizes)
    {
        if (sizes.Length != axes.Length)
        {
            throw new ShapeException($"sizes of {string.Join(',', sizes)} for {axes.Length} axes");
        }

        double[] scales = [.. sizes.Select((size, index) => (double)size / shape[axes[index]])];
        string policy = node.Text("keep_aspect_ratio_policy", "stretch");
        double? common = policy switch
        {
            "stretch" => null,
            "not_larger" => scales.Min(),
            "not_smaller" => scales.Max(),
            _ => throw ImportException.Invalid($"attribute 'keep_aspect_ratio_policy' of Resize is '{policy}'"),
        };
        ResizedAxis[] resized = [.. shape.Select(extent => Axis(extent, extent, 1))];
        for (int index = 0; index < axes.Length; index++)
        {
            int extent = shape[axes[index]];
            resized[axes[index]] = common is { } scale
                ? Axis(extent, Math.Floor((scale * extent) + 0.5), scale)
                : Axis(extent, sizes[index], scales[index]);
        }

        return resized;
    }

    private static ResizedAxis Axis(int from, double to, double scale) =>
        to is >= 1 and <= Greatest && from > 0 ? new ResizedAxis(from, (int)to, scale) : throw new ShapeException($"an extent of {from} resized to {to}");

    private static float[] Scatter(Shape shape, int[] axes, float[] values, float others)
    {
        if (values.Length != axes.Length)
        {
            throw new ShapeException($"{values.Length} numbers for {axes.Length} axes");
        }

        float[] scattered = [.. Enumerable.Repeat(others, shape.Rank)];
        for (int index = 0; index < axes.Length; index++)
        {
            scattered[axes[index]] = values[index];
        }

        return scattered;
    }

    private static float[] Numbers(OnnxContext context, int input) => context.ConstantInput(input).ToFloat32();
}
