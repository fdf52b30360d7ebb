using System;
using System.Collections.Generic;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Running sums and products.</summary>
internal static class RunningOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("CumSum", 11, (node, context) => Run(node, context, 0, (x, y) => x + y)),
        new("CumProd", 26, (node, context) => Run(node, context, 1, (x, y) => x * y)),
    ];

    private static string Run(OnnxNode node, OnnxContext context, double neutral, Func<Term, Term, Term> combine)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] axes = context.IntegerInput(1);
        int axis = axes.Length == 1 ? shape.Axis(axes[0]) : throw new ShapeException($"an axis of {axes.Length} numbers");
        return RunningFold.Emit(context, node[0], axis, node.Flag("exclusive"), node.Flag("reverse"), neutral, combine);
    }
}
