using System;
using System.Collections.Generic;

namespace ModelCompiler.Generator.Kernels;

/// <summary>
/// Finds the words of C# source that are code: comments and strings are left out, the holes of interpolated strings are not. Words of every
/// branch of an <c>#if</c> count. A full parse of all kernels would cost the IDE far more.
/// </summary>
internal sealed class SourceScanner
{
    private readonly string text;
    private int position;
    private int depth;
    private string previous = "";
    private char mark = ' ';
    private char markBefore = ' ';

    private SourceScanner(string text) => this.text = text;

    /// <summary>All words of the source, each once.</summary>
    public HashSet<string> Words { get; } = new(StringComparer.Ordinal);

    /// <summary>Where a type of the framework is mentioned without its namespace.</summary>
    public List<(int Position, string Name)> ShortNames { get; } = [];

    /// <summary>The names of the types that are declared outside any other.</summary>
    public List<string> Declared { get; } = [];

    /// <summary>Scans a source.</summary>
    public static SourceScanner Scan(string text)
    {
        var scanner = new SourceScanner(text);
        while (scanner.position < text.Length)
        {
            scanner.Step();
        }

        return scanner;
    }

    // Moves past one word, comment, literal or character.
    private void Step()
    {
        char character = text[position];
        if (char.IsLetterOrDigit(character) || character == '_')
        {
            Word();
        }
        else if (At("//"))
        {
            MoveBehind("\n");
        }
        else if (At("/*"))
        {
            MoveBehind("*/");
        }
        else if (character == '\'')
        {
            MoveBehindQuote('\'');
        }
        else if (At("\"\"\""))
        {
            position += 2;
            MoveBehind("\"\"\"");
        }
        else if (At("@\""))
        {
            position++;
            MoveBehind("\"");
        }
        else if (At("$\""))
        {
            position += 2;
            Interpolated();
        }
        else if (character == '"')
        {
            MoveBehindQuote('"');
        }
        else
        {
            depth += character == '{' ? 1 : character == '}' ? -1 : 0;
            if (!char.IsWhiteSpace(character))
            {
                previous = "";
                (markBefore, mark) = (mark, character);
            }

            position++;
        }
    }

    private void Word()
    {
        int start = position;
        while (position < text.Length && (char.IsLetterOrDigit(text[position]) || text[position] == '_'))
        {
            position++;
        }

        string word = text.Substring(start, position - start);
        Words.Add(word);
        if (TypeQualifier.Knows(word) && IsType())
        {
            ShortNames.Add((start, word));
        }

        if (depth == 0 && IsTypeKeyword(previous) && !IsTypeKeyword(word))
        {
            Declared.Add(word);
        }

        previous = word;
        mark = ' ';
    }

    // Not a part of a longer name: behind a dot – but the two of a range – behind two colons or an @. And not a method, which is what stands before
    // a parenthesis unless it is constructed or an attribute.
    private bool IsType()
    {
        bool isPart = mark == '@' || (mark == '.' && markBefore != '.') || (mark == ':' && markBefore == ':');
        bool isCalled = position < text.Length && text[position] == '(' && previous != "new" && mark != '[';
        return !isPart && !isCalled;
    }

    // Inside $"…", behind the quote.
    private void Interpolated()
    {
        while (position < text.Length && text[position] != '"')
        {
            if (At("{{") || At("\\"))
            {
                position += 2;
            }
            else if (text[position] == '{')
            {
                Hole();
            }
            else
            {
                position++;
            }
        }

        position++;
    }

    private void Hole()
    {
        int outside = depth;
        do
        {
            Step();
        }
        while (position < text.Length && depth > outside);
    }

    private void MoveBehind(string end)
    {
        int found = text.IndexOf(end, Math.Min(position + 1, text.Length), StringComparison.Ordinal);
        position = found < 0 ? text.Length : found + end.Length;
    }

    private void MoveBehindQuote(char quote)
    {
        position++;
        while (position < text.Length && text[position] != quote)
        {
            position += text[position] == '\\' ? 2 : 1;
        }

        position++;
    }

    private bool At(string start) => string.CompareOrdinal(text, position, start, 0, start.Length) == 0;

    private static bool IsTypeKeyword(string word) => word is "class" or "struct" or "record" or "interface" or "enum";
}
