using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>Convolutions of images.</summary>
internal static class ConvolutionOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        new("Conv2D", (node, context) => Convolution(node, context, context.ToImage(node[0]), node[1], isDepthwise: false)),
        new("DepthwiseConv2dNative", (node, context) => Convolution(node, context, context.ToImage(node[0]), node[1], isDepthwise: true)),
        new("Conv2DBackpropInput", TransposedConvolution),
        new("FusedPadConv2D", (node, context) => PaddedConvolution(node, context, node[0], 1)),
        new("FusedResizeAndPadConv2D", (node, context) => PaddedConvolution(node, context, ResizeOperators.Bilinear(node, context, node.Flag("resize_align_corners"), false), 2)),
    ];

    // The weights are H×W×in×out, of a depthwise convolution H×W×in×multiplier, whose outputs come input by input.
    private static string Convolution(TensorFlowNode node, TensorFlowContext context, string image, string weights, bool isDepthwise)
    {
        Shape shape = context.ShapeOf(image);
        Shape kernel = context.ShapeOf(weights);
        if (shape.Rank != 4 || kernel.Rank != 4 || kernel[2] == 0 || shape[3] % kernel[2] != 0)
        {
            throw new ShapeException($"{node.Operator} of the shape {shape} with weights of shape {kernel}");
        }

        Window window = ImageWindow.Read(node, context, shape, (kernel[0], kernel[1]));
        string filters = isDepthwise
            ? context.Reshape(context.Transpose(weights, 2, 3, 0, 1), [kernel[2] * kernel[3], kernel[0], kernel[1], 1])
            : context.Transpose(weights, 3, 0, 1, 2);
        return context.FromImage(context.Emit(new Conv2D(window, isDepthwise ? kernel[2] : shape[3] / kernel[2]), image, filters));
    }

    private static string PaddedConvolution(TensorFlowNode node, TensorFlowContext context, string image, int paddings) =>
        Convolution(node, context, PaddingOperators.Mirrored(node, context, image, paddings), node[paddings + 1], isDepthwise: false);

    // A transposed convolution is the convolution of the spread image with the mirrored weights, which are H×W×out×in here.
    private static string TransposedConvolution(TensorFlowNode node, TensorFlowContext context)
    {
        long[] sizes = context.IntegerInput(0);
        Shape kernel = context.ShapeOf(node[1]);
        string image = context.ToImage(node[2]);
        Shape shape = context.ShapeOf(image);
        if (sizes.Length != 4 || kernel.Rank != 4 || shape.Rank != 4 || sizes.Any(size => size is < 0 or > int.MaxValue))
        {
            throw new ShapeException($"{node.Operator} of the shape {shape} with weights of shape {kernel} to {string.Join('×', sizes)}");
        }

        Shape output = Shape.From((context.IsChannelsFirst ? [sizes[0], sizes[2], sizes[3], sizes[1]] : sizes).Select(size => (int)size));
        Window forward = ImageWindow.Read(node, context, output, (kernel[0], kernel[1]));
        if (output[0] != shape[0] || output[3] != kernel[2] || shape[3] != kernel[3] || forward.OutputHeight(output[1]) != shape[1] || forward.OutputWidth(output[2]) != shape[2])
        {
            throw new ShapeException($"{node.Operator} of the shape {shape} with weights of shape {kernel} to {output}");
        }

        string spread = context.Pad(image, [0, 0, 0, 0], [0, 0, 0, 0], 0, [0, forward.StrideHeight - 1, forward.StrideWidth - 1, 0]);
        (int top, int bottom) = Reach(output[1], shape[1], forward.StrideHeight, forward.ExtentHeight, forward.PadTop);
        (int left, int right) = Reach(output[2], shape[2], forward.StrideWidth, forward.ExtentWidth, forward.PadLeft);
        string padded = context.Pad(spread, [0, top, left, 0], [0, bottom, right, 0]);
        int[] extents = [kernel[2], kernel[0], kernel[1], kernel[3]];
        string mirrored = context.Slice(context.Transpose(node[1], 2, 0, 1, 3), [0, kernel[0] - 1, kernel[1] - 1, 0], extents, [1, -1, -1, 1]);
        var window = new Window(kernel[0], kernel[1], DilationHeight: forward.DilationHeight, DilationWidth: forward.DilationWidth);
        return context.FromImage(context.Emit(new Conv2D(window, 1), padded, mirrored));
    }

    // What to put around the spread image so that the convolution gives the output's size.
    private static (int Before, int After) Reach(int output, int input, int stride, int extent, int cut) =>
        (extent - 1 - cut, output - ((input - 1) * stride) - 1 + cut);
}
