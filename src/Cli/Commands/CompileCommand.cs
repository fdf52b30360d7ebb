using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using ModelCompiler.Cli.Output;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Plans;

namespace ModelCompiler.Cli.Commands;

/// <summary><c>modelc compile</c>: from a model file to the plan and weights that the generator reads, or to C# files.</summary>
internal sealed class CompileCommand
{
    private readonly ModelOptions modelOptions = new();
    private readonly Option<string> directory = new("--output") { Description = "Folder for what is written. Default: the current one.", HelpName = "DIR", DefaultValueFactory = _ => "." };
    private readonly Option<bool> csharp = new("--csharp") { Description = "Writes the C# files too, for builds without MSBuild." };
    private readonly Option<bool> designTime = new("--design-time") { Description = "Float32 without calibration, evaluation and limits: the same class, quickly.", Hidden = true };
    private readonly TextWriter output;
    private readonly TextWriter error;

    /// <summary>Makes the command.</summary>
    /// <param name="output">Where results go.</param>
    /// <param name="error">Where errors go.</param>
    public CompileCommand(TextWriter output, TextWriter error)
    {
        this.output = output;
        this.error = error;
        Command = new Command("compile", "Compiles a model to the plan that the C# generator reads.") { directory, csharp, designTime };
        modelOptions.AddTo(Command);
        Command.SetAction(Run);
    }

    /// <summary>The command.</summary>
    public Command Command { get; }

    private int Run(ParseResult parsed)
    {
        var diagnostics = new List<Diagnostic>();
        CompileOptions? options = modelOptions.Read(parsed, diagnostics);
        DiagnosticOutput.Print(diagnostics, output, error);
        if (options is null)
        {
            return 1;
        }

        if (parsed.GetValue(designTime))
        {
            options = options with
            {
                Precision = Precision.Float32,
                Calibration = [],
                CalibrationCache = null,
                Evaluation = [],
                MinimumAgreement = null,
                MaximumError = null,
                MaximumArenaBytes = null,
                MaximumWeightBytes = null,
                MaximumMacs = null,
            };
        }

        CompileResult result = CalibrationProgress.Compile(options);
        DiagnosticOutput.Print(result.Diagnostics, output, error);
        if (result.Plan is null || result.Report is null || result.Details is not { } details)
        {
            return 1;
        }

        string folder = parsed.GetRequiredValue(directory) is { Length: > 0 } given ? given : ".";
        if (!parsed.GetValue(designTime))
        {
            PlanFiles.WriteReport(folder, result.Plan.ClassName, details);
        }

        PlanFiles.WriteInputs(folder, result.Plan.ClassName, result.DataFiles);
        PlanFiles.Write(folder, result.Plan, result.Weights);
        if (parsed.GetValue(csharp) && !WriteSources(folder, result.Plan, result.Weights))
        {
            return 1;
        }

        output.WriteLine(Summary.Line(result.Plan, result.Report));
        return 0;
    }

    private bool WriteSources(string folder, ModelPlan plan, byte[] weights)
    {
        IReadOnlyList<string> errors = GeneratedSources.Write(folder, plan, weights);
        errors.ToList().ForEach(error.WriteLine);
        if (plan.WeightStorage == WeightStorage.Resource)
        {
            output.WriteLine($"Embed {plan.ClassName}.weights.bin as the resource '{plan.WeightResource}' (csc -resource:{plan.ClassName}.weights.bin,{plan.WeightResource})");
        }

        return errors.Count == 0;
    }
}
