using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using System.Text;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Quantization;

/// <summary>Calibration as a build does it: files in, a program out, and a cache that makes the same program without them.</summary>
public sealed class CalibrationCacheTests : IDisposable
{
    private static readonly ImmutableArray<string> Pictures = [.. Directory.GetFiles(Repository.Sample("calibration")).Order(StringComparer.Ordinal).Take(12)];

    private readonly string folder = Directory.CreateTempSubdirectory("calibration").FullName;

    private CompileOptions Digits => new()
    {
        ModelPath = Repository.Sample("digits.onnx"),
        ClassName = "Digits",
        Mean = [33.318421f],
        Scale = [0.012728f],
        Precision = Precision.Int8,
        Calibration = Pictures,
    };

    private string Cache => Path.Combine(folder, "deeper", "digits.calibration");

    private CompileOptions Cached => Digits with { CalibrationCache = Cache, LearnedRounding = true };

    [Theory]
    [InlineData("Auto")]
    [InlineData("Percentile99.99")]
    [InlineData("MovingAverage")]
    public void The_order_in_which_files_are_named_does_not_matter(string calibrator)
    {
        CompileResult one = Compiled(Digits with { Calibrator = calibrator });
        CompileResult other = Compiled(Digits with { Calibrator = calibrator, Calibration = [.. Pictures.Reverse()] });

        Same(one, other);
    }

    [Theory]
    [InlineData("Entropy")]
    [InlineData("MovingAverage")]
    public void Ten_examples_in_one_array_are_ten_examples(string calibrator)
    {
        var random = new Random(3);
        float[][] examples = [.. Enumerable.Range(0, 10).Select(_ => Networks.Noise(random, [784]).Values<float>())];
        ImmutableArray<string> single = [.. examples.Select((example, index) => Write($"{index}.npy", Numpy("1, 1, 28, 28", example)))];
        string joined = Write("joined.npy", Numpy("10, 1, 28, 28", [.. examples.SelectMany(example => example)]));
        string stacked = Write("stacked.npy", Numpy("10, 28, 28", [.. examples.SelectMany(example => example)]));
        CompileOptions options = Digits with { Calibrator = calibrator, Mean = [], Scale = [] };

        CompileResult expected = Compiled(options with { Calibration = single });

        Same(expected, Compiled(options with { Calibration = [joined] }));
        Same(expected, Compiled(options with { Calibration = [stacked] }));
        Assert.Equal(10, expected.Report!.CalibrationSamples);
    }

    [Fact]
    public void An_array_of_other_examples_is_refused_and_one_example_is_asked_for_where_one_is_meant()
    {
        string other = Write("other.npy", Numpy("3, 28, 27", new float[3 * 28 * 27]));
        Assert.Equal("MC3002", Assert.Single(CompilerDriver.Compile(Digits with { Calibration = [other] }).Diagnostics).Kind.Code);

        string several = Write("several.npy", Numpy("2, 1, 28, 28", new float[2 * 784]));
        Assert.Throws<DiagnosticException>(() => SampleReader.Read(several, Compiled(Digits).Plan!.Inputs[0]));
    }

    [Fact]
    public void Auto_keeps_the_calibrator_with_the_least_error()
    {
        CompileReport report = Compiled(Digits with { Calibrator = "Auto", ActivationEqualization = false, BiasCorrection = false, CrossLayerEqualization = false, Int16Sums = false }).Report!;

        Assert.Equal(Calibrator.All.Select(calibrator => calibrator.Name), report.Calibrators.Select(gain => gain.Name));
        TechniqueGain kept = Assert.Single(report.Calibrators, gain => gain.IsKept);
        Assert.Equal(report.Calibrators.Min(gain => gain.ErrorAfter), kept.ErrorAfter);
        Assert.Equal(kept.Name, report.Calibrator);
        Assert.Equal(report.OutputError!.Value, kept.ErrorAfter, 12);
    }

    [Fact]
    public void Each_technique_can_be_switched_off_and_none_makes_the_outputs_worse()
    {
        CompileReport plain = Compiled(Digits with { ActivationEqualization = false, BiasCorrection = false, CrossLayerEqualization = false, BranchScales = false, Int16Sums = false }).Report!;
        CompileReport all = Compiled(Digits with { LearnedRounding = true }).Report!;

        Assert.Empty(plain.Techniques);
        Assert.NotEmpty(all.Techniques);
        Assert.All(all.Techniques, gain => Assert.Equal(gain.ErrorAfter < gain.ErrorBefore, gain.IsKept));
        Assert.True(all.OutputError < plain.OutputError);
    }

