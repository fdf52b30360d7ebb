using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Compiler.Tests.Import;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Precisions;

/// <summary>Whole models in the precisions that keep float activations.</summary>
public sealed class PrecisionTests
{
    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 25)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_networks_are_as_close_to_float_as_their_weights_allow(int seed)
    {
        Graph graph = PassList.Run(Networks.Random(seed), Precision.Float32);
        Tensor image = Networks.Noise(new Random(seed), graph.ShapeOf(graph.Inputs[0]));
        float[] expected = Running.Evaluate(graph, image).Values<float>();

        Assert.InRange(Error(expected, Run(graph, Precision.Float16Weights, image)), 0, 2e-3);
        Assert.InRange(Error(expected, Run(graph, Precision.WeightInt8, image)), 0, 0.03);
        Assert.InRange(Error(expected, Run(graph, Precision.DynamicInt8, image)), 0, 0.06);
        Assert.InRange(Error(expected, Run(graph, Precision.Rounded256, image)), 0, 0.03);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Stored_weights_give_the_bits_of_the_float_network_of_the_numbers_they_stand_for(int seed)
    {
        Graph graph = PassList.Run(Networks.Random(seed), Precision.Float32);
        Tensor image = Networks.Noise(new Random(seed), graph.ShapeOf(graph.Inputs[0]));

        Assert.Equal(Run(WithWeights(graph, ThroughHalf), Precision.Float32, image), Run(graph, Precision.Float16Weights, image));
        Assert.Equal(Run(WithWeights(graph, ThroughInt8), Precision.Float32, image), Run(graph, Precision.WeightInt8, image));
    }

    [Theory]
    [InlineData(Precision.Float16Weights, 2, "Conv2DFloat16Weights", "ExpandFloat16", "DepthwiseConv2DFloat32", "FullyConnectedFloat16Weights")]
    [InlineData(Precision.WeightInt8, 1, "Conv2DInt8Weights", "ExpandInt8", "DepthwiseConv2DFloat32", "FullyConnectedInt8Weights")]
    [InlineData(Precision.DynamicInt8, 1, "Conv2DDynamicInt8", "ExpandInt8", "DepthwiseConv2DFloat32", "FullyConnectedDynamicInt8")]
    public void Weights_take_the_bytes_that_the_precision_says(Precision precision, int bytes, params string[] kernels)
    {
        var random = new Random(1);
        ModelProto model = OnnxModels.Model(
            [1, 32, 8, 8],
            [
                OnnxModels.Node("Conv", "x full", "a", OnnxModels.Integers("pads", 1, 1, 1, 1)),
                OnnxModels.Node("Conv", "a single", "b", OnnxModels.Attribute("group", 64L)),
                OnnxModels.Node("Flatten", "b", "c"),
                OnnxModels.Node("MatMul", "c rows", "y"),
            ],
            Noise(random, "full", 64, 32, 3, 3),
            Noise(random, "single", 64, 1, 3, 3),
            Noise(random, "rows", 64 * 36, 48));
        LoweredModel lowered = Lower(PassList.Run(OnnxModels.Accept(model), precision), precision);

        Assert.Equal(kernels, lowered.Plan.Steps.Select(step => step.Kernel).Where(kernel => !kernel.StartsWith("Fill", StringComparison.Ordinal) && !kernel.StartsWith("Copy", StringComparison.Ordinal)));
        long weights = bytes * ((64 * 32 * 9) + (64 * 9) + (64 * 36 * 48));
        Assert.InRange(lowered.Weights.Length, weights, weights + 4096);
        Assert.Equal(precision.ToString(), lowered.Plan.Precision);
    }

    [Theory]
    [InlineData(Precision.Float16Weights, 1e-3)]
    [InlineData(Precision.WeightInt8, 0.01)]
    [InlineData(Precision.DynamicInt8, 0.02)]
    [InlineData(Precision.Rounded256, 0.01)]
    public void An_embedding_and_products_with_constants_on_either_side_are_stored_too(Precision precision, double tolerance)
    {
        var random = new Random(2);
        ModelProto model = OnnxModels.Model(OnnxModels.Graph(
            [
                OnnxModels.Node("Gather", "table tokens", "a"),
                OnnxModels.Node("MatMul", "left a", "b"),
                OnnxModels.Node("MatMul", "b right", "y"),
            ],
            "y",
            [Noise(random, "table", 100, 32), Noise(random, "left", 2, 40, 16), Noise(random, "right", 2, 32, 24)],
            OnnxModels.Input("tokens", OnnxTypes.Int64, 16)));
        Graph graph = PassList.Run(OnnxModels.Accept(model), precision);
        Tensor tokens = Tensor.Of([16], [.. Enumerable.Range(0, 16).Select(_ => (long)random.Next(-100, 100))]);

        LoweredModel lowered = Lower(graph, precision);

        Assert.InRange(Error(Running.Evaluate(graph, tokens).Values<float>(), Run(graph, precision, tokens)), 0, tolerance);
        Assert.Equal(precision != Precision.Rounded256, lowered.Plan.Steps.All(step => step.Kernel is not ("Gather32" or "MatMulFloat32"))
            || lowered.Plan.Steps.Any(step => step.Kernel.StartsWith("Expand", StringComparison.Ordinal)));
        Assert.Contains(lowered.Plan.Steps, step => step.Kernel == precision switch
        {
            Precision.Float16Weights => "GatherFloat16Weights",
            Precision.Rounded256 => "Gather32",
            _ => "GatherInt8Weights",
        });
    }

    [Theory]
    [InlineData(Precision.Float16Weights, 2e-3)]
    [InlineData(Precision.WeightInt8, 0.03)]
    [InlineData(Precision.DynamicInt8, 0.05)]
    [InlineData(Precision.Rounded256, 0.03)]
    public void The_layers_inside_loops_are_stored_too(Precision precision, double tolerance)
    {
        const int hidden = 24, inputs = 12;
        var random = new Random(3);
        ModelProto model = OnnxModels.Model(
            [9, 1, inputs],
            [OnnxModels.Node("LSTM", "x w r", "y", OnnxModels.Attribute("hidden_size", (long)hidden))],
            Noise(random, "w", 1, 4 * hidden, inputs),
            Noise(random, "r", 1, 4 * hidden, hidden));
        Graph graph = PassList.Run(OnnxModels.Accept(model), precision);
        Tensor sequence = Networks.Noise(random, [9, 1, inputs]);

        Assert.InRange(Error(Running.Evaluate(graph, sequence).Values<float>(), Run(graph, precision, sequence)), 0, tolerance);
        int stored = Lower(graph, precision).Weights.Length, whole = Lower(graph, Precision.Float32).Weights.Length;
        Assert.InRange(stored, 1, precision == Precision.Rounded256 ? whole : whole * 2 / 3);
    }

    [Fact]
    public void A_part_of_a_concatenation_is_quantised_without_its_neighbours()
    {
        // The second convolution reads channels between those of a neighbour that is a thousand times as large: a scale of both would leave nothing of it.
        var random = new Random(4);
        ModelProto model = OnnxModels.Model(
            [1, 4, 6, 6],
            [
                OnnxModels.Node("Mul", "x large", "neighbour"),
                OnnxModels.Node("Relu", "neighbour", "first"),
                OnnxModels.Node("Conv", "x w", "second"),
                OnnxModels.Node("Concat", "first second", "y1", OnnxModels.Attribute("axis", 1L)),
                OnnxModels.Node("Conv", "second v", "y2", OnnxModels.Integers("pads", 1, 1, 1, 1)),
                OnnxModels.Node("ReduceSum", "y1 axes", "y3"),
                OnnxModels.Node("Mul", "y3 zero", "y4"),
                OnnxModels.Node("Add", "y2 y4", "y"),
            ],
            OnnxModels.Floats("large", [], 1000),
            OnnxModels.Floats("zero", [], 0),
            OnnxModels.Longs("axes", 1),
            Noise(random, "w", 4, 4, 1, 1),
            Noise(random, "v", 4, 4, 3, 3));
        Graph graph = PassList.Run(OnnxModels.Accept(model), Precision.DynamicInt8);
        Tensor image = Networks.Noise(random, [1, 4, 6, 6]);

        Assert.InRange(Error(Running.Evaluate(graph, image).Values<float>(), Run(graph, Precision.DynamicInt8, image)), 0, 0.02);
    }

    [Fact]
    public void Weights_beyond_float16_stay_as_they_are()
    {
        ModelProto model = OnnxModels.Model([1, 2], [OnnxModels.Node("MatMul", "x w", "y")], OnnxModels.Floats("w", [2, 2], 70000, 1, 2, 3));
        Graph graph = PassList.Run(OnnxModels.Accept(model), Precision.Float16Weights);

        Assert.Contains(Lower(graph, Precision.Float16Weights).Plan.Steps, step => step.Kernel == "FullyConnectedFloat32");
        Assert.Equal([70004, 7], Run(graph, Precision.Float16Weights, Tensor.Of<float>([1, 2], 1, 2)));
    }

    [Fact]
    public void Sums_too_long_for_integers_are_computed_in_float()
    {
        var random = new Random(5);
        ModelProto model = OnnxModels.Model([1, 33_001], [OnnxModels.Node("MatMul", "x w", "y")], Noise(random, "w", 33_001, 2));
        Graph graph = PassList.Run(OnnxModels.Accept(model), Precision.DynamicInt8);

        Assert.Equal(["FullyConnectedInt8Weights"], Lower(graph, Precision.DynamicInt8).Plan.Steps.Select(step => step.Kernel));
    }

    [Fact]
    public void Uniform_weights_are_not_stored_in_any_precision()
    {
        var builder = new GraphBuilder();
        string input = builder.AddInput("x", new TensorType(ElementType.Float32, [1, 300]));
        string weights = builder.AddConstant(Tensor.Uniform(Tensor.Scalar(0.5f), [300, 300]));
        string bias = builder.AddConstant(Tensor.Zeros(new TensorType(ElementType.Float32, [300])));
        Graph graph = builder.ToGraph([new GraphOutput("y", builder.Add("layer", new FullyConnected(), input, weights, bias))]);

        Assert.InRange(Lower(graph, Precision.WeightInt8).Weights.Length, 0, 2048);
    }

    [Fact]
    public void Rounded_weights_are_on_256_even_levels_of_which_one_is_zero()
    {
        var random = new Random(6);
        float[] values = [.. Enumerable.Range(0, 5000).Select(index => index % 3 == 0 ? 0 : (random.NextSingle() * 3) - 1)];

        float[] rounded = RoundWeights.Rounded(Tensor.Of([50, 100], values)).Values<float>();

        double step = (values.Max() - (double)values.Min()) / 255;
        Assert.InRange(rounded.Distinct().Count(), 2, 256);
        Assert.All(rounded.Select((value, index) => Math.Abs(value - (double)values[index])), error => Assert.InRange(error, 0, (step / 2) + 1e-6));
        Assert.All(Enumerable.Range(0, 5000).Where(index => index % 3 == 0), index => Assert.Equal(0, rounded[index]));
    }

    [Fact]
    public void What_is_small_uniform_or_not_finite_is_not_rounded()
    {
        Tensor few = Networks.Noise(new Random(7), [1023]);
        Tensor uniform = Tensor.Uniform(Tensor.Scalar(0.3f), [5000]);
        Tensor mask = Tensor.Of([5000], [.. Enumerable.Range(0, 5000).Select(index => index % 2 == 0 ? 0.1f : float.NegativeInfinity)]);

        Assert.All(new[] { few, uniform, mask }, tensor => Assert.Same(tensor, RoundWeights.Rounded(tensor)));
    }

    private static float[] Run(Graph graph, Precision precision, Tensor input) => Running.Execute(Rounded(graph, precision), precision, input);

    private static LoweredModel Lower(Graph graph, Precision precision) => ModelLowering.Lower(Rounded(graph, precision), Running.Options with { Precision = precision });

    private static Graph Rounded(Graph graph, Precision precision) => precision == Precision.Rounded256 ? RoundWeights.Run(graph) : graph;

    // Root mean square of the difference over that of what is expected.
    private static double Error(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        return Math.Sqrt(expected.Zip(actual, (e, a) => Math.Pow(e - (double)a, 2)).Sum() / expected.Sum(e => e * (double)e));
    }

    private static Graph WithWeights(Graph graph, Func<Tensor, Tensor> through) => GraphRewriter.Rewrite(graph, (rewriter, node) =>
        node.Op is Conv2D or FullyConnected
        && rewriter.Replace(
            node,
            node.Name,
            node.Op,
            [rewriter.New(node.Inputs[0]), rewriter.Target.AddConstant(through(graph.Constants[node.Inputs[1]]), node.Inputs[1] + ".rounded"), .. node.Inputs.Skip(2).Select(rewriter.New)]));

    private static Tensor ThroughHalf(Tensor tensor) => Tensor.Of(tensor.Shape, Array.ConvertAll(tensor.Values<float>(), value => (float)(Half)value));

    private static Tensor ThroughInt8(Tensor tensor)
    {
        int each = tensor.Count / tensor.Shape[0];
        float[] values = [.. tensor.Values<float>()];
        for (int channel = 0; channel < tensor.Shape[0]; channel++)
        {
            Span<float> row = values.AsSpan(channel * each, each);
            float greatest = 0;
            foreach (float value in row)
            {
                greatest = Math.Max(greatest, Math.Abs(value));
            }

            float scale = greatest / 127;
            for (int index = 0; scale > 0 && index < each; index++)
            {
                row[index] = (float)Math.Round((double)row[index] / scale) * scale;
            }
        }

        return Tensor.Of(tensor.Shape, values);
    }

    private static TensorProto Noise(Random random, string name, params long[] shape) =>
        OnnxModels.Floats(name, shape, Networks.Noise(random, Shape.From(shape.Select(extent => (int)extent))).Values<float>());
}
