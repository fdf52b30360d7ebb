using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Softmax over rows; quantised by a table of exponentials.</summary>
internal static class SoftmaxLowering
{
    public static void Lower(StepWriter writer, Node node)
    {
        View input = writer.Contiguous(node.Name, node.Inputs[0]);
        View output = writer.ViewOf(node.Output);
        int columns = output.Shape[^1];
        int rows = columns == 0 ? 0 : (int)(output.Shape.ElementCount / columns);
        List<(string, PlanValue)> arguments = [("input", input.Argument), ("output", output.Argument), ("rows", rows.Plan()), ("columns", columns.Plan())];
        if (input.Quantization is { } quantization)
        {
            float[] exponentials = [.. Enumerable.Range(0, 256).Select(difference => (float)Math.Exp(-(double)quantization.Scale * difference))];

            // The kernel reads entry 255 − (maximum − q): the distances run backwards.
            Array.Reverse(exponentials);
            arguments.Insert(1, ("exponentials", writer.Constants.Add<float>(node.Name + ".exponentials", exponentials)));
            arguments.Add(("outputInverseScale", (1f / output.Quantization!.Scale).Plan()));
            arguments.Add(("outputZeroPoint", output.Quantization.ZeroPoint.Plan()));
        }

        writer.Add(node.Name, input.Quantization is null ? "SoftmaxFloat32" : "SoftmaxUInt8", $"Softmax over {columns}: {output.Shape}", arguments);
    }
}
