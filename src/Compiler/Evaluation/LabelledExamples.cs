using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;

namespace ModelCompiler.Compiler.Evaluation;

/// <summary>An example and its class.</summary>
internal sealed record LabelledExample(string Path, int Class);

/// <summary>Finds the class of each example: the name of its folder, or what a list says. A class is named by its label or its number.</summary>
internal sealed class LabelledExamples
{
    private const int MostNamed = 8;

    private readonly ImmutableArray<string> labels;
    private readonly int classes;
    private readonly Dictionary<string, (int Class, string? Problem)> known = new(StringComparer.Ordinal);
    private readonly List<Diagnostic> problems = [];
    private readonly Dictionary<string, (string First, int Count)> unknown = new(StringComparer.Ordinal);

    private LabelledExamples(ImmutableArray<string> labels, int classes)
    {
        this.labels = labels;
        this.classes = classes;
    }

    /// <summary>Reads the lists and looks at the folders; the examples themselves are not read.</summary>
    /// <param name="files">Examples and lists.</param>
    /// <param name="labels">Labels of the classes; empty when there are none.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <exception cref="DiagnosticException">A list, a class or a file is not what it should be; all of them are named.</exception>
    public static ImmutableArray<LabelledExample> Find(IEnumerable<string> files, ImmutableArray<string> labels, int classes)
    {
        var finder = new LabelledExamples(labels, classes);
        (string Path, string Name)[] named = [.. files.Order(StringComparer.Ordinal).SelectMany(finder.Named)];
        ImmutableArray<LabelledExample> examples = [.. named.Select(example => new LabelledExample(example.Path, finder.ClassOf(example.Path, example.Name)))];
        foreach ((string name, (string first, int count)) in finder.unknown.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            finder.problems.Add(DiagnosticKinds.EvaluationClass.At(first, "", name, count, finder.known[name].Problem!, finder.Describe()));
        }

        finder.problems.AddRange(named.Where(example => !File.Exists(example.Path)).Select(example =>
            DiagnosticKinds.CalibrationUnreadable.At(example.Path, "", "it does not exist")));
        return finder.problems.Count == 0 ? examples : throw new DiagnosticException(finder.problems);
    }

    private IEnumerable<(string Path, string Name)> Named(string file) => Path.GetExtension(file).Equals(".csv", StringComparison.OrdinalIgnoreCase)
        ? Listed(file)
        : [(file, Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(file))) ?? "")];

    private (string Path, string Name)[] Listed(string list)
    {
        string folder = Path.GetDirectoryName(list) ?? "";
        var found = new List<(string, string)>();
        try
        {
            int number = 0;
            foreach (string line in File.ReadLines(list))
            {
                number++;
                if (string.IsNullOrWhiteSpace(line) || (number == 1 && line.Trim().Equals("path,label", StringComparison.OrdinalIgnoreCase)))
                {
                    continue;
                }

                if (!TrySplit(line, out string path, out string name))
                {
                    problems.Add(DiagnosticKinds.EvaluationList.At(list, "", $"line {number} is not a path, a comma and a class"));
                    return [];
                }

                found.Add((Path.Combine(folder, path), name));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add(DiagnosticKinds.EvaluationList.At(list, "", exception.Message));
            return [];
        }

        if (found.Count == 0)
        {
            problems.Add(DiagnosticKinds.EvaluationList.At(list, "", "it names no file"));
        }

        return [.. found];
    }

    // A path with a comma stands in quotes; the rest of the line is the class, whose label may have commas.
    private static bool TrySplit(string line, out string path, out string name)
    {
        string text = line.Trim();
        bool isQuoted = text.StartsWith('"');
        int end = isQuoted ? text.IndexOf("\",", 1, StringComparison.Ordinal) : text.IndexOf(',', StringComparison.Ordinal);
        path = end < 0 ? "" : text[(isQuoted ? 1 : 0)..end].Replace("\"\"", "\"", StringComparison.Ordinal).Trim();
        name = end < 0 ? "" : text[(end + (isQuoted ? 2 : 1))..].Trim();
        name = name.Length > 1 && name.StartsWith('"') && name.EndsWith('"') ? name[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : name;
        return path.Length > 0 && name.Length > 0 && path.IndexOf('\0', StringComparison.Ordinal) < 0;
    }

    private int ClassOf(string path, string name)
    {
        if (!known.TryGetValue(name, out (int Class, string? Problem) found))
        {
            found = Find(name);
            known.Add(name, found);
        }

        if (found.Problem is not null)
        {
            unknown[name] = unknown.TryGetValue(name, out (string First, int Count) earlier) ? earlier with { Count = earlier.Count + 1 } : (path, 1);
        }

        return found.Class;
    }

    // A label, else a label but for the case of its letters, else a number.
    private (int Class, string? Problem) Find(string name)
    {
        foreach (StringComparison comparison in new[] { StringComparison.Ordinal, StringComparison.OrdinalIgnoreCase })
        {
            int[] matches = [.. Enumerable.Range(0, labels.Length).Where(index => labels[index].Equals(name, comparison))];
            if (matches.Length > 0)
            {
                return matches.Length == 1 ? (matches[0], null) : (-1, $"is the label of classes {string.Join(" and ", matches)}");
            }
        }

        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < classes ? (number, null) : (-1, "is none of the model's");
    }

    private string Describe() => labels.IsEmpty
        ? $"0 to {classes - 1}; set Labels to name them otherwise"
        : string.Join(", ", labels.Take(MostNamed).Select(label => $"'{label}'")) + (labels.Length > MostNamed ? ", …" : "") + $", or their numbers, 0 to {classes - 1}";
}
