using System.Collections.Generic;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Sums of products over named axes.</summary>
internal static class EinsumOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries => [new("Einsum", 12, (node, context) => EinsumProduct.Emit(context, node.Text("equation", ""), node.Variadic()))];
}
