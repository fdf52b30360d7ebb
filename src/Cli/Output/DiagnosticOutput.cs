using System.Collections.Generic;
using System.IO;
using ModelCompiler.Compiler.Diagnostics;

namespace ModelCompiler.Cli.Output;

/// <summary>Prints findings as the lines that MSBuild and editors understand.</summary>
internal static class DiagnosticOutput
{
    /// <summary>Prints findings.</summary>
    /// <param name="diagnostics">The findings.</param>
    /// <param name="output">Takes warnings and information.</param>
    /// <param name="error">Takes errors.</param>
    public static void Print(IEnumerable<Diagnostic> diagnostics, TextWriter output, TextWriter error)
    {
        foreach (Diagnostic diagnostic in diagnostics)
        {
            (diagnostic.Kind.Severity == Severity.Error ? error : output).WriteLine(diagnostic.ToString());
        }
    }
}
