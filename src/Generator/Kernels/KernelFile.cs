using System;
using System.Collections.Generic;
using System.Linq;

namespace ModelCompiler.Generator.Kernels;

/// <summary>One source file of RuntimeSupport, made ready to be nested in a class.</summary>
internal sealed class KernelFile
{
    private KernelFile(string path, IReadOnlyList<string> usings, string body, SourceScanner scan)
    {
        Path = path;
        Usings = usings;
        Body = body;
        Words = scan.Words;
        Declared = scan.Declared;
    }

    /// <summary>Path below RuntimeSupport.</summary>
    public string Path { get; }

    /// <summary>Its using directives.</summary>
    public IReadOnlyList<string> Usings { get; }

    /// <summary>What follows the namespace, ending in a line break.</summary>
    public string Body { get; }

    /// <summary>The words of its code.</summary>
    public IReadOnlyCollection<string> Words { get; }

    /// <summary>The types it declares.</summary>
    public IReadOnlyList<string> Declared { get; }

    /// <summary>Takes a file apart: using directives, a file-scoped namespace, the rest.</summary>
    public static KernelFile Parse(string path, string text)
    {
        string[] lines = text.Replace("\r\n", "\n").Split('\n');
        int start = Array.FindIndex(lines, line => line.StartsWith("namespace ", StringComparison.Ordinal));
        string[] usings = lines.Take(Math.Max(start, 0)).Where(line => line.StartsWith("using ", StringComparison.Ordinal)).ToArray();

        // A file that is conditional as a whole opens its #if before the namespace; the using directives are good in any case.
        IEnumerable<string> directives = lines.Take(Math.Max(start, 0)).Where(line => line.StartsWith("#", StringComparison.Ordinal));
        string body = string.Join("\n", directives.Concat(lines.Skip(start + 1))).Trim('\n') + "\n";
        SourceScanner scan = SourceScanner.Scan(body);
        return new KernelFile(path, usings, TypeQualifier.Qualify(body, scan), scan);
    }
}
