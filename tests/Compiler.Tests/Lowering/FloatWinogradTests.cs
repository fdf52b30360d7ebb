using System;
using System.Linq;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Lowering;

public sealed class FloatWinogradTests
{
    private const string Layer = "Conv2DWinogradFloat32";
    private const string Sum = "Conv2DAddWinogradFloat32";

    [Theory]
    [InlineData(1, 28, 28, 16)]
    [InlineData(1, 27, 31, 24)]
    [InlineData(2, 15, 14, 40)]
    [InlineData(1, 13, 13, 150)]
    public void A_residual_network_gives_nearly_the_same_numbers_with_and_without(int batch, int height, int width, int channels)
    {
        (Graph graph, Tensor noise) = Residual(batch, height, width, channels);

        LoweredModel with = ModelLowering.Lower(graph, Running.Options), without = ModelLowering.Lower(graph, Running.Options with { Winograd = false });

        Assert.Equal([Layer, Sum], Kernels(with));
        Assert.Equal(["Conv2DFloat32", "Conv2DAddFloat32"], Kernels(without));
        float[] expected = Running.Evaluate(graph, noise).Values<float>();
        Running.Close(expected, Execute(with, noise), 1e-5, "with");
        Running.Close(expected, Execute(without, noise), 1e-5, "without");
    }

    [Fact]
    public void Notes_say_how_a_layer_is_computed_and_its_weights_are_stored_once()
    {
        (Graph graph, _) = Residual(1, 28, 28, 32);

        LoweredModel with = ModelLowering.Lower(graph, Running.Options), without = ModelLowering.Lower(graph, Running.Options with { Winograd = false });

        Assert.All(with.Plan.Steps.Where(step => step.Kernel is Layer or Sum), step => Assert.Contains("Winograd 2×2", step.Note, StringComparison.Ordinal));
        Assert.Equal(without.Weights, with.Weights);
    }

    [Theory]
    [InlineData(true, 512, 512, 7)]
    [InlineData(true, 64, 64, 56)]
    [InlineData(true, 16, 16, 32)]
    [InlineData(true, 32, 24, 24)]
    [InlineData(false, 256, 256, 3)]
    [InlineData(false, 64, 64, 2)]
    [InlineData(false, 16, 16, 6)]
    [InlineData(false, 8, 64, 56)]
    [InlineData(false, 16, 8, 56)]
    public void Layers_are_computed_so_where_it_takes_less_time(bool expected, int inputs, int outputs, int pixels) =>
        Assert.Equal(expected, FloatWinogradChoice.Suits(new Conv2D(new Window(3, 3), 1), Shape.From([outputs, 3, 3, inputs]), Shape.From([1, pixels, pixels, outputs])));

    [Theory]
    [InlineData(3, 2, 1, 1)]
    [InlineData(3, 1, 2, 1)]
    [InlineData(3, 1, 1, 2)]
    [InlineData(5, 1, 1, 1)]
    [InlineData(1, 1, 1, 1)]
    public void Other_windows_strides_dilations_and_groups_are_not(int kernel, int stride, int dilation, int groups) =>
        Assert.False(FloatWinogradChoice.Suits(
            new Conv2D(new Window(kernel, kernel, stride, stride, dilation, dilation), groups), Shape.From([64, kernel, kernel, 64 / groups]), Shape.From([1, 28, 28, 64])));

    [Theory]
    [InlineData(16, 784, 56)]
    [InlineData(64, 784, 56)]
    [InlineData(16, 240, 48)]
    [InlineData(256, 49, 49)]
    [InlineData(512, 16, 16)]
    [InlineData(512, 196, 28)]
    [InlineData(4096, 784, 14)]
    public void As_many_tiles_are_computed_together_as_stay_in_a_cache(int inputChannels, int tiles, int expected) =>
        Assert.Equal(expected, FloatWinogradChoice.TilesTogether(inputChannels, tiles));

    [Fact]
    public void Weights_that_are_computed_or_stored_in_fewer_bits_are_multiplied_directly()
    {
        (Graph graph, _) = Residual(1, 28, 28, 32);
        var builder = new GraphBuilder();
        string image = builder.AddInput("image", new TensorType(ElementType.Float32, [1, 28, 28, 32]));
        string weights = builder.AddInput("weights", new TensorType(ElementType.Float32, [32, 3, 3, 32]));
        Graph computed = builder.ToGraph([new GraphOutput("out", builder.Add("layer", new Conv2D(Same, 1), image, weights))]);

        Assert.Equal(["Conv2DFloat32"], Kernels(ModelLowering.Lower(computed, Running.Options)));
        Assert.All(Kernels(ModelLowering.Lower(graph, Running.Options with { Precision = Precision.Float16Weights })), name => Assert.EndsWith("Float16Weights", name, StringComparison.Ordinal));
    }

    [Fact]
    public void A_limit_of_the_arena_that_is_kept_without_is_kept()
    {
        (Graph graph, _) = Residual(1, 28, 28, 32);
        int with = ModelLowering.Lower(graph, Running.Options).Plan.ArenaBytes, without = ModelLowering.Lower(graph, Running.Options with { Winograd = false }).Plan.ArenaBytes;
        Assert.True(without < with);

        Assert.Equal(with, ModelLowering.Lower(graph, Running.Options with { MaximumArenaBytes = with }).Plan.ArenaBytes);
        Assert.Equal(without, ModelLowering.Lower(graph, Running.Options with { MaximumArenaBytes = with - 1 }).Plan.ArenaBytes);
    }

    private static Window Same => new(3, 3, 1, 1, 1, 1, 1, 1, 1, 1);

    private static string[] Kernels(LoweredModel model) =>
        [.. model.Plan.Steps.Select(step => step.Kernel).Where(name => name.StartsWith("Conv2D", StringComparison.Ordinal))];

    private static float[] Execute(LoweredModel model, Tensor noise)
    {
        var executor = new PlanExecutor(model.Plan, model.Weights);
        executor.Feed<float>("image", noise.Values<float>());
        executor.Infer();
        float[] first = executor.Fetch<float>("out");
        executor.Infer();
        Assert.Equal(first, executor.Fetch<float>("out"));
        return first;
    }

    /// <summary>A block of two layers.</summary>
    private static (Graph Graph, Tensor Noise) Residual(int batch, int height, int width, int channels)
    {
        var random = new Random(channels);
        var builder = new GraphBuilder();
        Shape shape = [batch, height, width, channels];
        string image = builder.AddInput("image", new TensorType(ElementType.Float32, shape));
        string inner = builder.Add("inner", Networks.Relu, Convolution(image));
        string outer = builder.Add("outer", Networks.Relu, builder.Add("sum", Networks.Add, Convolution(inner), image));
        Graph graph = builder.ToGraph([new GraphOutput("out", outer)]);
        return (FuseSums.Run(FuseActivations.Run(FuseElementwise.Run(graph, Precision.Float32))), Networks.Noise(random, shape));

        string Convolution(string input)
        {
            float factor = 1 / MathF.Sqrt(9 * channels);
            float[] weights = [.. Networks.Noise(random, [channels, 3, 3, channels]).Values<float>().Select(weight => weight * factor)];
            string bias = builder.AddConstant(Networks.Noise(random, [channels]), "bias");
            return builder.Add("layer", new Conv2D(Same, 1), input, builder.AddConstant(Tensor.Of([channels, 3, 3, channels], weights), "weights"), bias);
        }
    }
}
