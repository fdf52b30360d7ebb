using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>A quantised program.</summary>
/// <param name="Graph">The quantised graph.</param>
/// <param name="Model">The program.</param>
/// <param name="FloatNodes">Names of the nodes that compute in float.</param>
public sealed record QuantizedProgram(Graph Graph, LoweredModel Model, ImmutableArray<string> FloatNodes);

/// <summary>Makes and executes programs for different choices, so that what is better is measured and not believed.</summary>
internal sealed class QuantizationTrials
{
    // Enough to tell choices apart; all examples are used for ranges and for the figures of the result.
    private const int MostSamples = 128;

    private readonly Func<Graph, LoweredModel> lower;
    private readonly CompileOptions options;
    private readonly CalibrationData data;
    private readonly CancellationToken cancellation;
    private readonly ImmutableArray<float[][]> expected;
    private readonly Dictionary<FloatGraph, RangeObserver> observers = [];
    private readonly HashSet<FloatGraph> counted = [];
    private readonly Dictionary<QuantizationChoice, double> errors = [];
    private readonly Dictionary<QuantizationChoice, double> errorsWithoutMeans = [];
    private readonly Dictionary<FloatGraph, Dictionary<string, double[]>> means = [];
    private readonly LoweredModel reference;
    private (QuantizationChoice Choice, QuantizedProgram Program)? latest;

    /// <summary>Prepares trials on examples spread evenly over the calibration data; with state, which depends on what came before, on the first ones.</summary>
    /// <param name="graph">The optimised float graph.</param>
    /// <param name="reference">Its program.</param>
    /// <param name="observer">What was seen of it on all examples.</param>
    /// <param name="outputs">What it gave.</param>
    /// <param name="data">The examples.</param>
    /// <param name="options">What the user says of the model.</param>
    /// <param name="lower">Makes programs of quantised graphs.</param>
    /// <param name="cancellation">Ends the work.</param>
    public QuantizationTrials(
        Graph graph, LoweredModel reference, RangeObserver observer, FloatOutputs outputs, CalibrationData data, CompileOptions options, Func<Graph, LoweredModel> lower, CancellationToken cancellation)
    {
        Graph = graph;
        this.reference = reference;
        this.data = data;
        this.options = options;
        this.lower = lower;
        this.cancellation = cancellation;
        observers.Add(new FloatGraph(false, null, null), observer);
        long bytes = sizeof(float) * reference.Plan.Inputs.Concat(reference.Plan.Outputs).Sum(port => port.Shape.Aggregate(1L, (product, extent) => product * extent));
        int most = (int)Math.Clamp(FloatOutputs.MostBytes / Math.Max(1, bytes), 1, MostSamples);
        int stride = options.State.IsEmpty ? Math.Max(1, (outputs.Samples + most - 1) / most) : 1;
        (Sample Sample, float[][] Outputs)[] chosen = [.. outputs.Of(data.Samples().Index().Where(sample => sample.Index % stride == 0).Take(most))];
        Samples = [.. chosen.Select(pair => pair.Sample)];
        expected = [.. chosen.Select(pair => pair.Outputs)];
    }

    /// <summary>The optimised float graph.</summary>
    public Graph Graph { get; }

    /// <summary>The examples of trials.</summary>
    public ImmutableArray<Sample> Samples { get; }

    /// <summary>Whether trials tell anything: there are float outputs.</summary>
    public bool CanMeasure => expected.Any(outputs => outputs.Length > 0);

    /// <summary>The program of a float graph: what the file quantises is quantised.</summary>
    public LoweredModel LowerFloat(Graph graph) => graph == Graph ? reference : lower(Quantizer.Run(graph).Graph);

    /// <summary>The quantised graph of a choice.</summary>
    public Graph Quantize(QuantizationChoice choice) => Quantize(Graph, choice).Graph;

    /// <summary>The program of a choice.</summary>
    public QuantizedProgram Build(QuantizationChoice choice)
    {
        if (latest is not { } built || built.Choice != choice)
        {
            built = (choice, Build(Graph, choice, lower));
            latest = built;
        }

        return built.Program;
    }

    /// <summary>The program of a choice.</summary>
    public static QuantizedProgram Build(Graph graph, QuantizationChoice choice, Func<Graph, LoweredModel> lower)
    {
        (Graph quantized, ImmutableArray<string> floatNodes) = Quantize(graph, choice);
        return new QuantizedProgram(quantized, lower(quantized), floatNodes);
    }

    /// <summary>The quantised graph of a choice, and the names of the nodes that compute in float.</summary>
    public static (Graph Graph, ImmutableArray<string> FloatNodes) Quantize(Graph graph, QuantizationChoice choice) =>
        Quantizer.Run(choice.Apply(graph), choice.Ranges, choice.KeepsBranchScales, choice.FloatLayers.Keys.ToFrozenSet(StringComparer.Ordinal));

    /// <summary>The error of a choice once a later technique, if one is wanted, takes off what rounded weights do to means.</summary>
    public double ErrorWithoutMeans(QuantizationChoice choice)
    {
        if (!errorsWithoutMeans.TryGetValue(choice, out double error))
        {
            error = Error(options.BiasCorrection || options.LayerReconstruction ? new BiasCorrection().Improve(this, choice) ?? choice : choice);
            errorsWithoutMeans.Add(choice, error);
        }

        return error;
    }

