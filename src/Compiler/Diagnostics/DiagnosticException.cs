using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;

namespace ModelCompiler.Compiler.Diagnostics;

/// <summary>
/// Ends a stage that cannot go on, with everything that is wrong. <see cref="CompilerDriver"/> turns it into its result; it never reaches a caller.
/// </summary>
public sealed class DiagnosticException : Exception
{
    /// <summary>Ends with several findings.</summary>
    public DiagnosticException(IEnumerable<Diagnostic> diagnostics)
        : this([.. diagnostics])
    {
    }

    /// <summary>Ends with one finding.</summary>
    public DiagnosticException(Diagnostic diagnostic)
        : this([diagnostic])
    {
    }

    private DiagnosticException(ImmutableArray<Diagnostic> diagnostics)
        : base(string.Join(Environment.NewLine, diagnostics.Select(diagnostic => diagnostic.ToString()))) => Diagnostics = diagnostics;

    /// <summary>All that is wrong.</summary>
    public ImmutableArray<Diagnostic> Diagnostics { get; }
}
