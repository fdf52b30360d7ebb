using System;
using System.IO;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Compiler.Tests.Import;
using ModelCompiler.Plans;
using ModelCompiler.RuntimeSupport;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Quantization;

/// <summary>Weights small enough that four products are summed in an int16.</summary>
public sealed class Int16SumsTests : IDisposable
{
    private const int Channels = 64;

    private readonly string folder = Directory.CreateTempSubdirectory("int16sums").FullName;

    private string Cache => Path.Combine(folder, "model.calibration");

    [Fact]
    public void Layers_that_gain_have_smaller_weights_and_say_so()
    {
        CompileResult plain = Compiled(Pointwise(1), options => options with { Int16Sums = false });
        CompileResult small = Compiled(Pointwise(1), options => options);

        TechniqueGain gain = Assert.Single(small.Report!.Techniques, gain => gain.Name == "Int16Sums");
        Assert.True(gain.IsKept && gain.ErrorAfter <= 0.02, $"{gain}");
        Assert.DoesNotContain(plain.Report!.Techniques, gain => gain.Name == "Int16Sums");
        Assert.Equal([false, false], Layers(plain).Select(Sums));
        Assert.Equal([true, true], Layers(small).Select(Sums));
        Assert.All(Layers(small), layer => Assert.Equal(128, LargestSum(small, layer)));
        Assert.All(Layers(plain), layer => Assert.InRange(LargestSum(plain, layer), 129, 4 * 127));
    }

    [Fact]
    public void What_makes_the_outputs_much_worse_is_left_to_the_layers_that_lose_less()
    {
        // The largest four weights of each channel, alike and neighbours, are for inputs that are hardly there: all others are a quarter as fine where the four are 128 together.
        CompileResult result = Compiled(Pointwise(2, secondHasLikes: true), options => options with { ActivationEqualization = false, CrossLayerEqualization = false });

        TechniqueGain gain = Assert.Single(result.Report!.Techniques, gain => gain.Name == "Int16Sums");
        Assert.True(gain.IsKept && gain.ErrorAfter <= Math.Max(1.1 * gain.ErrorBefore, 0.02), $"{gain}");
        Assert.True(Layers(result).Select(Sums).SequenceEqual([true, false]), $"{gain}");
    }

    [Fact]
    public void A_bar_that_only_finer_weights_reach_is_reached_by_them()
    {
        double fine = Compiled(Pointwise(1), options => options with { Int16Sums = false }).Report!.OutputError!.Value;
        Assert.True(Compiled(Pointwise(1), options => options).Report!.OutputError > fine);

        CompileResult held = Compiled(Pointwise(1), options => options with { MaximumError = fine * 1.0001 });

        Assert.DoesNotContain(held.Report!.Techniques, gain => gain.Name == "Int16Sums");
        Assert.Equal(fine, held.Report.OutputError!.Value, 12);
    }

    [Fact]
    public void The_calibration_cache_keeps_the_scales()
    {
        CompileResult made = Compiled(Pointwise(1), options => options with { CalibrationCache = Cache });

        CompileResult without = Compiled(Pointwise(1), options => options with { CalibrationCache = Cache, Calibration = [] });

        Assert.True(Sums(Layers(without)[0]));
        Assert.Equal(PlanWriter.Write(made.Plan!), PlanWriter.Write(without.Plan!));
        Assert.Equal(made.Weights, without.Weights);
    }

    [Theory]
    [InlineData(4, true, 100, 28, 0, 0, 0, 0, 0, 0)]
    [InlineData(4, false, 100, 29, 0, 0, 0, 0, 0, 0)]
    [InlineData(4, false, 100, 29, -1, 0, 0, 0, 0, 0)]
    [InlineData(4, true, 100, 28, -100, -28, 0, 0, 0, 0)]
    [InlineData(8, false, 64, 0, 0, 0, 64, 1, 0, 0)]
    [InlineData(8, true, 64, 0, 64, 0, 64, 0, 64, 0)]
    [InlineData(8, false, 0, 0, 0, -64, 0, 0, -64, -1)]
    [InlineData(3, true, 64, 0, 1, 64, 0, 1)]
    [InlineData(3, false, 64, 1, 0, 64, 0, 0)]
    public void Four_weights_of_a_sign_may_be_128_together(int runLength, bool expected, params int[] weights)
    {
        sbyte[] levels = [.. weights.Select(weight => (sbyte)weight)];
        Assert.Equal(expected, Int16SumWeights.Hold(levels, 1, runLength));
    }

    [Theory]
    [InlineData(true, 1, 16, 96, 112)]
    [InlineData(true, 1, 8, 16, 48)]
    [InlineData(true, 1, 24, 24, 4)]
    [InlineData(true, 1, 20, 48, 1)]
    [InlineData(true, 1, 32, 8, 1)]
    [InlineData(false, 1, 4, 96, 112)]
    [InlineData(false, 1, 12, 96, 112)]
    [InlineData(false, 1, 16, 8, 112)]
    [InlineData(false, 1, 20, 24, 112)]
    [InlineData(false, 3, 9, 32, 3)]
    [InlineData(true, 3, 192, 64, 3)]
    public void Layers_of_few_inputs_gain_where_weights_stay_in_registers_or_blocks_are_full(bool expected, int runs, int runLength, int outputChannels, int outputWidth) =>
        Assert.Equal(expected, ByteConvolution.IsFasterInInt16(runs, runLength, outputChannels, outputWidth));

