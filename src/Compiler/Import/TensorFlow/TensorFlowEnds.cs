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

    /// <summary>The first nodes behind a text that read numbers: what turns text into numbers, DecodeJpeg and its like, is not supported.</summary>
    public static string[] BehindText(TensorFlowScope scope, string input)
    {
        ILookup<string, NodeDef> readers = scope.Nodes.Values
            .SelectMany(node => TensorFlowScope.DataInputs(node).Select(text => (Reference.Parse(text).Node, Reader: node))).ToLookup(pair => pair.Node, pair => pair.Reader, StringComparer.Ordinal);
        var found = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal) { input };
        var waiting = new Queue<(string Name, bool IsText)>([(input, true)]);
        while (waiting.TryDequeue(out (string Name, bool IsText) value))
        {
            foreach (NodeDef reader in readers[value.Name].Where(reader => seen.Add(reader.Name)))
            {
                bool isSupported = TensorFlowTable.Find(reader.Op) is not null;
                if (isSupported && !value.IsText)
                {
                    found.Add(reader.Name);
                }
                else
                {
                    waiting.Enqueue((reader.Name, value.IsText && isSupported));
                }
            }
        }

        return [.. found.Take(MostNamed)];
    }

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
            : throw new ImportException(DiagnosticKinds.MetadataInvalid, metadata, name, $"the graph has no node of that name{Advice(metadata, scope, signed)}");
    }

    // What the user may have meant: a name of the signature, or where such graphs usually begin and end.
    private static string Advice(string metadata, TensorFlowScope scope, ImmutableArray<NamedReference> signed)
    {
        IEnumerable<string> usual = metadata == "Inputs" ? scope.Nodes.Values.Where(IsPlaceholder).Select(node => node.Name) : TrainingOperators.Outputs(scope, IsPlaceholder);
        string[] candidates = [.. signed.Select(tensor => tensor.Name).Concat(usual).Distinct(StringComparer.Ordinal)];
        return candidates.Length == 0 ? "" : $"; it {(metadata == "Inputs" ? "begins" : "ends")} with {List(candidates)}";
    }

    private static string List(IReadOnlyCollection<string> names) =>
        string.Join(", ", names.Take(MostNamed).Select(name => $"'{name}'")) + (names.Count > MostNamed ? ", …" : "");

    private static ImmutableArray<NamedReference> LooseEnds(TensorFlowScope scope, Func<NodeDef, bool> isInput)
    {
        IReadOnlyList<string> found = TrainingOperators.Outputs(scope, isInput);
        return found.Count == 0 ? throw new ImportException(DiagnosticKinds.OutputsUnknown, "none depends on a placeholder and is read by nobody")
            : found.Count > 1 && TrainingOperators.Trains(scope) ? throw new ImportException(DiagnosticKinds.OutputsUnknown, $"it is a graph for training, and nobody reads {List(found)}")
            : [.. found.Select(name => new NamedReference(name, name))];
    }

    // The signature's inputs, and other placeholders that the outputs depend on, in the order of the file.
    private static ImmutableArray<NamedReference> Reached(
        TensorFlowScope scope, ImmutableArray<NamedReference> signed, ImmutableArray<NamedReference> outputs)
    {
        HashSet<string> known = [.. signed.Select(input => Reference.Parse(input.Reference).Node)];
        IReadOnlyList<NodeDef> order = scope.Order(outputs.Select(output => Reference.Parse(output.Reference).Node), known);
        HashSet<string> reached = [.. order.Where(node => IsPlaceholder(node) || known.Contains(node.Name)).Select(node => node.Name)];
        return
        [
            .. signed.Where(input => reached.Contains(Reference.Parse(input.Reference).Node)),
            .. scope.Nodes.Values.Where(node => reached.Contains(node.Name) && !known.Contains(node.Name)).Select(node => new NamedReference(node.Name, node.Name)),
        ];
    }
}
