using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>Poolings of images.</summary>
internal static class PoolingOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        new("MaxPool", (node, context) => Pool(node, context, PoolKind.Maximum, context.Spatial("ksize", null), context.Spatial("strides", null))),
        new("AvgPool", (node, context) => Pool(node, context, PoolKind.Average, context.Spatial("ksize", null), context.Spatial("strides", null))),
        new("MaxPoolV2", (node, context) => Pool(node, context, PoolKind.Maximum, Extents(node, context, 1), Extents(node, context, 2))),
    ];

    private static string Pool(TensorFlowNode node, TensorFlowContext context, PoolKind kind, (int Rows, int Columns) kernel, (int Rows, int Columns) strides)
    {
        ElementType type = context.ElementTypeOf(node[0]);
        bool isNarrow = kind == PoolKind.Maximum && type is ElementType.Int8 or ElementType.UInt8;
        if (!isNarrow)
        {
            context.RequireFloat32(0);
        }

        // Exact: float32 holds all 8-bit integers.
        string image = context.ToImage(context.Convert(node[0], ElementType.Float32));
        Shape shape = context.ShapeOf(image);
        if (shape.Rank != 4)
        {
            throw new ShapeException($"{node.Operator} of the shape {shape}");
        }

        Window window = ImageWindow.Read(node, context, shape, kernel, strides);
        return context.Convert(context.FromImage(context.Emit(new Pool2D(kind, window), image)), type);
    }

    private static (int Rows, int Columns) Extents(TensorFlowNode node, TensorFlowContext context, int input)
    {
        long[] values = context.IntegerInput(input);
        int rows = context.IsChannelsFirst ? 2 : 1;
        return values.Length == 4 && values.All(value => value is >= 1 and <= 1 << 15) && values[0] == 1 && values[context.IsChannelsFirst ? 1 : 3] == 1
            ? ((int)values[rows], (int)values[rows + 1])
            : throw ImportException.Attribute(node.Operator, $"input '{node.InputName(input)}' of {string.Join(',', values)}", "windows over rows and columns are");
    }
}
