using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Text;
using ModelCompiler.Compiler.Evaluation;
using ModelCompiler.Compiler.Quantization;

namespace ModelCompiler.Compiler.Reports;

/// <summary>A report in the words, numbers and coordinates that the page's template puts in place.</summary>
internal sealed class ReportView
{
    private const int ArenaWidth = 960;
    private const int ArenaHeight = 320;
    private const int PlotExtent = 320;
    private const int HistogramWidth = 128;
    private const int HistogramHeight = 40;
    private const int NodeWidth = 170;
    private const int NodeHeight = 26;
    private const int NodeGap = 16;
    private const int MostClasses = 30;
    private const int MostMistakes = 20;

    /// <summary>Prepares a report for the template.</summary>
    public ReportView(ModelReport report)
    {
        Title = report.Model.ClassName;
        Source = report.Model.Source;
        Facts = [.. FactsOf(report)];
        Inputs = report.Inputs;
        Outputs = report.Outputs;
        FloatSteps = string.Join(", ", report.Facts.FloatSteps.Distinct());
        Gains = [.. report.Facts.Calibrators.Concat(report.Facts.Techniques).Select(GainOf)];
        Confusion = report.Facts.Evaluation is { } evaluation ? ConfusionOf(evaluation) : null;
        Scatter = ScatterOf(report.Scatter);
        Layers = [.. report.Layers.Select((layer, index) => LayerOf(layer, index, report.Layers.Max(other => other.MultiplyAccumulates)))];
        Arena = [.. report.Arena.Select(buffer => BlockOf(buffer, report))];
        (int, int) extent = (0, 0);
        ImmutableArray<(double Column, int Row)> places = GraphDrawing.Place(report.Nodes);
        Nodes = [.. report.Nodes.Select((node, index) => NodeOf(node, places[index]))];
        Edges = [.. report.Nodes.SelectMany((node, index) => node.Inputs.Select(input => EdgeOf(places[input], places[index])))];
        extent = places.Aggregate(extent, (size, place) => (Math.Max(size.Item1, (int)(place.Column + 1) * (NodeWidth + NodeGap)), Math.Max(size.Item2, (place.Row + 1) * (NodeHeight + NodeGap))));
        (GraphWidth, GraphHeight) = (extent.Item1 + NodeWidth, extent.Item2);
    }

    public string Title { get; }

    public string Source { get; }

    public ImmutableArray<Fact> Facts { get; }

    public ImmutableArray<PortReport> Inputs { get; }

    public ImmutableArray<PortReport> Outputs { get; }

    public string FloatSteps { get; }

    public ImmutableArray<Gain> Gains { get; }

    public ConfusionTable? Confusion { get; }

    public ScatterPlot? Scatter { get; }

    public ImmutableArray<LayerRow> Layers { get; }

    public ImmutableArray<Block> Arena { get; }

    public ImmutableArray<Box> Nodes { get; }

    public ImmutableArray<string> Edges { get; }

    public int GraphWidth { get; }

    public int GraphHeight { get; }

    private static IEnumerable<Fact> FactsOf(ModelReport report)
    {
        CompileReport facts = report.Facts;
        yield return new Fact("precision", report.Model.Precision);
        yield return new Fact("parameters", Grouped(facts.Parameters));
        yield return new Fact("multiply-accumulates", Grouped(facts.MultiplyAccumulates));
        yield return new Fact("weights", Grouped(facts.WeightBytes) + " bytes");
        yield return new Fact("arena", $"{Grouped(facts.ArenaBytes)} bytes, of which {Grouped(facts.LiveBytes)} are needed at one time");
        yield return new Fact("steps", Grouped(facts.Steps));
        if (facts.Agreement is { } agreement)
        {
            yield return new Fact("same top class as float32", agreement.ToString("P1", CultureInfo.InvariantCulture));
        }

        if (facts.OutputError is { } error)
        {
            yield return new Fact("output error (root mean square)", error.ToString("P2", CultureInfo.InvariantCulture));
        }

        if (!facts.FloatLayers.IsEmpty)
        {
            yield return new Fact("layers kept in float32 to reach " + facts.Bar!.InProse(), $"{facts.FloatLayers.Length} of {facts.Layers}: {string.Join(", ", facts.FloatLayers.Select(layer => layer.InProse()))}");
        }

        if (facts.CalibrationSamples > 0)
        {
            yield return new Fact("calibration files", Grouped(facts.CalibrationSamples));
        }
    }

