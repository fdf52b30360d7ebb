using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using Spectre.Console;

namespace ModelCompiler.Benchmarks;

/// <summary>Ways of compiling, one a row, tried on models, one a column.</summary>
/// <param name="title">What is compared.</param>
/// <param name="ways">The ways.</param>
internal sealed class AccuracyTable(string title, ImmutableArray<(string Name, Change Change)> ways)
{
    private readonly List<string[]> rows = [];
    private ImmutableArray<Subject> subjects = [];

    /// <summary>Fills the table.</summary>
    public void Measure(ImmutableArray<Subject> models)
    {
        subjects = models;
        var work =
            from way in ways
            from column in Enumerable.Range(0, models.Length)
            select (way.Name, way.Change, Column: column);
        var done = new ConcurrentBag<(string Name, int Column, string Text)>();
        Parallel.ForEach(Partitioner.Create(work, EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = Math.Max(4, Environment.ProcessorCount) }, cell =>
        {
            done.Add((cell.Name, cell.Column, Cell(models[cell.Column], cell.Change)));
            Console.Error.WriteLine($"{title}: {cell.Name}, {models[cell.Column].Name}");
        });
        ILookup<string, (string Name, int Column, string Text)> cells = done.ToLookup(cell => cell.Name, StringComparer.Ordinal);
        foreach ((string name, _) in ways)
        {
            rows.Add([name, .. cells[name].OrderBy(cell => cell.Column).Select(cell => cell.Text)]);
        }
    }

    /// <summary>For the console.</summary>
    public Table ForConsole()
    {
        Table table = new Table().Title(title).AddColumn("");
        foreach (Subject subject in subjects)
        {
            table.AddColumn(new TableColumn(subject.Name).RightAligned());
        }

        foreach (string[] row in rows)
        {
            table.AddRow([.. row.Select(cell => new Text(cell))]);
        }

        return table;
    }

    /// <summary>For a document, in Markdown.</summary>
    public string ForDocument() => string.Join(
        '\n',
        [
            "## " + title,
            "",
            Line(["", .. subjects.Select(subject => subject.Name)]),
            Line(["---", .. subjects.Select(_ => "---:")]),
            .. rows.Select(Line),
            "",
        ]);

    private static string Line(IEnumerable<string> cells) => $"| {string.Join(" | ", cells)} |";

    private static string Cell(Subject subject, Change change)
    {
        (Agreement? figures, string refusal) = subject.Measure(change);
        return figures is null ? $"refused: {refusal}" : string.Create(
            CultureInfo.InvariantCulture, $"{Share(figures.Same)} · {Share(figures.Second)} · {100 * figures.Error:0.00} %");
    }

    private static string Share(double share) => (100 * share).ToString("0.00", CultureInfo.InvariantCulture) + " %";
}