    /// <summary>The means of the channels of all values that layers of a choice's float graph read, by the value.</summary>
    /// <param name="choice">The choice.</param>
    /// <param name="graph">Its float graph.</param>
    public Dictionary<string, double[]> Means(QuantizationChoice choice, Graph graph)
    {
        FloatGraph key = FloatGraph.Of(choice);
        if (!means.TryGetValue(key, out Dictionary<string, double[]>? known))
        {
            IEnumerable<string> inputs = graph.Nodes.Where(node => LayerConstants.Of(graph, node) is { IsOfFile: false }).Select(layer => layer.Inputs[0]);
            known = ChannelStatistics.Means(
                LowerFloat(graph), inputs.Distinct(StringComparer.Ordinal).ToDictionary(input => input, input => graph.ShapeOf(input)[^1], StringComparer.Ordinal), Samples);
            means.Add(key, known);
        }

        return known;
    }

    /// <summary>The error of a float graph, with other numbers than the model's, on some of the examples.</summary>
    public double FloatError(Graph graph, int most) => Compare(lower(Quantizer.Run(graph).Graph), most).RelativeError;

    /// <summary>Of the model.</summary>
    public long MultiplyAccumulates => reference.Plan.MultiplyAccumulates;

    /// <summary>Root mean square of the output's difference from float over that of the float output.</summary>
    public double Error(QuantizationChoice choice)
    {
        if (!errors.TryGetValue(choice, out double error))
        {
            error = Compare(choice, Samples.Length).RelativeError;
            errors.Add(choice, error);
        }

        return error;
    }

    /// <summary>How many examples a program may run on for some multiply-accumulates.</summary>
    /// <param name="work">The multiply-accumulates.</param>
    /// <param name="fewest">What it takes to tell anything, whatever the work.</param>
    public int Affordable(long work, int fewest) => (int)Math.Min(Samples.Length, Math.Max(fewest, Runs(work)));

    /// <summary>How many times a program may run for some multiply-accumulates.</summary>
    public long Runs(long work) => work / Math.Max(1, MultiplyAccumulates);

    /// <summary>Ends what was cancelled.</summary>
    public void ThrowIfCancelled() => cancellation.ThrowIfCancellationRequested();

    /// <summary>Compares a choice's program with float on some of the examples.</summary>
    public Comparison Compare(QuantizationChoice choice, int most) => Compare(Build(choice).Model, most);

    private Comparison Compare(LoweredModel model, int most)
    {
        var executor = new PlanExecutor(model.Plan, model.Weights);
        var comparison = new Comparison();
        foreach (int index in Spread(most))
        {
            cancellation.ThrowIfCancellationRequested();
            executor.FeedSample(model.Plan.Inputs[0].Name, Samples[index]);
            executor.Infer();
            comparison.Add(expected[index], executor);
        }

        return comparison;
    }

    // As with the samples themselves: evenly spread, but with state, which depends on what came before, the first ones.
    private IEnumerable<int> Spread(int most)
    {
        int stride = options.State.IsEmpty ? Math.Max(1, (Samples.Length + most - 1) / Math.Max(1, most)) : 1;
        return Enumerable.Range(0, Samples.Length).Where(index => index % stride == 0).Take(most);
    }

    /// <summary>The ranges that a choice's calibrator gives the values of its float graph.</summary>
    public ImmutableSortedDictionary<string, ValueRange> Ranges(QuantizationChoice choice)
    {
        Calibrator calibrator = Calibrator.Named(choice.Calibrator)[0];
        FloatGraph key = FloatGraph.Of(choice);
        if (!observers.TryGetValue(key, out RangeObserver? observer))
        {
            observer = new RangeObserver(LowerFloat(choice.Equalize(Graph)));
            observers.Add(key, observer);
            ForEachSample(observer, (sample, path) => observer.Observe(sample, path));
        }

        if (calibrator.NeedsDistribution && counted.Add(key))
        {
            ForEachSample(observer, (sample, _) => observer.Count(sample));
        }

        ImmutableSortedDictionary<string, ValueRange> chosen = QuantizationChoice.Empty<ValueRange>()
            .AddRange(observer.Values.Select(pair => KeyValuePair.Create(pair.Key, calibrator.Choose(pair.Value))));
        return Samples.All(sample => sample.Pixels is not null) && KnownRanges.OfPixels(Graph, options.FreeInputs(Graph)[0], options) is { } pixels
            ? chosen.SetItem(options.FreeInputs(Graph)[0], pixels).SetItem(observer.InputValue, pixels)
            : chosen;
    }

    private void ForEachSample(RangeObserver observer, Action<Sample, string> action)
    {
        observer.Executor.ResetState();
        foreach (string path in data.Paths)
        {
            foreach (Sample sample in data.Samples(path))
            {
                cancellation.ThrowIfCancellationRequested();
                action(sample, path);
            }
        }
    }

    // What of a choice changes the numbers that the float program has.
    private sealed record FloatGraph(bool IsEqualized, ImmutableSortedDictionary<string, ImmutableArray<float>>? Factors, ImmutableSortedDictionary<string, ImmutableArray<int>>? Copies)
    {
        public static FloatGraph Of(QuantizationChoice choice) => new(choice.IsEqualized, choice.Factors.IsEmpty ? null : choice.Factors, choice.Copies.IsEmpty ? null : choice.Copies);
    }
}
