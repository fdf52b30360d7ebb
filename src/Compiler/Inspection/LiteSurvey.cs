using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Compiler.Import.TensorFlowLite;

namespace ModelCompiler.Compiler.Inspection;

/// <summary>What a TensorFlow Lite file holds.</summary>
internal static class LiteSurvey
{
    /// <summary>Looks through a file.</summary>
    /// <exception cref="ImportException">It cannot be read, or its parts do not fit together.</exception>
    public static FileSurvey Of(string path)
    {
        LiteModel model = LiteModel.Read(path);
        LiteSubgraph graph = model.Subgraphs.FirstOrDefault() ?? throw FlatTable.Damaged("it holds no graph");
        return new FileSurvey(
            "TensorFlow Lite",
            [.. graph.Inputs.Select(index => Describe(graph, index))],
            [.. graph.Outputs.Select(index => Describe(graph, index))],
            FileSurvey.Count(model.Subgraphs.SelectMany(part => Enumerable.Range(0, part.NodeCount).Select(index => part.Node(model, index).OperatorName))
                .Select(name => (name, LiteOperatorTable.Find(name) is not null))),
            FileSurvey.Sum(model.Subgraphs.SelectMany(part => Constants(model, part))));
    }

    private static string Describe(LiteSubgraph graph, int index) =>
        Tensor(graph, index) is { } tensor ? FileSurvey.Describe(tensor.Name, Storage(tensor), tensor.Signature.Select(extent => (long)extent)) : $"tensor_{index}";

    private static IEnumerable<(string, long)> Constants(LiteModel model, LiteSubgraph graph) => Enumerable.Range(0, graph.TensorCount)
        .Select(index => Tensor(graph, index)).OfType<LiteTensor>()
        .Where(tensor => tensor.IsExternal || (tensor.Buffer > 0 && !model.Buffer(tensor.Buffer).IsEmpty))
        .Select(tensor => (Storage(tensor), FileSurvey.Elements(tensor.Extents.Select(extent => (long)extent))));

    // A tensor that makes no sense is the importer's to report.
    private static LiteTensor? Tensor(LiteSubgraph graph, int index) => ImportGuard.Run("a tensor", () => graph.Tensor(index), _ => { });

    private static string Storage(LiteTensor tensor)
    {
        string type = LiteTypes.NameOf(tensor.Code);
        bool isInteger = type.Contains("int", StringComparison.Ordinal);
        return !isInteger || tensor.Grid is not { } grid ? type : $"{type} with {(grid.IsSingle ? "one scale" : "a scale a channel")}";
    }
}
