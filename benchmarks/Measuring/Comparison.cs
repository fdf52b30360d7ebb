using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.IO;
using System.Linq;
using Microsoft.ML.OnnxRuntime;
using ModelCompiler.Benchmarks.Contenders;
using ModelCompiler.Benchmarks.Models;
using ModelCompiler.Benchmarks.Reporting;

namespace ModelCompiler.Benchmarks.Measuring;

/// <summary>How thoroughly is measured.</summary>
/// <param name="Rounds">Interleaved rounds.</param>
/// <param name="Slice">Time of a contender in a round.</param>
/// <param name="ColdStarts">Cold processes for each contender; 0: none.</param>
/// <param name="WithExecutor">Whether the plan's executor takes part.</param>
/// <param name="WithPublished">Whether cold processes include ours as published, of the models that have a goal.</param>
internal sealed record ComparisonOptions(int Rounds, TimeSpan Slice, int ColdStarts, bool WithExecutor, bool WithPublished);

/// <summary>Measures one model in all runtimes that take it.</summary>
internal static class Comparison
{
    private const string LoadFile = "/proc/loadavg";

    /// <summary>Measures.</summary>
    /// <exception cref="BenchmarkException">The model is missing or does not compile.</exception>
    public static ModelResult Measure(BenchmarkModel model, ComparisonOptions options)
    {
        CompiledModel compiled = CompiledModel.Build(model);
        var absent = new List<string>();
        ImmutableArray<IContender> contenders = [.. Contenders(compiled, options, absent)];
        try
        {
            foreach (IContender contender in contenders)
            {
                contender.FillInputs(model.TakesPixels);
            }

            ImmutableArray<Times> times;
            using (new OneCore())
            {
                times = new Rounds(options.Rounds, options.Slice).Measure(contenders);
            }

            // Before the SDK is at work.
            double? load = Load();
            ImmutableArray<PublishedProgram> published = options.ColdStarts > 0 && options.WithPublished && Goals.Published.Contains(model.Name) ? [.. Publish(compiled, absent)] : [];
            ImmutableArray<ColdStart> starts = options.ColdStarts == 0 ? [] : Cold(contenders, published, options.ColdStarts);
            return new ModelResult(
                model.Name,
                Path.GetFileName(model.Path),
                model.IsInt8,
                compiled.Report.MultiplyAccumulates,
                options.Rounds,
                load,
                Math.Round(compiled.BuildSeconds, 1),
                compiled.Report.ArenaBytes,
                compiled.Report.LiveBytes,
                options.ColdStarts == 0 || model.NeedsQuantizer ? null : ColdBuild.Measure(model),
                [.. contenders.Select((contender, index) => Result(contender, times[index], times[0], contender.Recipe.IsEmpty ? null : starts.ElementAtOrDefault(index), index == 0))],
                [.. absent])
            {
                Published = published.IsEmpty ? null : [.. published.Zip(starts[^published.Length..], Result)],
            };
        }
        finally
        {
            foreach (IContender contender in contenders)
            {
                contender.Dispose();
            }
        }
    }

    private static ContenderResult Result(IContender contender, Times times, Times ours, ColdStart? start, bool isOurs) => new(
        contender.Name,
        Rounded(times.Median),
        Rounded(times.Least),
        isOurs ? null : Rounded(times.Over(ours)),
        isOurs ? null : Rounded(times.Least / ours.Least),
        times.AllocatedBytes,
        start is null ? null : Rounded(start.Milliseconds),
        start is null ? null : Rounded(start.LoadMilliseconds),
        start?.PeakBytes,
        contender.ShippedBytes);

    private static PublishedResult Result(PublishedProgram program, ColdStart start) =>
        new(program.Form.Name, Rounded(start.Milliseconds), Rounded(start.LoadMilliseconds), start.PeakBytes, program.ShippedBytes);

    // Those as published come last.
    private static ImmutableArray<ColdStart> Cold(ImmutableArray<IContender> contenders, ImmutableArray<PublishedProgram> published, int repetitions) => ColdStart.Measure(
        [.. contenders.Select(contender => contender.Recipe).Where(recipe => !recipe.IsEmpty), .. published.Select(program => program.Recipe)], repetitions);

    private static IEnumerable<PublishedProgram> Publish(CompiledModel compiled, List<string> absent)
    {
        foreach (PublishedForm form in PublishedForm.All)
        {
            if (PublishedProgram.Publish(compiled, form, out string problem) is { } program)
            {
                yield return program;
            }
            else
            {
                absent.Add($"{form.Name}: {problem}");
            }
        }
    }

    private static IEnumerable<IContender> Contenders(CompiledModel compiled, ComparisonOptions options, List<string> absent)
    {
        BenchmarkModel model = compiled.Model;
        yield return new GeneratedContender(compiled.AssemblyPath, AdapterSource.NameOf(compiled.Plan));
        string? exported = compiled.ExportedPath;
        if (!model.IsLite || !model.IsInt8)
        {
            if (OnnxRuntime(OnnxRuntimeContender.Float, model.IsLite ? exported : model.Path, compiled, absent) is { } real)
            {
                yield return real;
            }
        }

        if (model.IsInt8 && OnnxRuntime(OnnxRuntimeContender.Int8, exported, compiled, absent) is { } quantized)
        {
            yield return quantized;
        }

        if (model.IsLite && TensorFlowLite(model, absent) is { } lite)
        {
            yield return lite;
        }

        // Last, as it has no cold process.
        if (options.WithExecutor)
        {
            yield return new ExecutorContender(compiled.Plan, compiled.Weights);
        }
    }

    private static OnnxRuntimeContender? OnnxRuntime(string name, string? path, CompiledModel compiled, List<string> absent)
    {
        try
        {
            if (path is not null)
            {
                return new OnnxRuntimeContender(name, path);
            }

            absent.Add($"{name}: {compiled.ExportProblem}");
        }
        catch (OnnxRuntimeException exception)
        {
            absent.Add($"{name}: {exception.Message.ReplaceLineEndings(" ")}");
        }

        return null;
    }

    private static TensorFlowLiteContender? TensorFlowLite(BenchmarkModel model, List<string> absent)
    {
        if (File.Exists(TensorFlowLiteLibrary.Path))
        {
            return new TensorFlowLiteContender(model.Path);
        }

        absent.Add($"{TensorFlowLiteContender.Title}: no library; benchmarks/fetch-tflite.sh fetches it, or TFLITE_LIB names it");
        return null;
    }

    // Runnable processes of the last minute, ourselves included.
    private static double? Load() => File.Exists(LoadFile) ? double.Parse(File.ReadAllText(LoadFile).Split(' ')[0], CultureInfo.InvariantCulture) : null;

    // Four digits are more than is known.
    private static double Rounded(double value) => double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
