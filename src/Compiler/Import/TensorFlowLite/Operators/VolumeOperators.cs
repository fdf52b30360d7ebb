using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx.Operators;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>Convolutions over three axes.</summary>
internal static class VolumeOperators
{
    private const int MostElements = 1 << 24;

    // Strides and dilations of depth, rows and columns, by their numbers among the options, which have the columns first.
    private static readonly int[] StrideFields = [1, 3, 2], DilationFields = [5, 7, 6];

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries => [new("CONV_3D", Convolution), new("CONV_3D_TRANSPOSE", Transposed)];

    private static string Convolution(LiteOperator node, LiteContext context)
    {
        (Shape volume, Shape filters) = (Volume(node, context, 0), Volume(node, context, 1));
        int[] kernel = [filters[0], filters[1], filters[2]];
        int[] strides = [.. StrideFields.Select(field => node.Count(field, "stride"))], dilations = [.. DilationFields.Select(field => node.Count(field, "dilation", 1))];
        (int Before, int After)[] padding = [.. kernel.Select((taps, axis) => IsSame(node) ? new LiteWindow(taps, strides[axis], dilations[axis]).Padding(volume[axis + 1]) : default)];
        var window = new SpatialWindow(kernel, strides, dilations, [.. padding.Select(pair => pair.Before)], [.. padding.Select(pair => pair.After)]);
        int groups = filters[3] > 0 ? volume[4] / filters[3] : 0;
        string result = VolumeConvolution.Emit(context, node[0], context.Transpose(node[1], 4, 0, 1, 2, 3), context.Bias(2, 1, 0, filters[4]), window, groups);
        return context.Activate(result, node.Choice(4));
    }

    // The volume spread by the stride, with the taps the wrong way round.
    private static string Transposed(LiteOperator node, LiteContext context)
    {
        long[] output = context.IntegerInput(0);
        (Shape filters, Shape volume) = (Volume(node, context, 1), Volume(node, context, 2));
        if (output.Length != 5 || output.Any(extent => extent is < 0 or > MostElements))
        {
            throw ImportException.Invalid($"the output's shape of {node.Operator} is {string.Join(',', output)}");
        }

        if (DilationFields.Any(field => node.Count(field, "dilation", 1) != 1))
        {
            throw ImportException.Attribute(node.Operator, "dilation", "convert the model without it");
        }

        int[] before = new int[5], after = new int[5], between = new int[5];
        for (int axis = 1; axis <= 3; axis++)
        {
            int stride = node.Count(StrideFields[axis - 1], "stride"), taps = filters[axis - 1];
            int spread = ((volume[axis] - 1) * stride) + taps;
            int cut = IsSame(node) ? Math.Max(0, spread - (int)output[axis]) / 2 : 0;
            (before[axis], after[axis], between[axis]) = (taps - 1 - cut, (int)output[axis] - spread + cut + taps - 1, stride - 1);
        }

        string wide = context.Pad(node[2], [.. before.Select(count => Math.Max(0, count))], [.. after.Select(count => Math.Max(0, count))], 0, between);
        Shape padded = context.ShapeOf(wide);
        int[] starts = [.. before.Select(count => Math.Max(0, -count))];
        wide = context.Slice(wide, starts, [.. padded.Select((extent, axis) => extent - starts[axis] - Math.Max(0, -after[axis]))], [1, 1, 1, 1, 1]);
        string reversed = context.Slice(node[1], [filters[0] - 1, filters[1] - 1, filters[2] - 1, 0, 0], [.. filters], [-1, -1, -1, 1, 1]);
        var window = new SpatialWindow([filters[0], filters[1], filters[2]], [1, 1, 1], [1, 1, 1], new int[3], new int[3]);
        string result = VolumeConvolution.Emit(context, wide, context.Transpose(reversed, 3, 0, 1, 2, 4), context.Bias(3, 1, 2, filters[3]), window, 1);
        return context.Activate(result, node.Choice(4));
    }

    private static bool IsSame(LiteOperator node) => node.Choice(0) switch
    {
        LiteWindow.Same => true,
        1 => false,
        int other => throw ImportException.Invalid($"the padding {other} is not known"),
    };

    private static Shape Volume(LiteOperator node, LiteContext context, int input) =>
        context.ShapeOf(node[input]) is { Rank: 5 } shape ? shape : throw new ShapeException($"{node.Operator} of the shape {context.ShapeOf(node[input])}");
}
