using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// Between two layers with nothing but ReLU between them, channels can be made larger by any factor in the first and smaller in the second: the model computes
/// the same. Chosen so that the channels of both have like ranges (Nagel et al., 2019), one scale for all channels of the activation suits each. Factors are powers
/// of two, so that the float model keeps every bit. ReLU6 does not let a factor through, so behind it nothing is changed.
/// </summary>
public sealed class CrossLayerEqualization() : QuantizationTechnique("CrossLayerEqualization")
{
    private const int MostSweeps = 20;
    private const int LargestExponent = 10;

    /// <inheritdoc/>
    internal override bool ScalesChannels => true;

    /// <inheritdoc/>
    public override bool IsWanted(CompileOptions options) => options.CrossLayerEqualization;

    /// <summary>The graph with its layers equalised; the same object when there is nothing to equalise.</summary>
    public static Graph Run(Graph graph)
    {
        var layers = new Dictionary<string, LayerConstants>(StringComparer.Ordinal);
        (Node First, Node Second)[] pairs = [.. Pairs(graph)];
        foreach (Node node in pairs.SelectMany(pair => new[] { pair.First, pair.Second }))
        {
            layers[node.Output] = LayerConstants.Of(graph, node)!;
        }

        // A layer in the middle of a chain is part of two pairs, so what one settles the next unsettles a little.
        bool isChanged = false;
        for (int sweep = 0, changes = 1; sweep < MostSweeps && changes > 0; sweep++)
        {
            changes = 0;
            foreach ((Node first, Node second) in pairs)
            {
                int[] exponents = Exponents(layers[first.Output], layers[second.Output], second);
                changes += exponents.Count(exponent => exponent != 0);
                layers[first.Output] = ScaleOutputs(layers[first.Output], exponents);
                layers[second.Output] = ScaleInputs(layers[second.Output], second, exponents);
            }

            isChanged |= changes > 0;
        }

        return isChanged ? LayerConstants.Replace(graph, layers) : graph;
    }

    /// <inheritdoc/>
    internal override QuantizationChoice? Improve(QuantizationTrials trials, QuantizationChoice choice)
    {
        if (Run(trials.Graph) == trials.Graph)
        {
            return null;
        }

        QuantizationChoice equalized = choice with { IsEqualized = true };
        return equalized with { Ranges = trials.Ranges(equalized) };
    }

    private static IEnumerable<(Node First, Node Second)> Pairs(Graph graph) =>
        from first in graph.Nodes
        where LetsFactorsThrough(first.Op) && LayerConstants.Of(graph, first) is { IsOfFile: false } && graph.UseCount(first.Output) == 1 && !graph.IsOutput(first.Output)
        from second in graph.Consumers(first.Output)
        where second.Inputs[0] == first.Output && LayerConstants.Of(graph, second) is { IsOfFile: false }
        select (first, second);

    private static bool LetsFactorsThrough(Op op) =>
        op is Conv2D { Minimum: 0 or float.NegativeInfinity, Maximum: float.PositiveInfinity } or FullyConnected { Minimum: 0 or float.NegativeInfinity, Maximum: float.PositiveInfinity };

    // By which power of two each channel between the layers is to grow: √(r₂ / r₁), r the greatest weight of the channel in either.
    private static int[] Exponents(LayerConstants first, LayerConstants second, Node secondNode)
    {
        float[] made = Greatest(first, index => index / first.Each, first.Weights.Shape[0]);
        float[] read = Greatest(second, second.InputChannel(secondNode), first.Weights.Shape[0]);
        return [.. made.Zip(read, (one, other) => one > 0 && other > 0
            ? Math.Clamp((int)Math.Round(Math.Log2(other / (double)one) / 2), -LargestExponent, LargestExponent)
            : 0)];
    }

    private static float[] Greatest(LayerConstants layer, Func<int, int> channelOf, int channels)
    {
        var greatest = new float[channels];
        float[] weights = layer.Weights.Values<float>();
        for (int index = 0; index < weights.Length; index++)
        {
            int channel = channelOf(index);
            greatest[channel] = Math.Max(greatest[channel], Math.Abs(weights[index]));
        }

        return greatest;
    }

    private static LayerConstants ScaleOutputs(LayerConstants layer, int[] exponents) => new(
        Scaled(layer.Weights, index => exponents[index / layer.Each]), Scaled(layer.Bias, channel => exponents[channel]));

    private static LayerConstants ScaleInputs(LayerConstants layer, Node node, int[] exponents)
    {
        Func<int, int> channelOf = layer.InputChannel(node);
        return layer with { Weights = Scaled(layer.Weights, index => -exponents[channelOf(index)]) };
    }

    private static Tensor Scaled(Tensor tensor, Func<int, int> exponent) =>
        Tensor.Of(tensor.Shape, [.. tensor.Values<float>().Select((value, index) => MathF.ScaleB(value, exponent(index)))]);
}
