using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>All that calibration decides: with it, and without the data, the same program is made again. <see cref="CalibrationCache"/> keeps it.</summary>
public sealed record QuantizationChoice
{
    /// <summary>The calibrator that chose the ranges.</summary>
    public required string Calibrator { get; init; }

    /// <summary>The range of each float value.</summary>
    public required ImmutableSortedDictionary<string, ValueRange> Ranges { get; init; }

    /// <summary>Whether <see cref="CrossLayerEqualization"/> has scaled the channels between layers.</summary>
    public bool IsEqualized { get; init; }

    /// <summary>What <see cref="ActivationEqualization"/> multiplies channels with, by the layer's output.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<float>> Factors { get; init; } = Empty<ImmutableArray<float>>();

    /// <summary>How often <see cref="ChannelSplitting"/> has each channel computed, by the layer's output.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<int>> Copies { get; init; } = Empty<ImmutableArray<int>>();

    /// <summary>Whether concatenations of unlike ranges keep a scale for each part.</summary>
    public bool KeepsBranchScales { get; init; }

    /// <summary>Corrected biases, by the layer's output.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<float>> Biases { get; init; } = Empty<ImmutableArray<float>>();

    /// <summary>int8 weights rounded otherwise than to the nearest, by the layer's output.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<sbyte>> Levels { get; init; } = Empty<ImmutableArray<sbyte>>();

    /// <summary>What a level of int8 weights stands for, by the layer's output and channel; where there is nothing, what plain rounding would have it stand for.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<float>> WeightScales { get; init; } = Empty<ImmutableArray<float>>();

    /// <summary>Layers that compute in float though they have an int8 form, by their output, with what int8 costs in them: <see cref="LayerSensitivity.Error"/>.</summary>
    public ImmutableSortedDictionary<string, double?> FloatLayers { get; init; } = Empty<double?>();

    /// <summary>Whether channels of the float graph are scaled against each other.</summary>
    public bool ScalesChannels => IsEqualized || !Factors.IsEmpty;

    /// <summary>A sorted dictionary by name: files and programs are the same whatever order things were found in.</summary>
    public static ImmutableSortedDictionary<string, T> Empty<T>() => ImmutableSortedDictionary.Create<string, T>(StringComparer.Ordinal);

    /// <summary>The choice with some layers in float, and only those. What was decided for their int8 weights is for those alone.</summary>
    public QuantizationChoice KeepFloat(IEnumerable<KeyValuePair<string, double?>> layers)
    {
        ImmutableSortedDictionary<string, double?> kept = Empty<double?>().AddRange(layers);
        return this with { FloatLayers = kept, Biases = Biases.RemoveRange(kept.Keys), Levels = Levels.RemoveRange(kept.Keys), WeightScales = WeightScales.RemoveRange(kept.Keys) };
    }

    /// <summary>The choice with the weights and biases of the float graph, rounded plainly.</summary>
    public QuantizationChoice WithoutWeights() =>
        this with { Biases = Empty<ImmutableArray<float>>(), Levels = Empty<ImmutableArray<sbyte>>(), WeightScales = Empty<ImmutableArray<float>>() };

    /// <summary>Why the choice cannot be applied to a graph, if it was read from a damaged file; else <see langword="null"/>.</summary>
    public string? Problem(Graph graph)
    {
        string? stranger = Ranges.Keys.FirstOrDefault(value => !graph.Values.ContainsKey(value)) ?? FloatLayers.Keys.FirstOrDefault(output => graph.Producer(output)?.Output != output);
        if (Copies.FirstOrDefault(pair => SplitSite.Of(graph).All(site => site.Producer.Output != pair.Key) || pair.Value.Length != graph.ShapeOf(pair.Key)[^1]).Key is { } unsplit)
        {
            return $"it does not fit the model at '{unsplit}'";
        }

        graph = ChannelSplitting.Run(graph, Copies);
        string? misfit = Biases.Keys.Union(Levels.Keys).Union(Factors.Keys).Union(WeightScales.Keys).FirstOrDefault(output =>
            graph.Producer(output) is not { } node || LayerConstants.Of(graph, node) is not { } layer
            || !HasLength(Biases, output, layer.Bias.Count) || !HasLength(Factors, output, layer.Bias.Count) || !HasLength(WeightScales, output, layer.Bias.Count)
            || !HasLength(Levels, output, layer.Weights.Count));
        return (stranger ?? misfit) is { } name ? $"it does not fit the model at '{name}'" : null;
    }

    private static bool HasLength<T>(ImmutableSortedDictionary<string, ImmutableArray<T>> numbers, string output, int length) =>
        !numbers.TryGetValue(output, out ImmutableArray<T> own) || own.Length == length;

    /// <summary>The float graph with its channels scaled as was decided: it computes the same.</summary>
    public Graph Equalize(Graph graph) => ActivationEqualization.Run(ChannelSplitting.Run(IsEqualized ? CrossLayerEqualization.Run(graph) : graph, Copies), Factors);

    /// <summary>The float graph with the weights and biases that were decided on.</summary>
    public Graph Apply(Graph graph)
    {
        Graph equalized = Equalize(graph);
        var changed = new Dictionary<string, LayerConstants>(StringComparer.Ordinal);
        foreach (Node node in equalized.Nodes.Where(node => Biases.ContainsKey(node.Output) || Levels.ContainsKey(node.Output) || WeightScales.ContainsKey(node.Output)))
        {
            LayerConstants layer = LayerConstants.Of(equalized, node)!;
            ImmutableArray<float>? scales = WeightScales.TryGetValue(node.Output, out ImmutableArray<float> chosen) ? chosen : null;
            layer = Levels.TryGetValue(node.Output, out ImmutableArray<sbyte> levels) ? layer.WithLevels(levels, scales ?? [.. layer.Scales()])
                : scales is { } coarser ? layer.WithLevels(layer.Rounded(coarser), coarser)
                : layer;
            changed.Add(node.Output, Biases.TryGetValue(node.Output, out ImmutableArray<float> bias) ? layer with { Bias = Tensor.Of(layer.Bias.Shape, bias.ToArray()) } : layer);
        }

        foreach ((string value, ImmutableArray<double> parts) in ChannelSplitting.Offsets(graph, Copies).Where(offset => Ranges.ContainsKey(offset.Value) && !FloatLayers.ContainsKey(offset.Value)))
        {
            LayerConstants layer = changed.GetValueOrDefault(value) ?? LayerConstants.Of(equalized, equalized.Producer(value)!)!;
            float step = Ranges[value].Quantize().Scale;
            changed[value] = layer with { Bias = Tensor.Of(layer.Bias.Shape, [.. layer.Bias.Values<float>().Zip(parts, (bias, part) => (float)(bias + (part * step)))]) };
        }

        return LayerConstants.Replace(equalized, changed);
    }
}
