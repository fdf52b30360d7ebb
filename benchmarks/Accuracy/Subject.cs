using System;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Plans;

namespace ModelCompiler.Benchmarks;

/// <summary>What a model is measured on.</summary>
/// <param name="Pixels">The picture.</param>
/// <param name="Class">What it shows; <see langword="null"/> when that is not known.</param>
/// <param name="IsInColour">Whether it is of a picture in colour.</param>
internal sealed record Example(byte[] Pixels, int? Class, bool IsInColour);

/// <summary>What one way of compiling a model gives on the examples.</summary>
/// <param name="Same">Share (0…1) of those for which the top class is that of float32.</param>
/// <param name="Second">Share of those for which it is the right one; where that is not known, share of those in colour for which it is that of float32.</param>
/// <param name="Error">Root mean square of the outputs' difference from float32 over that of the float32 outputs.</param>
internal sealed record Agreement(double Same, double Second, double Error);

/// <summary>A model and the examples that it is measured on, which calibration has not seen.</summary>
internal sealed class Subject
{
    private readonly CompileOptions options;
    private readonly ImmutableArray<Example> examples;
    private readonly ImmutableArray<float[][]> expected;

    // Tables have rows in common, and techniques for which there is nothing in a model leave the program as it was.
    private readonly ConcurrentDictionary<CompileOptions, Lazy<(Agreement? Agreement, string Refusal)>> compiled = [];
    private readonly ConcurrentDictionary<string, Lazy<Agreement>> programs = [];

    /// <summary>Compiles the model in float32 and runs it on the examples.</summary>
    /// <param name="name">Its name in tables.</param>
    /// <param name="options">What is said of it: calibration files too.</param>
    /// <param name="examples">The examples.</param>
    /// <exception cref="BenchmarkException">The model does not compile.</exception>
    public Subject(string name, CompileOptions options, ImmutableArray<Example> examples)
    {
        Name = name;
        this.options = options;
        this.examples = examples;
        CompileResult result = CompilerDriver.Compile(options with { Precision = Precision.Float32, Calibration = [] });
        if (result.Plan is null)
        {
            throw new BenchmarkException(string.Join(Environment.NewLine, result.Diagnostics));
        }

        var outputs = ImmutableArray.CreateBuilder<float[][]>(examples.Length);
        Run(result, (_, executor) => outputs.Add(Comparison.Outputs(executor)));
        expected = outputs.ToImmutable();
    }

    /// <summary>Its name in tables.</summary>
    public string Name { get; }

    /// <summary>Compiles the model and compares it with float32.</summary>
    /// <param name="change">Says how.</param>
    /// <returns>The figures, or the codes of what the compiler has against it.</returns>
    public (Agreement? Agreement, string Refusal) Measure(Change change) => compiled.GetOrAdd(change(options), changed => new(() => Compile(changed))).Value;

    private (Agreement? Agreement, string Refusal) Compile(CompileOptions changed)
    {
        CompileResult result = CompilerDriver.Compile(changed);
        if (result.Plan is null)
        {
            return (null, string.Join(", ", result.Diagnostics.Select(diagnostic => diagnostic.Kind.Code).Distinct()));
        }

        string program = Convert.ToHexString(SHA256.HashData([.. Encoding.UTF8.GetBytes(PlanWriter.Write(result.Plan with { Remarks = [] })), .. result.Weights]));
        return (programs.GetOrAdd(program, _ => new(() => Measure(result))).Value, "");
    }

    private Agreement Measure(CompileResult result)
    {
        var comparison = new Comparison();
        var second = new bool[examples.Length];
        Run(result, (index, executor) =>
        {
            comparison.Add(expected[index], executor);
            second[index] = Top(Comparison.Outputs(executor)[0]) == (examples[index].Class ?? Top(expected[index][0]));
        });
        bool[] counted = [.. second.Where((_, index) => examples[index].Class is not null || examples[index].IsInColour)];
        return new Agreement(comparison.Agreement, (double)counted.Count(isRight => isRight) / counted.Length, comparison.RelativeError);
    }

    private static int Top(float[] scores) => Array.IndexOf(scores, scores.Max());

    private void Run(CompileResult result, Action<int, PlanExecutor> done)
    {
        var executor = new PlanExecutor(result.Plan!, result.Weights);
        string input = result.Plan!.Inputs[0].Name;
        foreach ((int index, Example example) in examples.Index())
        {
            executor.FeedPixels(input, example.Pixels);
            executor.Infer();
            done(index, executor);
        }
    }
}
