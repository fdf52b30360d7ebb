using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx.Operators;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import;

/// <summary>
/// Convolutions over three axes in terms of those over two: the planes of a volume are images, and the planes that a window spans lie one
/// behind the other in their channels. Depthwise ones stay depthwise: a sum of one convolution a plane.
/// </summary>
internal static class VolumeConvolution
{
    /// <summary>Convolves.</summary>
    /// <param name="context">Where the ops are added.</param>
    /// <param name="volume">N×D×H×W×C.</param>
    /// <param name="filters">O×D×H×W×(C/groups).</param>
    /// <param name="bias">O, or none.</param>
    /// <param name="window">The window over D, H and W.</param>
    /// <param name="groups">Independent groups of channels.</param>
    /// <returns>N×D×H×W×O.</returns>
    public static string Emit(NodeContext context, string volume, string filters, string? bias, SpatialWindow window, int groups)
    {
        Shape shape = context.ShapeOf(volume);
        Shape kernel = context.ShapeOf(filters);
        Window along = window.Over(null, 0);
        int depth = along.OutputWidth(shape[1]);
        if (depth <= 0 || shape[4] != kernel[4] * groups)
        {
            throw new ShapeException($"a volume of {shape} with weights of {kernel} in {groups} groups");
        }

        string padded = context.Pad(volume, [0, window.Before[0], 0, 0, 0], [0, window.After[0], 0, 0, 0]);
        string[] planes = [.. Enumerable.Range(0, kernel[1]).Select(tap => context.Reshape(
            context.Slice(padded, 1, tap * window.Dilations[0], depth, window.Strides[0]), [shape[0] * depth, shape[2], shape[3], shape[4]]))];
        var op = new Conv2D(window.Over(1, 2), groups);
        string output = groups > 1 && kernel[4] == 1
            ? SumOfPlanes(context, op, planes, filters, bias)
            : Convolve(context, op, Stack(context, planes, groups), StackFilters(context, filters), bias);
        Shape result = context.ShapeOf(output);
        return context.Reshape(output, [shape[0], depth, result[1], result[2], result[3]]);
    }

    private static string SumOfPlanes(NodeContext context, Conv2D op, string[] planes, string filters, string? bias)
    {
        Shape kernel = context.ShapeOf(filters);
        return planes
            .Select((plane, tap) => Convolve(
                context, op, plane, context.Reshape(context.Slice(filters, 1, tap, 1), [kernel[0], kernel[2], kernel[3], 1]), tap == 0 ? bias : null))
            .Aggregate((sum, part) => context.Map(sum, part, (x, y) => x + y));
    }

    // Within each group, the channels of the first plane, then those of the next.
    private static string Stack(NodeContext context, string[] planes, int groups)
    {
        Shape shape = context.ShapeOf(planes[0]);
        string[] grouped = groups == 1 ? planes
            : [.. planes.Select(plane => context.Reshape(plane, [shape[0], shape[1], shape[2], groups, shape[3] / groups]))];
        return context.Reshape(context.Concat(groups == 1 ? 3 : 4, grouped), [shape[0], shape[1], shape[2], shape[3] * planes.Length]);
    }

    private static string StackFilters(NodeContext context, string filters)
    {
        Shape kernel = context.ShapeOf(filters);
        return context.Reshape(context.Transpose(filters, 0, 2, 3, 1, 4), [kernel[0], kernel[2], kernel[3], kernel[1] * kernel[4]]);
    }

    private static string Convolve(NodeContext context, Conv2D op, string image, string filters, string? bias) =>
        bias is null ? context.Emit(op, image, filters) : context.Emit(op, image, filters, bias);
}