    private static LayerRow LayerOf(LayerReport layer, int index, long mostWork)
    {
        MeasuredValue? measured = layer.Measured;
        return new LayerRow(
            index.ToString(CultureInfo.InvariantCulture),
            layer.Name,
            layer.Kernel,
            layer.Shape,
            layer.Storage,
            Grouped(layer.MultiplyAccumulates),
            mostWork == 0 ? "0" : Number(100.0 * layer.MultiplyAccumulates / mostWork),
            Grouped(layer.WeightBytes),
            layer.Scale is { } scale ? scale.ToString("G5", CultureInfo.InvariantCulture) : "",
            layer.ZeroPoint is { } zero ? zero.ToString(CultureInfo.InvariantCulture) : "",
            measured is null ? "" : measured.SignalToNoise is { } ratio ? ratio.ToString("0.0", CultureInfo.InvariantCulture) : "∞",
            measured?.SignalToNoise switch { null => "", < 10 => "bad", < 20 => "weak", _ => "" },
            measured is null || layer.Scale is null ? "" : measured.Saturated.ToString("P2", CultureInfo.InvariantCulture),
            measured is null || measured.DeadChannels == 0 ? "" : $"{measured.DeadChannels.ToString(CultureInfo.InvariantCulture)} of {measured.Channels.ToString(CultureInfo.InvariantCulture)}",
            measured?.Histogram is { } histogram ? HistogramOf(histogram) : null);
    }

