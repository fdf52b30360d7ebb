using System.Collections.Generic;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Products of matrices.</summary>
internal static class MatrixOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("MatMul", 1, (node, context) => Product(context, node[0], node[1])),
        new("Gemm", 1, Gemm),
    ];

    /// <summary>The product of tensors of any rank: a vector is a row on the left and a column on the right.</summary>
    public static string Product(OnnxContext context, string left, string right)
    {
        Shape leftShape = context.ShapeOf(left);
        Shape rightShape = context.ShapeOf(right);
        string rows = leftShape.Rank == 1 ? context.Reshape(left, [1, leftShape[0]]) : left;
        string columns = rightShape.Rank == 1 ? context.Reshape(right, [rightShape[0], 1]) : right;
        ElementType type = context.ElementTypeOf(left);
        ElementType wide = type switch { ElementType.UInt32 => ElementType.Int32, ElementType.UInt64 => ElementType.Int64, _ => type };
        string product = context.Convert(context.Emit(new MatMul(), context.Convert(rows, wide), context.Convert(columns, wide)), type);
        Shape shape = context.ShapeOf(product);
        shape = rightShape.Rank == 1 ? Shape.From(shape.Extents.RemoveAt(shape.Rank - 1)) : shape;
        return context.Reshape(product, leftShape.Rank == 1 ? Shape.From(shape.Extents.RemoveAt(shape.Rank - (rightShape.Rank == 1 ? 1 : 2))) : shape);
    }

    /// <summary>A product of two matrices, plus a summand.</summary>
    public static string Gemm(OnnxNode node, OnnxContext context)
    {
        Shape left = context.ShapeOf(node[0]);
        Shape right = context.ShapeOf(node[1]);
        if (left.Rank != 2 || right.Rank != 2)
        {
            throw new ShapeException($"a product of {left} and {right}, which are not matrices");
        }

        float alpha = node.Number("alpha", 1), beta = node.Number("beta", 1);
        string rows = node.Flag("transA") ? context.Transpose(node[0], 1, 0) : node[0];
        bool isFloat = context.ElementTypeOf(node[0]) == ElementType.Float32;
        if (isFloat && context.ConstantOf(node[1]) is not null && Bias(node, context, beta) is { } bias)
        {
            string weights = node.Flag("transB") ? node[1] : context.Transpose(node[1], 1, 0);
            return context.Emit(new FullyConnected(), rows, Scaled(context, weights, alpha), bias);
        }

        string columns = node.Flag("transB") ? context.Transpose(node[1], 1, 0) : node[1];
        string product = Scaled(context, context.Emit(new MatMul(), rows, columns), alpha);
        return node.Optional(2) is { } summand && beta != 0 ? context.Map(product, summand, (x, y) => beta == 1 ? x + y : x + (y * beta)) : product;
    }

    /// <summary>The value times a number.</summary>
    public static string Scaled(OnnxContext context, string value, float factor) => factor == 1 ? value : context.Map(value, x => x * factor);

    // The summand, if it is a constant that is the same in every row.
    private static string? Bias(OnnxNode node, OnnxContext context, float beta)
    {
        int columns = context.ShapeOf(node[1])[node.Flag("transB") ? 0 : 1];
        if (node.Optional(2) is not { } summand || beta == 0)
        {
            return context.Constant(Tensor.Zeros(new TensorType(ElementType.Float32, [columns])));
        }

        Shape shape = context.ShapeOf(summand);
        bool isRow = shape.Rank == 0 || (shape[^1] == 1 || shape[^1] == columns) && shape.Count(..^1) == 1;
        return context.ConstantOf(summand) is not null && isRow && context.ElementTypeOf(summand) == ElementType.Float32
            ? Scaled(context, context.Expand(context.Reshape(summand, [shape.Count(..)]), [columns]), beta)
            : null;
    }
}
