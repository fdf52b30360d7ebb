using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Google.Protobuf;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.TensorFlow;
using ModelCompiler.Compiler.Inspection;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Compiler.Quantization;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.TensorFlow.TensorFlowModels;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlow;

/// <summary>What training with quantisation leaves in a graph: the ranges are the file's, and stay.</summary>
public class FakeQuantizationTests
{
    private static readonly float[] Image = [.. Enumerable.Range(0, 32).Select(index => (index * 37 % 32 / 4f) - 3)];

    [Fact]
    public void A_range_is_the_grid_that_the_file_says()
    {
        Graph imported = Accept(Graph(Placeholder("x", 1, 4), Floats("min", [], -1), Floats("max", [], 1.55f), Node("FakeQuantWithMinMaxVars", "y", "x min max")));
        Assert.Equal(new Requantize(new QuantizationParameters(2.55f / 255, 100)), Assert.Single(imported.Nodes).Op);
        AssertTensor([1, 4], [-1, 0.12, 1.55, 0], Running.Evaluate(imported, Tensor.Of<float>([1, 4], -3, 0.123f, 2, 0)), 1e-6);
    }

    [Theory]
    [InlineData(8, false, -1, 1.55f)]
    [InlineData(8, true, -1.27f, 1.27f)]
    [InlineData(4, false, -0.5f, 1)]
    [InlineData(4, true, -0.7f, 0.7f)]
    [InlineData(2, false, 0, 6)]
    [InlineData(16, false, -3, 5)]
    [InlineData(8, false, 0.9f, 3.1f)]
    [InlineData(8, false, -3.1f, -0.9f)]
    [InlineData(8, false, 0, 0)]
    public void Numbers_are_rounded_as_in_training(int bits, bool isNarrow, float minimum, float maximum)
    {
        var random = new Random(bits);
        float[] numbers = [0, minimum, maximum, .. Enumerable.Range(0, 61).Select(_ => (float)((random.NextDouble() * 16) - 8))];
        double[] expected = [.. numbers.Select(number => Rounded(number, minimum, maximum, bits, isNarrow))];
        (string, object)[] attributes = [("num_bits", (long)bits), ("narrow_range", isNarrow)];
        GraphDef byVariables = Graph(Placeholder("x", 1, 64), Floats("min", [], minimum), Floats("max", [], maximum), Node("FakeQuantWithMinMaxVars", "y", "x min max", attributes));
        Graph graph = Accept(byVariables);
        AssertTensor([1, 64], expected, Running.Evaluate(graph, Tensor.Of([1, 64], numbers)), 1e-5);
        Running.Close([.. expected.Select(number => (float)number)], Running.Execute(Quantizer.Run(PassList.Run(graph, Precision.Float32)).Graph, Tensor.Of([1, 64], numbers)), 1e-5, $"{bits} bits");
        AssertTensor([64], expected, Apply("FakeQuantWithMinMaxVars", [Floats("x", [64], numbers), Floats("min", [], minimum), Floats("max", [], maximum)], attributes));
        AssertTensor([64], expected, Apply("FakeQuantWithMinMaxArgs", [Floats("x", [64], numbers)], [.. attributes, ("min", minimum), ("max", maximum)]));
        AssertTensor(
            [64, 1], expected, Apply("FakeQuantWithMinMaxVarsPerChannel", [Floats("x", [64, 1], numbers), Floats("min", [1], minimum), Floats("max", [1], maximum)], attributes));
    }

    [Fact]
    public void Weights_of_each_channel_are_rounded_and_keep_their_levels()
    {
        Tensor actual = Apply(
            "FakeQuantWithMinMaxVarsPerChannel",
            [Floats("w", [2, 3], 0.126f, 1, 2, -5, -0.5f, 3), Floats("min", [3], -1.27f, -0.635f, 0), Floats("max", [3], 1.27f, 0.635f, 0)], ("narrow_range", true));
        AssertTensor([2, 3], [0.13, 0.635, 0, -1.27, -0.5, 0], actual, 1e-6);
        Assert.Equal(new sbyte[] { 13, 127, 0, -127, -100, 0 }, actual.Integers!.Levels.Values<sbyte>());
    }

    [Fact]
    public void Weights_of_all_256_levels_keep_them()
    {
        Tensor actual = Apply("FakeQuantWithMinMaxArgs", [Floats("w", [3], -9, 0.5f, 9)], ("min", -1.28f), ("max", 1.27f));
        Assert.Equal(new sbyte[] { -128, 50, 127 }, actual.Integers!.Levels.Values<sbyte>());
    }

    [Theory]
    [InlineData(2, 1, 8)]
    [InlineData(1, 1, 8)]
    [InlineData(0, float.NaN, 8)]
    [InlineData(float.NegativeInfinity, 1, 8)]
    [InlineData(0, 1, 1)]
    [InlineData(0, 1, 17)]
    public void Ranges_without_numbers_are_refused(float minimum, float maximum, int bits)
    {
        NodeDef[] inputs = [Floats("w", [1], 1), Floats("min", [], minimum), Floats("max", [], maximum)];
        AssertRefused(DiagnosticKinds.GraphInvalid, "FakeQuantWithMinMaxVars", inputs, ("num_bits", (long)bits));
        AssertRefused(DiagnosticKinds.GraphInvalid, "FakeQuantWithMinMaxArgs", inputs[..1], ("min", minimum), ("max", maximum), ("num_bits", (long)bits));
        AssertRefused(DiagnosticKinds.ShapeInvalid, "FakeQuantWithMinMaxVarsPerChannel", [inputs[0], Floats("min", [2], 0, 0), Floats("max", [2], 1, 1)]);
    }

