using System.Globalization;

namespace ModelCompiler.Compiler.Diagnostics;

/// <summary>How bad a finding is.</summary>
public enum Severity
{
    /// <summary>For information.</summary>
    Info,

    /// <summary>The result may not be what was meant.</summary>
    Warning,

    /// <summary>There is no result.</summary>
    Error,
}

/// <summary>One kind of finding; its page is in <c>docs/diagnostics.md</c>.</summary>
/// <param name="Code">The code, <c>MC####</c>.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Format">The message, with <c>{0}</c>… for its facts; says what to do.</param>
public sealed record DiagnosticKind(string Code, Severity Severity, string Format)
{
    /// <summary>Makes a finding of this kind.</summary>
    /// <param name="file">The file it is about.</param>
    /// <param name="node">The node of the model it is about, or empty.</param>
    /// <param name="arguments">The facts of the message.</param>
    public Diagnostic At(string file, string node, params object[] arguments) =>
        new(this, file, node, string.Format(CultureInfo.InvariantCulture, Format, arguments));
}

/// <summary>A finding about a user's input.</summary>
/// <param name="Kind">What kind.</param>
/// <param name="File">The file it is about.</param>
/// <param name="Node">The node of the model it is about, or empty.</param>
/// <param name="Message">The message.</param>
public sealed record Diagnostic(DiagnosticKind Kind, string File, string Node, string Message)
{
    /// <summary>The canonical line that MSBuild and editors understand: <c>file : error MC1001: node 'x': message</c>.</summary>
    public override string ToString()
    {
        string severity = Kind.Severity switch { Severity.Error => "error", Severity.Warning => "warning", _ => "message" };
        string node = Node.Length == 0 ? "" : $"node '{Node}': ";
        return $"{File} : {severity} {Kind.Code}: {node}{Message}".ReplaceLineEndings(" ");
    }
}
