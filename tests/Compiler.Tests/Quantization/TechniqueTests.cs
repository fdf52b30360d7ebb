using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Compiler.Tests.Import;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Quantization;

/// <summary>What is better than plain rounding, and the ranges that are known.</summary>
public sealed class TechniqueTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("techniques").FullName;

    [Fact]
    public void Equalisation_keeps_every_bit_of_the_float_outputs_and_evens_channels_out()
    {
        var random = new Random(1);
        Graph graph = PassList.Run(OnnxModels.Accept(UnevenChannels(random)), Precision.Int8);

        Graph equalized = CrossLayerEqualization.Run(graph);

        Assert.NotSame(graph, equalized);
        for (int round = 0; round < 5; round++)
        {
            Tensor image = Networks.Noise(random, graph.ShapeOf(graph.Inputs[0]));
            Assert.Equal(Running.Execute(graph, image), Running.Execute(equalized, image));
        }

        Assert.True(Unevenness(equalized) < Unevenness(graph) / 50, $"{Unevenness(equalized)} and {Unevenness(graph)}");
    }

    [Fact]
    public void Equalisation_makes_the_int8_outputs_of_uneven_channels_better()
    {
        CompileResult result = Compiled(UnevenChannels(new Random(1)), 4, options => options);

        TechniqueGain gain = Assert.Single(result.Report!.Techniques, gain => gain.Name == "CrossLayerEqualization");
        Assert.True(gain.IsKept && gain.ErrorAfter < gain.ErrorBefore / 2, $"{gain}");
    }

    [Theory]
    [InlineData("Clip", 6)]
    [InlineData("Sigmoid", 0)]
    public void Equalisation_leaves_alone_what_does_not_let_a_factor_through(string activation, float limit)
    {
        Graph graph = PassList.Run(OnnxModels.Accept(UnevenChannels(new Random(1), activation, limit)), Precision.Int8);

        Assert.Same(graph, CrossLayerEqualization.Run(graph));
    }

    [Theory]
    [InlineData("Relu", 0)]
    [InlineData("Clip", 1e4f)]
    public void Evening_out_activations_reaches_through_clamps(string activation, float limit)
    {
        CompileResult plain = Compiled(UnevenChannels(new Random(1), activation, limit), 8, OnlyActivations(false));
        CompileResult even = Compiled(UnevenChannels(new Random(1), activation, limit), 8, OnlyActivations(true));

        TechniqueGain gain = Assert.Single(even.Report!.Techniques);
        Assert.True(gain is { Name: "ActivationEqualization", IsKept: true }, $"{gain}");
        Assert.InRange(even.Report.OutputError!.Value, 0, plain.Report!.OutputError!.Value / 2);

        Func<CompileOptions, CompileOptions> OnlyActivations(bool isWanted) =>
            options => options with { CrossLayerEqualization = false, ActivationEqualization = isWanted, BiasCorrection = false };
    }

    [Fact]
    public void Evening_out_activations_follows_channels_through_pooling_and_joins_to_every_reader()
    {
        var random = new Random(3);
        Graph graph = PassList.Run(OnnxModels.Accept(Branches(random)), Precision.Int8);
        string[] layers = [.. graph.Nodes.Where(node => node.Op is Conv2D).Select(node => node.Output)];
        ImmutableArray<float> factors = [0.5f, 2, 8];

        Graph scaled = ActivationEqualization.Run(graph, layers.ToDictionary(layer => layer, _ => factors));

        Assert.NotSame(graph, scaled);
        Tensor image = Networks.Noise(random, graph.ShapeOf(graph.Inputs[0]));
        Assert.Equal(Running.Execute(graph, image), Running.Execute(scaled, image));
        bool[] isChanged = [.. graph.Nodes.Zip(scaled.Nodes).Where(pair => pair.First.Op is Conv2D).Select(pair => !graph.Constants[pair.First.Inputs[1]].Values<float>().SequenceEqual(scaled.Constants[pair.Second.Inputs[1]].Values<float>()))];
        Assert.Equal([true, true, true, true, false], isChanged);
    }

    [Fact]
    public void Evening_out_activations_leaves_alone_what_others_than_layers_read()
    {
        Graph graph = PassList.Run(OnnxModels.Accept(UnevenChannels(new Random(1), "Sigmoid")), Precision.Int8);
        string[] layers = [.. graph.Nodes.Where(node => node.Op is Conv2D).Select(node => node.Output)];

        Graph scaled = ActivationEqualization.Run(graph, layers.ToDictionary(layer => layer, layer => Enumerable.Repeat(2f, graph.ShapeOf(layer)[^1]).ToImmutableArray()));

        Assert.Same(graph, scaled);
    }

    [Fact]
    public void Bias_correction_brings_the_mean_of_the_outputs_back()
    {
        CompileResult plain = Compiled(PositiveInputs(), 16, options => options with { ActivationEqualization = false, BiasCorrection = false });
        CompileResult corrected = Compiled(PositiveInputs(), 16, options => options with { ActivationEqualization = false });

        TechniqueGain gain = Assert.Single(corrected.Report!.Techniques, gain => gain.Name == "BiasCorrection");
        Assert.True(gain.IsKept);
        Assert.Empty(plain.Report!.Techniques);
        Assert.Equal(plain.Report.OutputError!.Value, gain.ErrorBefore, 12);
        Assert.Equal(corrected.Report.OutputError!.Value, gain.ErrorAfter, 12);
        Assert.Contains(corrected.Plan!.Remarks, remark => remark.StartsWith("BiasCorrection brought", StringComparison.Ordinal));
    }

    [Fact]
    public void Learned_rounding_makes_the_outputs_better_and_takes_only_neighbouring_levels()
    {
        CompileResult learned = Compiled(PositiveInputs(), 16, options => options with { ActivationEqualization = false, BiasCorrection = false, LearnedRounding = true });

        TechniqueGain gain = Assert.Single(learned.Report!.Techniques);
        Assert.True(gain.IsKept && gain.ErrorAfter < gain.ErrorBefore, $"{gain}");
    }

    [Fact]
    public void Reconstruction_makes_good_for_what_the_layers_in_front_do()
    {
        CompileResult corrected = Compiled(PositiveInputs(), 64, options => options with { ActivationEqualization = false });
        CompileResult rebuilt = Compiled(PositiveInputs(), 64, options => options with { ActivationEqualization = false, BiasCorrection = false, LayerReconstruction = true });

        TechniqueGain gain = Assert.Single(rebuilt.Report!.Techniques);
        Assert.True(gain is { Name: "LayerReconstruction", IsKept: true } && gain.ErrorAfter < corrected.Report!.OutputError, $"{gain}, {corrected.Report!.OutputError}");
        Assert.Equal(rebuilt.Report.OutputError!.Value, gain.ErrorAfter, 12);
    }

    [Fact]
    public void Copies_of_channels_change_nothing_but_the_rounding()
    {
        var random = new Random(4);
        Graph graph = PassList.Run(OnnxModels.Accept(UnevenChannels(random)), Precision.Int8);
        string first = graph.Nodes.First(node => node.Op is Conv2D).Output;

        Graph split = ChannelSplitting.Run(graph, new Dictionary<string, ImmutableArray<int>> { [first] = [1, 2, 1, 1, 3, 1, 1, 8] });

        GraphChecker.Check(split, "split");
        Assert.Equal(18, split.ShapeOf(first)[^1]);
        Tensor image = Networks.Noise(random, graph.ShapeOf(graph.Inputs[0]));
        float[] expected = Running.Execute(graph, image);
        Assert.All(Running.Execute(split, image).Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-4f * expected.Max(Math.Abs)));
    }

    [Fact]
    public void Channels_that_others_than_layers_see_are_not_split()
    {
        Graph graph = PassList.Run(OnnxModels.Accept(UnevenChannels(new Random(1), "Sigmoid")), Precision.Int8);

        Assert.Empty(SplitSite.Of(graph));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Copies_are_moved_so_that_their_mean_has_as_many_times_the_levels_and_0_stays_0(int count)
    {
        Graph graph = PassList.Run(OnnxModels.Accept(UnevenChannels(new Random(1))), Precision.Int8);
        string first = graph.Nodes.First(node => node.Op is Conv2D).Output;
        ImmutableArray<int> copies = [count, 1, 1, 1, 1, 1, 1, 1];

        ImmutableArray<double> parts = ChannelSplitting.Offsets(graph, new Dictionary<string, ImmutableArray<int>> { [first] = copies }).First().Parts;

        Assert.Equal(count + 7, parts.Length);
        Assert.All(parts[count..], part => Assert.Equal(0, part));
        for (double real = 0; real < 3; real += 0.01)
        {
            double mean = parts[..count].Average(part => Math.Round(real + part));
            Assert.InRange(mean - real, (-0.5 / count) - 1e-9, (0.5 / count) + 1e-9);
        }

        Assert.Equal(0, parts[..count].Sum(part => Math.Round(part)));
    }

    [Fact]
    public void Copies_take_a_part_off_the_error_of_a_narrow_network_and_survive_the_cache()
    {
        string cache = Path.Combine(folder, "copies.calibration");
        CompileResult plain = Compiled(UnevenChannels(new Random(1)), 8, Change(false));
        CompileResult split = Compiled(UnevenChannels(new Random(1)), 8, Change(true));

        Assert.True(Assert.Single(split.Report!.Techniques, gain => gain.Name == "ChannelSplitting").IsKept);
        Assert.InRange(split.Plan!.MultiplyAccumulates, plain.Plan!.MultiplyAccumulates + 1, plain.Plan.MultiplyAccumulates * 3 / 2);
        Assert.True(split.Report.OutputError < plain.Report!.OutputError, $"{split.Report.OutputError} and {plain.Report.OutputError}");
        CompileResult made = Compiled(UnevenChannels(new Random(1)), 8, options => Change(true)(options) with { CalibrationCache = cache });
        CompileResult again = CompilerDriver.Compile(Change(true)(Options(Path.Combine(folder, "model.onnx"))) with { CalibrationCache = cache });
        Assert.Equal(PlanWriter.Write(made.Plan!), PlanWriter.Write(again.Plan!));
        Assert.Equal(made.Weights, again.Weights);

        static Func<CompileOptions, CompileOptions> Change(bool isWanted) =>
            options => options with { CrossLayerEqualization = false, ActivationEqualization = false, ChannelSplitting = isWanted };
    }

    [Fact]
    public void Copies_of_channels_that_are_evened_out_have_the_factors_of_their_channels()
    {
        CompileResult even = Compiled(UnevenChannels(new Random(1)), 8, Change(false));
        CompileResult split = Compiled(UnevenChannels(new Random(1)), 8, Change(true));

        Assert.All(["ActivationEqualization", "ChannelSplitting"], name => Assert.True(Assert.Single(split.Report!.Techniques, gain => gain.Name == name).IsKept, name));
        Assert.True(split.Report!.OutputError < even.Report!.OutputError, $"{split.Report.OutputError} and {even.Report.OutputError}");

        static Func<CompileOptions, CompileOptions> Change(bool isSplit) => options => options with { CrossLayerEqualization = false, ChannelSplitting = isSplit };
    }

    [Fact]
    public void Scores_beside_boxes_keep_their_resolution()
    {
        CompileResult shared = Compiled(BoxesAndScores(), 8, options => options with { BranchScales = false });
        CompileResult separate = Compiled(BoxesAndScores(), 8, options => options);

        // The plain scale of some 600 / 255 has no level between the scores; a branch's own has 256.
        Assert.True(LargestScoreError(shared) > 0.3);
        Assert.InRange(LargestScoreError(separate), 0, 0.02);
        Assert.True(Assert.Single(separate.Report!.Techniques, gain => gain.Name == "BranchScales").IsKept);
    }

    [Fact]
    public void A_joined_value_does_not_take_the_narrower_grid_that_one_part_is_given()
    {
        ModelProto model = OnnxModels.Model(
            [1, 4, 4, 4],
            [
                OnnxModels.Node("Conv", "x a", "p"),
                OnnxModels.Node("Sigmoid", "p", "s"),
                OnnxModels.Node("Conv", "x b", "q"),
                OnnxModels.Node("Concat", "s q", "j", OnnxModels.Attribute("axis", 1L)),
                OnnxModels.Node("Conv", "j c", "y"),
            ],
            OnnxModels.Floats("a", [4, 4, 1, 1], Networks.Noise(new Random(1), [4, 4]).Values<float>()),
            OnnxModels.Floats("b", [4, 4, 1, 1], Networks.Noise(new Random(2), [4, 4]).Values<float>()),
            OnnxModels.Floats("c", [4, 8, 1, 1], Networks.Noise(new Random(3), [4, 8]).Values<float>()));

        CompileResult result = Compiled(model, 8, options => options);

        Assert.InRange(result.Report!.OutputError!.Value, 0, 0.02);
    }

    [Fact]
    public void Known_ranges_are_not_measured()
    {
        Assert.Equal(new QuantizationParameters(1f / 256, 0), KnownRanges.GridOf(Networks.Sigmoid));
        Assert.Equal(new QuantizationParameters(1f / 128, 128), KnownRanges.GridOf(new Elementwise(Networks.Call(ElementwiseFunction.Tanh, Networks.Input(0)))));
        Assert.Equal(new QuantizationParameters(1f / 256, 0), KnownRanges.GridOf(new Softmax()));
        Assert.Null(KnownRanges.GridOf(Networks.Relu));

        var builder = new GraphBuilder();
        string image = builder.AddInput("image", new TensorType(ElementType.Float32, [1, 3, 5, 5]));
        Graph graph = builder.ToGraph([new GraphOutput("y", builder.Add("relu", Networks.Relu, image))]);
        ValueRange? pixels = KnownRanges.OfPixels(graph, "image", Running.Options with { Mean = [100, 50, 0], Scale = [1, -1, 0.5f] });

        Assert.Equal(new ValueRange(-205, 155), pixels);
    }

    [Fact]
    public void A_picture_that_is_dark_in_all_examples_is_not_cut()
    {
        ModelProto model = OnnxModels.Model(
            [1, 1, 4, 4],
            [OnnxModels.Node("Conv", "x w", "y")],
            OnnxModels.Floats("w", [1, 1, 1, 1], 1));
        string path = Write("dark.onnx", model.ToByteArray());
        string dark = Write("dark.bin", [.. Enumerable.Range(0, 16).Select(index => (byte)index)]);

        CompileResult result = CompilerDriver.Compile(Options(path) with { Calibration = [dark] });
        PlanTensor input = Assert.Single(result.Plan!.Tensors, tensor => tensor.Name == ((TensorValue)result.Plan.Steps[0].Find("input")!).Tensor);

        Assert.Equal(1, input.Scale);
        Assert.Equal(0, input.ZeroPoint);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // Channels in the middle are of sizes from 1 to 1000, and read with weights of 1000 to 1.
    private static ModelProto UnevenChannels(Random random, string activation = "Relu", float limit = 0)
    {
        float[] sizes = [.. Enumerable.Range(0, 8).Select(channel => MathF.Pow(10, channel * 3 / 7f))];
        float[] first = Networks.Noise(random, [8, 4, 3, 3]).Values<float>();
        float[] depthwise = Networks.Noise(random, [8, 1, 3, 3]).Values<float>();
        float[] second = Networks.Noise(random, [6, 8, 1, 1]).Values<float>();
        AttributeProto pads = OnnxModels.Integers("pads", 1, 1, 1, 1);
        IEnumerable<NodeProto> Activation(string from, string to) =>
            [activation == "Clip" ? OnnxModels.Node("Clip", $"{from} zero limit", to) : OnnxModels.Node(activation, from, to)];
        return OnnxModels.Model(
            [1, 4, 8, 8],
            [
                OnnxModels.Node("Conv", "x first bias", "a", pads),
                .. Activation("a", "b"),
                OnnxModels.Node("Conv", "b depthwise", "c", pads, OnnxModels.Attribute("group", 8L)),
                .. Activation("c", "d"),
                OnnxModels.Node("Conv", "d second", "y"),
            ],
            OnnxModels.Floats("first", [8, 4, 3, 3], [.. first.Select((weight, index) => weight * sizes[index / 36])]),
            OnnxModels.Floats("bias", [8], [.. sizes.Select(size => size * 0.1f)]),
            OnnxModels.Floats("depthwise", [8, 1, 3, 3], depthwise),
            OnnxModels.Floats("second", [6, 8, 1, 1], [.. second.Select((weight, index) => weight / sizes[index % 8])]),
            OnnxModels.Floats("zero", [], 0),
            OnnxModels.Floats("limit", [], limit));
    }

    // How much larger the largest channel of the first layer is than the smallest.
    private static double Unevenness(Graph graph)
    {
        float[] weights = graph.Constants[graph.Nodes.First(node => node.Op is Conv2D).Inputs[1]].Values<float>();
        double[] greatest = [.. weights.Chunk(weights.Length / 8).Select(channel => (double)channel.Max(Math.Abs))];
        return greatest.Max() / greatest.Min();
    }

    // Two layers, one of them pooled, joined and read by two; the second of these is read by a sum, and so is no layer's whose channels may change.
    private static ModelProto Branches(Random random) => OnnxModels.Model(
        [1, 3, 6, 6],
        [
            OnnxModels.Node("Conv", "x a", "p"),
            OnnxModels.Node("Relu", "p", "pr"),
            OnnxModels.Node("MaxPool", "pr", "pooled", OnnxModels.Integers("kernel_shape", 1, 1)),
            OnnxModels.Node("Conv", "x b", "q"),
            OnnxModels.Node("Concat", "pooled q", "j", OnnxModels.Attribute("axis", 1L)),
            OnnxModels.Node("Conv", "j c", "r"),
            OnnxModels.Node("Conv", "j d", "s"),
            OnnxModels.Node("Conv", "x e", "t"),
            OnnxModels.Node("Add", "s t", "u"),
            OnnxModels.Node("Sigmoid", "u", "v"),
            OnnxModels.Node("Concat", "r v", "y", OnnxModels.Attribute("axis", 1L)),
        ],
        OnnxModels.Floats("a", [3, 3, 1, 1], Networks.Noise(random, [9]).Values<float>()),
        OnnxModels.Floats("b", [3, 3, 1, 1], Networks.Noise(random, [9]).Values<float>()),
        OnnxModels.Floats("c", [3, 6, 1, 1], Networks.Noise(random, [18]).Values<float>()),
        OnnxModels.Floats("d", [3, 6, 1, 1], Networks.Noise(random, [18]).Values<float>()),
        OnnxModels.Floats("e", [3, 3, 1, 1], Networks.Noise(random, [9]).Values<float>()));

    private static ModelProto PositiveInputs()
    {
        var random = new Random(11);
        return OnnxModels.Model(
            [1, 64],
            [
                OnnxModels.Node("Sigmoid", "x", "s"),
                OnnxModels.Node("MatMul", "s first", "a"),
                OnnxModels.Node("Relu", "a", "b"),
                OnnxModels.Node("MatMul", "b second", "y"),
            ],
            OnnxModels.Floats("first", [64, 64], Networks.Noise(random, [64, 64]).Values<float>()),
            OnnxModels.Floats("second", [64, 8], Networks.Noise(random, [64, 8]).Values<float>()));
    }

    private static ModelProto BoxesAndScores() => OnnxModels.Model(
        [1, 4, 3, 3],
        [
            OnnxModels.Node("Conv", "x wide", "boxes"),
            OnnxModels.Node("Conv", "x narrow", "n"),
            OnnxModels.Node("Sigmoid", "n", "scores"),
            OnnxModels.Node("Concat", "boxes scores", "y", OnnxModels.Attribute("axis", 1L)),
        ],
        OnnxModels.Floats("wide", [4, 4, 1, 1], [.. Networks.Noise(new Random(1), [16]).Values<float>().Select(weight => weight * 300)]),
        OnnxModels.Floats("narrow", [2, 4, 1, 1], Networks.Noise(new Random(2), [8]).Values<float>()));

    private double LargestScoreError(CompileResult result)
    {
        CompileResult real = CompilerDriver.Compile(Options(Path.Combine(folder, "model.onnx")) with { Precision = Precision.Float32, Calibration = [] });
        return Directory.GetFiles(folder, "*.bin").Max(file => Scores(real, file).Zip(Scores(result, file), (one, other) => Math.Abs(one - other)).Max());
    }

    // Channels 4 and 5 of 6.
    private static float[] Scores(CompileResult result, string file)
    {
        var executor = new PlanExecutor(result.Plan!, result.Weights);
        executor.FeedSample("x", SampleReader.Read(file, result.Plan!.Inputs[0]));
        executor.Infer();
        return executor.Fetch<float>("y")[36..];
    }

    private CompileResult Compiled(ModelProto model, int examples, Func<CompileOptions, CompileOptions> change)
    {
        string path = Write("model.onnx", model.ToByteArray());
        int count = model.Graph.Input[0].Type.TensorType.Shape.Dim.Aggregate(1, (product, dimension) => product * (int)dimension.DimValue);
        var random = new Random(5);
        string[] files = [.. Enumerable.Range(0, examples).Select(index =>
            Write($"{index}.bin", [.. Networks.Noise(random, [count]).Values<float>().SelectMany(BitConverter.GetBytes)]))];
        CompileResult result = CompilerDriver.Compile(change(Options(path) with { Calibration = [.. files] }));
        Assert.True(result.Plan is not null, string.Join(Environment.NewLine, result.Diagnostics));
        return result;
    }

    private static CompileOptions Options(string path) => new() { ModelPath = path, ClassName = "Test", Precision = Precision.Int8 };

    private string Write(string name, byte[] content)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
