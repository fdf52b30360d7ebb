using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>Convolutions and fully connected layers.</summary>
internal static class LayerOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        new("CONV_2D", Convolution),
        new("DEPTHWISE_CONV_2D", Depthwise),
        new("TRANSPOSE_CONV", Transposed),
        new("FULLY_CONNECTED", FullyConnected),
        new("BATCH_MATMUL", MatrixProduct),
    ];

    private static string Convolution(LiteOperator node, LiteContext context)
    {
        Shape image = Image(node, context, 0);
        Shape weights = Image(node, context, 1);
        LiteWindow rows = new(weights[1], node.Count(2, "stride"), node.Count(5, "dilation", 1));
        LiteWindow columns = new(weights[2], node.Count(1, "stride"), node.Count(4, "dilation", 1));
        int groups = weights[3] > 0 ? image[3] / weights[3] : 0;
        return Convolve(node, context, node[1], LiteWindow.Padded(rows, columns, image, node.Choice(0)), groups, weights[0], node.Choice(3));
    }

    private static string Depthwise(LiteOperator node, LiteContext context)
    {
        Shape image = Image(node, context, 0);
        Shape weights = Image(node, context, 1);
        LiteWindow rows = new(weights[1], node.Count(2, "stride"), node.Count(6, "dilation", 1));
        LiteWindow columns = new(weights[2], node.Count(1, "stride"), node.Count(5, "dilation", 1));

        // 1×height×width×channels to one filter a channel.
        string filters = context.Transpose(node[1], 3, 1, 2, 0);
        return Convolve(node, context, filters, LiteWindow.Padded(rows, columns, image, node.Choice(0)), image[3], weights[3], node.Choice(4));
    }

    private static string Convolve(LiteOperator node, LiteContext context, string filters, Window window, int groups, int channels, int activation)
    {
        var op = new Conv2D(window, groups);

        // Filters with a scale each, and those of single channels, take inputs that need not be symmetric.
        bool isAsymmetric = node.Tensor(1).Grid is { IsSingle: false } || node.Operator == "DEPTHWISE_CONV_2D";
        string image = HybridInputs.Rounded(node, context, node[0], isAsymmetric);
        string result = context.Bias(2, 1, 0, channels) is { } bias ? context.Emit(op, image, filters, bias) : context.Emit(op, image, filters);
        return context.Activate(result, activation);
    }

    // The image spread by the stride, with the taps the wrong way round.
    private static string Transposed(LiteOperator node, LiteContext context)
    {
        long[] output = context.IntegerInput(0);
        Shape weights = Image(node, context, 1);
        Shape image = Image(node, context, 2);
        if (output.Length != 4 || output.Any(extent => extent is < 0 or > 1 << 24))
        {
            throw ImportException.Invalid($"the output's shape of {node.Operator} is {string.Join(',', output)}");
        }

        int[] strides = [node.Count(2, "stride"), node.Count(1, "stride")];
        int[] before = new int[4], after = new int[4], between = new int[4];
        for (int axis = 1; axis <= 2; axis++)
        {
            int spread = ((image[axis] - 1) * strides[axis - 1]) + weights[axis];
            int cut = node.Choice(0) == 0 ? Math.Max(0, spread - (int)output[axis]) / 2 : 0;
            between[axis] = strides[axis - 1] - 1;
            before[axis] = weights[axis] - 1 - cut;
            after[axis] = (int)output[axis] - spread + cut + weights[axis] - 1;
        }

        string spreadImage = context.Pad(node[2], [.. before.Select(count => Math.Max(0, count))], [.. after.Select(count => Math.Max(0, count))], 0, between);
        Shape padded = context.ShapeOf(spreadImage);
        int[] starts = [.. before.Select(count => Math.Max(0, -count))];
        spreadImage = context.Slice(spreadImage, starts, [.. padded.Select((extent, axis) => extent - starts[axis] - Math.Max(0, -after[axis]))], [1, 1, 1, 1]);
        string filters = context.Slice(node[1], [0, weights[1] - 1, weights[2] - 1, 0], [.. weights], [1, -1, -1, 1]);
        var op = new Conv2D(new Window(weights[1], weights[2]), 1);
        string result = context.Bias(3, 1, 2, weights[0]) is { } bias ? context.Emit(op, spreadImage, filters, bias) : context.Emit(op, spreadImage, filters);
        return context.Activate(result, node.Choice(3));
    }

    private static string FullyConnected(LiteOperator node, LiteContext context)
    {
        Shape input = context.ShapeOf(node[0]);
        Shape weights = context.ShapeOf(node[1]);
        if (weights.Rank != 2 || weights[1] == 0 || input.ElementCount % weights[1] != 0)
        {
            throw new ShapeException($"{node.Operator} of {input} with weights of {weights}");
        }

        if (node.Choice(1) != 0)
        {
            throw ImportException.Attribute(node.Operator, "shuffled weights", "convert the model without them");
        }

        string rows = HybridInputs.Rounded(node, context, context.Reshape(node[0], [(int)(input.ElementCount / weights[1]), weights[1]]), node.Flag(3));
        string bias = context.Bias(2, 1, 0, weights[0]) ?? context.Constant(Tensor.Zeros(new TensorType(ElementType.Float32, [weights[0]])));
        string result = context.Activate(context.Emit(new FullyConnected(), rows, node[1], bias), node.Choice(0));
        return node.Flag(2) ? context.Reshape(result, input.With(input.Rank - 1, weights[0])) : result;
    }

    private static string MatrixProduct(LiteOperator node, LiteContext context) =>
        context.Emit(new MatMul(), Matrix(context, node[0], node.Flag(0)), Matrix(context, node[1], node.Flag(1)));

    private static string Matrix(LiteContext context, string value, bool isTransposed)
    {
        int rank = context.ShapeOf(value).Rank;
        return isTransposed && rank >= 2 ? context.MoveAxis(value, rank - 1, rank - 2) : value;
    }

    private static Shape Image(LiteOperator node, LiteContext context, int input) =>
        context.ShapeOf(node[input]) is { Rank: 4 } shape ? shape : throw new ShapeException($"{node.Operator} of the shape {context.ShapeOf(node[input])}");
}
