using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Softmax over rows; quantised by a table of exponentials.</summary>
internal static class SoftmaxLowering
{
    private const double LargestExponential = 1 << 30;

    public static void Lower(StepWriter writer, Node node)
    {
        View input = writer.Contiguous(node.Name, node.Inputs[0]);
        View output = writer.ViewOf(node.Output);
        int columns = output.Shape[^1];
        int rows = columns == 0 ? 0 : (int)(output.Shape.ElementCount / columns);
        List<(string, PlanValue)> arguments = [("input", input.Argument), ("output", output.Argument), ("rows", rows.Plan()), ("columns", columns.Plan())];
        string kernel = input.Quantization is null ? "SoftmaxFloat32" : "SoftmaxUInt8";
        if (writer.IsFixedPoint && input.Quantization is { } grid && Levels(output.Quantization!) is { } levels)
        {
            kernel = "SoftmaxFixedPoint";
            int[] exponentials = [.. Enumerable.Range(0, 256).Select(entry => (int)Math.Round(Math.Exp(-(double)grid.Scale * (255 - entry)) * LargestExponential))];
            arguments.Insert(1, ("exponentials", writer.Constants.Add<int>(node.Name + ".exponentials", exponentials)));
            arguments.Add(("outputLevels", levels.Plan()));
            arguments.Add(("outputZeroPoint", output.Quantization!.ZeroPoint.Plan()));
        }
        else if (input.Quantization is { } quantization)
        {
            float[] exponentials = [.. Enumerable.Range(0, 256).Select(difference => (float)Math.Exp(-(double)quantization.Scale * difference))];

            // The kernel reads entry 255 − (maximum − q): the distances run backwards.
            Array.Reverse(exponentials);
            arguments.Insert(1, ("exponentials", writer.Constants.Add<float>(node.Name + ".exponentials", exponentials)));
            arguments.Add(("outputInverseScale", (1f / output.Quantization!.Scale).Plan()));
            arguments.Add(("outputZeroPoint", output.Quantization.ZeroPoint.Plan()));
        }

        writer.Add(node.Name, kernel, $"Softmax over {columns}: {output.Shape}", arguments);
    }

    // In integers the scale is one over a whole number, as that of nearly every softmax is.
    private static int? Levels(QuantizationParameters output)
    {
        double levels = 1 / (double)output.Scale;
        return Math.Round(levels) is >= 1 and <= 65536 and var whole && Math.Abs(levels - whole) <= 1e-6 * whole ? (int)whole : null;
    }
}
