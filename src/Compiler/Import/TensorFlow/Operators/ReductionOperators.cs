using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>What makes one number of many, along axes, and running sums.</summary>
internal static class ReductionOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        Reduction("Sum", ReduceKind.Sum),
        Reduction("Mean", ReduceKind.Mean),
        Reduction("Max", ReduceKind.Maximum),
        Reduction("Min", ReduceKind.Minimum),
        Reduction("Prod", ReduceKind.Product),
        Reduction("All", ReduceKind.Minimum),
        Reduction("Any", ReduceKind.Maximum),
        Reduction("EuclideanNorm", ReduceKind.SumOfSquares, x => x.Abs(), x => x.Type.IsFloat() ? x.Sqrt() : x.To(ElementType.Float64).Sqrt().To(x.Type)),
        new("ArgMax", (node, context) => ArgReduce(node, context, maximum: true)),
        new("ArgMin", (node, context) => ArgReduce(node, context, maximum: false)),
        new("Cumsum", (node, context) => Running(node, context, 0, (x, y) => x + y)),
        new("Cumprod", (node, context) => Running(node, context, 1, (x, y) => x * y)),
    ];

    // No axes mean that nothing is reduced; 'alone' is what becomes of the elements then.
    private static TensorFlowEntry Reduction(string name, ReduceKind kind, Func<Term, Term>? alone = null, Func<Term, Term>? after = null) => new(name, (node, context) =>
    {
        Shape shape = context.ShapeOf(node[0]);
        int[] axes = [.. context.IntegerInput(1).Select(shape.Axis)];
        return axes.Length == 0
            ? context.Map(node[0], alone ?? (x => x))
            : context.Map(context.Reduce(kind, node[0], axes, node.Flag("keep_dims")), after ?? (x => x));
    });

    private static string ArgReduce(TensorFlowNode node, TensorFlowContext context, bool maximum)
    {
        int axis = context.ShapeOf(node[0]).Axis(context.NumberInput(1));
        return context.Convert(Distributions.ArgReduce(context, node[0], axis, maximum, last: false), node.Type("output_type", TensorFlowTypes.Int64));
    }

    private static string Running(TensorFlowNode node, TensorFlowContext context, double neutral, Func<Term, Term, Term> combine) => RunningFold.Emit(
        context, node[0], context.ShapeOf(node[0]).Axis(context.NumberInput(1)), node.Flag("exclusive"), node.Flag("reverse"), neutral, combine);
}
