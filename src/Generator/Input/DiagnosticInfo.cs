using System;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Input;

/// <summary>A diagnostic as plain data: the pipeline caches by equality, and <see cref="Diagnostic"/>s hold on to a compilation.</summary>
/// <param name="Descriptor">What kind it is.</param>
/// <param name="Path">The file it is about.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Arguments">What the message's places stand for.</param>
internal sealed record DiagnosticInfo(DiagnosticDescriptor Descriptor, string Path, int Line, EquatableArray<string> Arguments)
{
    public static DiagnosticInfo Of(DiagnosticDescriptor descriptor, string path, int line, params string[] arguments) =>
        new(descriptor, path, line, arguments.ToEquatableArray());

    public Diagnostic ToDiagnostic()
    {
        var start = new LinePosition(Math.Max(Line - 1, 0), 0);
        object[] arguments = new object[Arguments.Count];
        for (int index = 0; index < arguments.Length; index++)
        {
            arguments[index] = Arguments[index];
        }

        return Diagnostic.Create(Descriptor, Location.Create(Path, default, new LinePositionSpan(start, start)), arguments);
    }
}
