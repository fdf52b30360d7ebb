using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Compiler.Import.TensorFlow;

namespace ModelCompiler.Compiler.Inspection;

/// <summary>What a frozen graph or a SavedModel holds: of the whole, the part between inputs and outputs, and the functions that it calls.</summary>
internal static class TensorFlowSurvey
{
    private static readonly string[] Silent = ["Const", "Placeholder", "PlaceholderV2", "PlaceholderWithDefault", "NoOp", "VarHandleOp", "VariableV2", "Variable"];

    private static readonly Dictionary<string, AttrValue> NoArguments = [];

    /// <summary>Looks through a file or folder.</summary>
    /// <exception cref="ImportException">It cannot be read.</exception>
    public static FileSurvey Of(CompileOptions options)
    {
        TensorFlowFile file = TensorFlowImporter.Read(options.ModelPath);
        var scope = new TensorFlowScope(file.Graph.Node, NoArguments);
        TensorFlowEnds? ends = ImportGuard.Run("the graph", () => TensorFlowEnds.Find(scope, file.Signature, options), _ => { });
        IReadOnlyList<NodeDef> nodes = (ends is null ? null : ImportGuard.Run("the graph", () => Between(scope, ends), _ => { })) ?? [.. file.Graph.Node];
        var functions = (file.Graph.Library?.Function ?? []).GroupBy(function => function.Signature?.Name ?? "", StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        NodeDef[] all = [.. nodes, .. Called(nodes, functions)];
        IEnumerable<NamedReference> placeholders = scope.Nodes.Values.Where(TensorFlowEnds.IsPlaceholder).Select(node => new NamedReference(node.Name, node.Name));
        return new FileSurvey(
            file.Model is null ? "TensorFlow, frozen graph" : "TensorFlow, SavedModel",
            [.. (ends?.Inputs ?? placeholders).Select(input => Describe(scope, input))],
            [.. (ends?.Outputs ?? []).Select(output => output.Name)],
            FileSurvey.Count(all.Where(node => !Silent.Contains(node.Op)).Select(node => (node.Op, functions.ContainsKey(node.Op) || TensorFlowTable.Find(node.Op) is not null))),
            FileSurvey.Sum(all.Select(Constant).OfType<(string, long)>()));
    }

    private static IReadOnlyList<NodeDef> Between(TensorFlowScope scope, TensorFlowEnds ends)
    {
        foreach (NamedReference input in ends.Inputs)
        {
            scope.Results[Reference.Parse(input.Reference).Node] = [];
        }

        return scope.Order(ends.Outputs.Select(output => Reference.Parse(output.Reference).Node));
    }

    // The nodes of the functions that some nodes call, and those call; of each function once.
    private static IEnumerable<NodeDef> Called(IEnumerable<NodeDef> nodes, Dictionary<string, FunctionDef> functions)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<NodeDef>(nodes);
        while (waiting.TryDequeue(out NodeDef? node))
        {
            foreach (string name in node.Attr.Values.Select(value => value.Func?.Name).OfType<string>().Prepend(node.Op))
            {
                foreach (NodeDef inner in functions.TryGetValue(name, out FunctionDef? function) && seen.Add(name) ? function.NodeDef : [])
                {
                    waiting.Enqueue(inner);
                    yield return inner;
                }
            }
        }
    }

    private static string Describe(TensorFlowScope scope, NamedReference input)
    {
        NodeDef node = scope.Nodes[Reference.Parse(input.Reference).Node];
        TensorShapeProto? shape = input.Declared ?? (node.Attr.TryGetValue("shape", out AttrValue? attribute) ? attribute.Shape : null);
        string type = node.Attr.TryGetValue("dtype", out AttrValue? code) || node.Attr.TryGetValue("T", out code) ? TensorFlowTypes.NameOf(code.Type) : "of a type that is not said";
        return FileSurvey.Describe(input.Name, type, shape is null or { UnknownRank: true } ? null : shape.Dim.Select(dimension => dimension.Size));
    }

    // The file's constants, and the variables of a SavedModel, whose values are in files beside it.
    private static (string, long)? Constant(NodeDef node) => node.Op switch
    {
        "Const" when node.Attr.GetValueOrDefault("value")?.Tensor is { } tensor => (TensorFlowTypes.NameOf(tensor.Dtype), Elements(tensor.TensorShape)),
        "VarHandleOp" or "VariableV2" or "Variable" when node.Attr.GetValueOrDefault("shape")?.Shape is { } shape =>
            (TensorFlowTypes.NameOf(node.Attr.GetValueOrDefault("dtype")?.Type ?? 0), Elements(shape)),
        _ => null,
    };

    private static long Elements(TensorShapeProto? shape) => FileSurvey.Elements(shape?.Dim.Select(dimension => dimension.Size) ?? []);
}
