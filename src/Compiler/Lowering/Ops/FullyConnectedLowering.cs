using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Fully connected layers; their weights are always constant.</summary>
internal static class FullyConnectedLowering
{
    private const int LongestCallList = 24;

    public static void Lower(StepWriter writer, Node node)
    {
        var layer = (FullyConnected)node.Op;
        View input = writer.Contiguous(node.Name, node.Inputs[0]);
        View output = writer.ViewOf(node.Output);
        Tensor weights = writer.Graph.Constants[node.Inputs[1]];
        float[] bias = writer.Graph.Constants[node.Inputs[2]].Values<float>();
        int inputs = input.Shape[1];
        List<(string, PlanValue)> arguments = [("input", input.Argument)];
        string suffix = "UInt8";
        List<(string, PlanValue)> wideQuads = [];
        if (input.Quantization is not null)
        {
            QuantizedWeights quantized = QuantizedWeights.Of(
                writer.Graph.Constants[node.Inputs[1]], writer.Graph.Constants[node.Inputs[2]], input.Quantization, output.Quantization!);
            sbyte[] packed = WeightPacking.Int8(quantized.Weights, 1, 1, inputs);
            arguments.Add(("weights", writer.Constants.Add<sbyte>(node.Inputs[1], packed)));
            arguments.Add(("bias", writer.Constants.Add<int>(node.Name + ".bias", WeightPacking.PerOutput(quantized.Bias, 1))));

            // TensorFlow Lite multiplies the scales of these layers, and of no others, in float32.
            FixedPointMultiplier[]? multipliers = writer.IsFixedPoint ? quantized.FixedPoint(output.Quantization!, Array.ConvertAll(quantized.Steps, step => (double)(float)step)) : null;
            arguments.Add(("multipliers", LayerMultipliers.Add(writer, node.Name, quantized.Multipliers, multipliers, 1)));
            suffix = multipliers is null ? "UInt8" : "FixedPoint";
            wideQuads = [("wideQuads", WideQuadsOf(writer, node, packed, input.Shape))];
        }
        else
        {
            var shape = new LayerShape(1, 1, inputs, input.Shape[0] == 1);
            LayerWeights found = StoredWeights.OfLayer(writer, node, weights, bias, shape, input) ?? new LayerWeights(
                "Float32",
                [
                    ("weights", writer.Constants.Add(node.Inputs[1], WeightPacking.Float32(weights, 1, inputs))),
                    ("bias", writer.Constants.Add<float>(node.Name + ".bias", WeightPacking.PerOutput(bias, 1))),
                ]);
            suffix = found.Suffix;
            arguments.AddRange(found.Arguments);
        }

        writer.Add(
            node.Name,
            "FullyConnected" + suffix,
            $"Fully connected{OutputRange.Describe(layer.Minimum, layer.Maximum)}: {input.Shape} → {output.Shape}",
            arguments.Concat(
            [
                ("output", output.Argument),
                ("rows", input.Shape[0].Plan()),
                ("inputs", inputs.Plan()),
                ("outputs", bias.Length.Plan()),
                .. OutputRange.Arguments(output.Quantization, layer.Minimum, layer.Maximum),
                .. wideQuads,
            ]));
    }

    // Several rows are multiplied in another way. A short list reads well where the layer is called; a long one is data.
    private static PlanValue WideQuadsOf(StepWriter writer, Node node, sbyte[] packed, Shape input)
    {
        int[] wide = input[0] == 1 ? WideQuads.List(packed, input[1]) : [];
        return wide.Length <= LongestCallList ? wide.Plan() : writer.Constants.Add<int>(node.Name + ".wideQuads", wide);
    }
}
