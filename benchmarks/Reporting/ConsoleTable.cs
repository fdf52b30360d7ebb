using System.Globalization;
using System.Linq;
using Spectre.Console;

namespace ModelCompiler.Benchmarks.Reporting;

/// <summary>What one model gave, as soon as it is known.</summary>
internal static class ConsoleTable
{
    // A file or a pipe has no width.
    private const int Width = 140;

    /// <summary>Prints a model's table.</summary>
    public static void Print(ModelResult model, Results results)
    {
        AnsiConsole.Profile.Width = System.Console.IsOutputRedirected ? Width : AnsiConsole.Profile.Width;
        string load = model.Load is { } number ? $", load {Figures.Number(number)}" : "";
        Table table = new Table { Title = new TableTitle(Markup.Escape($"{model.Name}: {Figures.Millions(model.MultiplyAccumulates)} MMAC, {model.Rounds} rounds{load}, built in {Figures.Number(model.BuildSeconds)} s")) };
        table.AddColumn("");
        foreach (string column in new[] { "µs", "least", "ratio", "of least", "roof", "bytes", "cold ms", "load ms", "peak MB", "shipped" })
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (ContenderResult contender in model.Contenders)
        {
            string[] cells =
            [
                contender.Name,
                Figures.Number(contender.MedianMicroseconds),
                Figures.Number(contender.LeastMicroseconds),
                Optional(contender.Ratio, Figures.Ratio),
                Optional(contender.LeastRatio, Figures.Ratio),
                Figures.Share(results.RoofShare(model, contender)),
                contender.AllocatedBytes.ToString(CultureInfo.InvariantCulture),
                Optional(contender.ColdMilliseconds, Figures.Number),
                Optional(contender.ColdLoadMilliseconds, Figures.Number),
                Optional(contender.PeakBytes, Figures.Millions),
                Figures.Millions(contender.ShippedBytes),
            ];
            table.AddRow(cells.Select(Markup.Escape).ToArray());
        }

        foreach (PublishedResult published in model.Published ?? [])
        {
            string[] cells =
            [
                published.Name, "", "", "", "", "", "", Figures.Number(published.ColdMilliseconds), Figures.Number(published.ColdLoadMilliseconds),
                Figures.Millions(published.PeakBytes), Figures.Millions(published.ShippedBytes),
            ];
            table.AddRow(cells.Select(Markup.Escape).ToArray());
        }

        AnsiConsole.Write(table);
        foreach (string absent in model.Absent)
        {
            AnsiConsole.WriteLine($"without {absent}");
        }
    }

    private static string Optional(double? value, System.Func<double, string> text) => value is { } number ? text(number) : "";
}
