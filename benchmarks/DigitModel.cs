using System;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Plans;

namespace ModelCompiler.Benchmarks;

/// <summary>The sample's model, compiled as the sample compiles it.</summary>
internal sealed class DigitModel
{
    // As in samples/DigitClassifier/DigitClassifier.csproj.
    private const float Mean = 33.318421f;
    private const float Scale = 0.012728f;

    private readonly PlanExecutor executor;
    private readonly string input;
    private readonly string output;

    /// <summary>Compiles the model.</summary>
    /// <exception cref="BenchmarkException">It does not compile.</exception>
    public DigitModel(Precision precision)
    {
        string folder = Repository.DigitClassifier;
        CompileResult result = CompilerDriver.Compile(new CompileOptions
        {
            ModelPath = Path.Combine(folder, "digits.onnx"),
            ClassName = "DigitClassifier",
            LabelsPath = Path.Combine(folder, "labels.txt"),
            Precision = precision,
            Calibration = precision.NeedsCalibration() ? [.. Directory.GetFiles(Path.Combine(folder, "calibration"), "*.png").Order(StringComparer.Ordinal)] : [],
            Mean = [Mean],
            Scale = [Scale],
        });
        if (result is not { Plan: { Classifier: { } classifier } plan, Report: { } report })
        {
            throw new BenchmarkException(string.Join(Environment.NewLine, result.Diagnostics));
        }

        Report = report;
        executor = new PlanExecutor(plan, result.Weights);
        input = classifier.Input;
        output = classifier.Output;
    }

    /// <summary>Facts of its compilation.</summary>
    public CompileReport Report { get; }

    /// <summary>The most likely digit; of equals the lowest, as the generated class has it.</summary>
    /// <param name="pixels">28 × 28 bytes, 0 for black.</param>
    public int Predict(ReadOnlySpan<byte> pixels)
    {
        Run(pixels);
        float[] scores = executor.Fetch<float>(output);
        return Array.IndexOf(scores, scores.Max());
    }

    /// <summary>One prediction, its scores left where they are.</summary>
    /// <param name="pixels">28 × 28 bytes.</param>
    public void Run(ReadOnlySpan<byte> pixels)
    {
        executor.FeedPixels(input, pixels);
        executor.Infer();
    }
}
