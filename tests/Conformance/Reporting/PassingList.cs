using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;

namespace ModelCompiler.Conformance.Reporting;

/// <summary>
/// The names of the tests that pass, one a line, sorted: <c>passing.txt</c> beside the project. Lines that begin with <c>#</c> are comments.
/// </summary>
internal static class PassingList
{
    private const string Comment = "# ONNX node tests that pass, with inputs that decide shapes fixed with InputValue. Written by: Conformance onnx FOLDER --update-passing";

    private static string FilePath => Path.Combine(Repository.Root, "tests", "Conformance", "passing.txt");

    /// <summary>Reads the list.</summary>
    public static ImmutableArray<string> Read() => [.. File.ReadLines(FilePath).Where(line => line.Length > 0 && line[0] != '#')];

    /// <summary>Writes the list.</summary>
    public static void Write(IEnumerable<Verdict> verdicts)
    {
        IEnumerable<string> names = verdicts.Where(verdict => verdict.Outcome == Outcome.Passed).Select(verdict => verdict.Case).Order(StringComparer.Ordinal);
        File.WriteAllText(FilePath, string.Join('\n', names.Prepend(Comment)) + "\n");
    }
}
