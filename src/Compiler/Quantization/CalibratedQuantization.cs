using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Threading;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>What quantising a model on example inputs gives.</summary>
/// <param name="Program">The program.</param>
/// <param name="Calibrator">The calibrator that chose its ranges.</param>
/// <param name="Samples">Examples that the figures are measured on.</param>
/// <param name="SameTop">How many of them have the same greatest output in float and int8.</param>
/// <param name="OutputError">The error of the outputs; <see langword="null"/> when none is float.</param>
/// <param name="Calibrators">What each calibrator tried gave, compared with the first; empty when none was compared.</param>
/// <param name="Techniques">What each technique gave.</param>
public sealed record CalibratedModel(
    QuantizedProgram Program,
    string Calibrator,
    int Samples,
    int SameTop,
    double? OutputError,
    ImmutableArray<TechniqueGain> Calibrators,
    ImmutableArray<TechniqueGain> Techniques)
{
    /// <summary>The float graph whose values the program's are; <see langword="null"/> when it is that of the model's file.</summary>
    public Graph? Equalized { get; init; }

    /// <summary>Share (0…1) of the examples with the same greatest output.</summary>
    public double Agreement => (double)SameTop / Samples;

    /// <summary>Names of the nodes that compute in float for want of an int8 form.</summary>
    public ImmutableArray<string> FloatNodes { get; init; } = Program.FloatNodes;

    /// <summary>The layers that are kept in float so that the bar is reached, those that int8 would hurt most first.</summary>
    public ImmutableArray<LayerSensitivity> FloatLayers { get; init; } = [];

    /// <summary>How many layers have an int8 form, those among them; 0 unless some are.</summary>
    public int Layers { get; init; }
}

/// <summary>Quantises a model on example inputs: observes, chooses ranges, tries what is better than plain rounding, measures; or does what a calibration cache says.</summary>
public sealed class CalibratedQuantization
{
    private readonly Graph graph;
    private readonly LoweredModel reference;
    private readonly CompileOptions options;
    private readonly Func<Graph, LoweredModel> lower;
    private readonly ICollection<Diagnostic> diagnostics;
    private readonly CancellationToken cancellation;
    private readonly CalibrationData data;
    private readonly QualityBar? bar;

    /// <summary>Prepares to quantise a model.</summary>
    /// <param name="graph">The optimised graph.</param>
    /// <param name="reference">Its program as the model's file has it.</param>
    /// <param name="options">What the user says of the model.</param>
    /// <param name="bar">How close to float the program must be, or <see langword="null"/>.</param>
    /// <param name="lower">Makes programs of quantised graphs.</param>
    /// <param name="diagnostics">Takes what is to be said.</param>
    /// <param name="cancellation">Ends the work.</param>
    public CalibratedQuantization(
        Graph graph,
        LoweredModel reference,
        CompileOptions options,
        QualityBar? bar,
        Func<Graph, LoweredModel> lower,
        ICollection<Diagnostic> diagnostics,
        CancellationToken cancellation)
    {
        this.bar = bar;
        this.graph = graph;
        this.reference = reference;
        this.options = options;
        this.lower = lower;
        this.diagnostics = diagnostics;
        this.cancellation = cancellation;
        data = new CalibrationData(options.Calibration, reference.Plan.Inputs[0]);
    }

    /// <summary>Quantises.</summary>
    /// <param name="progress">Told the calibration files done and their number.</param>
    /// <exception cref="DiagnosticException">Examples cannot be used, there are none and the cache does not fit, or the program is not as close to float as it must be.</exception>
    public CalibratedModel Run(IProgress<(int Done, int Total)>? progress)
    {
        if (options.CalibrationCache is not { } path)
        {
            return Calibrate(progress).Model;
        }

        string modelHash = ModelHash.Of(graph, options);
        string? dataHash = data.Paths.IsEmpty ? null : data.Hash();
        (CalibrationCache? cache, string? problem) = ReadCache(path, modelHash, dataHash);
        if (cache is not null)
        {
            QuantizedProgram program = QuantizationTrials.Build(graph, cache.Choice, lower);
            CalibratedModel cached = dataHash is null
                ? Described(new CalibratedModel(program, cache.Choice.Calibrator, cache.Samples, cache.SameTop, cache.OutputError, cache.Calibrators, cache.Techniques), cache.Choice)
                : Measured(program, cache.Choice, new FloatOutputs(new PlanExecutor(reference.Plan, reference.Weights)), cache.Calibrators, cache.Techniques);
            if (IsGoodEnough(cached))
            {
                return cached;
            }

            problem = "what it holds is not as close to float32 as the ModelFile item asks";
        }

        if (dataHash is null)
        {
            throw new DiagnosticException(DiagnosticKinds.CalibrationCacheUnusable.At(path, "", problem!));
        }

        (CalibratedModel model, QuantizationChoice choice) = Calibrate(progress);
        if (File.Exists(path))
        {
            diagnostics.Add(DiagnosticKinds.CalibrationCacheRenewed.At(path, "", problem!));
        }

        WriteCache(path, new CalibrationCache(
            modelHash, dataHash, CalibrationCache.SettingsOf(options, bar), choice, model.Samples, model.SameTop, model.OutputError, model.Calibrators, model.Techniques));
        return model;
    }

