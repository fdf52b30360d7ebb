using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Products of matrices that are computed at run time.</summary>
internal static class MatMulLowering
{
    public static void Lower(StepWriter writer, Node node)
    {
        Shape left = writer.Graph.ShapeOf(node.Inputs[0]);
        Shape right = writer.Graph.ShapeOf(node.Inputs[1]);
        View output = writer.ViewOf(node.Output);
        PlanValue leftOperand = Operand(writer, node, node.Inputs[0]), rightOperand = Operand(writer, node, node.Inputs[1]);
        int[] leftStrides = [.. writer.StridesOf(node.Inputs[0])];
        int[] rightStrides = [.. writer.StridesOf(node.Inputs[1])];
        Shape batch = MatMul.Batch(left, right);
        writer.Add(
            node.Name,
            "MatMul" + output.Type,
            $"Matrix product {left} × {right} → {output.Shape}",
            ("left", leftOperand),
            ("right", rightOperand),
            ("output", output.Argument),
            ("batchShape", batch.Plan()),
            ("leftBatchStrides", Shape.From(left.Extents[..^2]).StridesTo(batch, [.. leftStrides.SkipLast(2)]).Plan()),
            ("rightBatchStrides", Shape.From(right.Extents[..^2]).StridesTo(batch, [.. rightStrides.SkipLast(2)]).Plan()),
            ("rows", left[^2].Plan()),
            ("inner", left[^1].Plan()),
            ("columns", right[^1].Plan()),
            ("leftRowStride", leftStrides[^2].Plan()),
            ("leftColumnStride", leftStrides[^1].Plan()),
            ("rightRowStride", rightStrides[^2].Plan()),
            ("rightColumnStride", rightStrides[^1].Plan()));
    }

    // A constant has the strides of its shape, expanded or not.
    private static PlanValue Operand(StepWriter writer, Node node, string value) => StoredWeights.Expanded(writer, node, value)?.Argument ?? writer.Operand(value);
}