    [Fact]
    public void From_the_cache_comes_the_same_program_with_the_data_and_without()
    {
        CompileResult made = Compiled(Cached);
        string text = File.ReadAllText(Cache);
        Assert.DoesNotContain(made.Diagnostics, diagnostic => diagnostic.Kind.Code.StartsWith("MC302", StringComparison.Ordinal));

        CompileResult withData = Compiled(Cached);
        CompileResult without = Compiled(Cached with { Calibration = [] });

        Same(made, withData);
        Same(made, without);
        Assert.Equal(made.Report! with { FloatSteps = [], Techniques = [] }, without.Report! with { FloatSteps = [], Techniques = [] });
        Assert.Equal(made.Report!.Techniques.ToArray(), without.Report!.Techniques.ToArray());
        Assert.Equal(text, File.ReadAllText(Cache));
        Assert.DoesNotContain('\r', text);
    }

    [Fact]
    public void A_cache_moves_with_the_pictures_to_another_folder()
    {
        Compiled(Cached);
        string text = File.ReadAllText(Cache);
        ImmutableArray<string> copies = [.. Pictures.Select(path => Write(Path.GetFileName(path), File.ReadAllBytes(path)))];

        CompileResult moved = Compiled(Cached with { Calibration = copies });

        Assert.DoesNotContain(moved.Diagnostics, diagnostic => diagnostic.Kind.Code == "MC3021");
        Assert.Equal(text, File.ReadAllText(Cache));
    }

    [Fact]
    public void A_cache_that_does_not_fit_is_made_anew_and_says_why()
    {
        Compiled(Cached);

        Renewed(Cached with { Calibration = Pictures[..11] }, "the calibration files have changed");
        Renewed(Cached with { Calibration = Pictures[..11], Calibrator = "Entropy" }, "Entropy");
        Renewed(Cached with { Calibration = Pictures[..11], Calibrator = "Entropy", Scale = [0.5f] }, "preprocessing");
        File.WriteAllText(Cache, "something else");
        Renewed(Cached, "does not begin with");
        Same(Compiled(Digits with { LearnedRounding = true }), Compiled(Cached with { Calibration = [] }));

        void Renewed(CompileOptions options, string reason)
        {
            string before = File.ReadAllText(Cache);
            Diagnostic diagnostic = Assert.Single(Compiled(options).Diagnostics, diagnostic => diagnostic.Kind.Code == "MC3021");
            Assert.Contains(reason, diagnostic.Message, StringComparison.Ordinal);
            Assert.NotEqual(before, File.ReadAllText(Cache));
        }
    }