    // Heights are logarithms: what matters are the tails.
    private static Histogram HistogramOf(RangeHistogram histogram)
    {
        double most = Math.Log(1 + histogram.Counts.Max());
        var path = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"M0,{HistogramHeight}"));
        double width = (double)HistogramWidth / histogram.Counts.Length;
        for (int bin = 0; bin < histogram.Counts.Length; bin++)
        {
            double height = most == 0 ? 0 : Math.Log(1 + histogram.Counts[bin]) / most * HistogramHeight;
            path.Append(CultureInfo.InvariantCulture, $"V{HistogramHeight - height:0.#}H{(bin + 1) * width:0.#}");
        }

        path.Append(CultureInfo.InvariantCulture, $"V{HistogramHeight}Z");
        double total = histogram.Maximum - histogram.Minimum;
        double left = (histogram.RangeMinimum - histogram.Minimum) / total * HistogramWidth;
        double right = (histogram.RangeMaximum - histogram.Minimum) / total * HistogramWidth;
        string range = string.Create(CultureInfo.InvariantCulture, $"{histogram.RangeMinimum:G4} … {histogram.RangeMaximum:G4}");
        return new Histogram(path.ToString(), Number(left), Number(right - left), range);
    }

    private static Gain GainOf(TechniqueGain gain) => new(
        gain.Name, gain.ErrorBefore.ToString("P2", CultureInfo.InvariantCulture), gain.ErrorAfter.ToString("P2", CultureInfo.InvariantCulture), gain.IsKept ? "kept" : "not kept");

    // A large matrix says little: then the commonest mistakes.
    private static ConfusionTable ConfusionOf(LabelledEvaluation evaluation)
    {
        string summary = string.Create(
            CultureInfo.InvariantCulture,
            $"{evaluation.Correct} of {evaluation.Examples} files right as compiled ({evaluation.Accuracy:P1}), {evaluation.CorrectInFloat} in float32 ({evaluation.AccuracyInFloat:P1})");
        string[] mistakes = [.. evaluation.Confusion
            .Where(count => count.Actual != count.Predicted)
            .OrderByDescending(count => count.Count)
            .Take(MostMistakes)
            .Select(count => string.Create(CultureInfo.InvariantCulture, $"{evaluation.Classes[count.Actual]} taken for {(count.Predicted < 0 ? "no class" : evaluation.Classes[count.Predicted])}: {count.Count}"))];
        bool isSmall = evaluation.Classes.Length <= MostClasses;
        Dictionary<(int, int), int> counts = evaluation.Confusion.ToDictionary(count => (count.Actual, count.Predicted), count => count.Count);
        int most = evaluation.Confusion.Select(count => count.Count).DefaultIfEmpty(1).Max();
        return new ConfusionTable(
            summary,
            [.. mistakes],
            isSmall ? evaluation.Classes : [],
            [.. Enumerable.Range(0, isSmall ? evaluation.Classes.Length : 0).Select(actual => new ConfusionRow(
                evaluation.Classes[actual],
                [.. Enumerable.Range(0, evaluation.Classes.Length).Select(predicted => CellOf(counts.GetValueOrDefault((actual, predicted)), most, actual == predicted))]))]);
    }

    private static ConfusionCell CellOf(int count, int most, bool isRight) =>
        new(count == 0 ? "" : Grouped(count), isRight ? "right" : "wrong", Number(count == 0 ? 0 : 8 + (52.0 * count / most)));

    private static ScatterPlot? ScatterOf(ImmutableArray<OutputPair> pairs)
    {
        OutputPair[] finite = [.. pairs.Where(pair => float.IsFinite(pair.Float) && float.IsFinite(pair.Compiled))];
        if (finite.Length == 0)
        {
            return null;
        }

        double least = finite.Min(pair => Math.Min(pair.Float, pair.Compiled));
        double greatest = finite.Max(pair => Math.Max(pair.Float, pair.Compiled));
        double scale = greatest > least ? PlotExtent / (greatest - least) : 0;
        string points = string.Concat(finite.Select(pair =>
            string.Create(CultureInfo.InvariantCulture, $"M{(pair.Float - least) * scale:0.#},{PlotExtent - ((pair.Compiled - least) * scale):0.#}h0")));
        return new ScatterPlot(points, least.ToString("G4", CultureInfo.InvariantCulture), greatest.ToString("G4", CultureInfo.InvariantCulture));
    }

    private static Block BlockOf(ArenaBuffer buffer, ModelReport report)
    {
        double width = (double)ArenaWidth / (report.Facts.Steps + 2);
        double height = report.Facts.ArenaBytes == 0 ? 0 : (double)ArenaHeight / report.Facts.ArenaBytes;
        return new Block(
            buffer.Name,
            $"{buffer.Name}: {Grouped(buffer.Bytes)} bytes at {Grouped(buffer.Offset)}",
            Number((buffer.FirstStep + 1) * width),
            Number(buffer.Offset * height),
            Number((buffer.LastStep - buffer.FirstStep + 1) * width),
            Number(Math.Max(0.5, buffer.Bytes * height)));
    }

    private static Box NodeOf(NodeReport node, (double Column, int Row) place) => new(
        node.Name,
        node.Operation,
        node.Storage,
        node.Storage switch { "UInt8" => "int8", "Float32" => "float", _ => "other" },
        Number(place.Column * (NodeWidth + NodeGap)),
        Number(place.Row * (NodeHeight + NodeGap)));

    private static string EdgeOf((double Column, int Row) from, (double Column, int Row) to)
    {
        double startX = (from.Column * (NodeWidth + NodeGap)) + (NodeWidth / 2.0), endX = (to.Column * (NodeWidth + NodeGap)) + (NodeWidth / 2.0);
        int startY = (from.Row * (NodeHeight + NodeGap)) + NodeHeight, endY = to.Row * (NodeHeight + NodeGap);

        // An edge over several rows leaves its column, so that it does not run through nodes.
        double bend = to.Row - from.Row > 1 ? NodeWidth * 0.6 : 0;
        return string.Create(CultureInfo.InvariantCulture, $"M{startX:0.#},{startY}C{startX + bend:0.#},{startY + NodeGap} {endX + bend:0.#},{endY - NodeGap} {endX:0.#},{endY}");
    }

    private static string Grouped(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Number(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}

/// <summary>A number of the whole model.</summary>
internal sealed record Fact(string Name, string Value);

/// <summary>A row of the table.</summary>
internal sealed record LayerRow(
    string Index,
    string Name,
    string Kernel,
    string Shape,
    string Storage,
    string Work,
    string WorkShare,
    string WeightBytes,
    string Scale,
    string ZeroPoint,
    string SignalToNoise,
    string Grade,
    string Saturated,
    string DeadChannels,
    Histogram? Histogram);

/// <summary>A histogram as a path, and the range over it.</summary>
internal sealed record Histogram(string Path, string RangeLeft, string RangeWidth, string Range);

/// <summary>What a calibrator or technique gave.</summary>
internal sealed record Gain(string Name, string Before, string After, string Kept);

/// <summary>What is taken for what: the matrix where there are few classes.</summary>
internal sealed record ConfusionTable(string Summary, ImmutableArray<string> Mistakes, ImmutableArray<string> Classes, ImmutableArray<ConfusionRow> Rows);

/// <summary>The files of a class.</summary>
internal sealed record ConfusionRow(string Name, ImmutableArray<ConfusionCell> Cells);

/// <summary>How many of them are taken for a class.</summary>
internal sealed record ConfusionCell(string Count, string Style, string Strength);

/// <summary>Float against compiled.</summary>
internal sealed record ScatterPlot(string Points, string Least, string Greatest);

/// <summary>A rectangle of the arena's picture.</summary>
internal sealed record Block(string Name, string Title, string Left, string Top, string Width, string Height);

/// <summary>A node of the graph's drawing.</summary>
internal sealed record Box(string Name, string Operation, string Storage, string Style, string Left, string Top)
{
    private const int Longest = 18;

    /// <summary>As much of the name as fits: its end, which tells layers apart.</summary>
    public string Short => Name.Length <= Longest ? Name : "…" + Name[^(Longest - 1)..];
}
