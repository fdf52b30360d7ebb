using System;
using System.Text;
using Microsoft.CodeAnalysis.Text;
using ModelCompiler.Generator.Kernels;

namespace ModelCompiler.Generator.Emission;

/// <summary>Writes C# with indentation; lines end in <c>\n</c> on every machine.</summary>
internal sealed class SourceWriter
{
    private readonly StringBuilder builder = new();
    private int indentation;

    /// <summary>Writes an empty line.</summary>
    public void Line() => builder.Append('\n');

    /// <summary>Writes one line.</summary>
    public void Line(string text)
    {
        if (text.Length > 0 && text[0] != '#')
        {
            builder.Append(' ', 4 * indentation);
        }

        builder.Append(text).Append('\n');
    }

    /// <summary>Writes several lines, each indented.</summary>
    public void Lines(string text)
    {
        foreach (string line in text.Replace("\r\n", "\n").Split('\n'))
        {
            Line(line);
        }
    }

    /// <summary>Writes text as it is.</summary>
    public void Verbatim(string text) => builder.Append(text);

    /// <summary>Indents until disposed.</summary>
    public Scope Indent() => new(this, "");

    /// <summary>Opens a brace, indents, and closes the brace when disposed.</summary>
    public Scope Block()
    {
        Line("{");
        return new Scope(this, "}");
    }

    /// <summary>Writes a line, then a block.</summary>
    public Scope Block(string head)
    {
        Line(head);
        return Block();
    }

    /// <summary>The source.</summary>
    public SourceText ToSource() => SourceText.From(builder.ToString(), Encoding.UTF8);

    /// <summary>The source, with the namespaces of the framework's types before their names.</summary>
    public SourceText ToQualifiedSource() => SourceText.From(TypeQualifier.Qualify(builder.ToString()), Encoding.UTF8);

    /// <summary>An indented part.</summary>
    public readonly struct Scope : IDisposable
    {
        private readonly SourceWriter writer;
        private readonly string end;

        internal Scope(SourceWriter writer, string end)
        {
            this.writer = writer;
            this.end = end;
            writer.indentation++;
        }

        /// <summary>Ends the part.</summary>
        public void Dispose()
        {
            writer.indentation--;
            if (end.Length > 0)
            {
                writer.Line(end);
            }
        }
    }
}