    private (CalibratedModel Model, QuantizationChoice Choice) Calibrate(IProgress<(int Done, int Total)>? progress)
    {
        (RangeObserver observer, FloatOutputs outputs) = Observe(progress);
        var trials = new QuantizationTrials(graph, reference, observer, outputs, data, options, lower, cancellation);
        ImmutableArray<Calibrator> calibrators = Calibrator.Named(options.Calibrator);
        (QuantizationChoice plain, ImmutableArray<TechniqueGain> tried) = ChooseCalibrator(trials, trials.CanMeasure ? calibrators : calibrators[..1]);
        QuantizationTechnique[] techniques = [.. QuantizationTechnique.All.Where(technique => trials.CanMeasure && technique.IsWanted(options))];
        (QuantizationChoice choice, ImmutableArray<TechniqueGain> gains) = Improved(trials, plain, techniques);
        CalibratedModel Measured(QuantizationChoice candidate, ImmutableArray<TechniqueGain> gains) => this.Measured(trials.Build(candidate), candidate, outputs, tried, gains);
        CalibratedModel model = Measured(choice, gains);
        if (!IsGoodEnough(model) && gains.Any(gain => gain is { Name: Int16Sums.MetadataName, IsKept: true }))
        {
            // A bar is worth more than time.
            techniques = [.. techniques.Where(technique => technique is not Int16Sums)];
            (choice, gains) = Improved(trials, plain, techniques);
            model = Measured(choice, gains);
        }

        if (IsGoodEnough(model))
        {
            return (model, choice);
        }

        // Channels scaled for int8 everywhere are not the best ones where some layers are float: both are tried, and fewer float layers win.
        (CalibratedModel Model, QuantizationChoice Choice) mixed = Reach(trials, choice, model, candidate => Measured(candidate, gains));
        if (mixed.Choice.FloatLayers.Count > 1 && choice.ScalesChannels)
        {
            (QuantizationChoice unscaled, ImmutableArray<TechniqueGain> others) = Improved(trials, plain, techniques.Where(technique => !technique.ScalesChannels));
            (CalibratedModel Model, QuantizationChoice Choice) other = Reach(trials, unscaled, model, candidate => Measured(candidate, others));
            mixed = other.Choice.FloatLayers.Count < mixed.Choice.FloatLayers.Count ? other : mixed;
        }

        return mixed;
    }

    private static (QuantizationChoice Choice, ImmutableArray<TechniqueGain> Gains) Improved(
        QuantizationTrials trials, QuantizationChoice choice, IEnumerable<QuantizationTechnique> techniques)
    {
        var gains = ImmutableArray.CreateBuilder<TechniqueGain>();
        foreach (QuantizationTechnique technique in techniques)
        {
            if (technique.Improve(trials, choice) is { } improved)
            {
                (double before, double after) = (technique.Error(trials, choice), technique.Error(trials, improved));
                bool isKept = technique.IsWorthIt(before, after);
                gains.Add(new TechniqueGain(technique.Name, before, after, isKept));
                choice = isKept ? improved : choice;
            }
        }

        return (choice, gains.ToImmutable());
    }

    private bool IsGoodEnough(CalibratedModel model) => bar is null || bar.IsReached(model.Agreement, model.OutputError);

    // Keeps layers in float where that is allowed; else, or when nothing helps, says which layers are to blame.
    private (CalibratedModel Model, QuantizationChoice Choice) Reach(
        QuantizationTrials trials, QuantizationChoice choice, CalibratedModel model, Func<QuantizationChoice, CalibratedModel> measure)
    {
        ImmutableArray<LayerSensitivity> order = new LayerSensitivities(trials, choice).Measure();
        IEnumerable<QuantizationChoice> mixed = options.Precision == Precision.Auto ? new MixedPrecision(trials, bar!, choice, order).Choices() : [];
        foreach (QuantizationChoice candidate in mixed)
        {
            model = measure(candidate);
            if (IsGoodEnough(model))
            {
                return (model, candidate);
            }
        }

        throw new DiagnosticException(DiagnosticKinds.QuantizedQuality.At(
            options.ModelPath, "", model.Samples, options.Precision, bar!.Missed(model.Agreement, model.OutputError), Worst(order), QualityAdvice.For(options)));
    }

