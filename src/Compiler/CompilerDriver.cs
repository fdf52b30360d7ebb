using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using ModelCompiler.Compiler.Budgets;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Evaluation;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Compiler.Reports;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler;

/// <summary>From a model file to a plan: import, passes, quantisation, lowering.</summary>
public static class CompilerDriver
{
    // 64 MB of float32.
    private const long LargeParameters = 1 << 24;

    /// <summary>Compiles a model. Whatever the file holds, the outcome is a result, not an exception.</summary>
    /// <param name="options">What the user says of the model.</param>
    /// <param name="progress">Told the calibration files done and their number.</param>
    /// <param name="cancellation">Ends the compilation.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static CompileResult Compile(CompileOptions options, IProgress<(int Done, int Total)>? progress = null, CancellationToken cancellation = default)
    {
        try
        {
            return Run(options, progress, cancellation);
        }
        catch (DiagnosticException exception)
        {
            return new CompileResult(null, [], null, exception.Diagnostics);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new CompileResult(null, [], null, [DiagnosticKinds.Internal.At(options.ModelPath, "", exception.Message)]);
        }
    }

    private static CompileResult Run(CompileOptions options, IProgress<(int Done, int Total)>? progress, CancellationToken cancellation)
    {
        var diagnostics = new List<Diagnostic>();
        (Graph graph, long parameters, ImmutableArray<StateLink> state, ModelNotes notes) = Prepare(options, diagnostics);
        options = notes.Complete(options with { State = [.. options.State, .. state] }, graph, diagnostics);
        Forget(parameters);
        var free = new Graph(options.FreeInputs(graph), options.FreeOutputs(graph), graph.Nodes, graph.Values, graph.Constants);
        PlanClassifier? classifier = ClassifierDetection.Detect(free, options.Scores);
        ImmutableArray<string> labels = MetadataChecker.Check(options, graph, classifier);
        labels = labels.IsEmpty && options.LabelsPath is null ? notes.LabelsOf(classifier, options.ModelPath, diagnostics) : labels;
        ImmutableArray<LabelledExample> examples = LabelledExamples.Find(options.Evaluation, labels, classifier?.Classes ?? 0);
        var bar = QualityBar.Of(options, classifier is not null);
        Graph rounded = options.Precision == Precision.Rounded256 ? RoundWeights.Run(graph) : graph;
        (Graph prepared, ImmutableArray<string> floatNodes) = Quantizer.Run(rounded);
        prepared = options.Precision == Precision.Float32 ? FuseSums.Run(prepared) : prepared;
        LoweredModel model = ModelLowering.Lower(prepared, options, classifier, labels);
        LoweredModel floating = model;
        CalibratedModel? calibrated = null;
        Comparison? comparison = null;
        if (options.Precision.NeedsCalibration() && (!options.Calibration.IsEmpty || options.CalibrationCache is not null))
        {
            calibrated = new CalibratedQuantization(graph, model, options, bar, quantized => ModelLowering.Lower(quantized, options, classifier, labels), diagnostics, cancellation).Run(progress);
            (prepared, model, floatNodes) = (calibrated.Program.Graph, calibrated.Program.Model, calibrated.FloatNodes);
            if (floatNodes.Length > 0)
            {
                diagnostics.Add(DiagnosticKinds.FloatIslands.At(options.ModelPath, "", floatNodes.Length, model.Plan.Steps.Count, Shortened(floatNodes)));
            }
        }
        else if (floatNodes.Length > 0)
        {
            diagnostics.Add(DiagnosticKinds.QuantizedLayersInFloat.At(options.ModelPath, "", floatNodes.Length, model.Plan.Steps.Count, Shortened(floatNodes)));
        }

        if (calibrated is { FloatLayers: { IsEmpty: false } kept })
        {
            diagnostics.Add(DiagnosticKinds.KeptInFloat.At(options.ModelPath, "", kept.Length, calibrated.Layers, bar!.InProse(), Shortened([.. kept.Select(layer => layer.InProse())])));
        }

        RequireIntegers(options, model.Plan);
        BudgetChecker.Check(options, graph, model);
        if (options.Precision.IsApproximate() && ReferenceEquals(floating, model) && !(options.Calibration.IsEmpty && examples.IsEmpty))
        {
            floating = ModelLowering.Lower(Quantizer.Run(graph).Graph, options with { Precision = Precision.Float32 }, classifier, labels);
            comparison = options.Calibration.IsEmpty ? null : Evaluator.Compare(floating, model, options.Calibration, progress, cancellation);
            RequireQuality(options, bar, comparison);
        }

        if (options.Threads > 1 && !model.Plan.HasFreeBatch)
        {
            diagnostics.Add(DiagnosticKinds.ThreadsUnused.At(options.ModelPath, "", options.Threads));
        }

        var report = new CompileReport(
            parameters,
            model.Plan.MultiplyAccumulates,
            checked((int)(model.Weights.Length + model.Plan.UniformBytes)),
            model.Plan.ArenaBytes,
            model.Plan.Steps.Count,
            floatNodes,
            calibrated?.Samples ?? comparison?.Samples ?? 0,
            classifier is null ? null : calibrated?.Agreement ?? comparison?.Agreement,
            calibrated is null ? comparison?.OutputError : calibrated.OutputError)
        {
            LiveBytes = ArenaPeak.Of(model.Plan).Bytes,
            Calibrator = calibrated?.Calibrator ?? "",
            Calibrators = calibrated?.Calibrators ?? [],
            Techniques = calibrated?.Techniques ?? [],
            Bar = calibrated is null && comparison is null ? null : bar,
            FloatLayers = calibrated?.FloatLayers ?? [],
            Layers = calibrated?.Layers ?? 0,
            Evaluation = examples.IsEmpty ? null : Evaluator.Evaluate(floating, model, examples, progress, cancellation),
            DeflatedWeightBytes = options.Precision == Precision.Rounded256 ? WeightSize.Deflated(model.Weights) : null,
        };
        LoweredModel reference = calibrated?.Equalized is { } equalized ? ModelLowering.Lower(Quantizer.Run(equalized).Graph, options, classifier, labels) : floating;
        ModelReport details = ReportBuilder.Measure(report, prepared, model, reference, options, cancellation);
        ModelPlan plan = model.Plan with { Remarks = Remarks(options.Precision, report).ToEquatableArray() };
        return new CompileResult(plan, model.Weights, report, [.. diagnostics.OrderByDescending(diagnostic => diagnostic.Kind.Severity)]) { Graph = prepared, Details = details, DataFiles = DataFiles(options, notes, examples) };
    }