    [Fact]
    public void Without_data_a_cache_that_is_missing_or_does_not_fit_is_an_error()
    {
        CompileOptions bare = Cached with { Calibration = [] };
        Refused(bare, "does not exist");
        Compiled(Cached);
        Refused(bare with { Calibrator = "Entropy" }, "Entropy");
        Refused(bare with { Mean = [1] }, "preprocessing");
        string text = File.ReadAllText(Cache);
        string[] lines = text.Split('\n');
        File.WriteAllText(Cache, text.Replace("model\t", "modem\t", StringComparison.Ordinal));
        Refused(bare, "'model' is missing");
        File.WriteAllText(Cache, text + string.Join('\t', "range", lines.First(line => line.StartsWith("range", StringComparison.Ordinal)).Split('\t')[1], "-9", "9\n"));
        Refused(bare, "is not understood");
        File.WriteAllText(Cache, text + "bias\tnobody\t1 2\n");
        Refused(bare, "'nobody'");

        void Refused(CompileOptions options, string reason)
        {
            CompileResult result = CompilerDriver.Compile(options);
            Diagnostic diagnostic = Assert.Single(result.Diagnostics);
            Assert.Null(result.Plan);
            Assert.Equal(("MC3020", Cache), (diagnostic.Kind.Code, diagnostic.File));
            Assert.Contains(reason, diagnostic.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_damaged_cache_is_a_program_or_an_error_and_never_an_internal_one()
    {
        Compiled(Cached);
        byte[] text = File.ReadAllBytes(Cache);
        const int seed = 5;
        var random = new Random(seed);
        for (int round = 0; round < 40; round++)
        {
            byte[] damaged = [.. text.Take(round % 4 == 0 ? random.Next(text.Length) : text.Length)];
            for (int change = 0; change < 3 && damaged.Length > 0; change++)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(Cache, damaged);
            CompileResult result = CompilerDriver.Compile(Cached with { Calibration = [] });

            Assert.True(result.Plan is not null || result.Diagnostics.Any(), $"seed {seed}, round {round}");
            Assert.DoesNotContain(result.Diagnostics, diagnostic => diagnostic.Kind == DiagnosticKinds.Internal);
        }
    }

    [Theory]
    [InlineData("factors\tNODE\t1 0", "is not understood")]
    [InlineData("factors\tNODE\t1 NaN", "is not understood")]
    [InlineData("factors\tNODE\t1 -2", "is not understood")]
    [InlineData("factors\tNODE\t1 1e9", "is not understood")]
    [InlineData("factors\tNODE\t", "is not understood")]
    [InlineData("factors\tNODE", "is not understood")]
    [InlineData("factors\tNODE\t1 2", "does not fit the model at 'NODE'")]
    [InlineData("factors\tnobody\t1 2", "does not fit the model at 'nobody'")]
    [InlineData("weight scales\tNODE\t1 0", "is not understood")]
    [InlineData("weight scales\tNODE\t1 2", "does not fit the model at 'NODE'")]
    [InlineData("copies\tNODE\t1 0", "is not understood")]
    [InlineData("copies\tNODE\t1 9", "is not understood")]
    [InlineData("copies\tNODE\t1 2", "does not fit the model at 'NODE'")]
    [InlineData("copies\tnobody\t1 2", "does not fit the model at 'nobody'")]
    public void What_a_cache_says_of_a_layer_must_fit_it(string line, string reason)
    {
        CompileOptions plain = Digits with { CalibrationCache = Cache, ActivationEqualization = false, BiasCorrection = false };
        Compiled(plain);
        string[] lines = File.ReadAllLines(Cache);
        string layer = Uri.EscapeDataString(Compiled(plain).Graph!.Nodes.First(node => node.Op is Conv2D).Output);
        File.WriteAllText(Cache, string.Join('\n', [.. lines, line.Replace("NODE", layer, StringComparison.Ordinal), ""]));

        Diagnostic diagnostic = Assert.Single(CompilerDriver.Compile(plain with { Calibration = [] }).Diagnostics);

        Assert.Equal("MC3020", diagnostic.Kind.Code);
        Assert.Contains(reason.Replace("NODE", Uri.UnescapeDataString(layer), StringComparison.Ordinal), diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_a_warning()
    {
        string blocked = Path.Combine(Write("file", []), "digits.calibration");

        CompileResult result = Compiled(Digits with { CalibrationCache = blocked });

        Assert.Equal("MC3022", Assert.Single(result.Diagnostics, diagnostic => diagnostic.Kind.Severity == Severity.Warning).Kind.Code);
    }

    [Fact]
    public void Any_name_survives_being_written_and_read()
    {
        var choice = new QuantizationChoice
        {
            Calibrator = "MinMax",
            Ranges = QuantizationChoice.Empty<ValueRange>().Add("a\tb\n%20ü", new ValueRange(-1.1f, float.MaxValue)),
            Biases = QuantizationChoice.Empty<ImmutableArray<float>>().Add("b", [1, -0.1f]),
            Levels = QuantizationChoice.Empty<ImmutableArray<sbyte>>().Add("c", [-127, 5]),
            WeightScales = QuantizationChoice.Empty<ImmutableArray<float>>().Add("c", [0.1f]),
            Copies = QuantizationChoice.Empty<ImmutableArray<int>>().Add("d", [1, 3]),
        };
        var cache = new CalibrationCache("m", "d", "s", choice, 3, 2, null, [new TechniqueGain("A", 0.1, 0.2, false)], [new TechniqueGain("B", 1e-300, 0, true)]);

        string text = cache.Write();

        Assert.Equal(text, CalibrationCache.Read(text).Write());
        Assert.Equal(choice.Ranges, CalibrationCache.Read(text.ReplaceLineEndings("\r\n")).Choice.Ranges);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static void Same(CompileResult one, CompileResult other)
    {
        Assert.Equal(PlanWriter.Write(one.Plan!), PlanWriter.Write(other.Plan!));
        Assert.Equal(one.Weights, other.Weights);
    }

    private static CompileResult Compiled(CompileOptions options)
    {
        CompileResult result = CompilerDriver.Compile(options);
        Assert.True(result.Plan is not null, string.Join(Environment.NewLine, result.Diagnostics));
        return result;
    }

    private static byte[] Numpy(string shape, float[] values)
    {
        string header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}".PadRight(117) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), .. values.SelectMany(BitConverter.GetBytes)];
    }

    private string Write(string name, byte[] content)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
