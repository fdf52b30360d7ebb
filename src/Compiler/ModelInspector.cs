using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Compiler.Inspection;
using ModelCompiler.Compiler.Passes;

namespace ModelCompiler.Compiler;

/// <summary>Lets a person look at a model on its way through the compiler.</summary>
public static class ModelInspector
{
    /// <summary>Names of the stages that <see cref="Inspect"/> can stop after.</summary>
    public static ImmutableArray<string> Stages(Precision precision) => ["import", .. PassList.For(precision).Select(pass => pass.Name)];

    /// <summary>Says of a model what can be said; also of one that cannot be compiled, or only with other options.</summary>
    /// <param name="options">The model.</param>
    public static Inspection.Inspection Survey(CompileOptions options)
    {
        FileSurvey? file = ImportGuard.Run("the file", () => ModelImporter.Survey(options), _ => { });
        var diagnostics = new List<Diagnostic>();
        try
        {
            Graph graph = PassList.Run(ModelImporter.Import(options, diagnostics), options.Precision);
            return new Inspection.Inspection(file, graph, QuantizationSummary.Of(graph), [.. diagnostics]);
        }
        catch (DiagnosticException exception)
        {
            return new Inspection.Inspection(file, null, null, exception.Diagnostics);
        }
    }

    /// <summary>The graph after a stage.</summary>
    /// <param name="options">The model.</param>
    /// <param name="after">A name from <see cref="Stages"/>; <see langword="null"/> for the last.</param>
    /// <returns>The graph, or what is wrong with the model.</returns>
    public static (Graph? Graph, ImmutableArray<Diagnostic> Diagnostics) Inspect(CompileOptions options, string? after)
    {
        try
        {
            Graph graph = ModelImporter.Import(options, new List<Diagnostic>());
            Graph? found = after == "import" ? graph : null;
            Graph last = PassList.Run(graph, options.Precision, (pass, result) => found = pass.Name == after ? result : found);
            return (found ?? last, []);
        }
        catch (DiagnosticException exception)
        {
            return (null, exception.Diagnostics);
        }
    }
}
