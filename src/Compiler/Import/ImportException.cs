using System;
using System.Globalization;
using ModelCompiler.Compiler.Diagnostics;

namespace ModelCompiler.Compiler.Import;

/// <summary>Something in a file cannot be imported. Whoever knows the file and the node turns it into a diagnostic.</summary>
internal sealed class ImportException : Exception
{
    private readonly object[] arguments;

    /// <summary>A finding whose file and node are not known yet.</summary>
    public ImportException(DiagnosticKind kind, params object[] arguments)
        : base(string.Format(CultureInfo.InvariantCulture, kind.Format, arguments))
    {
        Kind = kind;
        this.arguments = arguments;
    }

    /// <summary>What kind.</summary>
    public DiagnosticKind Kind { get; }

    /// <summary>The graph breaks a rule of its format.</summary>
    public static ImportException Invalid(string message) => new(DiagnosticKinds.GraphInvalid, message);

    /// <summary>The file is not what it should be.</summary>
    public static ImportException Malformed(string message) => Malformed("ONNX", message);

    /// <summary>The file is not what a format demands.</summary>
    public static ImportException Malformed(string format, string message) => new(DiagnosticKinds.FileMalformed, format, message);

    /// <summary>An attribute, or a combination, that has no translation.</summary>
    /// <param name="operatorName">The operator.</param>
    /// <param name="what">What is not supported.</param>
    /// <param name="advice">What to do instead.</param>
    public static ImportException Attribute(string operatorName, string what, string advice) => new(DiagnosticKinds.AttributeUnsupported, operatorName, what, advice);

    /// <summary>An element type that has no translation.</summary>
    public static ImportException ElementType(string tensor, string type) => new(DiagnosticKinds.TypeUnsupported, tensor, type);

    /// <summary>An operator cannot follow an extent that depends on the data.</summary>
    /// <param name="operatorName">The operator.</param>
    /// <param name="tensor">What it reads.</param>
    /// <param name="axis">The axis of that extent.</param>
    /// <param name="problem">Why it cannot be.</param>
    public static ImportException Extent(string operatorName, string tensor, int axis, string problem) =>
        new(DiagnosticKinds.ExtentDependsOnData, operatorName, tensor, axis, problem);

    /// <summary>The finding.</summary>
    public Diagnostic At(string file, string node) => Kind.At(file, node, arguments);
}
