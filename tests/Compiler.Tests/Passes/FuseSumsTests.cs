using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Passes;

public sealed class FuseSumsTests
{
    private readonly Random random = new(20260717);
    private readonly GraphBuilder builder = new();

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 40)];

    [Theory]
    [InlineData(1, 1, 16)]
    [InlineData(3, 1, 16)]
    [InlineData(3, 1, 5)]
    [InlineData(3, 2, 40)]
    public void The_end_of_a_residual_block_is_one_step(int kernel, int batch, int channels)
    {
        string image = Image([batch, 6, 7, channels]);
        string block = Convolution("second", Relu(Convolution("first", image, kernel, channels)), kernel, channels);
        Graph graph = Graph(Relu(Sum(block, image)));

        Graph fused = FuseSums.Run(FuseActivations.Run(FuseElementwise.Run(graph, Precision.Float32)));

        Assert.Equal(["Conv2D", "Conv2D"], fused.Nodes.Select(node => node.Op.GetType().Name));
        Assert.Equal((0, float.PositiveInfinity), (((Conv2D)fused.Nodes[1].Op).Minimum, ((Conv2D)fused.Nodes[1].Op).Maximum));
        Assert.Equal(["Conv2DFloat32", "Conv2DAddFloat32"], Kernels(fused).Where(name => name.StartsWith("Conv2D", StringComparison.Ordinal)));
        AssertSame(graph, fused);
    }

    [Fact]
    public void Blocks_behind_each_other_and_a_projected_shortcut_keep_their_results()
    {
        string image = Image([1, 9, 9, 8]);
        string first = Relu(Sum(Convolution("a", Convolution("b", image, 3, 24), 1, 24), Convolution("shortcut", image, 1, 24)));
        string second = Sum(first, Convolution("c", Relu(Convolution("d", first, 1, 12)), 3, 24));
        Graph graph = Graph(Relu(Sum(Convolution("e", second, 3, 24), second)));

        Graph fused = FuseSums.Run(FuseElementwise.Run(graph, Precision.Float32));

        Assert.Equal(3, Kernels(fused).Count(name => name == "Conv2DAddFloat32"));
        AssertSame(graph, fused);
    }

    [Fact]
    public void What_is_added_lies_where_the_result_goes_unless_the_convolution_reads_it()
    {
        string image = Relu(Image([1, 4, 4, 16]));
        string inner = Relu(Convolution("inner", image, 1, 16));
        Graph apart = FuseSums.Run(Graph(Sum(Convolution("outer", inner, 1, 16), image)));
        Graph same = FuseSums.Run(Graph(Sum(Convolution("outer2", image, 1, 16), image)));

        Assert.True(InPlace(apart));
        Assert.False(InPlace(same));
        AssertSame(apart, apart);
        AssertSame(same, same);
    }

    [Fact]
    public void A_convolution_that_others_read_that_is_clamped_or_that_is_added_to_something_of_another_shape_stays()
    {
        string image = Image([1, 5, 5, 16]);
        string read = Convolution("read", image, 3, 16);
        string clamped = builder.Add("clamped", new Conv2D(Same(3), 1, 0), image, Weights(3, 16, 16));
        string depthwise = builder.Add("depthwise", new Conv2D(Same(3), 16), image, Weights(3, 16, 1));
        string narrow = builder.AddInput("narrow", new TensorType(ElementType.Float32, [1, 1, 1, 16]));
        string constant = builder.AddConstant(Networks.Noise(random, [1, 5, 5, 16]));
        string[] sums =
        [
            Sum(read, image), Sum(clamped, image), Sum(depthwise, image), Sum(Convolution("broadcast", image, 3, 16), narrow), Sum(Convolution("shifted", image, 3, 16), constant),
            builder.Add("product", Networks.Multiply, Convolution("scaled", image, 3, 16), image),
        ];
        Graph graph = Graph(builder.Add("all", new Concat(3), [.. sums, read]));

        Assert.DoesNotContain(FuseSums.Run(graph).Nodes, node => node.Op is Conv2D && node.Inputs.Length > 3);
    }

    [Fact]
    public void Quantised_values_are_added_by_themselves()
    {
        string image = Image([1, 5, 5, 16]);
        string sum = Sum(Convolution("layer", image, 3, 16), image);
        builder.SetQuantization(sum, new QuantizationParameters(0.1f, 128));

        Assert.DoesNotContain(FuseSums.Run(Graph(sum)).Nodes, node => node.Op is Conv2D && node.Inputs.Length > 3);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_networks_keep_their_results(int seed)
    {
        Graph graph = PassList.Run(Networks.Random(seed), Precision.Float32);
        Graph fused = FuseSums.Run(graph);
        GraphChecker.Check(fused, "fuse-sums");
        Tensor noise = Networks.Noise(new Random(seed), graph.ShapeOf(graph.Inputs[0]));

        Running.Close(Running.Execute(graph, noise), Running.Execute(fused, noise), 1e-5, $"seed {seed}");
    }

    private static bool InPlace(Graph graph)
    {
        PlanStep step = ModelLowering.Lower(graph, Running.Options).Plan.Steps.Single(step => step.Kernel == "Conv2DAddFloat32");
        return ((TensorValue)step.Find("addend")!).Tensor == ((TensorValue)step.Find("output")!).Tensor;
    }

    private static string[] Kernels(Graph graph) => [.. ModelLowering.Lower(graph, Running.Options).Plan.Steps.Select(step => step.Kernel)];

    private void AssertSame(Graph graph, Graph fused)
    {
        GraphChecker.Check(fused, "fuse-sums");
        Tensor noise = Networks.Noise(random, graph.ShapeOf(graph.Inputs[0]));
        float[] expected = Running.Evaluate(graph, noise).Values<float>();
        Running.Close(expected, Running.Evaluate(fused, noise).Values<float>(), 1e-5, "evaluated");
        Running.Close(expected, Running.Execute(fused, noise), 1e-5, "executed");
    }

    private string Image(Shape shape) => builder.AddInput("image", new TensorType(ElementType.Float32, shape));

    private string Relu(string value) => builder.Add("relu", Networks.Relu, value);

    private string Sum(string left, string right) => builder.Add("sum", Networks.Add, left, right);

    private string Convolution(string name, string image, int kernel, int outputs) =>
        builder.Add(name, new Conv2D(Same(kernel), 1), image, Weights(kernel, outputs, builder.ShapeOf(image)[3]));

    // So small that values stay about as large from layer to layer.
    private string Weights(int kernel, int outputs, int inputs)
    {
        float[] noise = Networks.Noise(random, [outputs, kernel, kernel, inputs]).Values<float>();
        float factor = 1 / MathF.Sqrt(kernel * kernel * inputs);
        return builder.AddConstant(Tensor.Of([outputs, kernel, kernel, inputs], [.. noise.Select(weight => weight * factor)]), "weights");
    }

    private static Window Same(int kernel) => new(kernel, kernel, 1, 1, 1, 1, kernel / 2, kernel / 2, kernel / 2, kernel / 2);

    private Graph Graph(string output) => builder.ToGraph([new GraphOutput("out", output)]);
}
