using System.Collections.Generic;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>Products of matrices.</summary>
internal static class MatrixOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        new("MatMul", (node, context) => Product(node, context, "transpose_a", "transpose_b")),
        new("BatchMatMul", (node, context) => Product(node, context, "adj_x", "adj_y")),
        new("BatchMatMulV2", (node, context) => Product(node, context, "adj_x", "adj_y")),
        new("BatchMatMulV3", (node, context) => Product(node, context, "adj_x", "adj_y")),
        new("Einsum", (node, context) => EinsumProduct.Emit(context, node.Text("equation", ""), [.. context.Variadic()])),
    ];

    private static string Product(TensorFlowNode node, TensorFlowContext context, string transposesLeft, string transposesRight) =>
        context.Emit(new MatMul(), Matrix(context, node[0], node.Flag(transposesLeft)), Matrix(context, node[1], node.Flag(transposesRight)));

    private static string Matrix(TensorFlowContext context, string value, bool transposes)
    {
        int rank = context.ShapeOf(value).Rank;
        return transposes && rank >= 2 ? context.MoveAxis(value, rank - 1, rank - 2) : value;
    }
}
