using System.Collections.Generic;
using System.Collections.Immutable;
using System.CommandLine;
using System.IO;
using ModelCompiler.Cli.Output;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Inspection;

namespace ModelCompiler.Cli.Commands;

/// <summary><c>modelc inspect</c>: what is in a model – or everything that is wrong with it – and its graph after any pass.</summary>
internal sealed class InspectCommand
{
    private readonly ModelOptions modelOptions = new();
    private readonly Option<string?> after = new("--after")
    {
        Description = "Shows the graph after this pass, a line a node: " + string.Join(", ", ModelInspector.Stages(Precision.Float32)) + ".",
        HelpName = "PASS",
    };

    private readonly TextWriter output;
    private readonly TextWriter error;

    /// <summary>Makes the command.</summary>
    /// <param name="output">Where results go.</param>
    /// <param name="error">Where errors go.</param>
    public InspectCommand(TextWriter output, TextWriter error)
    {
        this.output = output;
        this.error = error;
        Command = new Command("inspect", "Shows what is in a model, or everything that is wrong with it.") { after };
        modelOptions.AddTo(Command);
        Command.SetAction(Run);
    }

    /// <summary>The command.</summary>
    public Command Command { get; }

    private int Run(ParseResult parsed)
    {
        var diagnostics = new List<Diagnostic>();
        CompileOptions? options = modelOptions.Read(parsed, diagnostics);
        string? stage = parsed.GetValue(after);
        if (options is not null && stage is not null && !ModelInspector.Stages(options.Precision).Contains(stage))
        {
            diagnostics.Add(DiagnosticKinds.MetadataInvalid.At(options.ModelPath, "", "--after", stage, $"use one of {string.Join(", ", ModelInspector.Stages(options.Precision))}"));
        }

        if (options is null || diagnostics.Count > 0)
        {
            DiagnosticOutput.Print(diagnostics, output, error);
            return 1;
        }

        return stage is null ? Describe(options) : ShowGraph(options, stage);
    }

    private int Describe(CompileOptions options)
    {
        Inspection inspection = ModelInspector.Survey(options);
        foreach (string line in InspectionReport.Lines(inspection))
        {
            output.WriteLine(line);
        }

        DiagnosticOutput.Print(inspection.Diagnostics, output, error);
        return inspection.Graph is null ? 1 : 0;
    }

    private int ShowGraph(CompileOptions options, string stage)
    {
        (Graph? graph, ImmutableArray<Diagnostic> found) = ModelInspector.Inspect(options, stage);
        DiagnosticOutput.Print(found, output, error);
        foreach (string line in graph is null ? [] : GraphText.Lines(graph))
        {
            output.WriteLine(line);
        }

        return graph is null ? 1 : 0;
    }
}
