using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>What puts elements around a value.</summary>
internal static class PaddingOperators
{
    private const long Greatest = 1 << 24;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        new("Pad", (node, context) => Constant(node, context, 0)),
        new("PadV2", (node, context) => Constant(
            node, context, context.ConstantInput(2) is { Count: 1 } filling ? filling.ToFloat64()[0] : throw new ShapeException("PadV2 with more than one padding value"))),
        new("MirrorPad", (node, context) => Mirrored(node, context, node[0], 1)),
    ];

    /// <summary>Padding by the value's own elements.</summary>
    /// <param name="node">The node.</param>
    /// <param name="context">Its context.</param>
    /// <param name="value">What is padded.</param>
    /// <param name="paddings">The node's input that says by how much.</param>
    public static string Mirrored(TensorFlowNode node, TensorFlowContext context, string value, int paddings)
    {
        (int[] before, int[] after) = Counts(context, value, paddings);
        bool isReflected = node.Text("mode", "") switch
        {
            "REFLECT" => true,
            "SYMMETRIC" => false,
            var other => throw ImportException.Invalid($"attribute 'mode' of {node.Operator} is '{other}'"),
        };
        Shape shape = context.ShapeOf(value);
        int longest = isReflected ? 1 : 0;
        return shape.Where((extent, axis) => before[axis] > Math.Max(0, extent - longest) || after[axis] > Math.Max(0, extent - longest)).Any()
            ? throw new ShapeException($"padding of {string.Join(',', before)} and {string.Join(',', after)} by the elements of {shape}")
            : RepeatedPadding.Emit(context, value, before, after, isReflected ? "reflect" : "symmetric");
    }

    private static string Constant(TensorFlowNode node, TensorFlowContext context, double filling)
    {
        (int[] before, int[] after) = Counts(context, node[0], 1);
        return context.Pad(node[0], before, after, filling);
    }

    private static (int[] Before, int[] After) Counts(TensorFlowContext context, string value, int paddings)
    {
        int rank = context.ShapeOf(value).Rank;
        long[] counts = context.IntegerInput(paddings);
        if (counts.Length != 2 * rank || counts.Any(count => count is < 0 or > Greatest))
        {
            throw new ShapeException($"paddings of {string.Join(',', counts)} for {rank} axes");
        }

        return ([.. counts.Where((_, index) => index % 2 == 0).Select(count => (int)count)], [.. counts.Where((_, index) => index % 2 == 1).Select(count => (int)count)]);
    }
}
