using System.Collections.Immutable;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>Imports a node with one output; returns the value it makes.</summary>
internal delegate string SingleOutputImporter(OnnxNode node, OnnxContext context);

/// <summary>Imports a node; returns the values it makes, <see langword="null"/> for optional outputs that are not wanted.</summary>
internal delegate ImmutableArray<string?> OperatorImporter(OnnxNode node, OnnxContext context);

/// <summary>One row of the operators' table.</summary>
/// <param name="Name">The operator.</param>
/// <param name="First">First version of the operator set for which the importer is right.</param>
/// <param name="Last">Last version for which it is right.</param>
/// <param name="Import">Imports a node.</param>
/// <param name="Domain">The operator set; empty for the standard's own.</param>
internal sealed record OperatorEntry(string Name, int First, int Last, OperatorImporter Import, string Domain = "")
{
    /// <summary>Newest version of the standard's operator set that the table knows.</summary>
    public const int Newest = 28;

    /// <summary>Whether the first input may be text: the operator only moves it, or knows what to do with it.</summary>
    public bool TakesText { get; init; }

    /// <summary>An operator that has one meaning since a version.</summary>
    public OperatorEntry(string name, int first, SingleOutputImporter import)
        : this(name, first, Newest, import)
    {
    }

    /// <summary>An operator that has one meaning since a version.</summary>
    public OperatorEntry(string name, int first, OperatorImporter import)
        : this(name, first, Newest, import)
    {
    }

    /// <summary>An operator that has one meaning from one version to another.</summary>
    public OperatorEntry(string name, int first, int last, SingleOutputImporter import, string domain = "")
        : this(name, first, last, (node, context) => [import(node, context)], domain)
    {
    }
}
