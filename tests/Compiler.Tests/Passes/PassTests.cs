using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Passes;

public sealed class PassTests
{
    private readonly Random random = new(20240501);
    private readonly GraphBuilder builder = new();

    [Fact]
    public void Folding_batch_norm_keeps_the_output()
    {
        string normed = BatchNorm(Convolution(Image(3)));

        Graph optimized = Optimize(normed);

        Assert.Equal(["Conv2D"], Ops(optimized).Where(op => op is not "Transpose"));
    }

    [Fact]
    public void A_batch_norm_of_a_value_that_others_read_is_not_folded_into_it()
    {
        string convolved = Convolution(Image(3));
        string sum = builder.Add("sum", Networks.Add, BatchNorm(convolved), convolved);

        Graph optimized = Optimize(sum);

        Assert.Contains("Elementwise", Ops(optimized));
    }

    [Fact]
    public void Transposes_between_convolutions_cancel()
    {
        string second = Convolution(Activation(Convolution(Image(3))));

        Graph optimized = Optimize(second);

        Assert.Equal(["Transpose", "Conv2D", "Conv2D", "Transpose"], Ops(optimized));
    }

    [Fact]
    public void A_relu_becomes_the_clamp_of_the_convolution_before_it()
    {
        Graph optimized = Optimize(Activation(Convolution(Image(3))));

        Conv2D convolution = Assert.Single(optimized.Nodes.Select(node => node.Op).OfType<Conv2D>());
        Assert.Equal((0, float.PositiveInfinity), (convolution.Minimum, convolution.Maximum));
    }

    [Fact]
    public void A_relu_stays_when_its_input_is_read_elsewhere_too()
    {
        string convolved = Convolution(Image(3));
        string sum = builder.Add("sum", Networks.Add, Activation(convolved), convolved);

        Conv2D convolution = Assert.Single(Optimize(sum).Nodes.Select(node => node.Op).OfType<Conv2D>());

        Assert.Equal(float.NegativeInfinity, convolution.Minimum);
    }

    [Fact]
    public void A_gate_of_its_own_input_is_one_function_of_one_tensor()
    {
        string image = Image(3);
        string gated = builder.Add("gated", Networks.Multiply, image, builder.Add("gate", Networks.Sigmoid, image));

        Node node = Assert.Single(Optimize(gated).Nodes);

        Assert.Equal("image", Assert.Single(node.Inputs));
    }

    [Fact]
    public void Flattening_channels_first_reorders_the_weights_instead_of_the_image()
    {
        string convolved = Convolution(Image(3));
        Shape shape = builder.ShapeOf(convolved);
        string rows = builder.Add("flatten", new Reshape([1, (int)shape.ElementCount]), convolved);
        string scores = builder.Add("dense", new MatMul(), rows, Constant([(int)shape.ElementCount, 7]));

        Graph optimized = Optimize(scores);

        Assert.Equal(["Transpose", "Conv2D", "Reshape", "FullyConnected"], Ops(optimized));
    }

    [Fact]
    public void Bias_and_activation_of_a_product_of_three_axes_go_into_the_layer()
    {
        string rows = builder.AddInput("image", new TensorType(ElementType.Float32, [2, 5, 8]));
        string biased = builder.Add("bias", Networks.Add, builder.Add("dense", new MatMul(), rows, Constant([8, 6])), Constant([1, 6]));

        Graph optimized = Optimize(Activation(biased));

        Assert.Equal(["Reshape", "FullyConnected", "Reshape"], Ops(optimized));
        Assert.Equal(0, Assert.Single(optimized.Nodes.Select(node => node.Op).OfType<FullyConnected>()).Minimum);
    }

    [Fact]
    public void A_reshape_that_takes_channels_apart_stays_before_an_operation_on_them()
    {
        string rows = builder.AddInput("image", new TensorType(ElementType.Float32, [2, 8]));
        string dense = builder.Add("dense", new MatMul(), rows, Constant([8, 6]));

        Graph optimized = Optimize(builder.Add("sum", Networks.Add, builder.Add("split", new Reshape([2, 3, 2]), dense), Constant([3, 2])));

        Assert.Equal(["FullyConnected", "Reshape", "Elementwise"], Ops(optimized));
    }

    [Fact]
    public void A_mean_over_the_length_of_a_signal_is_a_pooling()
    {
        string signal = builder.AddInput("image", new TensorType(ElementType.Float32, [2, 9, 3]));

        Graph optimized = Optimize(builder.Add("mean", new Reduce(ReduceKind.Mean, new EquatableArray<int>([1])), signal));

        Assert.Equal(["Reshape", "Pool2D", "Reshape"], Ops(optimized));
    }

