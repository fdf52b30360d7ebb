using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Quantization;
using Spectre.Console;

namespace ModelCompiler.Benchmarks;

/// <summary>What precisions, calibrators and techniques do to the answers of models: printed, and written to <c>docs/accuracy.md</c>.</summary>
internal static class AccuracyReport
{
    private const int AllDigits = 10_000;
    private const int AllCrops = 200;
    private const int FewDigits = 1_000;
    private const int FewCrops = 60;

    private static readonly ImmutableArray<string> OffByDefault = [.. QuantizationTechnique.All.Where(technique => !technique.IsWanted(new CompileOptions { ModelPath = "", ClassName = "" })).Select(technique => technique.Name)];

    /// <summary>Measures and prints; everything on all examples is written too.</summary>
    /// <param name="names">Parts of the names of the models that are measured. Empty: all.</param>
    /// <param name="isQuick">Whether fewer examples will do.</param>
    /// <exception cref="BenchmarkException">Data or models are missing.</exception>
    public static void Run(IReadOnlyCollection<string> names, bool isQuick)
    {
        ImmutableArray<AccuracyTable> tables = isQuick ? Measure(names, FewDigits, FewCrops) : Measure(names, AllDigits, AllCrops);
        if (!isQuick && names.Count == 0)
        {
            string path = Path.Combine(Repository.Root, "docs", "accuracy.md");
            File.WriteAllText(path, Text(tables));
            Console.WriteLine($"{path} has it all.");
        }
    }

    private static ImmutableArray<AccuracyTable> Measure(IReadOnlyCollection<string> names, int digits, int crops)
    {
        ImmutableArray<Subject> subjects = Subjects.Load(names, digits, crops);
        ImmutableArray<AccuracyTable> tables =
        [
            new AccuracyTable("Precisions", [.. Precisions()]),
            new AccuracyTable("Int8: calibrators, no technique", [.. Calibrator.Names.Select(name => (name, (Change)(options => None(options) with { Calibrator = name })))]),
            new AccuracyTable("Int8: techniques, with MinMax", [.. Techniques()]),
        ];
        AccuracyTable.Measure(tables, subjects);
        foreach (AccuracyTable table in tables)
        {
            AnsiConsole.Write(table.ForConsole());
        }

        return tables;
    }

    // Auto is Int8 with as many layers in float as a bar takes, and hundreds of programs to find them.
    private static IEnumerable<(string Name, Change Change)> Precisions() =>
        Enum.GetValues<Precision>().Where(precision => precision != Precision.Auto).Select(precision => (precision.ToString(), (Change)(options => options with { Precision = precision, Calibration = precision.NeedsCalibration() ? options.Calibration : [] })));

    private static IEnumerable<(string Name, Change Change)> Techniques()
    {
        yield return ("none", None);
        foreach (QuantizationTechnique technique in QuantizationTechnique.All)
        {
            yield return (technique.Name, options => With(None(options), technique.Name));
        }

        yield return ("the defaults", options => options with { Precision = Precision.Int8 });
        foreach (QuantizationTechnique technique in QuantizationTechnique.All.Where(technique => !OffByDefault.Contains(technique.Name)))
        {
            yield return ($"the defaults without {technique.Name}", options => With(options with { Precision = Precision.Int8 }, technique.Name, isWanted: false));
        }

        yield return ("the defaults, ChannelSplitting and LayerReconstruction", options => With(With(options with { Precision = Precision.Int8 }, "ChannelSplitting"), "LayerReconstruction"));
        foreach (string name in OffByDefault)
        {
            yield return ($"the defaults and {name}", options => With(options with { Precision = Precision.Int8 }, name));
        }

        yield return ("all, `Calibrator=\"Auto\"`", options => All(options) with { Calibrator = Calibrator.Auto });
    }

    private static CompileOptions None(CompileOptions options) => QuantizationTechnique.All.Aggregate(
        options with { Precision = Precision.Int8 }, (changed, technique) => With(changed, technique.Name, isWanted: false));

    private static CompileOptions All(CompileOptions options) => QuantizationTechnique.All.Aggregate(
        options with { Precision = Precision.Int8 }, (changed, technique) => With(changed, technique.Name));

    private static CompileOptions With(CompileOptions options, string technique, bool isWanted = true) => technique switch
    {
        "CrossLayerEqualization" => options with { CrossLayerEqualization = isWanted },
        "ActivationEqualization" => options with { ActivationEqualization = isWanted },
        "BranchScales" => options with { BranchScales = isWanted },
        "ChannelSplitting" => options with { ChannelSplitting = isWanted },
        "LayerReconstruction" => options with { LayerReconstruction = isWanted },
        "Int16Sums" => options with { Int16Sums = isWanted },
        "LearnedRounding" => options with { LearnedRounding = isWanted },
        "BiasCorrection" => options with { BiasCorrection = isWanted },
        _ => throw new BenchmarkException($"{technique} is a technique that the measurement does not know how to switch."),
    };

    private static string Text(ImmutableArray<AccuracyTable> tables) => $"""
        # Accuracy

        Written by `dotnet run -c Release --project benchmarks -- --accuracy`. [How int8 is chosen](quantization.md) says what the names mean. Every figure comes from executing the
        compiled program with the kernels that ship.

        * **digits (sample)** and **MNIST (CNTK)**: the {AllDigits.ToString("N0", CultureInfo.InvariantCulture)} test images of MNIST, calibrated on the sample's {DigitModel.CalibrationFiles.Length} calibration pictures.
          A cell is: the same digit as float32 · the right digit · the outputs' error.
        * **MobileNet 0.25** (1001 classes), **the same, flowers** (retrained on five, TensorFlow for Poets) and **SqueezeNet** (float16 file): {AllCrops} crops (SqueezeNet: half of them) of four photographs: two in colour
          (224×224) and two grey (96×96), of which many crops are blurs that no class is right for. Calibrated on {Subjects.CalibrationCrops} other crops of them. A cell is: the same top class as float32 on all crops · on those of
          colour photographs · the outputs' error.

        Crops have sides of 35 to 100 % of the photograph's, are flipped by turns, and 0.8 to 1.2 times as bright. Those for calibration have sides of an even number of fortieths of the photograph's, those
        measured of an odd number, so none is in both. The error is the root mean square of the outputs' difference from float32, over that of the float32 outputs. There is no chance in it: a run
        gives these figures again on any processor.

        {string.Join("\n", tables.Select(table => table.ForDocument()))}
        """.ReplaceLineEndings("\n");
}

/// <summary>Changes how a model is compiled.</summary>
internal delegate CompileOptions Change(CompileOptions options);