    [Fact]
    public void A_range_that_is_computed_is_refused() => Assert.Contains(
        Refuse(Graph(Placeholder("x", 1, 4), Placeholder("m", 1), Floats("max", [], 1), Node("FakeQuantWithMinMaxVars", "y", "x m max"))),
        problem => problem.Kind == DiagnosticKinds.ShapeDependsOnData);

    [Fact]
    public void Layers_between_ranges_compute_in_integers_without_calibration()
    {
        Graph graph = PassList.Run(Accept(Network()), Precision.Float32);
        (Graph quantized, var floats) = Quantizer.Run(graph);
        Assert.Empty(floats);
        QuantizationSummary summary = QuantizationSummary.Of(graph);
        Assert.Equal((1, 1), (summary.Layers, summary.IntegerLayers));
        Assert.Equal(("int8 with a scale a channel", 1), Assert.Single(summary.WeightStorages));
        Assert.Equal([new QuantizationParameters(8.25f / 255, 124), new QuantizationParameters(6f / 255, 0)], summary.Grids.Select(use => use.Grid));
        Assert.Single(quantized.Nodes, node => node.Op is Conv2D);
    }

    [Fact]
    public void Calibration_leaves_the_ranges_of_the_file_alone()
    {
        Graph graph = PassList.Run(Accept(Network()), Precision.Int8);
        var narrow = graph.Values.Values.Where(value => !graph.Constants.ContainsKey(value.Name)).ToDictionary(value => value.Name, _ => new ValueRange(-0.125f, 0.125f));
        Graph quantized = Quantizer.Run(graph, narrow).Graph;
        Node layer = Assert.Single(quantized.Nodes, node => node.Op is Conv2D);
        Assert.Equal(new QuantizationParameters(8.25f / 255, 124), quantized.Values[layer.Inputs[0]].Quantization);
        Assert.Equal(new QuantizationParameters(6f / 255, 0), quantized.Values[layer.Output].Quantization);
        StoredIntegers weights = quantized.Constants[layer.Inputs[1]].Integers!;
        Assert.Equal([0.02f, 0.005f], weights.Scales.Select(scale => MathF.Round(scale, 6)));
    }

    [Fact]
    public void A_model_calibrated_with_tiny_numbers_still_computes_with_large_ones() => OnnxModels.InFolder(folder =>
    {
        string model = Path.Combine(folder, "trained.pb"), example = Path.Combine(folder, "tiny.bin");
        File.WriteAllBytes(model, Network().ToByteArray());
        File.WriteAllBytes(example, MemoryMarshal.AsBytes<float>(Array.ConvertAll(Image, number => number / 1000)).ToArray());

        CompileResult result = CompilerDriver.Compile(new CompileOptions { ModelPath = model, ClassName = "Trained", Precision = Precision.Int8, Calibration = [example] });

        Assert.Empty(result.Diagnostics.Where(diagnostic => diagnostic.Kind.Severity == Severity.Error));
        var executor = new PlanExecutor(result.Plan!, result.Weights);
        executor.Feed<float>("x", Image);
        executor.Infer();
        float[] actual = executor.Fetch<float>("y"), expected = Running.Evaluate(Accept(Network()), Tensor.Of([1, 4, 4, 2], Image)).Values<float>();
        Assert.True(expected.Max() > 3, string.Create(CultureInfo.InvariantCulture, $"{expected.Max()} shows nothing"));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, (6.0 / 255) + 1e-5));
        return result;
    });

    // As training with quantisation leaves a layer: image, weights and result rounded.
    private static GraphDef Network() => Graph(
        Placeholder("x", 1, 4, 4, 2),
        Floats("xMin", [], -4), Floats("xMax", [], 4.25f), Node("FakeQuantWithMinMaxVars", "image", "x xMin xMax"),
        Floats("w", [1, 1, 2, 2], 2.5f, -0.63f, -1.111f, 0.333f),
        Floats("wMin", [2], -2.54f, -0.635f), Floats("wMax", [2], 2.54f, 0.635f),
        Node("FakeQuantWithMinMaxVarsPerChannel", "weights", "w wMin wMax", ("narrow_range", true)),
        Node("Conv2D", "conv", "image weights", ("strides", new[] { 1, 1, 1, 1 }), ("padding", "SAME")),
        Floats("b", [2], 0.25f, -0.125f), Node("BiasAdd", "biased", "conv b"), Node("Relu6", "relu", "biased"),
        Node("FakeQuantWithMinMaxArgs", "y", "relu", ("min", 0f), ("max", 6f)));

    // The format's own words: the range moved so that 0 is a level, clamped, rounded half up.
    private static double Rounded(double number, double minimum, double maximum, int bits, bool isNarrow)
    {
        if (minimum == 0 && maximum == 0)
        {
            return 0;
        }

        (double least, double greatest) = (isNarrow ? 1 : 0, (1 << bits) - 1);
        double scale = (maximum - minimum) / (greatest - least);
        double zero = Math.Clamp(Math.Round(least - (minimum / scale), MidpointRounding.AwayFromZero), least, greatest);
        (double low, double high) = ((least - zero) * scale, (greatest - zero) * scale);
        return (Math.Floor(((Math.Clamp(number, low, high) - low) / scale) + 0.5) * scale) + low;
    }
}
