using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Convolutions of signals and images.</summary>
internal static class ConvolutionOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("Conv", 1, Convolution),
        new("ConvTranspose", 1, TransposedConvolution),
    ];

    /// <summary>A convolution of any float32 values: the image N×C×…, the weights O×(C/groups)×…, a bias or none.</summary>
    public static string Convolution(OnnxNode node, OnnxContext context, string value, string weights, string? bias)
    {
        Shape image = context.ShapeOf(value);
        Shape kernel = context.ShapeOf(weights);
        Check(node, image, kernel);
        SpatialWindow window = SpatialWindow.Read(node, image, [.. kernel.Skip(2)]);
        return Convolve(context, context.ToImage(value), context.ToImage(weights), bias, window, Groups(node, "group"));
    }

    private static string Convolution(OnnxNode node, OnnxContext context)
    {
        context.RequireFloat32(node, 0);
        context.RequireFloat32(node, 1);
        return Convolution(node, context, node[0], node[1], node.Optional(2));
    }

    // A transposed convolution is the convolution of the spread image with the mirrored weights.
    private static string TransposedConvolution(OnnxNode node, OnnxContext context)
    {
        context.RequireFloat32(node, 0);
        context.RequireFloat32(node, 1);
        Shape image = context.ShapeOf(node[0]);
        Shape kernel = context.ShapeOf(node[1]);
        Check(node, image, kernel);
        int groups = Groups(node, "group");
        if (image[1] != kernel[0] || kernel[0] % groups != 0)
        {
            throw new ShapeException($"{image[1]} channels in {groups} groups, but weights of shape {kernel}");
        }

        SpatialWindow window = SpatialWindow.Read(node, image, [.. kernel.Skip(2)], autoPads: false);
        (int[] before, int[] after) = TransposedPadding(node, image, window);
        string input = context.ToImage(node[0]);
        int rank = context.ShapeOf(input).Rank;
        int[] spread = [.. new int[rank - window.Rank - 1], .. window.Strides.Select(stride => stride - 1), 0];
        input = Crop(context, context.Pad(input, new int[rank], new int[rank], 0, spread), before, after);
        SpatialWindow moved = window with
        {
            Strides = [.. window.Strides.Select(_ => 1)],
            Before = [.. before.Select(count => int.Max(0, count))],
            After = [.. after.Select(count => int.Max(0, count))],
        };
        return Convolve(context, input, MirroredWeights(context, node[1], groups), node.Optional(2), moved, groups);
    }

    // The channels-last image and filters, to the format's channels-first result.
    private static string Convolve(OnnxContext context, string image, string filters, string? bias, SpatialWindow window, int groups)
    {
        if (window.Rank == 3)
        {
            return context.FromImage(VolumeConvolution.Emit(context, image, filters, bias, window, groups), isSignal: false);
        }

        bool isSignal = window.Rank == 1;
        var op = new Conv2D(isSignal ? window.Over(null, 0) : window.Over(0, 1), groups);
        return context.FromImage(bias is null ? context.Emit(op, image, filters) : context.Emit(op, image, filters, bias), isSignal);
    }

    private static void Check(OnnxNode node, Shape image, Shape kernel)
    {
        if (image.Rank != kernel.Rank || image.Rank < 3)
        {
            throw new ShapeException($"{node.Operator} of the shape {image} with weights of shape {kernel}");
        }

        if (image.Rank > 5)
        {
            throw ImportException.Attribute(node.Operator, $"a convolution over {image.Rank - 2} axes", "those over 1, 2 and 3 are");
        }
    }

    /// <summary>An attribute that says into how many groups channels are split; 1 when it is missing.</summary>
    internal static int Groups(OnnxNode node, string attribute)
    {
        long groups = node.Integer(attribute, 1);
        return groups is > 0 and <= 1 << 24 ? (int)groups : throw ImportException.Invalid($"attribute '{attribute}' of {node.Operator} is {groups}");
    }

    // What to put around the spread image so that the convolution gives the output's size; negative to cut.
    private static (int[] Before, int[] After) TransposedPadding(OnnxNode node, Shape image, SpatialWindow window)
    {
        int rank = window.Rank;
        long[] extra = node.Integers("output_padding") ?? new long[rank];
        long[]? shape = node.Integers("output_shape");
        string mode = node.Text("auto_pad", "NOTSET");
        bool isSame = mode is "SAME_UPPER" or "SAME_LOWER";
        if (extra.Length != rank || extra.Any(count => count is < 0 or > 1 << 15))
        {
            throw ImportException.Invalid($"attribute 'output_padding' of {node.Operator} is {string.Join(',', extra)}");
        }

        var before = new int[rank];
        var after = new int[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            int reach = window.Extent(axis) - 1;
            int cutBefore = mode == "VALID" ? 0 : window.Before[axis];
            int cutAfter = mode == "VALID" ? 0 : window.After[axis];
            if (shape is not null || isSame)
            {
                // The format lets the output's shape have all axes or the spatial ones only.
                long wanted = shape is null ? (long)image[axis + 2] * window.Strides[axis] : shape[shape.Length - rank + axis];
                if (wanted is < 1 or > 1 << 24)
                {
                    throw ImportException.Invalid($"attribute 'output_shape' of {node.Operator} is {string.Join(',', shape!)}");
                }

                int total = (int)(((long)window.Strides[axis] * (image[axis + 2] - 1)) + extra[axis] + window.Extent(axis) - wanted);

                // Halved downwards, whatever the sign: an output larger than comes naturally grows at its end.
                int half = total >> 1;
                cutBefore = mode == "SAME_UPPER" ? half : total - half;
                cutAfter = total - cutBefore;
            }

            before[axis] = reach - cutBefore;
            after[axis] = reach - cutAfter + (int)extra[axis];
        }

        return (before, after);
    }

    private static string Crop(OnnxContext context, string image, int[] before, int[] after)
    {
        Shape shape = context.ShapeOf(image);
        for (int axis = 0; axis < before.Length; axis++)
        {
            int imageAxis = shape.Rank - 1 - before.Length + axis;
            int start = int.Max(0, -before[axis]);
            image = context.Slice(image, imageAxis, start, shape[imageAxis] - start - int.Max(0, -after[axis]));
        }

        return image;
    }

    // C×(O/groups)×… to O×…×(C/groups), every axis the wrong way round. A signal is an image of one row.
    private static string MirroredWeights(OnnxContext context, string weights, int groups)
    {
        Shape kernel = context.ShapeOf(weights);
        int[] window = kernel.Rank == 3 ? [1, kernel[2]] : [.. kernel.Skip(2)];
        string grouped = context.Reshape(weights, Shape.From([groups, kernel[0] / groups, kernel[1], .. window]));
        int[] sizes = [groups * kernel[1], .. window, kernel[0] / groups];
        string filters = context.Reshape(context.MoveAxis(grouped, 1, window.Length + 2), Shape.From(sizes));
        return context.Slice(filters, [0, .. window.Select(extent => extent - 1), 0], sizes, [1, .. window.Select(_ => -1), 1]);
    }
}