    private static string Worst(ImmutableArray<LayerSensitivity> order)
    {
        const int most = 5;
        return order.IsEmpty ? "none: all that is int8 is so in the model's file" : string.Join(", ", order.Take(most).Select(layer => layer.InProse()));
    }

    private static (QuantizationChoice Choice, ImmutableArray<TechniqueGain> Tried) ChooseCalibrator(QuantizationTrials trials, ImmutableArray<Calibrator> calibrators)
    {
        (QuantizationChoice Choice, double Error)[] candidates = [.. calibrators.Select(calibrator =>
        {
            var choice = new QuantizationChoice { Calibrator = calibrator.Name, Ranges = QuantizationChoice.Empty<ValueRange>() };
            choice = choice with { Ranges = trials.Ranges(choice) };
            return (choice, trials.CanMeasure ? trials.Error(choice) : 0);
        })];
        QuantizationChoice best = candidates.MinBy(candidate => candidate.Error).Choice;
        return (best, calibrators.Length == 1 ? [] : [.. candidates.Select(candidate =>
            new TechniqueGain(candidate.Choice.Calibrator, candidates[0].Error, candidate.Error, candidate.Choice == best))]);
    }

    // All unreadable files are named at once.
    private (RangeObserver Observer, FloatOutputs Outputs) Observe(IProgress<(int Done, int Total)>? progress)
    {
        var observer = new RangeObserver(reference);
        var outputs = new FloatOutputs(observer.Executor);
        var problems = new List<Diagnostic>();
        int done = 0;
        foreach (string path in data.Paths)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                foreach (Sample sample in data.Samples(path))
                {
                    observer.Observe(sample, path);
                    outputs.Add();
                }
            }
            catch (DiagnosticException exception)
            {
                problems.AddRange(exception.Diagnostics);
            }

            progress?.Report((++done, data.Paths.Length));
        }

        return problems.Count == 0 ? (observer, outputs) : throw new DiagnosticException(problems);
    }

    private CalibratedModel Measured(
        QuantizedProgram program, QuantizationChoice choice, FloatOutputs outputs, ImmutableArray<TechniqueGain> calibrators, ImmutableArray<TechniqueGain> techniques)
    {
        var comparison = new Comparison();
        var executor = new PlanExecutor(program.Model.Plan, program.Model.Weights);
        foreach ((Sample sample, float[][] wanted) in outputs.Of(data.Samples().Index()))
        {
            cancellation.ThrowIfCancellationRequested();
            executor.FeedSample(reference.Plan.Inputs[0].Name, sample);
            executor.Infer();
            comparison.Add(wanted, executor);
        }

        return Described(
            new CalibratedModel(program, choice.Calibrator, comparison.Samples, comparison.SameTop, comparison.OutputError, calibrators, techniques), choice);
    }

    // Nodes that are float because their neighbours are kept in float do not lack an int8 form.
    private CalibratedModel Described(CalibratedModel model, QuantizationChoice choice) => choice.FloatLayers.IsEmpty ? model with { Equalized = Equalized(choice) } : model with
    {
        Equalized = Equalized(choice),
        FloatNodes = QuantizationTrials.Quantize(graph, choice.KeepFloat([])).FloatNodes,
        FloatLayers = LayerSensitivities.Kept(graph, choice),
        Layers = LayerSensitivities.Of(graph, choice).Length,
    };

    private Graph? Equalized(QuantizationChoice choice) => choice.ScalesChannels ? choice.Equalize(graph) : null;

    private (CalibrationCache? Cache, string? Problem) ReadCache(string path, string modelHash, string? dataHash)
    {
        try
        {
            CalibrationCache cache = CalibrationCache.Read(File.ReadAllText(path));
            string? problem = cache.Model != modelHash ? "it is of another model or other preprocessing, or of another version of the compiler"
                : cache.Settings != CalibrationCache.SettingsOf(options, bar) ? $"it was made with '{cache.Settings}', and the ModelFile item says '{CalibrationCache.SettingsOf(options, bar)}'"
                : dataHash is not null && cache.Data != dataHash ? "the calibration files have changed"
                : cache.Choice.Problem(graph);
            return (problem is null ? cache : null, problem);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return (null, exception is FileNotFoundException or DirectoryNotFoundException ? "it does not exist" : exception.Message);
        }
    }

    // Written whole or not at all; a folder that may not be written to, as on some build machines, is no reason to fail.
    private void WriteCache(string path, CalibrationCache cache)
    {
        string partial = path + ".partial";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            File.WriteAllText(partial, cache.Write());
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            diagnostics.Add(DiagnosticKinds.CalibrationCacheUnwritable.At(path, "", exception.Message));
        }
    }
}