    [Fact]
    public void Zero_padding_in_front_of_a_convolution_becomes_its_own()
    {
        EquatableArray<int> pads = new([0, 0, 1, 2]);
        string padded = builder.Add("pad", new Pad(pads, pads, new EquatableArray<int>([0, 0, 0, 0]), 0), Image(3));

        Graph optimized = Optimize(Convolution(padded));

        Window window = Assert.Single(optimized.Nodes.Select(node => node.Op).OfType<Conv2D>()).Window;
        Assert.Equal((2, 3), (window.PadTop, window.PadLeft));
        Assert.DoesNotContain("Pad", Ops(optimized));
    }

    [Theory]
    [InlineData(ElementwiseFunction.Multiply, false, 1, true)]
    [InlineData(ElementwiseFunction.Multiply, true, 1, true)]
    [InlineData(ElementwiseFunction.Divide, false, 1, true)]
    [InlineData(ElementwiseFunction.Divide, true, 1, false)]
    [InlineData(ElementwiseFunction.Multiply, false, 2, false)]
    [InlineData(ElementwiseFunction.Add, false, 1, false)]
    public void What_multiplies_by_one_is_dropped(ElementwiseFunction function, bool isNumberFirst, double number, bool isDropped)
    {
        Expression[] operands = [new InputExpression(0, ElementType.Float32), new LiteralExpression(number, ElementType.Float32)];
        string product = builder.Add("product", new Elementwise(new CallExpression(function, new EquatableArray<Expression>(isNumberFirst ? [operands[1], operands[0]] : operands), ElementType.Float32)), Image(3));
        Assert.Equal(isDropped, Optimize(product).Nodes.IsEmpty);
    }

    [Fact]
    public void What_no_output_needs_is_dropped_and_inputs_stay()
    {
        string image = Image(3);
        Convolution(image);

        Graph optimized = Optimize(builder.Add("tanh", new Elementwise(Networks.Call(ElementwiseFunction.Tanh, Networks.Input(0))), image));

        Assert.Equal(["Elementwise"], Ops(optimized));
        Assert.Equal("image", Assert.Single(optimized.Inputs));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void No_pass_changes_what_a_network_computes(int seed)
    {
        Graph graph = Networks.Random(seed);
        Tensor image = Networks.Noise(new Random(seed), graph.ShapeOf(graph.Inputs[0]));
        float[] expected = Running.Evaluate(graph, image).Values<float>();
        foreach (Precision precision in Enum.GetValues<Precision>().DistinctBy(precision => precision.HasFloatActivations()))
        {
            PassList.Run(graph, precision, (pass, result) =>
                Running.Close(expected, Running.Evaluate(result, image).Values<float>(), 1e-4, $"seed {seed}, after {pass.Name} for {precision}"));
        }
    }

    [Fact]
    public void The_checker_refuses_a_graph_whose_node_reads_what_comes_later()
    {
        Graph graph = builder.ToGraph([new GraphOutput("out", Activation(Convolution(Image(3))))]);
        var broken = new Graph(graph.Inputs, graph.Outputs, [.. graph.Nodes.Reverse()], graph.Values, graph.Constants);

        Assert.Throws<InvalidOperationException>(() => GraphChecker.Check(broken, "a test"));
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 60)];

    private static string[] Ops(Graph graph) => [.. graph.Nodes.Select(node => node.Op.GetType().Name)];

    private Graph Optimize(string output)
    {
        Graph graph = builder.ToGraph([new GraphOutput("out", output)]);
        Graph optimized = PassList.Run(graph, Precision.Float32);
        Tensor image = Networks.Noise(random, graph.ShapeOf("image"));
        Running.Close(Running.Evaluate(graph, image).Values<float>(), Running.Evaluate(optimized, image).Values<float>(), 1e-4, "optimised");
        return optimized;
    }

    private string Image(int channels) => builder.AddInput("image", new TensorType(ElementType.Float32, [1, channels, 8, 9]));

    private string Constant(Shape shape) => builder.AddConstant(Networks.Noise(random, shape));

    private string Convolution(string input)
    {
        string image = builder.Add("in", Transpose.ToChannelsLast, input);
        string convolved = builder.Add("conv", new Conv2D(new Window(3, 3, PadTop: 1, PadLeft: 1), 1), image, Constant([4, 3, 3, builder.ShapeOf(input)[1]]));
        return builder.Add("out", Transpose.ToChannelsFirst, convolved);
    }

    private string Activation(string input) => builder.Add("relu", Networks.Relu, input);

    private string BatchNorm(string input)
    {
        string centred = builder.Add("centred", new Elementwise(Networks.Call(ElementwiseFunction.Subtract, Networks.Input(0), Networks.Input(1))), input, Constant([4, 1, 1]));
        return builder.Add("norm", Networks.Add, builder.Add("scaled", Networks.Multiply, Constant([1, 4, 1, 1]), centred), Constant([4, 1, 1]));
    }
}
