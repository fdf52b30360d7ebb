using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.IO.Enumeration;
using System.Linq;

namespace ModelCompiler.Cli;

/// <summary>Paths with wildcards: <c>*</c> and <c>?</c> in any part, <c>**</c> for folders of any depth. For shells that do not expand them.</summary>
internal static class FilePattern
{
    /// <summary>The files that match, in ordinal order. A path without wildcards is itself, whether it exists or not; an empty one is none.</summary>
    /// <param name="pattern">The path.</param>
    public static ImmutableArray<string> Expand(string pattern)
    {
        if (string.IsNullOrWhiteSpace(pattern))
        {
            return [];
        }

        if (!HasWildcard(pattern) || File.Exists(pattern))
        {
            return [pattern];
        }

        string[] parts = pattern.Split('/', Path.DirectorySeparatorChar);
        int literal = Array.FindIndex(parts, HasWildcard);
        string start = string.Join(Path.DirectorySeparatorChar, parts[..literal]);
        start = literal > 0 && start.Length == 0 ? Path.DirectorySeparatorChar.ToString() : start;
        return [.. Match(start, parts.AsMemory(literal)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Match(string folder, ReadOnlyMemory<string> parts)
    {
        if (folder.Length > 0 && !Directory.Exists(folder))
        {
            return [];
        }

        string place = folder.Length == 0 ? "." : folder;
        string part = parts.Span[0];
        ReadOnlyMemory<string> rest = parts[1..];
        if (rest.IsEmpty)
        {
            return Directory.EnumerateFiles(place).Where(file => Matches(part, file)).Select(file => Path.Combine(folder, Path.GetFileName(file)));
        }

        IEnumerable<string> below = Directory.EnumerateDirectories(place).Select(child => Path.Combine(folder, Path.GetFileName(child)));
        return part == "**"
            ? Match(folder, rest).Concat(below.SelectMany(child => Match(child, parts)))
            : below.Where(child => Matches(part, child)).SelectMany(child => Match(child, rest));
    }

    private static bool Matches(string part, string path) => FileSystemName.MatchesSimpleExpression(part, Path.GetFileName(path), ignoreCase: OperatingSystem.IsWindows());

    private static bool HasWildcard(string text) => text.AsSpan().ContainsAny('*', '?');
}
