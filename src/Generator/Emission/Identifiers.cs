using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Microsoft.CodeAnalysis.CSharp;
using ModelCompiler.Generator.Kernels;

namespace ModelCompiler.Generator.Emission;

/// <summary>Makes C# identifiers of a model's names.</summary>
internal static class Identifiers
{
    private const int LongestName = 60;

    /// <summary>The name with everything but letters, digits and underscores replaced; never empty, never beginning with a digit.</summary>
    public static string Sanitize(string name)
    {
        var builder = new StringBuilder();
        foreach (char character in name.Length > LongestName ? name.Substring(name.Length - LongestName) : name)
        {
            bool usable = char.IsLetterOrDigit(character) || character == '_';
            if (usable || (builder.Length > 0 && builder[builder.Length - 1] != '_'))
            {
                builder.Append(usable ? character : '_');
            }
        }

        string sanitized = builder.ToString().TrimEnd('_');
        return sanitized.Length == 0 ? "_" : char.IsLetter(sanitized[0]) || sanitized[0] == '_' ? sanitized : "_" + sanitized;
    }

    /// <summary>A parameter's name: the sanitized name with a small first letter.</summary>
    public static string Parameter(string name)
    {
        string sanitized = Sanitize(name);
        return char.ToLowerInvariant(sanitized[0]) + sanitized.Substring(1);
    }

    /// <summary>A part of a member's name: the sanitized name with a capital first letter.</summary>
    public static string Member(string name)
    {
        string sanitized = Sanitize(name);
        return char.ToUpperInvariant(sanitized[0]) + sanitized.Substring(1);
    }

    /// <summary>The name of a variable as it stands in source: keywords get an <c>@</c>.</summary>
    public static string Escape(string name) => SyntaxFacts.GetKeywordKind(name) == SyntaxKind.None ? name : "@" + name;

    /// <summary>
    /// The name of a type as it stands in source: keywords get an <c>@</c>, <c>record</c> and its like, too, and what would be taken for a type
    /// of the framework.
    /// </summary>
    public static string EscapeType(string name) =>
        SyntaxFacts.GetContextualKeywordKind(name) == SyntaxKind.None && !TypeQualifier.Knows(name) ? Escape(name) : "@" + name;

    /// <summary>A namespace as it stands in source.</summary>
    public static string EscapeDotted(string name) => string.Join(".", name.Split('.').Select(EscapeType));

    /// <summary>Whether a dotted name is one.</summary>
    public static bool IsValidDotted(string name) => name.Split('.').All(SyntaxFacts.IsValidIdentifier);
}

/// <summary>Gives every name once: a second one of the kind gets a number.</summary>
internal sealed class NameTable
{
    private readonly HashSet<string> taken;

    /// <summary>Starts with names that are taken.</summary>
    public NameTable(params string[] reserved) => taken = new HashSet<string>(reserved, StringComparer.Ordinal);

    /// <summary>The name itself, or the name and a number.</summary>
    public string Unique(string name)
    {
        string unique = name;
        for (int number = 2; !taken.Add(unique); number++)
        {
            unique = name + number.ToString(CultureInfo.InvariantCulture);
        }

        return unique;
    }
}
