using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Spectre.Console;

namespace ModelCompiler.Benchmarks;

/// <summary>Ways of compiling, one a row, tried on models, one a column.</summary>
/// <param name="title">What is compared.</param>
/// <param name="ways">The ways.</param>
internal sealed class AccuracyTable(string title, ImmutableArray<(string Name, Change Change)> ways)
{
    private readonly ImmutableArray<(string Name, Change Change)> ways = ways;
    private readonly List<string[]> rows = [];
    private ImmutableArray<Subject> subjects = [];

    /// <summary>Fills tables. All their cells are one lot, so that no core waits for the last one of a table; the last ways, which are the longest, come first.</summary>
    public static void Measure(IReadOnlyCollection<AccuracyTable> tables, ImmutableArray<Subject> models)
    {
        (AccuracyTable Table, int Row, int Column)[] work =
        [
            .. from table in tables.Reverse()
               from row in Enumerable.Range(0, table.ways.Length).Reverse()
               from column in Enumerable.Range(0, models.Length).Reverse()
               select (table, row, column),
        ];
        foreach (AccuracyTable table in tables)
        {
            table.subjects = models;
            table.rows.AddRange(table.ways.Select(way => (string[])[way.Name, .. models.Select(_ => "")]));
        }

        int done = 0;
        Parallel.ForEach(Partitioner.Create(work, EnumerablePartitionerOptions.NoBuffering), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, cell =>
        {
            var watch = Stopwatch.StartNew();
            (string name, Change change) = cell.Table.ways[cell.Row];
            cell.Table.rows[cell.Row][cell.Column + 1] = Cell(models[cell.Column], change);
            Console.Error.WriteLine($"{Interlocked.Increment(ref done)}/{work.Length}: {name}, {models[cell.Column].Name} ({watch.Elapsed.TotalSeconds:0} s)");
        });
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
