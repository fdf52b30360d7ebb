using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>An input or output of the model.</summary>
/// <param name="Name">Its name for callers.</param>
/// <param name="Reference">The value, as nodes' inputs are written.</param>
/// <param name="Declared">What a signature says of its shape, or <see langword="null"/>.</param>
internal sealed record NamedReference(string Name, string Reference, TensorShapeProto? Declared = null);

/// <summary>
/// Where the model begins and ends: as the user says; else as the signature says; else the placeholders that outputs depend on, and the nodes that
/// nobody reads.
/// </summary>
/// <param name="Inputs">The inputs.</param>
/// <param name="Outputs">The outputs.</param>
internal sealed record TensorFlowEnds(ImmutableArray<NamedReference> Inputs, ImmutableArray<NamedReference> Outputs)
{
    // More loose ends than a message can name.
    private const int MostNamed = 8;

    /// <summary>Finds them.</summary>
    /// <exception cref="ImportException">They cannot be told, or the user names what is not there.</exception>
    public static TensorFlowEnds Find(TensorFlowScope scope, SignatureDef? signature, CompileOptions options)
    {
        ImmutableArray<NamedReference> signed = signature is null ? [] : Of(signature.Inputs);
        ImmutableArray<NamedReference> given = [.. options.Inputs.Select(name => Named(scope, signed, name, "Inputs"))];
        HashSet<string> cut = [.. given.Select(input => Reference.Parse(input.Reference).Node)];
        bool isInput(NodeDef node) => cut.Contains(node.Name) || (IsPlaceholder(node) && given.IsEmpty);
        ImmutableArray<NamedReference> finished = signature is null ? [] : Of(signature.Outputs);
        ImmutableArray<NamedReference> outputs =
            !options.Outputs.IsEmpty ? [.. options.Outputs.Select(name => Named(scope, finished, name, "Outputs"))]
            : !finished.IsEmpty ? finished
            : LooseEnds(scope, isInput);
        return new TensorFlowEnds(!given.IsEmpty ? given : Reached(scope, signed, outputs), outputs);
    }

    /// <summary>Whether a node stands for what the caller gives.</summary>
    public static bool IsPlaceholder(NodeDef node) => node.Op is "Placeholder" or "PlaceholderV2";

    private static ImmutableArray<NamedReference> Of(IEnumerable<KeyValuePair<string, TensorInfo>> tensors) =>
    [
        .. tensors.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value.Name.Length > 0
            ? new NamedReference(pair.Key, pair.Value.Name, pair.Value.TensorShape)
            : throw ImportException.ElementType(pair.Key, "sparse or composite tensor")),
    ];

    private static NamedReference Named(TensorFlowScope scope, ImmutableArray<NamedReference> signed, string name, string metadata)
    {
        if (signed.FirstOrDefault(tensor => tensor.Name == name) is { } found)
        {
            return found;
        }

        var reference = Reference.Parse(name);
        return scope.Nodes.ContainsKey(reference.Node)
            ? new NamedReference(reference.Index == 0 ? reference.Node : name, name)
            : throw new ImportException(DiagnosticKinds.MetadataInvalid, metadata, name, $"the graph has no node of that name{Advice(metadata, scope)}");
    }

    private static string Advice(string metadata, TensorFlowScope scope)
    {
        string[] placeholders = [.. scope.Nodes.Values.Where(IsPlaceholder).Select(node => $"'{node.Name}'")];
        return metadata == "Inputs" && placeholders.Length > 0 ? $"; its placeholders are {string.Join(", ", placeholders.Take(MostNamed))}" : "";
    }

    private static ImmutableArray<NamedReference> LooseEnds(TensorFlowScope scope, Func<NodeDef, bool> isInput)
    {
        IReadOnlyList<string> found = TrainingOperators.Outputs(scope, isInput);
        string list = string.Join(", ", found.Take(MostNamed).Select(name => $"'{name}'")) + (found.Count > MostNamed ? ", …" : "");
        return found.Count == 0 ? throw new ImportException(DiagnosticKinds.OutputsUnknown, "none depends on a placeholder and is read by nobody")
            : found.Count > 1 && TrainingOperators.Trains(scope) ? throw new ImportException(DiagnosticKinds.OutputsUnknown, $"it is a graph for training, and nobody reads {list}")
            : [.. found.Select(name => new NamedReference(name, name))];
    }

    // The signature's inputs, and other placeholders that the outputs depend on, in the order of the file.
    private static ImmutableArray<NamedReference> Reached(
        TensorFlowScope scope, ImmutableArray<NamedReference> signed, ImmutableArray<NamedReference> outputs)
    {
        IReadOnlyList<NodeDef> order = scope.Order(outputs.Select(output => Reference.Parse(output.Reference).Node));
        HashSet<string> known = [.. signed.Select(input => Reference.Parse(input.Reference).Node)];
        HashSet<string> reached = [.. order.Where(IsPlaceholder).Select(node => node.Name)];
        return
        [
            .. signed.Where(input => reached.Contains(Reference.Parse(input.Reference).Node)),
            .. scope.Nodes.Values.Where(node => reached.Contains(node.Name) && !known.Contains(node.Name)).Select(node => new NamedReference(node.Name, node.Name)),
        ];
    }
}
