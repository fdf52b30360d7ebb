using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Graphs;

/// <summary>What the numbers of a value have to do with classes.</summary>
public enum LabelRole
{
    /// <summary>Scores, one a class along the last axis.</summary>
    Scores,

    /// <summary>The same, where the file speaks of a map from label to score.</summary>
    Map,

    /// <summary>Numbers that decide between classes, but are not one score a class.</summary>
    Decisions,

    /// <summary>Labels that are whole numbers.</summary>
    Number,

    /// <summary>Indices that stand for labels that are text.</summary>
    Text,
}

/// <summary>The labels of classes that a value's numbers stand for. Nothing computes with text: it is known when the model is compiled.</summary>
/// <param name="Role">What the numbers are.</param>
/// <param name="Texts">The labels as text, in the order of the classes.</param>
/// <param name="Numbers">The labels as numbers, when they are numbers; else empty.</param>
public sealed record ClassLabels(LabelRole Role, EquatableArray<string> Texts, EquatableArray<long> Numbers);
