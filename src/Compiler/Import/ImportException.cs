using System;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;

namespace ModelCompiler.Compiler.Import;

/// <summary>Something in a file cannot be imported. Whoever knows the file and the node turns it into a diagnostic.</summary>
internal sealed class ImportException : Exception
{
    private const string Damaged = "it may be truncated or damaged, export it again";

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
    public static ImportException Malformed(string message, string advice = Damaged) => MalformedAs("ONNX", message, advice);

    /// <summary>The file is not what a format demands.</summary>
    public static ImportException MalformedAs(string format, string message, string advice = Damaged) => new(DiagnosticKinds.FileMalformed, format, message, advice);

    /// <summary>An attribute, or a combination, that has no translation.</summary>
    /// <param name="operatorName">The operator.</param>
    /// <param name="what">What is not supported.</param>
    /// <param name="advice">What to do instead.</param>
    public static ImportException Attribute(string operatorName, string what, string advice) => new(DiagnosticKinds.AttributeUnsupported, operatorName, what, advice);

    /// <summary>An element type that has no translation.</summary>
    public static ImportException ElementType(string tensor, string type) => new(DiagnosticKinds.TypeUnsupported, tensor, type);

    /// <summary>What must be known when the model is compiled is computed.</summary>
    /// <param name="operatorName">The operator.</param>
    /// <param name="tensor">What it reads.</param>
    /// <param name="count">How many numbers it holds, when it is an input of the model.</param>
    public static ImportException Computed(string operatorName, string tensor, long? count) => new(
        DiagnosticKinds.ShapeDependsOnData,
        operatorName,
        tensor,
        count is { } numbers
            ? $"where it is always the same, set InputValue=\"{tensor}:{string.Join(',', Enumerable.Range(1, (int)Math.Min(numbers, 8)))}\", with its own numbers, on the ModelFile item"
            : "export the model with fixed shapes, or end it before this node and do the rest in C#");

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
