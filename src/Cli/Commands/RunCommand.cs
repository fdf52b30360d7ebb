using System.Collections.Generic;
using System.Collections.Immutable;
using System.CommandLine;
using System.IO;
using System.Linq;
using ModelCompiler.Cli.Execution;
using ModelCompiler.Cli.Output;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Plans;

namespace ModelCompiler.Cli.Commands;

/// <summary><c>modelc run</c>: compiles a model in memory and shows what it makes of some inputs, and how long that takes.</summary>
internal sealed class RunCommand
{
    private readonly ModelOptions modelOptions = new();
    private readonly Argument<string[]> inputs = new("INPUT") { Description = "Images, .npy or .bin files; wildcards allowed.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<int> top = new("--top") { Description = "How many classes are shown for each input.", HelpName = "COUNT", DefaultValueFactory = _ => 3 };
    private readonly Option<bool> time = new("--time") { Description = "Measures predictions of the first input, on one thread." };
    private readonly Option<bool> verbose = new("--verbose") { Description = "With --time: also each step." };
    private readonly TextWriter output;
    private readonly TextWriter error;

    /// <summary>Makes the command.</summary>
    /// <param name="output">Where results go.</param>
    /// <param name="error">Where errors go.</param>
    public RunCommand(TextWriter output, TextWriter error)
    {
        this.output = output;
        this.error = error;
        Command = new Command("run", "Compiles a model in memory and runs it on files.") { top, time, verbose };
        modelOptions.AddTo(Command);
        Command.Arguments.Add(inputs);
        Command.SetAction(Run);
    }

    /// <summary>The command.</summary>
    public Command Command { get; }

    private int Run(ParseResult parsed)
    {
        var diagnostics = new List<Diagnostic>();
        CompileOptions? options = modelOptions.Read(parsed, diagnostics);
        ImmutableArray<string> files = new MetadataReader("modelc", diagnostics).Files("INPUT", parsed.GetRequiredValue(inputs));
        CompileResult? result = options is null || files.IsEmpty ? null : CalibrationProgress.Compile(options);
        DiagnosticOutput.Print([.. diagnostics, .. result?.Diagnostics ?? []], output, error);
        if (result is not { Plan: { } plan, Report: { } report } || diagnostics.Count > 0)
        {
            return 1;
        }

        if (plan.Inputs.Count != 1)
        {
            error.WriteLine($"{options!.ModelPath} : error MC4005: files feed one input, but the model has {plan.Inputs.Count}: {string.Join(", ", plan.Inputs.Select(port => port.Name))}");
            return 1;
        }

        output.WriteLine(Summary.Line(plan, report));
        try
        {
            Show(new PlanExecutor(plan, result.Weights), plan, files, parsed);
            return 0;
        }
        catch (DiagnosticException exception)
        {
            DiagnosticOutput.Print(exception.Diagnostics, output, error);
            return 1;
        }
    }

    private void Show(PlanExecutor executor, ModelPlan plan, ImmutableArray<string> files, ParseResult parsed)
    {
        PlanPort input = plan.Inputs[0];
        var results = new ResultTable(plan, parsed.GetValue(top));
        foreach (string file in files)
        {
            executor.FeedSample(input.Name, SampleReader.Read(file, input));
            executor.Infer();
            results.Add(file, executor);
        }

        results.Print(output);
        if (parsed.GetValue(time))
        {
            var timer = new PredictionTimer(executor, input.Name, SampleReader.Read(files[0], input));
            output.WriteLine(timer.Measure().Line);
            if (parsed.GetValue(verbose))
            {
                StepTable.Print(timer.MeasureSteps(plan), output);
            }
        }
    }
}
