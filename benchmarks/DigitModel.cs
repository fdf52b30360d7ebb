using System;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Plans;

namespace ModelCompiler.Benchmarks;

/// <summary>The sample's model, compiled as the sample compiles it.</summary>
internal sealed class DigitModel
{
    /// <summary>Subtracted from pixels, as in samples/DigitClassifier/DigitClassifier.csproj.</summary>
    public const float Mean = 33.318421f;

    /// <summary>Multiplied with pixels, as there.</summary>
    public const float Scale = 0.012728f;

    private readonly PlanExecutor executor;
    private readonly string input;
    private readonly string output;

    /// <summary>Compiles the model.</summary>
    /// <exception cref="BenchmarkException">It does not compile.</exception>
    public DigitModel(Precision precision)
    {
        CompileResult result = CompilerDriver.Compile(Options with { Precision = precision, Calibration = precision.NeedsCalibration() ? CalibrationFiles : [] });
        if (result is not { Plan: { Classifier: { } classifier } plan, Report: { } report })
        {
            throw new BenchmarkException(string.Join(Environment.NewLine, result.Diagnostics));
        }

        Report = report;
        executor = new PlanExecutor(plan, result.Weights);
        input = classifier.Input;
        output = classifier.Output;
    }

    /// <summary>The model's file.</summary>
    public static string ModelPath => Path.Combine(Repository.DigitClassifier, "digits.onnx");

    /// <summary>What the sample says of it, but for precision and calibration.</summary>
    public static CompileOptions Options => new()
    {
        ModelPath = ModelPath,
        ClassName = "DigitClassifier",
        LabelsPath = Path.Combine(Repository.DigitClassifier, "labels.txt"),
        Mean = [Mean],
        Scale = [Scale],
    };

    /// <summary>The files that the sample calibrates it with.</summary>
    public static ImmutableArray<string> CalibrationFiles =>
        [.. Directory.GetFiles(Path.Combine(Repository.DigitClassifier, "calibration"), "*.png").Order(StringComparer.Ordinal)];

    /// <summary>Facts of its compilation.</summary>
    public CompileReport Report { get; }

    /// <summary>The most likely digit; of equals the lowest, as the generated class has it.</summary>
    /// <param name="pixels">28 × 28 bytes, 0 for black.</param>
    public int Predict(ReadOnlySpan<byte> pixels)
    {
        executor.FeedPixels(input, pixels);
        executor.Infer();
        float[] scores = executor.Fetch<float>(output);
        return Array.IndexOf(scores, scores.Max());
    }
}
