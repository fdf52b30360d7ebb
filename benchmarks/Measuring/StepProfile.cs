using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using ModelCompiler.Benchmarks.Contenders;
using ModelCompiler.Benchmarks.Models;
using ModelCompiler.Plans;
using Spectre.Console;

namespace ModelCompiler.Benchmarks.Measuring;

/// <summary>Where the time of a prediction goes: its longest steps, and what each kernel takes in all.</summary>
internal static class StepProfile
{
    // A file or a pipe has no width.
    private const int Width = 180;
    private const int LongestSteps = 12;
    private const int LeastPredictions = 20;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    /// <summary>Measures a model's steps and prints two tables.</summary>
    /// <exception cref="BenchmarkException">The model is missing or does not compile.</exception>
    public static void Print(BenchmarkModel model)
    {
        AnsiConsole.Profile.Width = Console.IsOutputRedirected ? Width : AnsiConsole.Profile.Width;
        CompiledModel compiled = CompiledModel.Build(model);
        using var executor = new ExecutorContender(compiled.Plan, compiled.Weights);
        executor.FillInputs(model.TakesPixels);
        double[] times;
        using (new OneCore())
        {
            WarmUp.Run(executor);
            times = Measure(executor, compiled.Plan.Steps.Count);
        }

        (PlanStep Step, double Time)[] steps = [.. compiled.Plan.Steps.Zip(times)];
        double total = times.Sum();
        AnsiConsole.WriteLine($"{model.Name}: {Number(total)} µs in {steps.Length} steps, {compiled.Report.MultiplyAccumulates / total / 1e3:0.0} GMAC/s");
        Table kernels = NewTable("kernel", "steps", "µs", "share");
        foreach (IGrouping<string, (PlanStep Step, double Time)> kernel in steps.GroupBy(item => item.Step.Kernel).OrderByDescending(group => group.Sum(item => item.Time)))
        {
            kernels.AddRow(new Text(kernel.Key), new Text(kernel.Count().ToString(CultureInfo.InvariantCulture)), new Text(Number(kernel.Sum(item => item.Time))), new Text(Share(kernel.Sum(item => item.Time), total)));
        }

        Table longest = NewTable("step", "note", "µs", "share");
        foreach ((PlanStep step, double time) in steps.OrderByDescending(item => item.Time).Take(LongestSteps))
        {
            longest.AddRow(new Text(step.Name), new Text($"{step.Kernel}: {step.Note}"), new Text(Number(time)), new Text(Share(time, total)));
        }

        AnsiConsole.Write(kernels);
        AnsiConsole.Write(longest);
    }

    // The least of each step: what others do on the machine only adds.
    private static double[] Measure(ExecutorContender executor, int steps)
    {
        double[] least = new double[steps];
        Array.Fill(least, double.PositiveInfinity);
        long begun = Stopwatch.GetTimestamp();
        for (int count = 0; count < LeastPredictions || Stopwatch.GetElapsedTime(begun) < Duration; count++)
        {
            long start = Stopwatch.GetTimestamp();
            executor.Infer((_, index) =>
            {
                long end = Stopwatch.GetTimestamp();
                least[index] = Math.Min(least[index], Stopwatch.GetElapsedTime(start, end).TotalMicroseconds);
                start = Stopwatch.GetTimestamp();
            });
        }

        return least;
    }

    private static Table NewTable(string name, string note, string time, string share) => new Table { Border = TableBorder.Simple }
        .AddColumn(name).AddColumn(note).AddColumn(time, column => column.RightAligned()).AddColumn(share, column => column.RightAligned());

    private static string Number(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    private static string Share(double part, double whole) => (part / whole).ToString("P1", CultureInfo.InvariantCulture);
}
