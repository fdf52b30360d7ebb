using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>What picks elements by their values. The kernels find them one by one, and count them where their number depends on the data.</summary>
internal static class SelectionLowering
{
    public static void LowerTopK(StepWriter writer, Node node)
    {
        var top = (TopK)node.Op;
        TensorType input = writer.Graph.Values[node.Inputs[0]].Type;
        writer.Add(
            node.Name,
            "TopKAxis" + input.Type,
            $"the {(top.Largest ? "greatest" : "least")} {top.Count} along axis {top.Axis} of {input.Shape}",
            ("input", writer.ContiguousOperand(node.Name, node.Inputs[0])),
            ("values", writer.ViewOf(node.Outputs[0]).Argument),
            ("indices", writer.ViewOf(node.Outputs[1]).Argument),
            ("outer", ReductionLowering.Extent(input.Shape.Extents[..top.Axis]).Plan()),
            ("axisLength", input.Shape[top.Axis].Plan()),
            ("inner", ReductionLowering.Extent(input.Shape.Extents[(top.Axis + 1)..]).Plan()),
            ("count", top.Count.Plan()),
            ("largest", top.Largest.Plan()));
    }

    public static void LowerNonZero(StepWriter writer, Node node)
    {
        View input = writer.Contiguous(node.Name, node.Inputs[0]);
        writer.Add(
            node.Name,
            "NonZero",
            $"coordinates of the true elements of {input.Shape}",
            ("input", input.ArgumentAs(ElementType.UInt8)),
            ("indices", writer.ViewOf(node.Outputs[0]).Argument),
            ("count", writer.ViewOf(node.Outputs[1]).Argument),
            ("shape", input.Shape.Plan()));
    }

    public static void LowerUnique(StepWriter writer, Node node)
    {
        View input = writer.Contiguous(node.Name, node.Inputs[0]);
        (int rows, int columns) = (input.Shape[0], input.Shape[1]);
        writer.Add(
            node.Name,
            "Unique" + input.Type,
            $"different rows of {input.Shape}",
            ("input", input.Argument),
            ("first", writer.ViewOf(node.Outputs[0]).Argument),
            ("inverse", writer.ViewOf(node.Outputs[1]).Argument),
            ("counts", writer.ViewOf(node.Outputs[2]).Argument),
            ("count", writer.ViewOf(node.Outputs[3]).Argument),
            ("order", writer.Temporary(node.Name, ElementType.Int32, [rows]).Argument),
            ("rows", rows.Plan()),
            ("columns", columns.Plan()),
            ("sorted", ((Unique)node.Op).Sorted.Plan()));
    }

    public static void LowerNonMaxSuppression(StepWriter writer, Node node)
    {
        var suppression = (NonMaxSuppression)node.Op;
        Shape scores = writer.Graph.ShapeOf(node.Inputs[1]);
        PlanValue[] operands = [.. node.Inputs.Select(input => writer.ContiguousOperand(node.Name, input))];
        writer.Add(
            node.Name,
            "NonMaxSuppression",
            $"of {scores[2]} boxes and {scores[1]} classes, {suppression.Limit} of each class at most",
            ("boxes", operands[0]),
            ("scores", operands[1]),
            ("maximum", operands[2]),
            ("overlap", operands[3]),
            ("threshold", operands.Length > 4 ? operands[4] : new ListValue(new EquatableArray<PlanValue>([]))),
            ("indices", writer.ViewOf(node.Outputs[0]).Argument),
            ("count", writer.ViewOf(node.Outputs[1]).Argument),
            ("order", writer.Temporary(node.Name, ElementType.Int32, [scores[2]]).Argument),
            ("batches", scores[0].Plan()),
            ("classes", scores[1].Plan()),
            ("boxCount", scores[2].Plan()),
            ("limit", suppression.Limit.Plan()),
            ("isCentered", suppression.IsCentered.Plan()));
    }
}
