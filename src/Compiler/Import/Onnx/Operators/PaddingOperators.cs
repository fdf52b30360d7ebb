using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>What adds to and cuts off the ends of axes.</summary>
internal static class PaddingOperators
{
    private const long Greatest = 1 << 24;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("Pad", 1, Pad),
        new("CenterCropPad", 18, CenterCropPad),
    ];

    private static string Pad(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] counts = context.IntegersOrInput(node.Opset < 2 ? "paddings" : "pads", 1) ?? throw ImportException.Invalid("'pads' of Pad is missing");
        int[] axes = node.Optional(3) is null ? [.. Enumerable.Range(0, shape.Rank)] : [.. context.IntegerInput(3).Select(shape.Axis)];
        if (counts.Length != 2 * axes.Length || counts.Any(count => Math.Abs(count) > Greatest))
        {
            throw new ShapeException($"pads of {string.Join(',', counts)} for {axes.Length} axes");
        }

        var before = new int[shape.Rank];
        var after = new int[shape.Rank];
        for (int index = 0; index < axes.Length; index++)
        {
            before[axes[index]] = (int)counts[index];
            after[axes[index]] = (int)counts[axes.Length + index];
        }

        string mode = node.Text("mode", "constant");
        return mode == "constant" ? Constant(node, context, before, after) : RepeatedPadding.Emit(context, node[0], before, after, mode);
    }

    private static string Constant(OnnxNode node, OnnxContext context, int[] before, int[] after)
    {
        double filling = node.Number("value", 0);
        if (node.Optional(2) is not null)
        {
            Tensor given = context.ConstantInput(2);
            filling = given.Count == 1 ? given.ToFloat64()[0] : throw new ShapeException($"a padding value of shape {given.Shape}");
        }

        return CropAndPad(context, node[0], before, after, filling);
    }

    // A negative count cuts.
    private static string CropAndPad(OnnxContext context, string value, int[] before, int[] after, double filling)
    {
        Shape shape = context.ShapeOf(value);
        int[] starts = [.. before.Select(count => int.Max(0, -count))];
        int[] sizes = [.. shape.Select((extent, axis) => extent - starts[axis] - int.Max(0, -after[axis]))];
        string cropped = context.Slice(value, starts, sizes, [.. shape.Select(_ => 1)]);
        return context.Pad(cropped, [.. before.Select(count => int.Max(0, count))], [.. after.Select(count => int.Max(0, count))], filling);
    }

    private static string CenterCropPad(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] wanted = context.IntegerInput(1);
        int[] axes = node.Integers("axes") is { } given ? [.. given.Select(shape.Axis)] : [.. Enumerable.Range(0, shape.Rank)];
        if (wanted.Length != axes.Length || wanted.Any(extent => extent is < 0 or > Greatest))
        {
            throw new ShapeException($"a shape of {string.Join('×', wanted)} for {axes.Length} axes");
        }

        var before = new int[shape.Rank];
        var after = new int[shape.Rank];
        for (int index = 0; index < axes.Length; index++)
        {
            int difference = (int)wanted[index] - shape[axes[index]];
            before[axes[index]] = difference / 2;
            after[axes[index]] = difference - (difference / 2);
        }

        return CropAndPad(context, node[0], before, after, 0);
    }
}
