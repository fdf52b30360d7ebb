using System;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Compiler.Tests.Import;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Quantization;

public sealed class QuantizerTests
{
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Int8_is_close_to_float_on_the_calibration_data(int seed)
    {
        Graph graph = PassList.Run(Networks.Random(seed), Precision.Int8);
        Tensor[] images = Images(graph, seed);
        (Graph quantized, _) = Quantize(graph, images);

        double difference = 0;
        double reference = 0;
        foreach (Tensor image in images)
        {
            float[] expected = Running.Evaluate(graph, image).Values<float>();
            float[] actual = Running.Execute(quantized, image);
            difference += expected.Zip(actual, (e, a) => Math.Pow(e - a, 2)).Sum();
            reference += expected.Sum(e => e * (double)e);
        }

        Assert.True(Math.Sqrt(difference / reference) < 0.12, $"seed {seed}: relative error {Math.Sqrt(difference / reference):P1}");
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Convolutions_and_fully_connected_layers_run_in_int8(int seed)
    {
        Graph graph = PassList.Run(Networks.Random(seed), Precision.Int8);
        (Graph quantized, _) = Quantize(graph, Images(graph, seed));

        ModelPlan plan = ModelLowering.Lower(quantized, Running.Options).Plan;

        Assert.DoesNotContain(plan.Steps, step => step.Kernel is "Conv2DFloat32" or "DepthwiseConv2DFloat32" or "FullyConnectedFloat32");
        Assert.Contains(plan.Steps, step => step.Kernel == "FullyConnectedUInt8");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Pixels_are_quantised_as_they_are_fed(int channels)
    {
        var builder = new GraphBuilder();
        string image = builder.AddInput("image", new TensorType(ElementType.Float32, [1, channels, 6, 6]));
        string convolved = builder.Add(
            "conv", new Conv2D(new Window(3, 3, PadTop: 1), 1), builder.Add("in", Transpose.ToChannelsLast, image), builder.AddConstant(Networks.Noise(new Random(1), [3, 3, 3, channels])));
        Graph graph = PassList.Run(builder.ToGraph([new GraphOutput("out", convolved)]), Precision.Int8);

        ModelPlan plan = ModelLowering.Lower(Quantize(graph, Images(graph, 1)).Graph, Running.Options).Plan;

        Assert.Equal(["Conv2DUInt8"], plan.Steps.Select(step => step.Kernel));
        PlanConversion pixels = Assert.Single(plan.Inputs[0].Conversions, conversion => conversion.Kind == ConversionKind.Pixels);
        Assert.Equal("PixelsToUInt8", Assert.Single(pixels.Steps).Kernel);
    }

    [Fact]
    public void A_network_of_signals_is_in_int8_from_the_input_on()
    {
        var random = new Random(2);
        ModelProto model = OnnxModels.Model(
            [1, 4, 16],
            [
                OnnxModels.Node("Conv", "x first", "a", OnnxModels.Integers("pads", 1, 1)),
                OnnxModels.Node("Relu", "a", "b"),
                OnnxModels.Node("Conv", "b second", "c", OnnxModels.Integers("pads", 1, 1)),
                OnnxModels.Node("Relu", "c", "d"),
                OnnxModels.Node("GlobalAveragePool", "d", "e"),
                OnnxModels.Node("Flatten", "e", "f"),
                OnnxModels.Node("MatMul", "f dense", "y"),
            ],
            OnnxModels.Floats("first", [8, 4, 3], Networks.Noise(random, [8, 4, 3]).Values<float>()),
            OnnxModels.Floats("second", [8, 8, 3], Networks.Noise(random, [8, 8, 3]).Values<float>()),
            OnnxModels.Floats("dense", [8, 5], Networks.Noise(random, [8, 5]).Values<float>()));
        Graph graph = PassList.Run(OnnxModels.Accept(model), Precision.Int8);

        (Graph quantized, ImmutableArray<string> floats) = Quantize(graph, Images(graph, 2));
        string[] kernels = [.. ModelLowering.Lower(quantized, Running.Options).Plan.Steps.Select(step => step.Kernel)];

        Assert.Empty(floats);
        Assert.Equal(["Conv2DUInt8", "Conv2DUInt8", "AveragePool2DUInt8", "FullyConnectedUInt8"], kernels.Where(kernel => !kernel.StartsWith("Fill", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_complete_before_the_first_step_has_a_range(bool hasBorder)
    {
        var builder = new GraphBuilder();
        string signal = builder.AddInput("x", new TensorType(ElementType.Float32, [2, 24]));
        string image = builder.Add("image", new Reshape([1, 4, 4, 3]), signal);
        Tensor weights = Networks.Noise(new Random(1), hasBorder ? [3, 3, 3, 3] : [3, 1, 1, 3]);
        string convolved = builder.Add("conv", new Conv2D(hasBorder ? new Window(3, 3, PadTop: 1) : new Window(1, 1), 1), image, builder.AddConstant(weights));
        Graph graph = builder.ToGraph([new GraphOutput("y", convolved)]);

        (Graph quantized, ImmutableArray<string> floats) = Quantize(graph, Images(graph, 1));

        Assert.Empty(floats);
        Assert.NotNull(quantized.Values[quantized.Nodes.Single(node => node.Op is Conv2D).Inputs[0]].Quantization);
    }

    [Fact]
    public void What_has_no_int8_form_runs_in_float_between_conversions_and_is_named()
    {
        var builder = new GraphBuilder();
        string image = builder.AddInput("image", new TensorType(ElementType.Float32, [1, 4, 4, 3]));
        string convolved = builder.Add("conv", new Conv2D(new Window(1, 1), 1), image, builder.AddConstant(Networks.Noise(new Random(1), [3, 1, 1, 3])));
        Graph graph = builder.ToGraph([new GraphOutput("out", builder.Add("norm", new Reduce(ReduceKind.SumOfSquares, new EquatableArray<int>([3])), convolved))]);

        (Graph quantized, ImmutableArray<string> floats) = Quantize(graph, Images(graph, 1));

        Assert.Equal("norm", Assert.Single(floats));
        Assert.Contains(quantized.Nodes, node => node.Op is Requantize { Target: null });
    }

    [Fact]
    public void A_range_represents_zero_exactly()
    {
        foreach ((float minimum, float maximum) in new[] { (-1f, 2f), (0.5f, 3f), (-7f, -2f), (0f, 0f), (-1e-20f, 1e-20f), (-3e38f, 3e38f) })
        {
            QuantizationParameters parameters = new ValueRange(minimum, maximum).Quantize();

            Assert.InRange(parameters.ZeroPoint, 0, 255);
            Assert.True(parameters.Scale > 0 && float.IsFinite(parameters.Scale), $"{minimum}…{maximum}");
            Assert.Equal(parameters.ZeroPoint, Requantize.Element(0, parameters));
        }
    }

    [Fact]
    public void Weights_are_within_half_a_step_and_the_bias_carries_the_zero_point()
    {
        float[] weights = Networks.Noise(new Random(5), [4, 27]).Values<float>();
        float[] bias = [0.5f, -1, 0, 3];
        var input = new QuantizationParameters(0.02f, 130);
        var output = new QuantizationParameters(0.1f, 7);

        QuantizedWeights quantized = QuantizedWeights.Of(weights, bias, input, output);

        for (int index = 0; index < weights.Length; index++)
        {
            double scale = quantized.Multipliers[index / 27] * output.Scale / input.Scale;
            Assert.InRange((quantized.Weights[index] * scale) - weights[index], -0.501 * scale, 0.501 * scale);
        }

        int sum = quantized.Weights.Take(27).Sum(weight => weight);
        double realBias = (quantized.Bias[0] + (130 * sum)) * quantized.Multipliers[0] * (double)output.Scale;
        Assert.Equal(0.5, realBias, 3);
    }

    [Fact]
    public void A_channel_of_zero_weights_gives_its_bias()
    {
        QuantizedWeights quantized = QuantizedWeights.Of(new float[3], [2.5f], new QuantizationParameters(0.1f, 3), new QuantizationParameters(0.5f, 0));

        Assert.Equal(5, quantized.Bias[0] * quantized.Multipliers[0], 3);
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 40)];

    private static Tensor[] Images(Graph graph, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 6).Select(_ => Networks.Noise(random, graph.ShapeOf(graph.Inputs[0])))];
    }

    private static (Graph Graph, ImmutableArray<string> FloatNodes) Quantize(Graph graph, Tensor[] images)
    {
        var observer = new RangeObserver(ModelLowering.Lower(graph, Running.Options));
        foreach (Tensor image in images)
        {
            observer.Observe(new Sample(null, image.Values<float>()), "noise");
        }

        return Quantizer.Run(graph, observer.Ranges);
    }
}
