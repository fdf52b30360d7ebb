using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Compiler.Import.Onnx;

namespace ModelCompiler.Compiler.Inspection;

/// <summary>What an ONNX file holds.</summary>
internal static class OnnxSurvey
{
    // Graphs within graphs; the reader of the format allows no more.
    private const int MaximumDepth = 100;

    /// <summary>Looks through a file.</summary>
    /// <exception cref="ImportException">It cannot be read.</exception>
    public static FileSurvey Of(string path)
    {
        ModelProto model = OnnxImporter.Read(path);
        GraphProto graph = model.Graph ?? throw ImportException.Malformed("it holds no graph");
        IReadOnlyDictionary<string, int> opsets = OnnxImporter.Opsets(model.OpsetImport);
        HashSet<(string, string)> functions = [.. model.Functions.Select(function => (Domain(function.Domain), function.Name))];
        NodeProto[] nodes = [.. Nodes(graph.Node, 0).Concat(model.Functions.SelectMany(function => Nodes(function.Node, 0)))];
        TensorProto[] constants = [.. Tensors(graph, nodes)];
        HashSet<string> defaults = [.. graph.Initializer.Select(tensor => tensor.Name)];
        string sets = string.Join(", ", opsets.OrderBy(pair => pair.Key, System.StringComparer.Ordinal).Select(pair => pair.Key.Length == 0 ? $"{pair.Value}" : $"{pair.Key} {pair.Value}"));
        return new FileSurvey(
            $"ONNX, operator set {sets}",
            [.. graph.Input.Where(input => !defaults.Contains(input.Name)).Select(Describe)],
            [.. graph.Output.Select(Describe)],
            FileSurvey.Count(nodes.Where(node => node.OpType != "Constant").Select(node =>
            {
                (string domain, string name) = (Domain(node.Domain), node.OpType);
                bool isSupported = functions.Contains((domain, name)) || OperatorTable.Find(domain, name, opsets.GetValueOrDefault(domain, 1)) is not null;
                return (domain.Length == 0 ? name : $"{domain}.{name}", isSupported);
            })),
            FileSurvey.Sum(constants.Select(tensor => (TypeName(tensor.DataType), FileSurvey.Elements(tensor.Dims)))));
    }

    private static string Domain(string domain) => domain == "ai.onnx" ? "" : domain;

    private static IEnumerable<NodeProto> Nodes(IEnumerable<NodeProto> nodes, int depth) => depth > MaximumDepth ? [] : nodes.SelectMany(node =>
        node.Attribute.SelectMany(Graphs).SelectMany(graph => Nodes(graph.Node, depth + 1)).Prepend(node));

    private static IEnumerable<GraphProto> Graphs(AttributeProto attribute) => attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G);

    private static IEnumerable<TensorProto> Tensors(GraphProto graph, NodeProto[] nodes) => graph.Initializer
        .Concat(graph.SparseInitializer.Select(tensor => tensor.Values).OfType<TensorProto>())
        .Concat(nodes.SelectMany(node => node.Attribute).SelectMany(Graphs).SelectMany(body => body.Initializer))
        .Concat(nodes.Where(node => node.OpType == "Constant").SelectMany(node => node.Attribute).Select(attribute => attribute.T).OfType<TensorProto>());

    private static string Describe(ValueInfoProto value) => value.Type?.TensorType is { } tensor
        ? FileSurvey.Describe(value.Name, TypeName(tensor.ElemType), tensor.Shape?.Dim.Select(dimension =>
            dimension.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue ? dimension.DimValue : -1))
        : $"{value.Name}: no tensor";

    private static string TypeName(long code) => OnnxTypes.NameOf(code) switch
    {
        "float" => "float32",
        "double" => "float64",
        var name => name,
    };
}
