using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.CommandLine;
using System.IO;
using System.Linq;
using ModelCompiler.Benchmarks.Measuring;
using ModelCompiler.Benchmarks.Models;
using ModelCompiler.Benchmarks.Reporting;

namespace ModelCompiler.Benchmarks;

/// <summary>What can be asked for.</summary>
internal static class CommandLine
{
    private static readonly Argument<string[]> Names = new("MODEL") { Description = "Names of models or parts of them, such as resnet or int8. Default: all.", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<int> RoundCount = Positive("--rounds", "How many times everybody has a turn.", "COUNT", 15);
    private static readonly Option<int> Slice = Positive("--slice", "Milliseconds of a turn; at least one prediction.", "MS", 30);
    private static readonly Option<int> ColdStarts = Positive("--cold-starts", "Cold processes for everybody.", "COUNT", 15);
    private static readonly Option<bool> Warm = new("--warm") { Description = "No cold processes." };
    private static readonly Option<bool> Unpublished = new("--unpublished") { Description = "No cold processes of ours as ReadyToRun and NativeAOT make them, which take minutes to publish." };
    private static readonly Option<bool> Executor = new("--executor") { Description = "The plan's executor, which --steps measures with, takes part." };
    private static readonly Option<bool> Write = new("--write") { Description = "Writes benchmarks/results.json, docs/performance.md and docs/performance.svg. Models not measured now stay as they were." };
    private static readonly Option<bool> Steps = new("--steps") { Description = "Instead: where the time of our predictions goes." };
    private static readonly Option<bool> WithAccuracy = new("--accuracy") { Description = "Instead: what precisions, calibrators and techniques do to the answers of models; writes docs/accuracy.md unless MODEL says which of them are measured." };
    private static readonly Option<bool> Quick = new("--quick") { Description = "With --accuracy: fewer examples, and nothing is written." };
    private static readonly Option<bool> List = new("--list") { Description = "Instead: the names of the models." };

    /// <summary>Runs.</summary>
    /// <param name="arguments">As given to the process.</param>
    /// <returns>0; 1 when the command line makes no sense or a model could not be measured.</returns>
    public static int Run(string[] arguments)
    {
        var root = new RootCommand("Measures compiled models beside ONNX Runtime and TensorFlow Lite. The kernels by themselves: dotnet run -c Release --project benchmarks/Kernels")
        {
            Names, RoundCount, Slice, ColdStarts, Warm, Unpublished, Executor, Write, Steps, WithAccuracy, Quick, List,
        };
        root.SetAction(Run);
        return root.Parse(arguments).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }

    private static int Run(ParseResult parsed)
    {
        if (parsed.GetValue(WithAccuracy))
        {
            string[] names = parsed.GetValue(Names) ?? [];
            AccuracyReport.Run(names, isQuick: parsed.GetValue(Quick));
            return 0;
        }

        ImmutableArray<BenchmarkModel> models = ModelCatalog.Find(parsed.GetValue(Names) ?? []);
        if (parsed.GetValue(List))
        {
            models.ToList().ForEach(model => Console.WriteLine(model.Name));
            return 0;
        }

        return parsed.GetValue(Steps) ? Each(models, StepProfile.Print) : Compare(models, parsed);
    }

    private static int Compare(ImmutableArray<BenchmarkModel> models, ParseResult parsed)
    {
        var options = new ComparisonOptions(
            parsed.GetValue(RoundCount), TimeSpan.FromMilliseconds(parsed.GetValue(Slice)), parsed.GetValue(Warm) ? 0 : parsed.GetValue(ColdStarts), parsed.GetValue(Executor),
            !parsed.GetValue(Unpublished));
        ColdStart? empty = options.ColdStarts == 0 ? null : ColdStart.Measure([[]], options.ColdStarts)[0];
        Roof roof = MeasureRoof();
        Machine machine = Machine.Current;
        var measured = new List<ModelResult>();
        Results Gather() => new(
            machine, Math.Round(roof.Int8, 1), Math.Round(roof.Float32, 1), empty is null ? null : Math.Round(empty.Milliseconds, 1), empty?.PeakBytes, [.. measured]);
        int status = Each(models, model =>
        {
            measured.Add(Comparison.Measure(model, options));

            // The machine may have been busy when it was measured first.
            roof = roof.Or(MeasureRoof());
            ConsoleTable.Print(measured[^1], Gather());
            if (parsed.GetValue(Write))
            {
                WriteFiles(Gather());
            }
        });
        Console.WriteLine($"{machine.Processor}; roof {Figures.Number(roof.Int8)} GMAC/s in int8, {Figures.Number(roof.Float32)} GMAC/s in float32.");
        return status;
    }

    // One missing model does not keep the others from being measured.
    private static int Each(ImmutableArray<BenchmarkModel> models, Action<BenchmarkModel> action)
    {
        int status = 0;
        foreach (BenchmarkModel model in models)
        {
            try
            {
                action(model);
            }
            catch (BenchmarkException exception)
            {
                Console.Error.WriteLine($"{model.Name}: {exception.Message}");
                status = 1;
            }
        }

        return status;
    }

    private static Roof MeasureRoof()
    {
        using var pinned = new OneCore();
        return Roof.Measure();
    }

    private static void WriteFiles(Results results)
    {
        string file = Path.Combine(Repository.Root, "benchmarks", "results.json");
        Results all = results.WithEarlier(file);
        File.WriteAllText(file, all.ToJson());
        File.WriteAllText(Path.Combine(Repository.Documentation, "performance.md"), PerformancePage.Write(all));
        File.WriteAllText(Path.Combine(Repository.Documentation, "performance.svg"), RatioChart.Draw(all));
    }

    private static Option<int> Positive(string name, string description, string value, int usual)
    {
        var option = new Option<int>(name) { Description = $"{description} Default: {usual}.", HelpName = value, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.GetValueOrDefault<int>() < 1)
            {
                result.AddError($"{name} is to be at least 1.");
            }
        });
        return option;
    }
}
