using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler;

/// <summary>What a model's file says of how it is used. What the user says goes before.</summary>
/// <param name="Output">The output whose classes have labels; empty when none has.</param>
/// <param name="Labels">The labels in the order of the classes.</param>
/// <param name="Input">The input that is normalised; empty when none is.</param>
/// <param name="Mean">Subtracted from its elements: one number, or one a channel.</param>
/// <param name="Scale">Multiplied with them afterwards: one number, or one a channel.</param>
public sealed record ModelNotes(string Output, ImmutableArray<string> Labels, string Input, ImmutableArray<float> Mean, ImmutableArray<float> Scale)
{
    /// <summary>A file that says nothing.</summary>
    public static ModelNotes None { get; } = new("", [], "", [], []);

    /// <summary>Full paths of other files that hold parts of the model, in ordinal order.</summary>
    public ImmutableArray<string> DataFiles { get; init; } = [];

    /// <summary>The options with the file's preprocessing, unless the user gives any. It is that of pictures: only they come as bytes.</summary>
    internal CompileOptions Complete(CompileOptions options, Graph graph, List<Diagnostic> findings)
    {
        string[] images = [.. options.FreeInputs(graph).Where(input => ImageLayout.Of(graph, input) is not null)];
        if (Input.Length == 0 || !options.Mean.IsEmpty || !options.Scale.IsEmpty || !images.Contains(Input))
        {
            return options;
        }

        int channels = ImageLayout.Of(graph, Input)!.Channels;
        string? problem = images.Length > 1 ? "the model has several pictures as inputs"
            : new[] { Mean, Scale }.Any(numbers => numbers.Length > 1 && numbers.Length != channels) ? $"it has {Mean.Length} and {Scale.Length} numbers for {channels} channels"
            : null;
        if (problem is null)
        {
            return options with { Mean = Mean, Scale = Scale };
        }

        findings.Add(DiagnosticKinds.NotesUnused.At(options.ModelPath, "", $"the normalisation of input '{Input}'", problem, "Mean and Scale"));
        return options;
    }

    /// <summary>The file's labels, where they are those of the classifier.</summary>
    internal ImmutableArray<string> LabelsOf(PlanClassifier? classifier, string file, List<Diagnostic> findings)
    {
        string? problem = Labels.IsEmpty ? null
            : classifier is null || classifier.Output != Output ? $"the class has no scores from output '{Output}'"
            : classifier.Classes != Labels.Length ? $"there are {Labels.Length} for {classifier.Classes} classes"
            : null;
        if (problem is null)
        {
            return Labels;
        }

        findings.Add(DiagnosticKinds.NotesUnused.At(file, "", $"labels of output '{Output}'", problem, "Labels"));
        return [];
    }
}
