using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>What makes constants.</summary>
internal static class ConstantOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        new("Const", (node, context) => context.Constant(TensorFlowTensors.Read(node.Tensor("value"), node.FileName))),
        new("Fill", (node, context) => context.ShapeOf(node[1]).Rank == 0
            ? context.Expand(node[1], ShapeOperators.ShapeOf(context.IntegerInput(0)))
            : throw new ShapeException($"Fill with a value of shape {context.ShapeOf(node[1])}")),
        new("ZerosLike", (node, context) => Like(node, context, 0)),
        new("OnesLike", (node, context) => Like(node, context, 1)),
        new("Range", Range),
        new("LinSpace", LinSpace),
    ];

    private static string Like(TensorFlowNode node, TensorFlowContext context, double value) =>
        context.Expand(context.Scalar(value, context.ElementTypeOf(node[0])), context.ShapeOf(node[0]));

    private static string Range(TensorFlowNode node, TensorFlowContext context)
    {
        Tensor[] bounds = [.. Enumerable.Range(0, 3).Select(context.ConstantInput)];
        if (bounds.Any(bound => bound.Count != 1 || bound.Type != bounds[0].Type))
        {
            throw new ShapeException($"bounds of {string.Join(", ", bounds.Select(bound => bound.TensorType))} of Range");
        }

        double[] numbers = [.. bounds.Select(bound => bound.ToFloat64()[0])];
        double count = numbers[2] == 0 ? throw ImportException.Invalid("the step of Range is 0") : Math.Max(0, Math.Ceiling((numbers[1] - numbers[0]) / numbers[2]));
        CheckCount("Range", count);
        return context.Convert(context.Constant(Tensor.Of([(int)count], Steps(numbers[0], numbers[2], (int)count))), bounds[0].Type);
    }

    private static string LinSpace(TensorFlowNode node, TensorFlowContext context)
    {
        double start = context.ConstantInput(0).ToFloat64()[0], stop = context.ConstantInput(1).ToFloat64()[0];
        long count = context.NumberInput(2);
        CheckCount("LinSpace", count);
        double step = count > 1 ? (stop - start) / (count - 1) : 0;
        return context.Convert(context.Constant(Tensor.Of([(int)count], Steps(start, step, (int)count))), context.ElementTypeOf(node[0]));
    }

    private static double[] Steps(double start, double step, int count) => [.. Enumerable.Range(0, count).Select(index => start + (index * step))];

    private static void CheckCount(string name, double count)
    {
        if (!(count is >= 0 and <= GraphBuilder.MaximumTensorBytes / sizeof(double)))
        {
            throw new ImportException(DiagnosticKinds.TooLarge, $"{name} gives {count} elements", $"{GraphBuilder.MaximumTensorBytes >> 20} MB a tensor");
        }
    }
}
