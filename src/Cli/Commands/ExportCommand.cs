using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using ModelCompiler.Cli.Output;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Export;

namespace ModelCompiler.Cli.Commands;

/// <summary><c>modelc export</c>: writes the graph that would be compiled as an ONNX file, so that other runtimes can check it.</summary>
internal sealed class ExportCommand
{
    private readonly ModelOptions modelOptions = new();
    private readonly Option<string> file = new("--qdq") { Description = "The ONNX file to write: quantised values as QuantizeLinear and DequantizeLinear.", HelpName = "FILE", Required = true };
    private readonly TextWriter output;
    private readonly TextWriter error;

    /// <summary>Makes the command.</summary>
    /// <param name="output">Where results go.</param>
    /// <param name="error">Where errors go.</param>
    public ExportCommand(TextWriter output, TextWriter error)
    {
        this.output = output;
        this.error = error;
        Command = new Command("export", "Writes the optimised and quantised model as ONNX, so that other runtimes can check it.") { file };
        file.Validators.Add(result =>
        {
            if (string.IsNullOrEmpty(result.GetValueOrDefault<string>()))
            {
                result.AddError("--qdq needs the name of a file to write.");
            }
        });
        modelOptions.AddTo(Command);
        Command.SetAction(Run);
    }

    /// <summary>The command.</summary>
    public Command Command { get; }

    // Or says that it is the model's own.
    private static bool ChangesGraph(Precision precision) => precision is not (Precision.DynamicInt8 or Precision.WeightInt8 or Precision.Float16Weights);

    private int Run(ParseResult parsed)
    {
        var diagnostics = new List<Diagnostic>();
        CompileOptions? options = modelOptions.Read(parsed, diagnostics);
        DiagnosticOutput.Print(diagnostics, output, error);
        if (options is null)
        {
            return 1;
        }

        if (!ChangesGraph(options.Precision))
        {
            string others = string.Join(", ", Enum.GetValues<Precision>().Where(ChangesGraph));
            DiagnosticOutput.Print([DiagnosticKinds.PrecisionNotExported.At(options.ModelPath, "", options.Precision, others)], output, error);
            return 1;
        }

        CompileResult result = CalibrationProgress.Compile(options);
        DiagnosticOutput.Print(result.Diagnostics, output, error);
        if (result is not { Plan: { } plan, Report: { } report, Graph: { } graph })
        {
            return 1;
        }

        try
        {
            byte[] model = OnnxExporter.Export(graph, plan.ClassName, options.ModelPath);
            File.WriteAllBytes(parsed.GetRequiredValue(file), model);
        }
        catch (DiagnosticException exception)
        {
            DiagnosticOutput.Print(exception.Diagnostics, output, error);
            return 1;
        }

        output.WriteLine(Summary.Line(plan, report));
        return 0;
    }
}
