using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>How a window moves over the spatial axes of an N×C×… tensor: the attributes that convolutions and poolings share, checked.</summary>
/// <param name="Kernel">Extents of the window.</param>
/// <param name="Strides">Steps between windows.</param>
/// <param name="Dilations">Steps between taps.</param>
/// <param name="Before">Padding before each axis.</param>
/// <param name="After">Padding after each axis.</param>
internal sealed record SpatialWindow(int[] Kernel, int[] Strides, int[] Dilations, int[] Before, int[] After)
{
    // Beyond, sizes computed from attributes no longer fit 32 bits; no model comes near.
    private const long Greatest = 1 << 15;

    /// <summary>Number of spatial axes.</summary>
    public int Rank => Kernel.Length;

    /// <summary>Elements of the window.</summary>
    public int Area => Kernel.Aggregate(1, (area, extent) => checked(area * extent));

    /// <summary>Reads the attributes.</summary>
    /// <param name="node">The node.</param>
    /// <param name="image">Shape of the image, N×C×….</param>
    /// <param name="kernel">Extents of the window, when the attribute is missing.</param>
    /// <param name="autoPads">Whether <c>auto_pad</c> decides the padding here; a transposed convolution sees to it itself.</param>
    /// <exception cref="ImportException">An attribute has the wrong length or an absurd value.</exception>
    public static SpatialWindow Read(OnnxNode node, Shape image, int[]? kernel = null, bool autoPads = true)
    {
        if (image.Rank < 3)
        {
            throw new ShapeException($"{node.Operator} of the shape {image}, which has no spatial axes");
        }

        int rank = image.Rank - 2;
        int[] extents = List(node, "kernel_shape", rank, 1) ?? kernel ?? throw ImportException.Invalid($"attribute 'kernel_shape' of {node.Operator} is missing");
        if (kernel is not null && !extents.SequenceEqual(kernel))
        {
            throw new ShapeException($"kernel_shape is {string.Join('×', extents)}, but the weights are for {string.Join('×', kernel)}");
        }

        int[] strides = List(node, "strides", rank, 1) ?? [.. Enumerable.Repeat(1, rank)];
        int[] dilations = List(node, "dilations", rank, 1) ?? [.. Enumerable.Repeat(1, rank)];
        int[] pads = List(node, "pads", 2 * rank, 0) ?? new int[2 * rank];
        var window = new SpatialWindow(extents, strides, dilations, pads[..rank], pads[rank..]);
        return autoPads ? window.AutoPadded(node, image) : window;
    }

    /// <summary>Elements that a window spans along an axis.</summary>
    public int Extent(int axis) => ((Kernel[axis] - 1) * Dilations[axis]) + 1;

    /// <summary>The window over the spatial axes <paramref name="row"/> and <paramref name="column"/>; no axis means one tap.</summary>
    public Window Over(int? row, int? column) => new(
        row is { } a ? Kernel[a] : 1,
        column is { } b ? Kernel[b] : 1,
        row is { } c ? Strides[c] : 1,
        column is { } d ? Strides[d] : 1,
        row is { } e ? Dilations[e] : 1,
        column is { } f ? Dilations[f] : 1,
        row is { } g ? Before[g] : 0,
        column is { } h ? Before[h] : 0,
        row is { } i ? After[i] : 0,
        column is { } j ? After[j] : 0);

    private static int[]? List(OnnxNode node, string name, int length, long least)
    {
        if (node.Integers(name) is not { } values)
        {
            return null;
        }

        if (values.Length != length)
        {
            throw ImportException.Invalid($"attribute '{name}' of {node.Operator} has {values.Length} values, not {length}");
        }

        return values.All(value => value >= least && value <= Greatest)
            ? [.. values.Select(value => (int)value)]
            : throw ImportException.Invalid($"attribute '{name}' of {node.Operator} is {string.Join(',', values)}; each must be from {least} to {Greatest}");
    }

    private SpatialWindow AutoPadded(OnnxNode node, Shape image)
    {
        string mode = node.Text("auto_pad", "NOTSET");
        switch (mode)
        {
            case "NOTSET" or "":
                return this;
            case "VALID":
                return this with { Before = new int[Rank], After = new int[Rank] };
            case "SAME_UPPER" or "SAME_LOWER":
                int[] total = [.. Enumerable.Range(0, Rank).Select(axis =>
                {
                    int windows = (image[axis + 2] + Strides[axis] - 1) / Strides[axis];
                    return Math.Max(0, ((windows - 1) * Strides[axis]) + Extent(axis) - image[axis + 2]);
                })];
                int[] less = [.. total.Select(count => count / 2)];
                int[] more = [.. total.Select(count => count - (count / 2))];
                return mode == "SAME_UPPER" ? this with { Before = less, After = more } : this with { Before = more, After = less };
            default:
                throw ImportException.Invalid($"attribute 'auto_pad' of {node.Operator} is '{mode}'");
        }
    }
}
