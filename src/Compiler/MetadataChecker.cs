using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler;

/// <summary>Checks what the user says of a model against the model, all of it before anything takes time.</summary>
internal static class MetadataChecker
{
    /// <summary>Reads the labels and checks the rest.</summary>
    /// <exception cref="DiagnosticException">Something does not fit; all of it is named.</exception>
    public static ImmutableArray<string> Check(CompileOptions options, Graph graph, PlanClassifier? classifier)
    {
        var problems = new List<Diagnostic>();
        ImmutableArray<string> labels = Labels(options, classifier, problems);
        CheckPreprocessing(options, graph, problems);
        CheckState(options, graph, problems);
        CheckCalibration(options, graph, problems);
        CheckExamples(options, graph, classifier, problems);
        CheckQuality(options, graph, classifier, problems);
        if (problems.Count > 0)
        {
            throw new DiagnosticException(problems);
        }

        return options.LabelsPath is null ? ClassifierDetection.Labels(graph, classifier, options.ModelPath) : labels;
    }

    private static ImmutableArray<string> Labels(CompileOptions options, PlanClassifier? classifier, List<Diagnostic> problems)
    {
        if (options.LabelsPath is not { } path)
        {
            return [];
        }

        if (!File.Exists(path))
        {
            problems.Add(DiagnosticKinds.LabelsMissing.At(path, ""));
            return [];
        }

        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add(DiagnosticKinds.FileUnreadable.At(path, "", exception.Message));
            return [];
        }

        // Lines left empty at the end are an editor's, not labels.
        ImmutableArray<string> labels = [.. lines.Select(line => line.Trim()).Reverse().SkipWhile(line => line.Length == 0).Reverse()];
        if (classifier is null)
        {
            problems.Add(DiagnosticKinds.LabelsNotClassifier.At(options.ModelPath, "", "a classifier has one float input and one output of two or more scores"));
        }
        else if (labels.Length != classifier.Classes)
        {
            problems.Add(DiagnosticKinds.LabelCount.At(path, "", labels.Length, classifier.Classes));
        }

