using System;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Plans;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.LiteModels;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite;

/// <summary>Files of TensorFlow Lite are computed as TensorFlow Lite computes them, to the bit, unless told otherwise; and in integers alone when asked for.</summary>
public sealed class LiteRoundingTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("rounding").FullName;

    [Theory]
    [InlineData("ADD", 1)]
    [InlineData("SUB", -1)]
    public void Sums_bring_both_operands_to_one_scale_in_integers(string name, int sign)
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            var random = new Random(seed);
            (float, int) x = Grid(random), y = Grid(random), z = (0.02f + random.NextSingle(), random.Next(-128, 128));
            sbyte[] left = Levels(random, 200), right = Levels(random, 200);
            sbyte[] made = Infer([Bytes("x", x, 200), Bytes("y", y, 200), Bytes("z", z, 200)], "x y", new LiteNodeSpecification(name, "x y", "z"), left, right);
            Assert.Equal(left.Zip(right, (l, r) => LiteArithmetic.Add(l, x, r, y, z, sign)), made);
        }
    }

    [Fact]
    public void Products_are_requantised_in_integers()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            var random = new Random(seed);
            (float, int) x = Grid(random), y = Grid(random), z = (0.05f + random.NextSingle(), random.Next(-128, 128));
            sbyte[] left = Levels(random, 200), right = Levels(random, 200);
            sbyte[] made = Infer([Bytes("x", x, 200), Bytes("y", y, 200), Bytes("z", z, 200)], "x y", new LiteNodeSpecification("MUL", "x y", "z"), left, right);
            Assert.Equal(left.Zip(right, (l, r) => LiteArithmetic.Product(l, x, r, y, z)), made);
        }
    }

    [Fact]
    public void Fully_connected_layers_are_rounded_twice_halves_up()
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            var random = new Random(seed);
            (float Scale, int Zero) x = Grid(random), z = (0.5f + (4 * random.NextSingle()), random.Next(-128, 128));
            float scale = 0.01f + (0.1f * random.NextSingle());
            sbyte[] input = Levels(random, 40), weights = Levels(random, 40 * 24);
            int[] bias = [.. Enumerable.Range(0, 24).Select(_ => random.Next(-3000, 3000))];
            sbyte[] made = Infer(
                [Bytes("x", x, 1, 40), Constant("w", scale, weights, 24, 40), Integers("b", [24], bias), Bytes("z", z, 1, 24)],
                "x", new LiteNodeSpecification("FULLY_CONNECTED", "x w b", "z"), input);
            double factor = (double)(x.Scale * scale) / z.Scale;
            Assert.Equal(
                Enumerable.Range(0, 24).Select(row => LiteArithmetic.Saturate(z.Zero + LiteArithmetic.Multiply(
                    bias[row] + Enumerable.Range(0, 40).Sum(k => (input[k] - x.Zero) * weights[(row * 40) + k]), factor, roundsUp: true))),
                made);
        }
    }

    [Fact]
    public void Averages_are_those_of_the_integers_with_halves_away_from_zero()
    {
        var random = new Random(7);
        (float, int) grid = (0.1f, 3);
        sbyte[] input = Levels(random, 4 * 4 * 20);
        sbyte[] made = Infer(
            [Bytes("x", grid, 1, 4, 4, 20), Bytes("z", grid, 1, 2, 2, 20)],
            "x",
            new LiteNodeSpecification("AVERAGE_POOL_2D", "x", "z", new(0, (sbyte)1), new(1, 2), new(2, 2), new(3, 2), new(4, 2)),
            input);
        Assert.Equal(
            Enumerable.Range(0, made.Length).Select(index =>
            {
                (int row, int column, int channel) = (index / 40, index / 20 % 2, index % 20);
                int first = (row * 2 * 80) + (column * 2 * 20) + channel;
                return LiteArithmetic.Average([input[first], input[first + 20], input[first + 80], input[first + 100]]);
            }),
            made);
    }

    [Fact]
    public void Another_scale_is_reached_in_integers()
    {
        var random = new Random(8);
        (float Scale, int Zero) x = (0.07f, -5), z = (0.11f, 12);
        sbyte[] input = [.. Enumerable.Range(-128, 256).Select(level => (sbyte)level)];
        sbyte[] made = Infer([Bytes("x", x, 256), Bytes("z", z, 256)], "x", new LiteNodeSpecification("QUANTIZE", "x", "z"), input);
        Assert.Equal(input.Select(level => LiteArithmetic.Saturate(LiteArithmetic.Multiply(level - x.Zero, (double)x.Scale / z.Scale) + z.Zero)), made);
    }

    [Fact]
    public void With_Rounding_Float_there_is_one_rounding_in_float32()
    {
        ModelPlan plan = Compile(Quotients("ADD", "ADD"), new() { ModelPath = "", ClassName = "Test", Rounding = Rounding.Float }).Plan!;
        Assert.Equal(["AddUInt8", "AddUInt8"], plan.Steps.Select(step => step.Kernel).Where(kernel => kernel.StartsWith("Add", StringComparison.Ordinal)));
    }

    [Fact]
    public void Int8Only_names_every_step_in_float()
    {
        CompileResult result = Compile(Quotients("DIV", "POW"), new() { ModelPath = "", ClassName = "Test", Precision = Precision.Int8Only });
        Diagnostic problem = Assert.Single(result.Diagnostics, found => found.Kind.Severity == Severity.Error);
        Assert.Equal("MC3012", problem.Kind.Code);
        Assert.Contains("first (Elementwise), last (Elementwise)", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_integers_is_compiled_to_integers_alone()
    {
        CompileResult result = Compile(Quotients("ADD", "MUL"), new() { ModelPath = "", ClassName = "Test", Precision = Precision.Int8Only });
        Assert.Equal("Int8Only", result.Plan!.Precision);
        Assert.DoesNotContain(result.Plan.Constants, constant => constant.Type.IsFloat());
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // Two nodes of two inputs each.
    private static byte[] Quotients(string first, string last) => LiteModels.File(
        "x y", "last", [Bytes("x", (0.5f, 4), 8), Bytes("y", (0.25f, 0), 8), Bytes("first", (0.5f, 4), 8), Bytes("last", (1f, 0), 8)],
        new LiteNodeSpecification(first, "x y", "first"), new LiteNodeSpecification(last, "first x", "last"));

    private static (float Scale, int Zero) Grid(Random random) => (0.01f + (0.5f * random.NextSingle()), random.Next(-128, 128));

    private static sbyte[] Levels(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (sbyte)random.Next(-128, 128))];

    private static LiteTensorSpecification Bytes(string name, (float Scale, int Zero) grid, params int[] shape) => LiteModels.Bytes(name, shape, grid.Scale, grid.Zero);

    private static LiteTensorSpecification Constant(string name, float scale, sbyte[] levels, params int[] shape) => LiteModels.Bytes(name, shape, scale, 0, levels);

    private CompileResult Compile(byte[] file, CompileOptions options)
    {
        string path = Path.Combine(folder, "test.tflite");
        System.IO.File.WriteAllBytes(path, file);
        return CompilerDriver.Compile(options with { ModelPath = path });
    }

    // In integers alone: then nothing is in float, neither on the way.
    private sbyte[] Infer(LiteTensorSpecification[] tensors, string inputs, LiteNodeSpecification node, params sbyte[][] values)
    {
        CompileResult result = Compile(LiteModels.File(inputs, "z", tensors, node), new() { ModelPath = "", ClassName = "Test", Precision = Precision.Int8Only });
        Assert.Equal("", string.Join('\n', result.Diagnostics.Select(found => found.Message)));
        var executor = new PlanExecutor(result.Plan!, result.Weights);
        ImmutableArray<string> names = [.. inputs.Split(' ')];
        for (int index = 0; index < values.Length; index++)
        {
            executor.Feed<sbyte>(names[index], values[index]);
        }

        executor.Infer();
        return executor.Fetch<sbyte>("z");
    }
}
