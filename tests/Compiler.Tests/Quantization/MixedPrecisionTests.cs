using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Compiler.Tests.Import;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Quantization;

/// <summary>The bar that a project sets, and the layers that are kept in float to reach it.</summary>
public sealed class MixedPrecisionTests : IDisposable
{
    private const int Layers = 6;
    private const int Width = 16;
    private const int Examples = 40;

    private readonly string folder = Directory.CreateTempSubdirectory("mixed").FullName;

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(1, 3)]
    [InlineData(1, 2, 4, 5)]
    public void Auto_keeps_exactly_the_layers_in_float_that_int8_hurts(params int[] hurt)
    {
        CompileOptions options = Network(hurt) with { MaximumError = 0.05 };

        CompileResult result = Compiled(options);

        Assert.Equal(hurt.Select(Layer), result.Report!.FloatLayers.Select(layer => layer.Name).Order(StringComparer.Ordinal));
        Assert.Equal(Layers, result.Report.Layers);
        Assert.InRange(result.Report.OutputError!.Value, 0, 0.05);
        Assert.All(result.Report.FloatLayers, layer => Assert.True(layer is { Error: > 0.05, MultiplyAccumulates: Width * Width or Width * 8 }, $"{layer}"));
        Assert.Equal(result.Report.FloatLayers, result.Report.FloatLayers.OrderByDescending(layer => layer.Error));
        Assert.Equal("Int8", result.Plan!.Precision);
        Assert.Equal(hurt.Length, result.Plan.Steps.Count(step => step.Kernel.EndsWith("Float32", StringComparison.Ordinal) && step.Name.StartsWith("layer", StringComparison.Ordinal)));
        Assert.Contains(result.Plan.Remarks, remark => remark.StartsWith($"Kept in float32, of 6 layers, to reach an error of at most 5 %: '{result.Report.FloatLayers[0].Name}' (", StringComparison.Ordinal));
        string kept = Assert.Single(result.Diagnostics, diagnostic => diagnostic.Kind.Code == "MC3018").Message;
        Assert.StartsWith($"{hurt.Length} of 6 layers that have an int8 form are kept in float32, to reach an error of at most 5 %", kept, StringComparison.Ordinal);
        Assert.DoesNotContain(result.Diagnostics, diagnostic => diagnostic.Kind.Code == "MC3010");
    }

    [Fact]
    public void Int8_that_misses_the_bar_fails_and_names_the_five_worst_layers()
    {
        CompileResult result = CompilerDriver.Compile(Network(3) with { Precision = Precision.Int8, MaximumError = 0.05, MinimumAgreement = 1 });

        Assert.Null(result.Plan);
        Diagnostic diagnostic = Assert.Single(result.Diagnostics);
        Assert.Equal(("MC3016", Severity.Error), (diagnostic.Kind.Code, diagnostic.Kind.Severity));
        Assert.StartsWith("on 40 calibration files the model in Int8 has the top class of float32 for ", diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains("less than MinimumAgreement=\"100 %\", and has outputs that differ from float32 by ", diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains("more than MaximumError=\"5 %\"", diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains("when it alone is int8) 'layer3' (", diagnostic.Message, StringComparison.Ordinal);
        Assert.Equal(5, Enumerable.Range(0, Layers).Count(layer => diagnostic.Message.Contains($"'{Layer(layer)}'", StringComparison.Ordinal)));
        Assert.Contains("Precision=\"Auto\"", diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains("LearnedRounding=\"true\"", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Int8_that_reaches_the_bar_is_the_program_without_one()
    {
        CompileOptions options = Network() with { Precision = Precision.Int8 };

        CompileResult held = Compiled(options with { MaximumError = 0.05, MinimumAgreement = 0.5 });

        Same(Compiled(options), held);
        Assert.Equal(new QualityBar(0.5, 0.05), held.Report!.Bar);
    }

    [Fact]
    public void Auto_that_needs_no_float_layer_is_Int8_byte_for_byte()
    {
        CompileOptions digits = new()
        {
            ModelPath = Repository.Sample("digits.onnx"),
            ClassName = "Digits",
            Mean = [33.318421f],
            Scale = [0.012728f],
            Calibration = [.. Directory.GetFiles(Repository.Sample("calibration")).Order(StringComparer.Ordinal).Take(12)],
        };

        CompileResult auto = Compiled(digits with { Precision = Precision.Auto });

        Same(Compiled(digits with { Precision = Precision.Int8 }), auto);
        Assert.Empty(auto.Report!.FloatLayers);
        Assert.Equal(QualityBar.OfClassifiers, auto.Report.Bar);
    }

    [Fact]
    public void Auto_reaches_the_agreement_that_is_asked_for()
    {
        CompileOptions options = Network(1, 3);
        double plain = Compiled(options with { Precision = Precision.Int8 }).Report!.Agreement!.Value;

        CompileReport report = Compiled(options with { MinimumAgreement = 0.95 }).Report!;

        Assert.True(plain < 0.95, $"{plain}");
        Assert.InRange(report.Agreement!.Value, 0.95, 1);
        Assert.InRange(report.FloatLayers.Length, 1, Layers - 1);
    }

    [Fact]
    public void A_bar_that_only_float_reaches_makes_a_float_model()
    {
        CompileResult result = Compiled(Network() with { MaximumError = 0 });

        Assert.Equal(0, result.Report!.OutputError);
        Assert.Equal(Layers, result.Report.FloatLayers.Length);
        Assert.Equal("Float32", result.Plan!.Precision);
    }

    [Fact]
    public void In_a_model_of_many_layers_the_worst_group_leads_to_the_worst_layer()
    {
        CompileResult result = Compiled(Deep(40, 36) with { MaximumError = 0.1, BiasCorrection = false });

        Assert.Contains(result.Report!.FloatLayers, layer => layer.Name == "layer36");
        Assert.InRange(result.Report.FloatLayers.Length, 1, 5);
        Assert.Equal(40, result.Report.Layers);
        Assert.InRange(result.Report.OutputError!.Value, 0, 0.1);
    }

    [Fact]
    public void What_only_float_layers_read_is_not_rounded()
    {
        // Between two layers that need float stands a pooling, which alone would be int8.
        CompileResult result = Compiled(Pooled() with { MaximumError = 0.02 });

        Assert.DoesNotContain(result.Plan!.Steps, step => step.Name == "pool" && step.Kernel.Contains("UInt8", StringComparison.Ordinal));
        Assert.Equal(["deep", "wide"], result.Report!.FloatLayers.Select(layer => layer.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void From_the_cache_come_the_same_float_layers_with_the_data_and_without()
    {
        string cache = Path.Combine(folder, "network.calibration");
        CompileOptions options = Network(1, 3) with { MaximumError = 0.05, CalibrationCache = cache };
        CompileResult made = Compiled(options);
        string text = File.ReadAllText(cache);

        CompileResult withData = Compiled(options);
        CompileResult without = Compiled(options with { Calibration = [] });

        Same(made, withData);
        Same(made, without);
        Assert.Equal(made.Report!.FloatLayers.ToArray(), without.Report!.FloatLayers.ToArray());
        Assert.Equal((made.Report.Layers, made.Report.Bar), (without.Report.Layers, without.Report.Bar));
        Assert.Equal(text, File.ReadAllText(cache));
        Assert.Equal(2, text.Split('\n').Count(line => line.StartsWith("float layer\t", StringComparison.Ordinal)));
        Assert.Equal(text, CalibrationCache.Read(text).Write());
    }

    [Fact]
    public void A_cache_of_another_bar_or_rounding_or_that_misses_its_bar_is_not_used()
    {
        string cache = Path.Combine(folder, "network.calibration");
        CompileOptions options = Network(1, 3) with { MaximumError = 0.05, CalibrationCache = cache };
        Compiled(options);
        string text = File.ReadAllText(cache);
        CompileOptions bare = options with { Calibration = [] };

        Refused(bare with { MaximumError = 0.04 }, "MC3020", "MaximumError=0.04");
        Refused(bare with { MinimumAgreement = 0.9 }, "MC3020", "MinimumAgreement=0.9");
        Refused(bare with { Rounding = Rounding.TfLite }, "MC3020", "Rounding=TfLite");
        File.WriteAllText(cache, text + "float layer\tnobody\t\n");
        Refused(bare, "MC3020", "'nobody'");
        File.WriteAllText(cache, text + "float layer\ta\tNaN\n");
        Refused(bare, "MC3020", "is not understood");
        string measured = text.Split('\n').Single(line => line.StartsWith("measured\t", StringComparison.Ordinal));
        File.WriteAllText(cache, text.Replace(measured, "measured\t40\t40\t0.06", StringComparison.Ordinal));
        Refused(bare, "MC3020", "not as close to float32");
    }

    [Theory]
    [InlineData(Precision.WeightInt8)]
    [InlineData(Precision.DynamicInt8)]
    [InlineData(Precision.Float16Weights)]
    public void Other_precisions_are_held_to_the_bar_too(Precision precision)
    {
        CompileOptions options = Network(3) with { Precision = precision };

        Refused(options with { MaximumError = 1e-7 }, "MC3017", $"the model in {precision} has outputs that differ from float32 by ");
        Assert.NotNull(CompilerDriver.Compile(options with { MaximumError = 1 }).Plan);
    }

    [Fact]
    public void A_bar_that_cannot_be_measured_is_refused_and_one_of_a_float_model_is_not()
    {
        CompileOptions options = Network();
        Refused(options with { MaximumError = 1.5 }, "MC2001", "MaximumError=\"1.5\" is not valid: give a share from 0 to 1");
        Refused(options with { MinimumAgreement = double.NaN }, "MC2001", "MinimumAgreement=\"NaN\"");
        Refused(options with { Calibration = [] }, "MC3001", "Precision=\"Auto\" needs example inputs");
        Refused(options with { Calibration = [], Precision = Precision.WeightInt8, MaximumError = 0.1 }, "MC2001", "there are none");
        Refused(Other("Identity", "y") with { MinimumAgreement = 0.9 }, "MC2001", "use MaximumError");
        Refused(Other("ArgMax", "y") with { MaximumError = 0.9, Precision = Precision.Int8 }, "MC2001", "no output is float");
        Refused(Other("ArgMax", "y"), "MC2001", "Precision=\"Auto\" is not valid: no output is float");

        Assert.NotNull(CompilerDriver.Compile(options with { Precision = Precision.Float32, Calibration = [], MaximumError = 0.1, MinimumAgreement = 0.9 }).Plan);
        Assert.Equal(QualityBar.OfOthers, Compiled(Other("Identity", "y")).Report!.Bar);
    }

    [Theory]
    [InlineData(0.98999, 0.01, "has the top class of float32 for 98.999 %, less than MinimumAgreement=\"99 %\"")]
    [InlineData(1, 0.051, "has outputs that differ from float32 by 5.1 % (root mean square), more than MaximumError=\"5 %\"")]
    [InlineData(double.NaN, 0.01, "has the top class of float32 for NaN, less than MinimumAgreement=\"99 %\"")]
    public void A_bar_says_what_misses_it(double agreement, double error, string expected)
    {
        var bar = new QualityBar(0.99, 0.05);

        Assert.False(bar.IsReached(agreement, error));
        Assert.Equal(expected, bar.Missed(agreement, error));
        Assert.True(bar.IsReached(0.99, 0.05) && bar.IsReached(1, null));
        Assert.Equal("99 % agreement and an error of at most 5 %", bar.InProse());
        Assert.True(new QualityBar(99.9 / 100, null).IsReached(999 / 1000.0, null));
    }

    [SharedDataFact]
    public void Auto_brings_MobileNet_to_the_bar_that_int8_misses()
    {
        string golden = Repository.Shared("tf", "poets", "mobilenet_v1_0.25_128_frozen_graph.golden");
        var options = new CompileOptions
        {
            ModelPath = Repository.Shared("tf", "poets", "mobilenet_v1_0.25_128_frozen_graph.pb"),
            ClassName = "MobileNet",
            Precision = Precision.Auto,
            Int16Sums = false,
            Calibration = [.. Directory.GetFiles(golden, "in_0_*.bin").Order(StringComparer.Ordinal)],
        };
        double plain = Compiled(options with { Precision = Precision.Int8 }).Report!.OutputError!.Value;

        CompileReport report = Compiled(options with { MaximumError = plain / 2 }).Report!;

        Assert.InRange(report.OutputError!.Value, 0, plain / 2);
        Assert.InRange(report.FloatLayers.Length, 1, report.Layers / 2);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static string Layer(int index) => $"layer{index}";

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

    private static void Refused(CompileOptions options, string code, string cause)
    {
        CompileResult result = CompilerDriver.Compile(options);

        Assert.Null(result.Plan);
        Diagnostic diagnostic = Assert.Single(result.Diagnostics);
        Assert.Equal(code, diagnostic.Kind.Code);
        Assert.Contains(cause, diagnostic.Message, StringComparison.Ordinal);
    }

    private CompileOptions Network(params int[] hurt) => Deep(Layers, hurt);

    /// <summary>
    /// Fully connected layers. Those that are to be hurt have weights a thousand times the others for an input that is always 0: in float they mean nothing, in int8
    /// they decide the scale and leave nothing of the others.
    /// </summary>
    private CompileOptions Deep(int layers, params int[] hurt)
    {
        var random = new Random(7);
        var nodes = new List<NodeProto>();
        var constants = new List<TensorProto>();
        string value = "x";
        for (int layer = 0; layer < layers; layer++)
        {
            int outputs = layer == layers - 1 ? 8 : Width;
            float[] weights = [.. Networks.Noise(random, [Width, outputs]).Values<float>().Select(weight => weight * 0.6f)];
            float[] bias = [.. Networks.Noise(random, [outputs]).Values<float>().Select(number => number * 0.3f)];
            for (int output = 0; output < outputs; output++)
            {
                weights[output] = hurt.Contains(layer) ? 1000 : weights[output];
            }

            if (hurt.Contains(layer + 1))
            {
                bias[0] = -1000;
            }

            constants.AddRange([OnnxModels.Floats($"w{layer}", [Width, outputs], weights), OnnxModels.Floats($"b{layer}", [outputs], bias)]);
            string result = layer == layers - 1 ? "y" : $"r{layer}";
            nodes.Add(Named(OnnxModels.Node("Gemm", $"{value} w{layer} b{layer}", layer == layers - 1 ? "y" : $"g{layer}"), Layer(layer)));
            nodes.AddRange(layer == layers - 1 ? [] : [OnnxModels.Node("Relu", $"g{layer}", result)]);
            value = result;
        }

        return Options(OnnxModels.Model([1, Width], nodes, [.. constants]), Width);
    }

    // The first layer's results reach far for the sake of one channel that the second hardly reads.
    private CompileOptions Pooled()
    {
        float[] wide = Networks.Noise(new Random(1), [4, 4]).Values<float>();
        float[] deep = Networks.Noise(new Random(2), [4, 4]).Values<float>();
        float[] last = Networks.Noise(new Random(3), [4, 4]).Values<float>();
        for (int index = 0; index < 4; index++)
        {
            wide[index] *= 3000;
            deep[index * 4] *= 1f / 3000;
        }

        return Options(
            OnnxModels.Model(
                [1, 4, 8, 8],
                [
                    Named(OnnxModels.Node("Conv", "x a", "p"), "wide"),
                    Named(OnnxModels.Node("AveragePool", "p", "q", OnnxModels.Integers("kernel_shape", 2, 2), OnnxModels.Integers("strides", 2, 2)), "pool"),
                    Named(OnnxModels.Node("Conv", "q b", "r"), "deep"),
                    OnnxModels.Node("Sigmoid", "r", "s"),
                    Named(OnnxModels.Node("Conv", "s c", "y"), "last"),
                ],
                OnnxModels.Floats("a", [4, 4, 1, 1], wide),
                OnnxModels.Floats("b", [4, 4, 1, 1], deep),
                OnnxModels.Floats("c", [4, 4, 1, 1], last)),
            256);
    }

    // No classifier: its only output is a picture, or a number.
    private CompileOptions Other(string operatorName, string output) => Options(
        OnnxModels.Model(
            [1, 4, 3, 3],
            [OnnxModels.Node("Conv", "x w", "c"), OnnxModels.Node(operatorName, "c", output)],
            OnnxModels.Floats("w", [4, 4, 1, 1], Networks.Noise(new Random(1), [16]).Values<float>())),
        36);

    private CompileOptions Options(ModelProto model, int count)
    {
        var random = new Random(5);
        return new CompileOptions
        {
            ModelPath = Write("model.onnx", model.ToByteArray()),
            ClassName = "Test",
            Precision = Precision.Auto,
            CrossLayerEqualization = false,
            Calibration = [.. Enumerable.Range(0, Examples).Select(index =>
                Write($"{index:00}.bin", [.. Networks.Noise(random, [count]).Values<float>().SelectMany(BitConverter.GetBytes)]))],
        };
    }

    private static NodeProto Named(NodeProto node, string name)
    {
        node.Name = name;
        return node;
    }

    private string Write(string name, byte[] content)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
