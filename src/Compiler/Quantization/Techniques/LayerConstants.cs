using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>The constants of a layer: what techniques change. Everything else of a graph, its names too, stays as it is.</summary>
/// <param name="Weights">The weights; their first axis is the output channel.</param>
/// <param name="Bias">One number an output channel.</param>
public sealed record LayerConstants(Tensor Weights, Tensor Bias)
{
    /// <summary>Elements of a channel's weights.</summary>
    public int Each => Weights.Count / Math.Max(1, Weights.Shape[0]);

    /// <summary>A layer's constants; <see langword="null"/> when the node is no layer, or its weights are not constant.</summary>
    public static LayerConstants? Of(Graph graph, Node node) =>
        node.Op is Conv2D or FullyConnected && node.Inputs.Skip(1).All(graph.Constants.ContainsKey)
        && graph.Constants[node.Inputs[1]] is { Count: > 0 } weights
            ? new LayerConstants(weights, node.Inputs.Length > 2 ? graph.Constants[node.Inputs[2]] : Tensor.Zeros(new TensorType(ElementType.Float32, [weights.Shape[0]])))
            : null;

    /// <summary>Whether the model's file quantises the weights itself; what it says is not improved upon.</summary>
    public bool IsOfFile => Weights.Integers is not null;

    /// <summary>The graph with other constants for some layers.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="changed">The constants, by the layer's output.</param>
    public static Graph Replace(Graph graph, IReadOnlyDictionary<string, LayerConstants> changed)
    {
        if (changed.Count == 0)
        {
            return graph;
        }

        var values = new Dictionary<string, Value>(graph.Values, StringComparer.Ordinal);
        var constants = new Dictionary<string, Tensor>(graph.Constants, StringComparer.Ordinal);
        ImmutableArray<Node> nodes = [.. graph.Nodes.Select(node => changed.TryGetValue(node.Output, out LayerConstants? layer)
            ? node with { Inputs = [node.Inputs[0], Add(node.Output + ".weights", layer.Weights), Add(node.Output + ".bias", layer.Bias)] }
            : node)];
        return new Graph(graph.Inputs, graph.Outputs, nodes, values.ToFrozenDictionary(StringComparer.Ordinal), constants.ToFrozenDictionary(StringComparer.Ordinal))
        {
            HasFreeBatch = graph.HasFreeBatch,
            State = graph.State,
        };

        string Add(string name, Tensor tensor)
        {
            while (values.ContainsKey(name))
            {
                name += "'";
            }

            values.Add(name, new Value(name, tensor.TensorType));
            constants.Add(name, tensor);
            return name;
        }
    }

    /// <summary>Rounded weights.</summary>
    /// <param name="levels">The levels.</param>
    /// <param name="scales">What a level stands for, one an output channel.</param>
    public LayerConstants WithLevels(ImmutableArray<sbyte> levels, ImmutableArray<float> scales)
    {
        float[] weights = [.. levels.Select((level, index) => level * scales[index / Each])];
        return this with { Weights = Tensor.Of(Weights.Shape, weights).WithIntegers(new StoredIntegers(Tensor.Of(Weights.Shape, levels.ToArray()), scales, 0)) };
    }

    /// <summary>The weights rounded to the nearest levels.</summary>
    /// <param name="scales">What a level stands for, one an output channel.</param>
    public ImmutableArray<sbyte> Rounded(ImmutableArray<float> scales)
    {
        float[] weights = Weights.Values<float>();
        var levels = new sbyte[weights.Length];
        for (int channel = 0; channel < scales.Length; channel++)
        {
            SymmetricWeights.Round(weights.AsSpan(channel * Each, Each), scales[channel], levels.AsSpan(channel * Each, Each));
        }

        return [.. levels];
    }

    /// <summary>Which input channel a weight is for, by its index.</summary>
    /// <param name="node">The layer.</param>
    public Func<int, int> InputChannel(Node node)
    {
        int inputs = Weights.Shape[^1];
        int perGroup = Weights.Shape[0] / (node.Op is Conv2D convolution ? convolution.Groups : 1);
        return index => (index / Each / perGroup * inputs) + (index % inputs);
    }

    /// <summary>The scale that plain rounding has for each output channel's int8 weights.</summary>
    public float[] Scales()
    {
        float[] weights = Weights.Values<float>();
        return [.. Enumerable.Range(0, Weights.Shape[0]).Select(channel =>
        {
            float greatest = 0;
            foreach (float weight in weights.AsSpan(channel * Each, Each))
            {
                greatest = Math.Max(greatest, Math.Abs(weight));
            }

            return greatest >= 1e-30f ? greatest / 127 : 1;
        })];
    }
}
