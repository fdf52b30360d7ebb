using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Threading;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Evaluation;

/// <summary>Runs a compiled program, and the float32 program beside it, on examples: with the kernels that ship.</summary>
internal static class Evaluator
{
    /// <summary>Compares the outputs of a program with those of the float32 program.</summary>
    /// <exception cref="DiagnosticException">Some examples cannot be read; all of them are named.</exception>
    public static Comparison Compare(
        LoweredModel reference, LoweredModel candidate, IEnumerable<string> files, IProgress<(int Done, int Total)>? progress, CancellationToken cancellation)
    {
        var comparison = new Comparison();
        ForEach(reference, candidate, [.. files.Order(StringComparer.Ordinal)], forgets: false, (_, floating, compiled) => comparison.Add(floating, compiled), progress, cancellation);
        return comparison;
    }

    /// <summary>Counts the examples for which a program, and the float32 program, name the right class.</summary>
    /// <exception cref="DiagnosticException">Some examples cannot be read; all of them are named.</exception>
    public static LabelledEvaluation Evaluate(
        LoweredModel reference, LoweredModel candidate, ImmutableArray<LabelledExample> examples, IProgress<(int Done, int Total)>? progress, CancellationToken cancellation)
    {
        PlanClassifier classifier = candidate.Plan.Classifier!;
        var results = new List<(int, int, int)>();
        ForEach(
            reference,
            candidate,
            [.. examples.Select(example => example.Path)],
            forgets: true,
            (index, floating, compiled) => results.Add((examples[index].Class, ClassOf(compiled, classifier), ClassOf(floating, classifier))),
            progress,
            cancellation);
        EquatableArray<string> labels = candidate.Plan.Labels;
        return LabelledEvaluation.Of(
            results, labels.Count > 0 ? [.. labels] : [.. Enumerable.Range(0, classifier.Classes).Select(index => index.ToString(CultureInfo.InvariantCulture))]);
    }

    /// <summary>The class that a program has just named, as the generated class names it; −1 for none.</summary>
    public static int ClassOf(PlanExecutor program, PlanClassifier classifier)
    {
        if (classifier.LabelOutput.Length > 0)
        {
            long number = program.Fetch<long>(classifier.LabelOutput)[0];
            int index = classifier.LabelNumbers.Count > 0 ? classifier.LabelNumbers.ToList().IndexOf(number) : (int)Math.Clamp(number, -1, int.MaxValue);
            return index < classifier.Classes ? index : -1;
        }

        return program.Plan.Outputs.First(output => output.Name == classifier.Output).Type == ElementType.Float64
            ? Greatest(program.Fetch<double>(classifier.Output))
            : Greatest(program.Fetch<float>(classifier.Output));
    }

    private static int Greatest<T>(T[] scores)
        where T : IComparable<T>
    {
        int best = 0;
        for (int index = 1; index < scores.Length; index++)
        {
            best = scores[index].CompareTo(scores[best]) > 0 ? index : best;
        }

        return best;
    }

    private static void ForEach(
        LoweredModel reference,
        LoweredModel candidate,
        ImmutableArray<string> files,
        bool forgets,
        Action<int, PlanExecutor, PlanExecutor> done,
        IProgress<(int Done, int Total)>? progress,
        CancellationToken cancellation)
    {
        var compiled = new PlanExecutor(candidate.Plan, candidate.Weights);
        PlanExecutor floating = ReferenceEquals(reference, candidate) ? compiled : new PlanExecutor(reference.Plan, reference.Weights);
        PlanExecutor[] programs = [.. new[] { floating, compiled }.Distinct()];
        PlanPort input = candidate.Plan.Inputs[0];
        var problems = new List<Diagnostic>();
        for (int index = 0; index < files.Length; index++)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                Sample sample = SampleReader.Read(files[index], input);
                foreach (PlanExecutor program in programs.Where(_ => problems.Count == 0))
                {
                    Infer(program, input.Name, sample, forgets);
                }

                if (problems.Count == 0)
                {
                    done(index, floating, compiled);
                }
            }
            catch (DiagnosticException exception)
            {
                problems.AddRange(exception.Diagnostics);
            }

            progress?.Report((index + 1, files.Length));
        }

        if (problems.Count > 0)
        {
            throw new DiagnosticException(problems);
        }
    }

    private static void Infer(PlanExecutor program, string input, Sample sample, bool forgets)
    {
        if (forgets)
        {
            program.ResetState();
        }

        program.FeedSample(input, sample);
        program.Infer();
    }
}
