using System;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Tests.Import;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests;

public sealed class CompilerDriverTests : IDisposable
{
    private static readonly string[] CalibrationFiles = Directory.GetFiles(Repository.Sample("calibration"));

    private readonly string folder = Directory.CreateTempSubdirectory("driver").FullName;

    private static CompileOptions Digits { get; } = new()
    {
        ModelPath = Repository.Sample("digits.onnx"),
        ClassName = "Digits",
        Mean = [33.318421f],
        Scale = [0.012728f],
    };

    private static CompileOptions Int8Digits { get; } = Digits with { Precision = Precision.Int8, Calibration = [.. CalibrationFiles] };

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.Int8)]
    public void The_digit_model_reads_the_test_digits(Precision precision)
    {
        CompileResult result = Compiled(Int8Digits with { Precision = precision });
        var executor = new PlanExecutor(result.Plan!, result.Weights);

        int correct = Directory.GetFiles(Repository.Sample("test")).Count(file => Top(executor, result.Plan!, file) == Path.GetFileNameWithoutExtension(file)[^1] - '0');

        Assert.InRange(correct, 19, 20);
    }

    [Fact]
    public void In_int8_no_step_of_the_digit_model_is_in_float()
    {
        CompileResult result = Compiled(Int8Digits);

        Assert.DoesNotContain(result.Plan!.Steps, step => step.Kernel.Contains("Float32", StringComparison.Ordinal) || step.Kernel is "Elementwise" or "QuantizeUInt8" or "DequantizeUInt8");
        Assert.Equal(4, result.Plan.Steps.Count(step => step.Kernel == "DepthwiseConv2DUInt8"));
        Assert.Equal(5, result.Plan.Steps.Count(step => step.Kernel == "Conv2DUInt8"));
        Assert.Empty(result.Report!.FloatSteps);
        Assert.True(result.Report.Agreement >= 0.99);
    }

    [Fact]
    public void The_same_input_gives_the_same_plan_and_weights_whatever_the_order_of_the_files()
    {
        CompileResult one = Compiled(Int8Digits);
        CompileResult other = Compiled(Int8Digits with { Calibration = [.. CalibrationFiles.Reverse()] });

        Assert.Equal(PlanWriter.Write(one.Plan!), PlanWriter.Write(other.Plan!));
        Assert.Equal(one.Weights, other.Weights);
    }

    [Fact]
    public void Threads_where_no_batch_is_open_are_a_warning_that_says_what_to_do()
    {
        CompileResult result = Compiled(Int8Digits with { Precision = Precision.Float32, Calibration = [], Threads = 4 });

        Diagnostic warning = Assert.Single(result.Diagnostics);
        Assert.Equal(("MC2006", Severity.Warning), (warning.Kind.Code, warning.Kind.Severity));
        Assert.Contains("Threads=\"4\" has no effect", warning.Message, StringComparison.Ordinal);
        Assert.NotNull(result.Plan);
    }

    [Fact]
    public void Arena_and_weights_of_the_digit_model_stay_within_their_budget()
    {
        CompileReport report = Compiled(Int8Digits).Report!;

        Assert.InRange(report.ArenaBytes, 1, 24_000);
        Assert.InRange(report.WeightBytes, 1, 14_500);
        Assert.Equal(842_656, report.MultiplyAccumulates);
    }

    [Fact]
    public void A_model_that_gives_an_index_is_quantised_too()
    {
        ModelProto model = OnnxModels.Model(
            [1, 3],
            [OnnxModels.Node("MatMul", "x w", "h"), OnnxModels.Node("ArgMax", "h", "y", OnnxModels.Attribute("axis", 1L))],
            OnnxModels.Floats("w", [3, 2], 1, -1, 0.5f, 0.25f, -2, 1));
        string path = Write("index.onnx", Google.Protobuf.MessageExtensions.ToByteArray(model));
        string example = Write("example.bin", [0, 0, 128, 63, 0, 0, 0, 64, 0, 0, 64, 64]);

        CompileResult result = Compiled(new CompileOptions { ModelPath = path, ClassName = "Index", Precision = Precision.Int8, Calibration = [example] });

        Assert.Contains(result.Plan!.Steps, step => step.Kernel == "ArgReduceUInt8");
        Assert.Null(result.Report!.OutputError);
    }

    [Fact]
    public void Int8_without_examples_says_what_to_add() =>
        Refused(Digits with { Precision = Precision.Int8 }, ("MC3001", Digits.ModelPath, "Calibration="));

    [Fact]
    public void All_unusable_examples_are_named()
    {
        string empty = Write("empty.png", []);
        string missing = Path.Combine(folder, "missing.png");

        Refused(
            Int8Digits with { Calibration = [CalibrationFiles[0], empty, missing] },
            ("MC3002", empty, "not a PNG"),
            ("MC3002", missing, "missing.png"));
    }

    [Fact]
    public void A_wrong_number_of_labels_is_refused()
    {
        string labels = Write("labels.txt", "one\ntwo\n"u8.ToArray());

        Refused(Digits with { LabelsPath = labels }, ("MC2003", labels, "2 labels, but the model has 10 classes"));
    }

    [Fact]
    public void All_wrong_metadata_is_named_in_one_run() => Refused(
        Digits with { LabelsPath = Path.Combine(folder, "none.txt"), Mean = [1, 2, 3], Scale = [0], Precision = Precision.Int8 },
        ("MC2002", Path.Combine(folder, "none.txt"), "does not exist"),
        ("MC2001", Digits.ModelPath, "Mean"),
        ("MC2001", Digits.ModelPath, "Scale"),
        ("MC3001", Digits.ModelPath, "Calibration="));

    [Fact]
    public void A_missing_model_is_one_error() =>
        Refused(Digits with { ModelPath = Path.Combine(folder, "none.onnx") }, ("MC1001", Path.Combine(folder, "none.onnx"), "does not exist"));

    [Fact]
    public void A_model_cut_anywhere_is_an_error_and_not_an_exception()
    {
        byte[] model = File.ReadAllBytes(Digits.ModelPath);
        for (int length = 0; length < model.Length; length += 997)
        {
            string path = Write("cut.onnx", model[..length]);

            CompileResult result = CompilerDriver.Compile(Digits with { ModelPath = path });

            Assert.Null(result.Plan);
            Assert.All(result.Diagnostics, diagnostic => Assert.Equal(path, diagnostic.File));
            Assert.DoesNotContain(result.Diagnostics, diagnostic => diagnostic.Kind == DiagnosticKinds.Internal);
            Assert.NotEmpty(result.Diagnostics);
        }
    }

    [Fact]
    public void Damaged_bytes_give_a_model_or_an_error_and_never_an_internal_one()
    {
        byte[] model = File.ReadAllBytes(Digits.ModelPath);
        const int seed = 7;
        var random = new Random(seed);
        for (int round = 0; round < 60; round++)
        {
            byte[] damaged = [.. model];
            for (int change = 0; change < 4; change++)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            CompileResult result = CompilerDriver.Compile(Digits with { ModelPath = Write("damaged.onnx", damaged) });

            Assert.True(result.Plan is not null || result.Diagnostics.Any(), $"seed {seed}, round {round}");
            Assert.DoesNotContain(result.Diagnostics, diagnostic => diagnostic.Kind == DiagnosticKinds.Internal);
        }
    }

    [Fact]
    public void A_small_file_that_asks_for_years_of_constant_folding_is_refused_at_once()
    {
        ModelProto model = OnnxModels.Model(
            [1],
            [
                OnnxModels.Node("ConstantOfShape", "shape", "big"),
                OnnxModels.Node("MatMul", "big big", "product"),
                OnnxModels.Node("Add", "x product", "y"),
            ],
            OnnxModels.Longs("shape", 2000, 2000));

        CompileResult result = CompilerDriver.Compile(Digits with { ModelPath = Write("years.onnx", Google.Protobuf.MessageExtensions.ToByteArray(model)), Mean = [], Scale = [] });

        Assert.Null(result.Plan);
        Assert.Equal("MC1016", Assert.Single(result.Diagnostics.ToArray()).Kind.Code);
    }

    [SharedDataFact]
    public void The_public_digit_model_reads_its_picture_in_every_precision()
    {
        string picture = Repository.Shared("onnx-models", "winml", "mnist_28.png");
        var options = new CompileOptions { ModelPath = Repository.Shared("onnx-models", "winml", "mnist.onnx"), ClassName = "Mnist", Calibration = [picture] };
        foreach (Precision precision in Enum.GetValues<Precision>())
        {
            CompileResult result = Compiled(options with { Precision = precision });
            var executor = new PlanExecutor(result.Plan!, result.Weights);

            Assert.Equal(Expected("mnist_28_expected.csv"), Top(executor, result.Plan!, picture));
        }
    }

    [SharedDataFact]
    public void SqueezeNet_gives_the_classes_of_its_pictures_in_every_precision()
    {
        string[] pictures = [Repository.Shared("onnx-models", "winml", "fish.png"), Repository.Shared("onnx-models", "winml", "kitten_224.png")];
        var options = new CompileOptions
        {
            ModelPath = Repository.Shared("onnx-models", "winml", "SqueezeNet_fp16.onnx"),
            ClassName = "SqueezeNet",
            ReverseChannels = true,
            Calibration = [.. pictures],
        };
        foreach (Precision precision in Enum.GetValues<Precision>())
        {
            CompileResult result = Compiled(options with { Precision = precision });
            var executor = new PlanExecutor(result.Plan!, result.Weights);

            Assert.Equal(Expected("Squeezenet_fish_expected.csv"), Top(executor, result.Plan!, pictures[0]));
            Assert.Equal(281, Top(executor, result.Plan!, pictures[1]));
            Assert.Equal(precision == Precision.Float32 ? null : 1, result.Report!.Agreement);
            Assert.Equal(precision is Precision.Float32 or Precision.Rounded256, result.Plan!.Steps.Any(step => step.Kernel == "Conv2DFloat32"));
        }
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CompileResult Compiled(CompileOptions options)
    {
        CompileResult result = CompilerDriver.Compile(options);
        Assert.True(result.Plan is not null, string.Join(Environment.NewLine, result.Diagnostics));
        return result;
    }

    private static void Refused(CompileOptions options, params (string Code, string File, string Cause)[] expected)
    {
        CompileResult result = CompilerDriver.Compile(options);

        Assert.Null(result.Plan);
        Assert.Equal(
            expected.Select(problem => (problem.Code, problem.File)).Order(),
            result.Diagnostics.Select(diagnostic => (diagnostic.Kind.Code, diagnostic.File)).Order());
        Assert.All(expected, problem => Assert.Contains(result.Diagnostics, diagnostic => diagnostic.Message.Contains(problem.Cause, StringComparison.Ordinal)));
    }

    private static int Top(PlanExecutor executor, ModelPlan plan, string picture)
    {
        executor.FeedSample(plan.Inputs[0].Name, SampleReader.Read(picture, plan.Inputs[0]));
        executor.Infer();
        float[] scores = executor.Fetch<float>(plan.Outputs[0].Name);
        return Array.IndexOf(scores, scores.Max());
    }

    private static int Expected(string csv)
    {
        float[] scores = [.. File.ReadLines(Repository.Shared("onnx-models", "winml", csv)).Skip(1)
            .Where(line => line.Length > 0)
            .Select(line => float.Parse(line.Split(',')[1], System.Globalization.CultureInfo.InvariantCulture))];
        return Array.IndexOf(scores, scores.Max());
    }

    private string Write(string name, byte[] content)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
