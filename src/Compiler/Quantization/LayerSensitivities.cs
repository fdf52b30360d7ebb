using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>What int8 costs in one layer.</summary>
/// <param name="Name">The layer.</param>
/// <param name="Output">The value that it makes.</param>
/// <param name="Error">
/// The outputs' error when this layer alone is int8: root mean square of the difference from float32 over that of the float output. <see langword="null"/> where only a
/// group of layers was measured.
/// </param>
/// <param name="MultiplyAccumulates">Of one prediction.</param>
public sealed record LayerSensitivity(string Name, string Output, double? Error, long MultiplyAccumulates)
{
    /// <summary>Name, error and work in a list.</summary>
    public string InProse()
    {
        string error = Error is { } measured ? $"{QualityBar.Percent(measured)}, " : "";
        return string.Create(CultureInfo.InvariantCulture, $"'{Name}' ({error}{MultiplyAccumulates / 1e6:0.0##} MMAC)");
    }
}

/// <summary>
/// Finds the layers that int8 hurts most. Convolutions and fully connected layers are measured alone in int8, all others in float: what one of them costs does not hide
/// behind what the others do. An operation that is int8 only where its inputs are is measured the other way round: the part of the squared error that goes when it is float.
/// </summary>
internal sealed class LayerSensitivities
{
    // Each measurement is a program to lower and run: so many, and in larger models as many again.
    private const int MostMeasured = 32;
    private const long MostWork = 1L << 33;
    private const int FewestSamples = 4;

    private readonly QuantizationTrials trials;
    private readonly QuantizationChoice choice;
    private readonly ImmutableArray<Node> layers;
    private readonly int samples;

    /// <summary>Prepares to measure the layers of a quantised program.</summary>
    public LayerSensitivities(QuantizationTrials trials, QuantizationChoice choice)
    {
        this.trials = trials;
        this.choice = choice;
        layers = Of(trials.Graph, choice);
        samples = trials.Affordable(MostWork, FewestSamples);
    }

    /// <summary>The layers that int8 computes, in the order of the graph: what moves elements costs nothing, and what the file puts on a grid stays there.</summary>
    public static ImmutableArray<Node> Of(Graph graph, QuantizationChoice choice)
    {
        Graph quantized = QuantizationTrials.Quantize(graph, choice.KeepFloat([])).Graph;
        Dictionary<string, QuantizationParameters> grids = FileGrids.Of(graph);
        return [.. graph.Nodes.Where(node =>
            node.Op is not Requantize && !Quantizer.KeepsScale(node.Op) && !grids.ContainsKey(node.Output)
            && quantized.Values.TryGetValue(node.Output, out Value? value) && value.Quantization is not null)];
    }

    /// <summary>The layers that a choice keeps in float, those that int8 would hurt most first.</summary>
    public static ImmutableArray<LayerSensitivity> Kept(Graph graph, QuantizationChoice choice) =>
        [.. Sorted(choice.FloatLayers.Select(layer => Describe(graph, graph.Producer(layer.Key)!, layer.Value)))];

    /// <summary>
    /// All layers, those that int8 hurts most first. In large models groups of neighbours are measured together, and the layers of the worst groups alone; a layer of the
    /// others is placed by its share of what its group costs. How noisy a layer's own result is would be cheaper to know, but tells little of the model's.
    /// </summary>
    public ImmutableArray<LayerSensitivity> Measure()
    {
        double all = Error(choice);
        int each = (layers.Length + MostMeasured - 1) / MostMeasured;
        if (each <= 1)
        {
            return [.. Sorted(layers.Select(layer => Describe(trials.Graph, layer, ErrorOf([layer], all))))];
        }

        var placed = new List<(LayerSensitivity Layer, double Error)>();
        int measured = 0;
        foreach ((Node[] group, double error) in layers.Chunk(each).Select(group => (group, Error: ErrorOf(group, all))).ToArray().OrderByDescending(group => group.Error))
        {
            foreach (Node layer in group)
            {
                double? alone = group.Length == 1 ? error : measured++ < MostMeasured ? ErrorOf([layer], all) : null;
                placed.Add((Describe(trials.Graph, layer, alone), alone ?? (error / Math.Sqrt(group.Length))));
            }
        }

        return [.. placed.OrderByDescending(layer => layer.Error).ThenBy(layer => layer.Layer.MultiplyAccumulates).Select(layer => layer.Layer)];
    }

    private static LayerSensitivity Describe(Graph graph, Node node, double? error) =>
        new(node.Name, node.Output, error, node.Op.MultiplyAccumulates(graph.TypesOf(node.Inputs), graph.TypesOf(node.Outputs)));

    // Of two that hurt alike, the one that costs less in float is kept first.
    private static IEnumerable<LayerSensitivity> Sorted(IEnumerable<LayerSensitivity> found) =>
        found.OrderByDescending(layer => layer.Error ?? -1).ThenBy(layer => layer.MultiplyAccumulates);

    private double ErrorOf(Node[] group, double all)
    {
        if (group.Any(layer => layer.Op is Conv2D or FullyConnected))
        {
            return Error(InFloat(layers.Except(group)));
        }

        double without = Error(InFloat(group));
        return Math.Sqrt(Math.Max(0, (all * all) - (without * without)));
    }

    private QuantizationChoice InFloat(IEnumerable<Node> kept) => choice.KeepFloat(kept.Select(layer => KeyValuePair.Create(layer.Output, (double?)null)));

    private double Error(QuantizationChoice candidate) => trials.Compare(candidate, samples).RelativeError is var error && double.IsNaN(error) ? double.MaxValue : error;
}
