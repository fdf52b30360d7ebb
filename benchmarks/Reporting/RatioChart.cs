using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Text;
using ModelCompiler.Benchmarks.Contenders;

namespace ModelCompiler.Benchmarks.Reporting;

/// <summary>docs/performance.svg: for each model a bar a peer, from 1 to the right where ours is faster, to the left where it is slower, on a logarithmic scale.</summary>
internal static class RatioChart
{
    private const int LabelWidth = 190;
    private const int PlotWidth = 560;
    private const int Margin = 60;
    private const int BarHeight = 11;
    private const int ModelGap = 9;
    private const int Top = 50;

    private static readonly ImmutableArray<(string Peer, string Color)> Peers =
        [(OnnxRuntimeContender.Float, "#4878a8"), (OnnxRuntimeContender.Int8, "#88b0d0"), (TensorFlowLiteContender.Title, "#e08830")];

    private static readonly ImmutableArray<double> Ticks = [0.125, 0.25, 0.5, 1, 2, 4, 8, 16, 32];

    /// <summary>The chart.</summary>
    public static string Draw(Results results)
    {
        ModelResult[] models = [.. results.Models.Where(model => model.Contenders.Any(contender => contender.Ratio is not null))];
        double[] ratios = [.. models.SelectMany(model => model.Contenders).Select(contender => contender.Ratio).OfType<double>(), 1];
        double least = Ticks.Last(tick => tick <= ratios.Min() || tick == Ticks[0]);
        double most = Ticks.First(tick => tick >= ratios.Max() || tick == Ticks[^1]);
        var scale = new Scale(least, most);
        var bars = new StringBuilder();
        int y = Top;
        foreach (ModelResult model in models)
        {
            y = Bars(bars, model, scale, y) + ModelGap;
        }

        string grid = string.Concat(Ticks.Where(tick => tick >= least && tick <= most).Select(tick => Grid(tick, scale, y)));
        string legend = string.Concat(Peers.Select((peer, index) =>
            $"<rect x=\"{LabelWidth + (index * 170)}\" y=\"10\" width=\"10\" height=\"10\" fill=\"{peer.Color}\"/><text x=\"{LabelWidth + 15 + (index * 170)}\" y=\"19\">{peer.Peer}</text>\n"));
        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LabelWidth + PlotWidth + Margin} {y + 10}" font-family="sans-serif" font-size="11" fill="#333">
            <rect width="100%" height="100%" fill="#fff"/>
            {legend}{grid}{bars}</svg>

            """.ReplaceLineEndings("\n");
    }

    private static int Bars(StringBuilder bars, ModelResult model, Scale scale, int y)
    {
        (ContenderResult Result, string Color)[] peers = [.. Peers.Select(peer => (Result: model.Find(peer.Peer), peer.Color)).Where(peer => peer.Result is not null).Select(peer => (peer.Result!, peer.Color))];
        int height = peers.Length * BarHeight;
        bars.Append(Invariant($"<text x=\"{LabelWidth - 8}\" y=\"{y + (height / 2) + 4}\" text-anchor=\"end\">{model.Name}</text>\n"));
        foreach ((ContenderResult peer, string color) in peers)
        {
            double end = scale.At(peer.Ratio!.Value);
            double begin = scale.At(1);
            bars.Append(Invariant($"<rect x=\"{Math.Min(begin, end):0.0}\" y=\"{y}\" width=\"{Math.Abs(end - begin):0.0}\" height=\"{BarHeight - 1}\" fill=\"{color}\"/>"));
            bars.Append(Invariant($"<text x=\"{Math.Max(begin, end) + 3:0.0}\" y=\"{y + BarHeight - 2}\" font-size=\"9\">{Figures.Ratio(peer.Ratio.Value)}</text>\n"));
            y += BarHeight;
        }

        return y;
    }

    private static string Grid(double tick, Scale scale, int bottom) => Invariant(
        $"<line x1=\"{scale.At(tick):0.0}\" y1=\"{Top - 8}\" x2=\"{scale.At(tick):0.0}\" y2=\"{bottom}\" stroke=\"{(tick == 1 ? "#333" : "#ddd")}\"/>")
        + Invariant($"<text x=\"{scale.At(tick):0.0}\" y=\"{Top - 12}\" text-anchor=\"middle\">{tick:0.###}×</text>\n");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Scale(double Least, double Most)
    {
        public double At(double ratio) => LabelWidth + (PlotWidth * Math.Log(Math.Clamp(ratio, Least, Most) / Least) / Math.Log(Most / Least));
    }
}
