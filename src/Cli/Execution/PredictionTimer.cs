using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Plans;

namespace ModelCompiler.Cli.Execution;

/// <summary>Measures predictions in their steady state.</summary>
/// <param name="executor">The model.</param>
/// <param name="input">Name of its input.</param>
/// <param name="sample">What it is fed.</param>
internal sealed class PredictionTimer(PlanExecutor executor, string input, Sample sample)
{
    private const int MinimumRuns = 20;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1.5);

    /// <summary>Measures whole predictions, the input's conversion included.</summary>
    public Measurement Measure()
    {
        var times = new List<double>();
        Repeat(() =>
        {
            long start = Stopwatch.GetTimestamp();
            executor.FeedSample(input, sample);
            executor.Infer();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }, times.Clear);
        return Measurement.Of(times);
    }

    /// <summary>Measures the steps one by one.</summary>
    /// <param name="plan">The model's plan.</param>
    public IReadOnlyList<(PlanStep Step, Measurement Time)> MeasureSteps(ModelPlan plan)
    {
        List<double>[] times = [.. plan.Steps.Select(_ => new List<double>())];
        executor.FeedSample(input, sample);
        Repeat(() =>
        {
            long start = Stopwatch.GetTimestamp();
            executor.Infer((_, index) =>
            {
                long end = Stopwatch.GetTimestamp();
                times[index].Add(Stopwatch.GetElapsedTime(start, end).TotalMicroseconds);
                start = Stopwatch.GetTimestamp();
            });
        }, () => Array.ForEach(times, list => list.Clear()));
        return [.. plan.Steps.Select((step, index) => (step, Measurement.Of(times[index])))];
    }

    private static void Repeat(Action run, Action forget)
    {
        RunFor(run, WarmUp);
        forget();
        RunFor(run, Duration);
    }

    private static void RunFor(Action run, TimeSpan duration)
    {
        long start = Stopwatch.GetTimestamp();
        for (int count = 0; count < MinimumRuns || Stopwatch.GetElapsedTime(start) < duration; count++)
        {
            run();
        }
    }
}
