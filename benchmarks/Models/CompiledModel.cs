using System;
using System.Collections.Immutable;
using System.Diagnostics;
using System.IO;
using System.Linq;
using ModelCompiler.Benchmarks.Contenders;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Export;
using ModelCompiler.Plans;

namespace ModelCompiler.Benchmarks.Models;

/// <summary>A model through the compiler, the generator and the C# compiler, and as an ONNX file of the same graph.</summary>
/// <param name="Model">The model.</param>
/// <param name="Plan">Its plan.</param>
/// <param name="Weights">The plan's constants.</param>
/// <param name="Report">Facts of its compilation.</param>
/// <param name="AssemblyPath">The assembly with the generated class and the adapter that calls it.</param>
/// <param name="ExportedPath">The optimised and quantised graph as ONNX, or <see langword="null"/> when it has no such form.</param>
/// <param name="ExportProblem">Why it has none.</param>
/// <param name="BuildSeconds">From the model's file to the assembly, calibration included.</param>
internal sealed record CompiledModel(
    BenchmarkModel Model, ModelPlan Plan, byte[] Weights, CompileReport Report, string AssemblyPath, string? ExportedPath, string ExportProblem, double BuildSeconds)
{
    private const string Namespace = "BenchmarkModels";

    private static string Folder => Directory.CreateDirectory(Path.Combine(Repository.Artifacts, "benchmarks")).FullName;

    /// <summary>Compiles.</summary>
    /// <exception cref="BenchmarkException">The file is missing or the model does not compile.</exception>
    public static CompiledModel Build(BenchmarkModel model)
    {
        if (!File.Exists(model.Path))
        {
            throw new BenchmarkException($"{Path.GetFullPath(model.Path)} is not there; {model.Advice}.");
        }

        ImmutableArray<string> calibration = model.NeedsQuantizer ? Calibration(model) : [];
        long start = Stopwatch.GetTimestamp();
        CompileResult result = Compile(model, model.Precision, calibration);
        if (result is not { Plan: { } plan, Report: { } report })
        {
            throw Refused(result);
        }

        string assembly = Path.Combine(Folder, model.Name + ".dll");
        GeneratedAssembly.Write(plan, result.Weights, assembly);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        (string? exported, string problem) = Export(model, result);
        return new CompiledModel(model, plan, result.Weights, report, assembly, exported, problem, seconds);
    }

    // The float plan knows how large the input is.
    private static ImmutableArray<string> Calibration(BenchmarkModel model)
    {
        if (!model.Calibration.IsEmpty)
        {
            return model.Calibration;
        }

        CompileResult result = Compile(model, Precision.Float32, []);
        return result.Plan is { } plan
            ? Noise.WriteCalibration(plan.Inputs[0].Shape.Aggregate(1, (product, extent) => product * extent), model.TakesPixels, Folder)
            : throw Refused(result);
    }

    private static CompileResult Compile(BenchmarkModel model, Precision precision, ImmutableArray<string> calibration) => CompilerDriver.Compile(new CompileOptions
    {
        ModelPath = model.Path,
        ClassName = model.ClassName,
        Namespace = Namespace,
        IsPublic = true,
        Precision = precision,
        Calibration = calibration,
        Mean = model.Mean,
        Scale = model.Scale,
    });

    private static (string? Path, string Problem) Export(BenchmarkModel model, CompileResult result)
    {
        try
        {
            string path = Path.Combine(Folder, model.Name + ".onnx");
            File.WriteAllBytes(path, OnnxExporter.Export(result.Graph!, model.ClassName, model.Path));
            return (path, "");
        }
        catch (DiagnosticException exception)
        {
            return (null, $"the graph has no ONNX form: {exception.Diagnostics[0].Message}");
        }
    }

    private static BenchmarkException Refused(CompileResult result) => new(string.Join(Environment.NewLine, result.Diagnostics));
}
