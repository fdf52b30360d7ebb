using System;
using System.Threading;
using ModelCompiler.Compiler;
using Spectre.Console;

namespace ModelCompiler.Cli.Output;

/// <summary>Compiles, with a progress bar for calibration and evaluation when a person is watching.</summary>
internal static class CalibrationProgress
{
    /// <summary>Compiles a model.</summary>
    /// <param name="options">What the user says of it.</param>
    public static CompileResult Compile(CompileOptions options)
    {
        if (Console.IsOutputRedirected || Console.IsErrorRedirected || (options.Calibration.IsEmpty && options.Evaluation.IsEmpty))
        {
            return CompilerDriver.Compile(options);
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress().AutoClear(true).Start(context =>
        {
            ProgressTask task = context.AddTask("Running examples", maxValue: options.Calibration.Length + options.Evaluation.Length);
            return CompilerDriver.Compile(options, new Reporter(task), CancellationToken.None);
        });
    }

    private sealed class Reporter(ProgressTask task) : IProgress<(int Done, int Total)>
    {
        public void Report((int Done, int Total) value)
        {
            task.MaxValue = value.Total;
            task.Value = value.Done;
        }
    }
}
