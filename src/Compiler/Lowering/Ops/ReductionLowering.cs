using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Reductions over axes, and the places of extremes.</summary>
internal static class ReductionLowering
{
    public static void Lower(StepWriter writer, Node node)
    {
        var reduce = (Reduce)node.Op;
        View input = writer.ViewOf(node.Inputs[0]);
        View output = writer.ViewOf(node.Output);
        int[] kept = [.. Enumerable.Range(0, input.Shape.Rank).Where(axis => !reduce.Axes.Contains(axis))];
        (int[] outer, int[][] outerStrides) = Strided.Merge([.. kept.Select(axis => input.Shape[axis])], [.. kept.Select(axis => input.Strides[axis])]);
        (int[] inner, int[][] innerStrides) = Strided.Merge([.. reduce.Axes.Select(axis => input.Shape[axis])], [.. reduce.Axes.Select(axis => input.Strides[axis])]);
        writer.Add(
            node.Name,
            "Reduce" + input.Type,
            $"{reduce.Kind} over axes {reduce.Axes}: {input.Shape} → {output.Shape}",
            ("input", input.Argument),
            ("output", output.Argument),
            ("outerShape", outer.Plan()),
            ("outerStrides", outerStrides[0].Plan()),
            ("innerShape", inner.Plan()),
            ("innerStrides", innerStrides[0].Plan()),
            ("operation", ((int)reduce.Kind).Plan()));
    }

    public static void LowerArgReduce(StepWriter writer, Node node)
    {
        var reduce = (ArgReduce)node.Op;
        View input = writer.Contiguous(node.Name, node.Inputs[0]);
        writer.Add(
            node.Name,
            "ArgReduce" + input.Type,
            $"place of the {(reduce.Maximum ? "greatest" : "least")} of axis {reduce.Axis}: {input.Shape}",
            ("input", input.Argument),
            ("output", writer.ViewOf(node.Output).Argument),
            ("outer", Extent(input.Shape.Extents[..reduce.Axis]).Plan()),
            ("axisLength", input.Shape[reduce.Axis].Plan()),
            ("inner", Extent(input.Shape.Extents[(reduce.Axis + 1)..]).Plan()),
            ("maximum", reduce.Maximum.Plan()),
            ("lastIndex", reduce.LastIndex.Plan()));
    }

    /// <summary>The product of extents.</summary>
    public static int Extent(IEnumerable<int> extents) => extents.Aggregate(1, (product, extent) => product * extent);
}
