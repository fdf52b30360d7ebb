using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Inspection;

namespace ModelCompiler.Cli.Output;

/// <summary>What is in a model, in lines; the same lines for every format.</summary>
internal static class InspectionReport
{
    // A model that is quantised throughout has hundreds; the graph shows them all.
    private const int MostListed = 12;

    /// <summary>The lines.</summary>
    public static IEnumerable<string> Lines(Inspection inspection) =>
    [
        .. inspection.File is { } file ? [Line("format", file.Format)] : Enumerable.Empty<string>(),
        .. inspection.Graph is { } graph ? Ports(graph) : inspection.File is { } declared ? Ports(declared) : [],
        .. inspection.File is { } content ? Contents(content) : [],
        .. inspection.Graph is { } prepared ? Work(prepared) : [],
        .. inspection.Quantization is { } quantization ? Quantized(quantization) : [],
    ];

    private static IEnumerable<string> Ports(FileSurvey file) => file.Inputs.Select(input => Line("input", input)).Concat(file.Outputs.Select(result => Line("output", result)));

    private static IEnumerable<string> Ports(Graph graph)
    {
        foreach (string input in graph.Inputs)
        {
            yield return Line("input", $"{input}: {graph.Values[input].Type}");
        }

        foreach (GraphOutput result in graph.Outputs)
        {
            string bound = result.Bound is { } given ? $", or fewer along axis {given.Axis.ToString(CultureInfo.InvariantCulture)}: as many as the data says" : "";
            yield return Line("output", $"{result.Name}: {graph.Values[result.Value].Type}{bound}");
        }
    }

    private static IEnumerable<string> Contents(FileSurvey file)
    {
        yield return Line("operators", string.Join(", ", file.Operators.Select(Counted)));
        if (file.Operators.Any(use => !use.IsSupported))
        {
            yield return Line("unsupported", string.Join(", ", file.Operators.Where(use => !use.IsSupported).Select(Counted)));
        }

        yield return Line("constants", file.Constants.IsEmpty ? "none" : string.Join(", ", file.Constants.Select(use => $"{Grouped(use.Elements)} {use.Storage}")));
    }

    private static IEnumerable<string> Work(Graph graph) =>
    [
        Line("parameters", Grouped(graph.WithBodies().SelectMany(part => part.Constants.Values).Sum(constant => (long)constant.Count))),
        Line("MACs", Grouped(graph.MultiplyAccumulates())),
        Line("operations", string.Join(", ", graph.WithBodies()
            .SelectMany(part => part.Nodes)
            .GroupBy(node => node.Op.GetType().Name, StringComparer.Ordinal)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"{Grouped(group.Count())} {group.Key}"))),
    ];

    private static IEnumerable<string> Quantized(QuantizationSummary quantization)
    {
        if (!quantization.IsQuantized)
        {
            yield return Line("quantised", "no layer");
            yield break;
        }

        IEnumerable<string> weights = quantization.WeightStorages.Select(use => $"weights of {Grouped(use.Layers)} are {use.Storage}");
        IEnumerable<string> facts =
            [$"{Grouped(quantization.IntegerLayers)} of {Grouped(quantization.Layers)} layers compute in integers", .. weights, $"{Grouped(quantization.Grids.Length)} values are on the file's grids"];
        yield return Line("quantised", string.Join("; ", facts));
        if (!quantization.FloatLayers.IsEmpty)
        {
            yield return Line("in float32", Shortened(quantization.FloatLayers));
        }

        foreach (GridUse use in quantization.Grids.Take(MostListed))
        {
            (float scale, int zero) = (use.Grid.Scale, use.Grid.ZeroPoint);
            yield return Line("grid", string.Create(CultureInfo.InvariantCulture, $"{use.Name}: {-zero * scale:G6} to {(byte.MaxValue - zero) * scale:G6} in steps of {scale:G6}"));
        }

        if (quantization.Grids.Length > MostListed)
        {
            yield return Line("grid", $"and {Grouped(quantization.Grids.Length - MostListed)} more: see --after recognize-quantized-layers");
        }
    }

    private static string Line(string title, string text) => title.PadRight(12) + text;

    private static string Counted(OperatorUse use) => $"{Grouped(use.Count)} {use.Name}";

    private static string Shortened(ImmutableArray<string> names) =>
        string.Join(", ", names.Take(MostListed)) + (names.Length > MostListed ? $" and {Grouped(names.Length - MostListed)} more" : "");

    private static string Grouped(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);
}