        return labels;
    }

    private static void CheckPreprocessing(CompileOptions options, Graph graph, List<Diagnostic> problems)
    {
        ImageLayout[] images = [.. options.FreeInputs(graph).Select(input => ImageLayout.Of(graph, input)).OfType<ImageLayout>()];
        foreach ((string name, ImmutableArray<float> values) in new[] { ("Mean", options.Mean), ("Scale", options.Scale) })
        {
            string text = string.Join(", ", values.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
            if (values.Length > 0 && images.Length == 0)
            {
                problems.Add(DiagnosticKinds.MetadataInvalid.At(options.ModelPath, "", name, text, "no input of the model has the shape of a picture (1 × channels × height × width or 1 × height × width × channels)"));
            }
            else if (values.Length > 1 && images.Any(image => image.Channels != values.Length))
            {
                problems.Add(DiagnosticKinds.MetadataInvalid.At(options.ModelPath, "", name, text, $"give one value, or one for each of the {images[0].Channels} channels"));
            }
            else if (values.Any(value => !float.IsFinite(value) || (name == "Scale" && value == 0)))
            {
                problems.Add(DiagnosticKinds.MetadataInvalid.At(options.ModelPath, "", name, text, "each value must be a finite number, and a scale not 0"));
            }
        }
    }

    private static void CheckState(CompileOptions options, Graph graph, List<Diagnostic> problems)
    {
        foreach (StateLink link in options.State)
        {
            if (StateProblem(link, options, graph) is { } problem)
            {
                problems.Add(DiagnosticKinds.StateInvalid.At(options.ModelPath, "", link.Output, link.Input, problem));
            }
        }
    }

    private static string? StateProblem(StateLink link, CompileOptions options, Graph graph)
    {
        GraphOutput? output = graph.Outputs.FirstOrDefault(output => output.Name == link.Output);
        if (output is null || !graph.Inputs.Contains(link.Input))
        {
            return $"write output=input with names of the model; its outputs are {string.Join(", ", graph.Outputs.Select(known => known.Name))}, its inputs {string.Join(", ", graph.Inputs)}";
        }

        TensorType made = graph.Values[output.Value].Type, read = graph.Values[link.Input].Type;
        return made != read ? $"the output is {made} and the input {read}; they must be the same, set InputShape if the model leaves it open"
            : options.State.Count(other => other.Input == link.Input) > 1 ? "the input takes its value from one output only; name it once"
            : options.FreeOutputs(graph).IsEmpty ? "no output is left for the caller; give the model another output, which may be a copy (Identity)"
            : null;
    }

    private static void CheckCalibration(CompileOptions options, Graph graph, List<Diagnostic> problems)
    {
        // A file that quantises its layers itself needs no examples.
        if (!options.Precision.NeedsCalibration() || (HasNoExamples(options) && QuantizesItself(options, graph)))
        {
            return;
        }

        ImmutableArray<string> inputs = options.FreeInputs(graph);
        if (inputs.Length != 1 || graph.Values[inputs[0]].Type.Type != ElementType.Float32)
        {
            problems.Add(DiagnosticKinds.CalibrationInputs.At(
                options.ModelPath, "", inputs.Length, string.Join(", ", inputs.Select(input => $"{input} ({graph.Values[input].Type})"))));
        }
        else if (HasNoExamples(options))
        {
            problems.Add(DiagnosticKinds.CalibrationMissing.At(options.ModelPath, "", options.Precision));
        }
    }

    private static bool HasNoExamples(CompileOptions options) => options.Calibration.IsEmpty && !(options.Precision.NeedsCalibration() && options.CalibrationCache is not null);

    // Auto promises what only examples can show.
    private static bool QuantizesItself(CompileOptions options, Graph graph) => options.Precision != Precision.Auto && FileGrids.Any(graph);

    // A model in float32 reaches any bar: an item may keep it.
    private static void CheckQuality(CompileOptions options, Graph graph, PlanClassifier? classifier, List<Diagnostic> problems)
    {
        bool hasFloats = options.FreeOutputs(graph).Any(output => graph.Values[output.Value].Type.Type == ElementType.Float32);
        foreach ((string name, double? bar) in new[] { ("MinimumAgreement", options.MinimumAgreement), ("MaximumError", options.MaximumError) })
        {
            string? problem = bar is null ? null
                : !(bar >= 0 && bar <= 1) ? "give a share from 0 to 1"
                : !options.Precision.IsApproximate() ? null
                : HasNoExamples(options) && (!options.Precision.NeedsCalibration() || QuantizesItself(options, graph)) ? "it is measured on the files of Calibration, and there are none"
                : name == "MinimumAgreement" && classifier is null ? "the model is no classifier, which has one float input and one output of two or more scores, so there is no top class; use MaximumError"
                : name == "MaximumError" && !hasFloats ? "no output is float, so there is no error; use MinimumAgreement if the model is a classifier"
                : null;
            if (problem is not null)
            {
                problems.Add(DiagnosticKinds.MetadataInvalid.At(options.ModelPath, "", name, bar!.Value.ToString("R", CultureInfo.InvariantCulture), problem));
            }
        }

        if (options.Precision == Precision.Auto && !hasFloats)
        {
            problems.Add(DiagnosticKinds.MetadataInvalid.At(options.ModelPath, "", "Precision", "Auto", "no output is float, so nothing tells how close to float32 the model is; use Int8"));
        }
    }

    // Examples that choose no ranges are there to measure with. Those of a model in float32 have nothing to be compared with: an item may keep them.
    private static void CheckExamples(CompileOptions options, Graph graph, PlanClassifier? classifier, List<Diagnostic> problems)
    {
        ImmutableArray<string> inputs = options.FreeInputs(graph);
        string? unusable = inputs.Length == 1 && graph.Values[inputs[0]].Type.Type == ElementType.Float32 ? null
            : $"files feed one float input, but the model has {inputs.Length}: {string.Join(", ", inputs.Select(input => $"{input} ({graph.Values[input].Type})"))}";
        if (!options.Calibration.IsEmpty && options.Precision.IsApproximate() && !options.Precision.NeedsCalibration() && unusable is not null)
        {
            problems.Add(DiagnosticKinds.ExamplesUnusable.At(options.ModelPath, "", "Calibration", unusable));
        }

        unusable ??= classifier is null ? "it is no classifier, which has one float input and one output of two or more scores" : null;
        if (!options.Evaluation.IsEmpty && unusable is not null)
        {
            problems.Add(DiagnosticKinds.ExamplesUnusable.At(options.ModelPath, "", "Evaluation", unusable));
        }
    }
}
