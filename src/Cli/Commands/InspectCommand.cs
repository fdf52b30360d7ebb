using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using ModelCompiler.Cli.Output;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;

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

        (Graph? graph, ImmutableArray<Diagnostic> found) = options is null || diagnostics.Count > 0 ? (null, []) : ModelInspector.Inspect(options, stage);
        DiagnosticOutput.Print([.. diagnostics, .. found], output, error);
        if (graph is null)
        {
            return 1;
        }

        foreach (string line in stage is null ? Summary(graph) : GraphText.Lines(graph))
        {
            output.WriteLine(line);
        }

        return 0;
    }

    private static IEnumerable<string> Summary(Graph graph)
    {
        foreach (string input in graph.Inputs)
        {
            yield return $"input       {input}: {graph.Values[input].Type}";
        }

        foreach (GraphOutput result in graph.Outputs)
        {
            yield return $"output      {result.Name}: {graph.Values[result.Value].Type}{(result.Bound is { } bound ? $", or fewer along axis {bound.Axis.ToString(CultureInfo.InvariantCulture)}: as many as the data says" : "")}";
        }

        yield return "parameters  " + Grouped(graph.WithBodies().SelectMany(part => part.Constants.Values).Sum(constant => (long)constant.Count));
        yield return "MACs        " + Grouped(graph.MultiplyAccumulates());
        yield return "operations  " + string.Join(", ", graph.WithBodies()
            .SelectMany(part => part.Nodes)
            .GroupBy(node => node.Op.GetType().Name, StringComparer.Ordinal)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"{group.Count().ToString(CultureInfo.InvariantCulture)} {group.Key}"));
    }

    private static string Grouped(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);
}
