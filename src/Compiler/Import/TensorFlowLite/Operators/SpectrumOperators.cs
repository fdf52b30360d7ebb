using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>Spectra of real numbers in two dimensions, and the parts of complex numbers.</summary>
internal static class SpectrumOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        new("RFFT2D", Transform) { IsComplex = true },
        new("REAL", (node, context) => Part(node, context, 0)) { IsComplex = true },
        new("IMAG", (node, context) => Part(node, context, 1)) { IsComplex = true },
        new("COMPLEX_ABS", (node, context) => context.Map(Part(node, context, 0), Part(node, context, 1), (x, y) => ((x * x) + (y * y)).Sqrt())) { IsComplex = true },
    ];

    private static string Part(LiteOperator node, LiteContext context, int part)
    {
        if (!node.Tensor(0).IsComplex)
        {
            throw ImportException.Invalid($"{node.Operator} of real numbers");
        }

        Shape shape = context.ShapeOf(node[0]);
        return context.Reshape(context.Slice(node[0], shape.Rank - 1, part, 1), Shape.From(shape.Extents[..^1]));
    }

    // Rows, then columns. Elements beyond the lengths are left out, missing ones are zeros.
    private static string Transform(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] lengths = context.IntegerInput(1);
        if (shape.Rank < 2 || lengths.Length != 2 || !node.OutputTensor().IsComplex)
        {
            throw new ShapeException($"{node.Operator} of {shape} with lengths {string.Join(',', lengths)}");
        }

        FourierTransform.CheckLength(node.Operator, lengths[0]);
        FourierTransform.CheckLength(node.Operator, lengths[1]);
        (int rows, int columns) = ((int)lengths[0], (int)lengths[1]);
        int bins = (columns / 2) + 1, last = shape.Rank - 1;
        string cut = context.Slice(context.Slice(node[0], last, 0, Math.Min(columns, shape[last])), last - 1, 0, Math.Min(rows, shape[last - 1]));
        int images = shape.Take(last - 1).Aggregate(1, (product, extent) => checked(product * extent)), height = context.ShapeOf(cut)[last - 1];
        var transform = new FourierTransform(context, inverse: false);
        string ofRows = transform.Run(context.Reshape(cut, [images * height, context.ShapeOf(cut)[last], 1]), columns, bins);
        string turned = context.Transpose(context.Reshape(ofRows, [images, height, bins, 2]), 0, 2, 1, 3);
        string ofColumns = transform.Run(context.Reshape(turned, [images * bins, height, 2]), rows, rows);
        string spectrum = context.Transpose(context.Reshape(ofColumns, [images, bins, rows, 2]), 0, 2, 1, 3);
        return context.Reshape(spectrum, Shape.From([.. shape.Take(last - 1), rows, bins, 2]));
    }
}
