using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using ModelCompiler.Cli.Output;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Compiler.Reports;

namespace ModelCompiler.Cli.Commands;

/// <summary><c>modelc quantize</c>: says what a precision does to a model, layer by layer, and writes nothing but the report.</summary>
internal sealed class QuantizeCommand
{
    private readonly ModelOptions modelOptions = new();
    private readonly Option<string?> report = new("--report") { Description = "Folder for CLASS.report.json and CLASS.report.html.", HelpName = "DIR" };
    private readonly Option<int> worst = new("--worst") { Description = "How many of the layers with the most noise are shown.", HelpName = "COUNT", DefaultValueFactory = _ => 10 };
    private readonly TextWriter output;
    private readonly TextWriter error;

    /// <summary>Makes the command.</summary>
    /// <param name="output">Where results go.</param>
    /// <param name="error">Where errors go.</param>
    public QuantizeCommand(TextWriter output, TextWriter error)
    {
        this.output = output;
        this.error = error;
        Command = new Command("quantize", "Measures what a precision (Int8 unless told otherwise) does to a model, and says which layers suffer.") { report, worst };
        modelOptions.AddTo(Command);
        Command.SetAction(Run);
    }

    /// <summary>The command.</summary>
    public Command Command { get; }

    private int Run(ParseResult parsed)
    {
        var diagnostics = new List<Diagnostic>();
        CompileOptions? options = modelOptions.Read(parsed, diagnostics, Precision.Int8);
        DiagnosticOutput.Print(diagnostics, output, error);
        if (options is null)
        {
            return 1;
        }

        CompileResult result = CalibrationProgress.Compile(options);
        DiagnosticOutput.Print(result.Diagnostics, output, error);
        if (result is not { Plan: { } plan, Report: { } facts, Details: { } details })
        {
            return 1;
        }

        output.WriteLine(Summary.Line(plan, facts));
        Show(facts);
        LayerTable.Print(Worst(details, parsed.GetValue(worst)), output);
        if (parsed.GetValue(report) is { Length: > 0 } folder)
        {
            PlanFiles.WriteReport(folder, plan.ClassName, details);
        }

        return 0;
    }

    private void Show(CompileReport facts)
    {
        foreach (TechniqueGain gain in facts.Calibrators.Concat(facts.Techniques))
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{gain.Name}: output error {gain.ErrorBefore:P2} without, {gain.ErrorAfter:P2} with it, {(gain.IsKept ? "kept" : "not kept")}"));
        }
    }

    private static IEnumerable<LayerReport> Worst(ModelReport details, int count) => details.Layers
        .Where(layer => layer.Measured?.SignalToNoise is not null)
        .OrderBy(layer => layer.Measured!.SignalToNoise)
        .Take(count);
}
