using System;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.TensorFlowLite;

/// <summary>How a window moves along one axis.</summary>
/// <param name="Kernel">Taps.</param>
/// <param name="Stride">Elements between windows.</param>
/// <param name="Dilation">Elements between taps.</param>
internal readonly record struct LiteWindow(int Kernel, int Stride, int Dilation = 1)
{
    /// <summary>The format's number for padding that keeps the size, less what the stride divides it by.</summary>
    public const int Same = 0;

    /// <summary>The window over rows and columns, with the padding that the file asks for.</summary>
    /// <exception cref="ImportException">The padding is not known.</exception>
    public static Window Padded(LiteWindow rows, LiteWindow columns, Shape image, int padding)
    {
        if (padding is < Same or > 1)
        {
            throw ImportException.Invalid($"the padding {padding} is not known");
        }

        (int top, int bottom) = padding == Same ? rows.Padding(image[1]) : default;
        (int left, int right) = padding == Same ? columns.Padding(image[2]) : default;
        return new Window(rows.Kernel, columns.Kernel, rows.Stride, columns.Stride, rows.Dilation, columns.Dilation, top, left, bottom, right);
    }

    /// <summary>What to put around an axis; the odd one goes behind.</summary>
    public (int Before, int After) Padding(int length)
    {
        int windows = (length + Stride - 1) / Stride;
        int total = Math.Max(0, ((windows - 1) * Stride) + ((Kernel - 1) * Dilation) + 1 - length);
        return (total / 2, total - (total / 2));
    }
}
