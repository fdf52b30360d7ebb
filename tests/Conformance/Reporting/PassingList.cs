using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;

namespace ModelCompiler.Conformance.Reporting;

/// <summary>
/// The names of the tests that pass, one a line, sorted, each with the name of its folder before it: <c>passing.txt</c> beside the project.
/// Lines that begin with <c>#</c> are comments.
/// </summary>
internal static class PassingList
{
    private const string Comment = "# Tests that pass, with inputs that decide shapes fixed with InputValue. Written by: Conformance SUITE FOLDER --update-passing";

    private static string FilePath => Path.Combine(Repository.Root, "tests", "Conformance", "passing.txt");

    /// <summary>The list as it is: folder, slash, test.</summary>
    public static ImmutableArray<string> Lines() => [.. File.ReadLines(FilePath).Where(line => line.Length > 0 && line[0] != '#')];

    /// <summary>The tests of a folder.</summary>
    /// <param name="folder">Its path; the last part is its name in the list.</param>
    public static ImmutableArray<string> Read(string folder) =>
        [.. Lines().Where(line => line.StartsWith(Prefix(folder), StringComparison.Ordinal)).Select(line => line[Prefix(folder).Length..])];

    /// <summary>Writes the tests of a folder into the list.</summary>
    public static void Write(string folder, IEnumerable<Verdict> verdicts)
    {
        IEnumerable<string> others = Lines().Where(line => !line.StartsWith(Prefix(folder), StringComparison.Ordinal));
        IEnumerable<string> passed = verdicts.Where(verdict => verdict.Outcome == Outcome.Passed).Select(verdict => Prefix(folder) + verdict.Case);
        File.WriteAllText(FilePath, string.Join('\n', others.Concat(passed).Order(StringComparer.Ordinal).Prepend(Comment)) + "\n");
    }

    private static string Prefix(string folder) => Path.GetFileName(folder.TrimEnd('/', Path.DirectorySeparatorChar)) + "/";
}
