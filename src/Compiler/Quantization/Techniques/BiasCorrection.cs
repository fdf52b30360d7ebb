using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// Rounding weights shifts the mean of what a layer computes, most where the weights of a channel are few and its inputs positive. The expected shift of each output channel –
/// the rounding errors times the mean inputs – is taken off its bias. Each layer's is that of its own rounding: what the layers in front of it shift, they correct themselves.
/// </summary>
public sealed class BiasCorrection() : QuantizationTechnique("BiasCorrection")
{
    /// <inheritdoc/>
    public override bool IsWanted(CompileOptions options) => options.BiasCorrection;

    /// <inheritdoc/>
    internal override QuantizationChoice? Improve(QuantizationTrials trials, QuantizationChoice choice)
    {
        Graph graph = choice.Equalize(trials.Graph);
        Node[] layers = [.. graph.Nodes.Where(node => LayerConstants.Of(graph, node) is { IsOfFile: false })];
        Dictionary<string, double[]> means = trials.Means(choice, graph);
        Graph quantized = trials.Quantize(choice);
        var biases = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<float>>(StringComparer.Ordinal);
        foreach (Node layer in layers.Where(layer => means.ContainsKey(layer.Inputs[0])))
        {
            if (quantized.Producer(layer.Output) is { } node && IsInt8(quantized, node))
            {
                biases.Add(layer.Output, Corrected(graph, layer, quantized, node, means[layer.Inputs[0]]));
            }
        }

        return biases.Count == 0 ? null : choice with { Biases = biases.ToImmutable() };
    }

    private static bool IsInt8(Graph graph, Node node) =>
        graph.Values[node.Output].Quantization is not null && graph.Values[node.Inputs[0]].Quantization is not null && LayerConstants.Of(graph, node) is not null;

    private static ImmutableArray<float> Corrected(Graph graph, Node layer, Graph quantizedGraph, Node node, double[] mean)
    {
        LayerConstants real = LayerConstants.Of(graph, layer)!;
        LayerConstants stored = LayerConstants.Of(quantizedGraph, node)!;
        QuantizationParameters input = quantizedGraph.Values[node.Inputs[0]].Quantization!;
        QuantizationParameters output = quantizedGraph.Values[node.Output].Quantization!;
        QuantizedWeights rounded = QuantizedWeights.Of(stored.Weights, stored.Bias, input, output);
        float[] weights = real.Weights.Values<float>();
        float[] bias = real.Bias.Values<float>();
        double[] presence = Presence(graph, layer);
        int inputs = real.Weights.Shape[^1];
        int perGroup = bias.Length / (layer.Op is Conv2D convolution ? convolution.Groups : 1);
        var corrected = ImmutableArray.CreateBuilder<float>(bias.Length);
        for (int channel = 0; channel < bias.Length; channel++)
        {
            double scale = rounded.Multipliers[channel] * (double)output.Scale / input.Scale;
            double shift = 0;
            for (int term = 0; term < real.Each; term++)
            {
                int from = (channel / perGroup * inputs) + (term % inputs);
                int at = (channel * real.Each) + term;
                shift += presence[term / inputs] * ((rounded.Weights[at] * scale) - weights[at]) * mean[from];
            }

            corrected.Add((float)(bias[channel] - shift));
        }

        return corrected.ToImmutable();
    }

    // For each tap of a window the share of places where it is on the image and not on the padding.
    private static double[] Presence(Graph graph, Node layer)
    {
        if (layer.Op is not Conv2D { Window: var window })
        {
            return [1];
        }

        (Shape image, Shape output) = (graph.ShapeOf(layer.Inputs[0]), graph.ShapeOf(layer.Output));
        double[] rows = Presence(window.KernelHeight, window.StrideHeight, window.DilationHeight, window.PadTop, image[1], output[1]);
        double[] columns = Presence(window.KernelWidth, window.StrideWidth, window.DilationWidth, window.PadLeft, image[2], output[2]);
        return [.. rows.SelectMany(row => columns.Select(column => row * column))];
    }

    private static double[] Presence(int taps, int stride, int dilation, int before, int length, int places) =>
        [.. Enumerable.Range(0, taps).Select(tap => Enumerable.Range(0, places).Count(place => (place * stride) + (tap * dilation) - before is var at && at >= 0 && at < length) / (double)places)];
}