    private static ImmutableArray<string> DataFiles(CompileOptions options, ModelNotes notes, ImmutableArray<LabelledExample> examples)
    {
        IEnumerable<string> listed = examples.Select(example => example.Path).Except(options.Evaluation, StringComparer.Ordinal).Select(Path.GetFullPath);
        return [.. notes.DataFiles.Concat(listed).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static void RequireIntegers(CompileOptions options, ModelPlan plan)
    {
        if (options.Precision == Precision.Int8Only && IntegerOnly.FloatSteps(plan) is { Length: > 0 } steps)
        {
            throw new DiagnosticException(DiagnosticKinds.FloatForbidden.At(options.ModelPath, "", steps.Length, plan.Steps.Count, string.Join(", ", steps)));
        }
    }

    private static void RequireQuality(CompileOptions options, QualityBar? bar, Comparison? comparison)
    {
        if (bar is not null && comparison is not null && !bar.IsReached(comparison.Agreement, comparison.OutputError))
        {
            throw new DiagnosticException(DiagnosticKinds.Quality.At(
                options.ModelPath, "", comparison.Samples, options.Precision, bar.Missed(comparison.Agreement, comparison.OutputError), QualityAdvice.For(options)));
        }
    }

    // A method of its own, so that the imported weights do not live on beside those that the passes make of them.
    private static (Graph Graph, long Parameters, ImmutableArray<StateLink> State, ModelNotes Notes) Prepare(CompileOptions options, List<Diagnostic> diagnostics)
    {
        Graph imported = ModelImporter.Import(options, diagnostics);
        long parameters = imported.WithBodies().SelectMany(part => part.Constants.Values).Sum(constant => (long)constant.Count);
        Forget(parameters);
        return (PassList.Run(imported, options.Precision), parameters, imported.State, imported.Notes);
    }

    // What a stage leaves behind of large weights – the file, those before the passes – goes before the next stage makes its own: the runtime
    // does not hurry while there is memory, but builds share theirs with much else.
    private static void Forget(long parameters)
    {
        if (parameters > LargeParameters)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }

    private static IEnumerable<string> Remarks(Precision precision, CompileReport report)
    {
        if (report.Agreement is { } agreement)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture, $"On {report.CalibrationSamples} calibration files {precision.InProse()} gives the top class of float32 for {agreement:P1}.");
        }
        else if (report.OutputError is { } error)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"On {report.CalibrationSamples} calibration files the outputs differ from float32 by {error:P2} (root mean square).");
        }

        foreach (TechniqueGain gain in report.Techniques.Where(gain => gain.IsKept))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{gain.Name} brought the difference of the outputs from float32 from {gain.ErrorBefore:P2} to {gain.ErrorAfter:P2} (root mean square).");
        }

        if (!report.FloatLayers.IsEmpty)
        {
            yield return $"Kept in float32, of {report.Layers} layers, to reach {report.Bar!.InProse()}: {string.Join(", ", report.FloatLayers.Select(layer => layer.InProse()))}.";
        }

        if (report.Evaluation is { } evaluation)
        {
            string floating = precision.IsApproximate() ? string.Create(CultureInfo.InvariantCulture, $", in float32 for {evaluation.AccuracyInFloat:P1}") : "";
            yield return string.Create(CultureInfo.InvariantCulture, $"On {evaluation.Examples} labelled files it gives the right class for {evaluation.Accuracy:P1}{floating}.");
        }

        if (report.FloatSteps.Length > 0)
        {
            yield return $"Computed in float32 for want of an int8 form: {string.Join(", ", report.FloatSteps.Distinct())}.";
        }
    }

    // A transformer has a hundred of them: the report holds all.
    private static string Shortened(ImmutableArray<string> names)
    {
        const int most = 6;
        string[] distinct = [.. names.Distinct()];
        return string.Join(", ", distinct.Take(most)) + (distinct.Length > most ? $" and {distinct.Length - most} more" : "");
    }
}
