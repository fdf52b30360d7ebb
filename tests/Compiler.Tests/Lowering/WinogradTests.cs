using System;
using System.Collections.Generic;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Compiler.Tests.Import;
using ModelCompiler.Compiler.Tests.Quantization;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Lowering;

public sealed class WinogradTests
{
    [Theory]
    [InlineData(Rounding.Float, "Conv2DWinogradUInt8")]
    [InlineData(Rounding.TfLite, "Conv2DWinogradFixedPoint")]
    public void A_network_gives_the_same_numbers_with_and_without(Rounding rounding, string kernel)
    {
        for (int seed = 1; seed <= 6; seed++)
        {
            (QuantizedNetwork network, ModelProto model) = Random(seed);

            LoweredModel with = Lower(model, Running.Options with { Rounding = rounding });
            LoweredModel without = Lower(model, Running.Options with { Rounding = rounding, Winograd = false });

            Assert.Contains(with.Plan.Steps, step => step.Kernel == kernel);
            Assert.DoesNotContain(without.Plan.Steps.Concat(without.Plan.InitialSteps), step => step.Kernel.Contains("Winograd", StringComparison.Ordinal));
            Assert.True(Execute(without, network).SequenceEqual(Execute(with, network)), $"seed {seed} differs");
        }
    }

    [Fact]
    public void Nothing_is_kept_from_one_prediction_to_the_next()
    {
        (_, ModelProto model) = Random(1);

        ModelPlan plan = Lower(model, Running.Options).Plan;

        PlanStep[] layers = [.. plan.Steps.Where(step => step.Kernel == "Conv2DWinogradUInt8")];
        Assert.NotEmpty(layers);
        Assert.All(layers, layer => Assert.Contains("Winograd 4×4", layer.Note, StringComparison.Ordinal));
        Assert.DoesNotContain(plan.InitialSteps, step => !step.Kernel.StartsWith("FillBorder", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(16, 64, 32)]
    [InlineData(64, 196, 32)]
    [InlineData(256, 16, 16)]
    [InlineData(512, 4, 4)]
    [InlineData(512, 49, 16)]
    public void As_many_tiles_are_computed_together_as_stay_in_a_cache(int inputChannels, int tiles, int expected) =>
        Assert.Equal(expected, WinogradChoice.TilesTogether(inputChannels, tiles));

    [Theory]
    [InlineData(true, 512, 7)]
    [InlineData(true, 512, 8)]
    [InlineData(false, 512, 4)]
    [InlineData(false, 512, 5)]
    [InlineData(true, 64, 8)]
    [InlineData(true, 8, 32)]
    public void Layers_are_computed_so_where_it_takes_less_time(bool expected, int channels, int pixels) =>
        Assert.Equal(expected, WinogradChoice.Suits(
            new Conv2D(new Window(3, 3), 1), Shape.From([channels, 3, 3, channels]), Shape.From([1, pixels, pixels, channels]), new sbyte[channels * 9 * channels]));

    [Fact]
    public void A_layer_whose_sums_could_be_confused_stays_direct()
    {
        var network = new QuantizedNetwork(3);
        ModelProto model = network.Finish(network.Convolution(network.Image(1, 256, 8, 8), 16, 3));
        Assert.Contains(Lower(model, Running.Options).Plan.Steps, step => step.Kernel == "Conv2DWinogradUInt8");
        TensorProto weights = model.Graph.Initializer.Single(tensor => tensor.DataType == OnnxTypes.Int8 && tensor.Dims.Count == 4);

        weights.RawData = ByteString.CopyFrom([.. Enumerable.Repeat((byte)127, weights.RawData.Length)]);

        Assert.DoesNotContain(Lower(model, Running.Options).Plan.Steps, step => step.Kernel == "Conv2DWinogradUInt8");
    }

    [Theory]
    [InlineData(true, 1028, 0)]
    [InlineData(false, 1037, 0)]
    [InlineData(true, 1028, 1028)]
    [InlineData(false, 0, 1037)]
    public void The_sums_of_either_sign_decide(bool isExact, int positive, int negative)
    {
        // 1028 · 128 · 255 is just below 2²⁵.
        sbyte[] channel = [.. Enumerable.Repeat((sbyte)127, positive), .. Enumerable.Repeat((sbyte)-127, negative), .. new sbyte[4608 - positive - negative]];

        Assert.Equal(isExact, WinogradChoice.IsExact([.. new sbyte[4608], .. channel], 2));
    }

    [Theory]
    [InlineData(true, 3, 1, 1, 16)]
    [InlineData(false, 3, 2, 1, 16)]
    [InlineData(false, 3, 1, 4, 16)]
    [InlineData(false, 5, 1, 1, 16)]
    [InlineData(false, 1, 1, 1, 16)]
    [InlineData(false, 3, 1, 1, 4)]
    public void Windows_of_three_by_three_with_stride_1_and_enough_channels_are_computed_so(bool expected, int kernel, int stride, int groups, int channels)
    {
        var network = new QuantizedNetwork(4);
        ModelProto model = network.Finish(network.Convolution(network.Image(1, channels, 16, 16), 16, kernel, stride, groups));

        Assert.Equal(expected, Lower(model, Running.Options).Plan.Steps.Any(step => step.Kernel == "Conv2DWinogradUInt8"));
    }

    [Fact]
    public void A_limit_of_the_arena_that_is_kept_without_is_kept()
    {
        (_, ModelProto model) = Random(2);
        int with = Lower(model, Running.Options).Plan.ArenaBytes, without = Lower(model, Running.Options with { Winograd = false }).Plan.ArenaBytes;
        Assert.True(without < with);

        Assert.Equal(with, Lower(model, Running.Options with { MaximumArenaBytes = with }).Plan.ArenaBytes);
        Assert.Equal(without, Lower(model, Running.Options with { MaximumArenaBytes = with - 1 }).Plan.ArenaBytes);
    }

    private static (QuantizedNetwork Network, ModelProto Model) Random(int seed)
    {
        var random = new Random(seed);
        var network = new QuantizedNetwork(seed, isSigned: seed % 2 == 0) { LeastWeight = seed % 3 == 0 ? -128 : -127 };
        QuantizedValue image = network.Image(random.Next(1, 3), 3, random.Next(9, 18), random.Next(9, 18));
        QuantizedValue stem = network.Convolution(image, 16 + random.Next(3), 3);
        QuantizedValue deep = network.Convolution(network.Convolution(stem, 32 + random.Next(4), 3), stem.Shape[1], 3, relu: false);
        QuantizedValue joined = network.Concat(network.Add(stem, deep, relu: true), network.Convolution(stem, 24, 3));
        return (network, network.Finish(network.Convolution(network.Sigmoid(joined), 20, 3)));
    }

    private static LoweredModel Lower(ModelProto model, CompileOptions options) =>
        ModelLowering.Lower(Quantizer.Run(PassList.Run(OnnxModels.Accept(model), Precision.Float32)).Graph, options);

    private static IEnumerable<float> Execute(LoweredModel model, QuantizedNetwork network)
    {
        var executor = new PlanExecutor(model.Plan, model.Weights);
        float[] first = [];
        for (int run = 0; run < 2; run++)
        {
            executor.Feed<float>("x", network.Input);
            executor.Infer();
            float[] result = executor.Fetch<float>("y");
            Assert.True(run == 0 || first.SequenceEqual(result), "the second run differs from the first");
            first = result;
        }

        return first;
    }
}
