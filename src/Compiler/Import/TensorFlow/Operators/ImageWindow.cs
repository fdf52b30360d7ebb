using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>How a window moves over an image: the attributes that convolutions and poolings share, checked.</summary>
internal static class ImageWindow
{
    /// <summary>Reads the attributes.</summary>
    /// <param name="node">The node.</param>
    /// <param name="context">Its context.</param>
    /// <param name="image">Shape of the image, channels last.</param>
    /// <param name="kernel">Extents of the window.</param>
    /// <exception cref="ImportException">An attribute has the wrong length or an absurd value.</exception>
    public static Window Read(TensorFlowNode node, TensorFlowContext context, Shape image, (int Rows, int Columns) kernel) =>
        Read(node, context, image, kernel, context.Spatial("strides", null));

    /// <summary>Reads the attributes but the strides.</summary>
    /// <param name="node">The node.</param>
    /// <param name="context">Its context.</param>
    /// <param name="image">Shape of the image, channels last.</param>
    /// <param name="kernel">Extents of the window.</param>
    /// <param name="strides">Steps between windows.</param>
    /// <exception cref="ImportException">An attribute has the wrong length or an absurd value.</exception>
    public static Window Read(TensorFlowNode node, TensorFlowContext context, Shape image, (int Rows, int Columns) kernel, (int Rows, int Columns) strides)
    {
        (int Rows, int Columns) dilations = context.Spatial("dilations", 1);
        var window = new Window(kernel.Rows, kernel.Columns, strides.Rows, strides.Columns, dilations.Rows, dilations.Columns);
        switch (node.Text("padding", ""))
        {
            case "VALID":
                return window;
            case "SAME":
                (int top, int bottom) = Same(image[1], window.ExtentHeight, strides.Rows);
                (int left, int right) = Same(image[2], window.ExtentWidth, strides.Columns);
                return window with { PadTop = top, PadLeft = left, PadBottom = bottom, PadRight = right };
            case "EXPLICIT":
                return Explicit(node, context, window);
            case var other:
                throw ImportException.Invalid($"attribute 'padding' of {node.Operator} is '{other}'");
        }
    }

    private static (int Before, int After) Same(int length, int extent, int stride)
    {
        int windows = (length + stride - 1) / stride;
        int total = Math.Max(0, ((windows - 1) * stride) + extent - length);
        return (total / 2, total - (total / 2));
    }

    private static Window Explicit(TensorFlowNode node, TensorFlowContext context, Window window)
    {
        long[] pads = node.Integers("explicit_paddings") ?? [];
        int rows = context.IsChannelsFirst ? 4 : 2;
        if (pads.Length != 8 || pads.Any(count => count is < 0 or > 1 << 15) || pads.Where((count, index) => (index < rows || index >= rows + 4) && count != 0).Any())
        {
            throw ImportException.Invalid($"attribute 'explicit_paddings' of {node.Operator} is {string.Join(',', pads)}");
        }

        return window with { PadTop = (int)pads[rows], PadBottom = (int)pads[rows + 1], PadLeft = (int)pads[rows + 2], PadRight = (int)pads[rows + 3] };
    }
}
