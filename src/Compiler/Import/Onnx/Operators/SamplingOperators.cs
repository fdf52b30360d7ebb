using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>What reads images at places that the model computes.</summary>
internal static class SamplingOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("GridSample", 16, GridSample),
        new("AffineGrid", 20, AffineGrid),
        new("DeformConv", 19, DeformableConvolution),
    ];

    private static string GridSample(OnnxNode node, OnnxContext context)
    {
        Shape image = context.ShapeOf(node[0]);
        Shape grid = context.ShapeOf(node[1]);
        int rank = image.Rank - 2;
        if (rank < 1 || grid.Rank != image.Rank || grid[0] != image[0] || grid[^1] != rank)
        {
            throw new ShapeException($"a grid of shape {grid} for an image of shape {image}");
        }

        PlaceSampler sampler = Sampler(node);
        RequireReal(node, context, 1);
        if (sampler.Mode != Interpolation.Nearest)
        {
            RequireReal(node, context, 0);
        }

        // The grid names the axes from the last to the first, each from −1 to 1.
        string places = context.Reshape(node[1], [grid[0], grid.Count(1..^1), rank]);
        string[] coordinates = [.. Enumerable.Range(0, rank).Select(axis => context.Map(
            context.Slice(places, 2, rank - 1 - axis, 1),
            x => sampler.AlignsCorners ? (x + 1) * 0.5 * (image[axis + 2] - 1) : (((x + 1) * image[axis + 2]) - 1) * 0.5))];
        string sampled = sampler.Sample(context, context.MoveAxis(node[0], 1, rank + 1), coordinates);
        return context.MoveAxis(context.Reshape(sampled, Shape.From([.. grid.SkipLast(1), image[1]])), rank + 1, 1);
    }

    private static PlaceSampler Sampler(OnnxNode node) => new(
        node.Text("mode", "linear") switch
        {
            "nearest" => Interpolation.Nearest,
            "linear" or "bilinear" => Interpolation.Linear,
            "cubic" or "bicubic" => Interpolation.Cubic,
            var mode => throw ImportException.Invalid($"attribute 'mode' of GridSample is '{mode}'"),
        },
        node.Text("padding_mode", "zeros") switch
        {
            "zeros" => Surroundings.Zeros,
            "border" => Surroundings.Border,
            "reflection" => Surroundings.Reflection,
            var mode => throw ImportException.Invalid($"attribute 'padding_mode' of GridSample is '{mode}'"),
        },
        node.Flag("align_corners"));

    // A sum of the axes' coordinates, each times a column of the transformation.
    private static string AffineGrid(OnnxNode node, OnnxContext context)
    {
        RequireReal(node, context, 0);
        Shape theta = context.ShapeOf(node[0]);
        long[] size = context.IntegerInput(1);
        int rank = size.Length - 2;
        if (rank is not (2 or 3) || theta != [theta.Extents.FirstOrDefault(), rank, rank + 1] || theta[0] != size[0])
        {
            throw new ShapeException($"a transformation of shape {theta} for an image of {string.Join('×', size)}");
        }

        if (size.Any(extent => extent is < 1 or > 1 << 24))
        {
            throw new ShapeException($"a grid for an image of {string.Join('×', size)}");
        }

        string grid = Column(context, node[0], rank, rank);
        for (int axis = 0; axis < rank; axis++)
        {
            double[] coordinates = Coordinates((int)size[axis + 2], node.Flag("align_corners"));
            Shape along = Shape.From(Enumerable.Range(0, rank + 2).Select(other => other == axis + 1 ? coordinates.Length : 1));
            string steps = context.Convert(context.Constant(Tensor.Of(along, coordinates)), context.ElementTypeOf(node[0]));
            string column = Column(context, node[0], rank, rank - 1 - axis);
            grid = context.Map(grid, column, steps, (sum, factor, x) => sum + (factor * x));
        }

        return grid;
    }

    // A column of N×rank×(rank + 1) matrices, N×1×…×rank.
    private static string Column(OnnxContext context, string theta, int rank, int column) =>
        context.Reshape(context.Slice(theta, 2, column, 1), Shape.From([context.ShapeOf(theta)[0], .. Enumerable.Repeat(1, rank), rank]));

    // The centres of elements, the image reaching from −1 to 1; a single element lies in the middle.
    private static double[] Coordinates(int extent, bool alignsCorners) => [.. Enumerable.Range(0, extent).Select(index =>
        !alignsCorners ? ((2.0 * index) + 1 - extent) / extent
        : extent == 1 ? 0
        : ((2.0 * index) - (extent - 1)) / (extent - 1))];

    // Each tap of the window is an image of its own, sampled where the offsets say; together they are the channels of a convolution with one tap.
    private static string DeformableConvolution(OnnxNode node, OnnxContext context)
    {
        for (int input = 0; input < 3; input++)
        {
            context.RequireFloat32(node, input);
        }

        Shape image = context.ShapeOf(node[0]);
        Shape kernel = context.ShapeOf(node[1]);
        if (image.Rank != 4 || kernel.Rank != 4)
        {
            throw ImportException.Attribute(node.Operator, $"an image of shape {image} with weights of shape {kernel}", "images of two axes are");
        }

        int groups = ConvolutionOperators.Groups(node, "group");
        int offsetGroups = ConvolutionOperators.Groups(node, "offset_group");
        SpatialWindow window = SpatialWindow.Read(node, image, [.. kernel.Skip(2)], autoPads: false);
        Window moving = window.Over(0, 1);
        int height = moving.OutputHeight(image[2]), width = moving.OutputWidth(image[3]);
        Shape offsets = context.ShapeOf(node[2]);
        if (offsets != [image[0], offsetGroups * window.Area * 2, height, width] || image[1] % offsetGroups != 0 || image[1] != kernel[1] * groups)
        {
            throw new ShapeException($"offsets of shape {offsets} in {offsetGroups} groups for an image of shape {image}, weights of shape {kernel} and an output of {height}×{width}");
        }

        string taps = SampleTaps(node, context, window, offsetGroups, height, width);
        string spread = context.Reshape(context.Transpose(taps, 0, 3, 2, 1, 4), [image[0], height * width, window.Area, groups, kernel[1]]);
        string channels = context.Reshape(context.Transpose(spread, 0, 1, 3, 2, 4), [image[0], height, width, window.Area * image[1]]);
        string filters = context.Reshape(context.Transpose(node[1], 0, 2, 3, 1), [kernel[0], 1, 1, window.Area * kernel[1]]);
        var op = new Conv2D(new Window(1, 1), groups);
        return context.FromImage(node.Optional(3) is { } bias ? context.Emit(op, channels, filters, bias) : context.Emit(op, channels, filters), isSignal: false);
    }

    // N × offset groups × taps × places × channels.
    private static string SampleTaps(OnnxNode node, OnnxContext context, SpatialWindow window, int groups, int height, int width)
    {
        Shape image = context.ShapeOf(node[0]);
        int batches = image[0] * groups, area = window.Area, places = height * width;
        string volumes = context.Reshape(node[0], [batches, image[1] / groups, image[2], image[3]]);
        string offsets = context.Reshape(node[2], [batches, area, 2, places]);
        string[] coordinates = [.. Enumerable.Range(0, 2).Select(axis =>
        {
            float[] regular = [.. Enumerable.Range(0, area).SelectMany(tap => Enumerable.Range(0, places).Select(place =>
                (float)Regular(window, axis, axis == 0 ? tap / window.Kernel[1] : tap % window.Kernel[1], axis == 0 ? place / width : place % width)))];
            string moved = context.Reshape(context.Slice(offsets, 2, axis, 1), [batches, area * places, 1]);
            return context.Map(moved, context.Constant(Tensor.Of([1, area * places, 1], regular)), (x, y) => x + y);
        })];
        var sampler = new PlaceSampler(Interpolation.Linear, Surroundings.Zeros, AlignsCorners: true);
        string sampled = sampler.Sample(context, context.Transpose(volumes, 0, 2, 3, 1), coordinates);
        if (node.Optional(4) is { } mask)
        {
            context.RequireFloat32(node, 4);
            sampled = context.Map(sampled, context.Reshape(mask, [batches, area * places, 1]), (x, factor) => x * factor);
        }

        return context.Reshape(sampled, [image[0], groups, area, places, image[1] / groups]);
    }

    private static int Regular(SpatialWindow window, int axis, int tap, int place) =>
        (place * window.Strides[axis]) + (tap * window.Dilations[axis]) - window.Before[axis];

    private static void RequireReal(OnnxNode node, OnnxContext context, int input)
    {
        ElementType type = context.ElementTypeOf(node[input]);
        if (!type.IsFloat())
        {
            throw ImportException.ElementType(node.InputName(input), type.ToString());
        }
    }
}
