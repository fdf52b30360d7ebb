using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Running sums and products: in each round every element takes in the one so far before it, and the distance doubles.</summary>
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
        bool reverse = node.Flag("reverse");
        string value = node.Flag("exclusive") && shape[axis] > 0 ? Shift(context, node[0], axis, 1, reverse, neutral) : node[0];
        for (long distance = 1; distance < shape[axis]; distance *= 2)
        {
            value = context.Map(value, Shift(context, value, axis, (int)distance, reverse, neutral), combine);
        }

        return value;
    }

    // Every element moves so far along the axis; what comes in changes nothing.
    private static string Shift(OnnxContext context, string value, int axis, int distance, bool backward, double neutral)
    {
        Shape shape = context.ShapeOf(value);
        int[] none = new int[shape.Rank];
        int[] coming = [.. shape.Select((_, other) => other == axis ? distance : 0)];
        string staying = context.Slice(value, axis, backward ? distance : 0, shape[axis] - distance);
        return backward ? context.Pad(staying, none, coming, neutral) : context.Pad(staying, coming, none, neutral);
    }
}
