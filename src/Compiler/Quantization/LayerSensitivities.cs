using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>What int8 costs in one layer.</summary>
/// <param name="Name">The layer.</param>
/// <param name="Output">The value that it makes.</param>
/// <param name="Error">
/// The outputs' error when this layer alone is int8: root mean square of the difference from float32 over that of the float output. <see langword="null"/> where the layer
/// was judged by the noise that it adds to its own output only.
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
    // Each measured layer is a program to lower and run. In larger models the layers are chosen that add most noise to what they read, which one run tells of all.
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

    /// <summary>All layers, those that int8 hurts most first; those that were not measured follow in the order of the noise that they add.</summary>
    public ImmutableArray<LayerSensitivity> Measure()
    {
        ImmutableArray<Node> order = layers.Length <= MostMeasured ? layers : ByNoise();
        double all = Error(choice);
        return
        [
            .. Sorted(order.Take(MostMeasured).Select(layer => Describe(trials.Graph, layer, ErrorOf(layer, all)))),
            .. order.Skip(MostMeasured).Select(layer => Describe(trials.Graph, layer, null)),
        ];
    }

    private static LayerSensitivity Describe(Graph graph, Node node, double? error) =>
        new(node.Name, node.Output, error, node.Op.MultiplyAccumulates(graph.TypesOf(node.Inputs), graph.TypesOf(node.Outputs)));

    // Of two that hurt alike, the one that costs less in float is kept first.
    private static IEnumerable<LayerSensitivity> Sorted(IEnumerable<LayerSensitivity> found) =>
        found.OrderByDescending(layer => layer.Error ?? -1).ThenBy(layer => layer.MultiplyAccumulates);

    private double ErrorOf(Node layer, double all)
    {
        if (layer.Op is Conv2D or FullyConnected)
        {
            return Error(choice.KeepFloat(layers.Where(other => other != layer).Select(other => KeyValuePair.Create(other.Output, (double?)null))));
        }

        double without = Error(choice.KeepFloat([KeyValuePair.Create(layer.Output, (double?)null)]));
        return Math.Sqrt(Math.Max(0, (all * all) - (without * without)));
    }

    private double Error(QuantizationChoice candidate) => trials.Compare(candidate, samples).RelativeError is var error && double.IsNaN(error) ? double.MaxValue : error;

    // Rounding errors arrive from the layers before: what counts against a layer is by how much the share of noise in its output exceeds that in its inputs.
    private ImmutableArray<Node> ByNoise()
    {
        Dictionary<string, double> noise = Noise();
        return [.. layers.OrderByDescending(layer => Share(layer.Output) - layer.Inputs.Max(Share))];

        double Share(string value) => noise.GetValueOrDefault(value);
    }

    private Dictionary<string, double> Noise()
    {
        HashSet<string> wanted = [.. layers.SelectMany(layer => layer.Inputs.Append(layer.Output))];
        Graph graph = (choice with { Biases = QuantizationChoice.Empty<ImmutableArray<float>>(), Levels = QuantizationChoice.Empty<ImmutableArray<sbyte>>() }).Apply(trials.Graph);
        var real = new ProgramObserver(trials.LowerFloat(graph), wanted.Contains);
        var quantized = new ProgramObserver(trials.Build(choice).Model, wanted.Contains);
        var sums = new Dictionary<string, (double Noise, double Signal)>(StringComparer.Ordinal);
        var expected = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (Data.Sample sample in trials.Some(FewestSamples))
        {
            real.Run(sample, (value, elements) => expected[value] = elements.ToArray());
            quantized.Run(sample, (value, elements) =>
            {
                if (expected.TryGetValue(value, out float[]? wanted) && wanted.Length == elements.Length)
                {
                    (double noise, double signal) = sums.GetValueOrDefault(value);
                    sums[value] = (noise + SquaredDifference(wanted, elements), signal + SquaredDifference(wanted, new float[wanted.Length]));
                }
            });
        }

        return sums.ToDictionary(pair => pair.Key, pair => pair.Value.Signal > 0 ? pair.Value.Noise / pair.Value.Signal : 0, StringComparer.Ordinal);
    }

    private static double SquaredDifference(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        double sum = 0;
        for (int index = 0; index < one.Length; index++)
        {
            double difference = (double)one[index] - other[index];
            sum += difference * difference;
        }

        return sum;
    }
}