    [Theory]
    [InlineData(16, 4)]
    [InlineData(27, 9)]
    [InlineData(40, 40)]
    [InlineData(576, 192)]
    public void The_scale_is_as_fine_as_sums_allow(int terms, int runLength)
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            float[] weights = Networks.Noise(new Random(seed), [terms]).Values<float>();
            float plain = weights.Max(Math.Abs) / 127;

            float scale = Int16SumWeights.Scale(weights, runLength, plain);

            Assert.True(Holds(scale), $"seed {seed}");
            Assert.True(scale == plain || !Holds(scale * 0.98f), $"seed {seed}: {scale} and {plain}");

            bool Holds(float candidate)
            {
                var levels = new sbyte[terms];
                SymmetricWeights.Round(weights, candidate, levels);
                return Int16SumWeights.Hold(levels, 1, runLength);
            }
        }
    }

    [Theory]
    [InlineData(1, 4, 1)]
    [InlineData(1, 5, 0)]
    [InlineData(2, 5, 2)]
    [InlineData(0, 3, 0)]
    public void Layers_that_happen_to_hold_are_left_alone_where_they_are_few(int holding, int layers, int summing)
    {
        PlanStep[] steps = [Layer("depthwise"), .. Enumerable.Range(0, layers).Select(layer => Layer("dense", ("int16Sums", (layer < holding).Plan()), ("groups", layer.Plan())))];

        EquatableArray<PlanStep> kept = Int16SumSteps.Worthwhile(new(steps));

        Assert.Equal(summing, kept.Count(step => step.Find("int16Sums") is BooleanValue { Value: true }));
        Assert.Equal(steps.Select(step => step.Find("groups")), kept.Select(step => step.Find("groups")));

        static PlanStep Layer(string name, params (string Name, PlanValue Value)[] arguments) =>
            new(name, "Conv2DUInt8", "", new([.. arguments.Select(argument => new PlanArgument(argument.Name, argument.Value))]));
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static PlanStep[] Layers(CompileResult result) => [.. result.Plan!.Steps.Where(step => step.Kernel == "Conv2DUInt8")];

    private static bool Sums(PlanStep layer) => layer.Arguments.Single(argument => argument.Name == "int16Sums").Value is BooleanValue { Value: true };

    // Of the packed weights, [block][quad][16][4]: bytes of a sign of lanes of two quads.
    private static int LargestSum(CompileResult result, PlanStep layer)
    {
        var weights = (ConstantValue)layer.Arguments.Single(argument => argument.Name == "weights").Value;
        PlanConstant constant = result.Plan!.Constants.Single(constant => constant.Name == weights.Constant);
        ReadOnlySpan<byte> packed = result.Weights.AsSpan().Slice(constant.Offset, constant.Length);
        int largest = 0;
        for (int at = 0; at < packed.Length; at += 128)
        {
            for (int lane = 0; lane < 64; lane += 2)
            {
                int[] four = [(sbyte)packed[at + lane], (sbyte)packed[at + lane + 1], (sbyte)packed[at + 64 + lane], (sbyte)packed[at + 64 + lane + 1]];
                largest = Math.Max(largest, Math.Max(four.Where(weight => weight > 0).Sum(), -four.Where(weight => weight < 0).Sum()));
            }
        }

        return largest;
    }

    private static ModelProto Pointwise(int seed, bool secondHasLikes = false)
    {
        var random = new Random(seed);
        float[] first = Networks.Noise(random, [Channels * Channels]).Values<float>();
        float[] second = Networks.Noise(random, [Channels * Channels]).Values<float>();
        if (secondHasLikes)
        {
            first = [.. first.Select((weight, index) => IsLike(index / Channels) ? weight / 100 : weight)];
            second = [.. second.Select((weight, index) => IsLike(index % Channels) ? 1 : weight / 8)];
        }

        return OnnxModels.Model(
            [1, Channels, 5, 5],
            [
                OnnxModels.Node("Conv", "x first", "a"),
                OnnxModels.Node("Relu", "a", "b"),
                OnnxModels.Node("Conv", "b second", "y"),
            ],
            OnnxModels.Floats("first", [Channels, Channels, 1, 1], first),
            OnnxModels.Floats("second", [Channels, Channels, 1, 1], second));

        static bool IsLike(int channel) => channel is 8 or 9 or 12 or 13;
    }

    private CompileResult Compiled(ModelProto model, Func<CompileOptions, CompileOptions> change)
    {
        string path = Write("model.onnx", model.ToByteArray());
        var random = new Random(5);
        string[] files = [.. Enumerable.Range(0, 16).Select(index => Write($"{index}.bin", [.. Networks.Noise(random, [Channels * 25]).Values<float>().SelectMany(BitConverter.GetBytes)]))];
        CompileResult result = CompilerDriver.Compile(change(new CompileOptions { ModelPath = path, ClassName = "Test", Precision = Precision.Int8, Calibration = [.. files] }));
        Assert.True(result.Plan is not null, string.Join(Environment.NewLine, result.Diagnostics));
        return result;
    }

    private string Write(string name, byte[] content)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
