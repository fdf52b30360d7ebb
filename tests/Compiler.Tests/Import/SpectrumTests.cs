using System;
using System.Linq;
using System.Numerics;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using Xunit.Abstractions;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>Spectra, against the sums that define them.</summary>
public class SpectrumTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(10, 2)]
    [InlineData(37, 2)]
    [InlineData(96, 2)]
    [InlineData(256, 1)]
    [InlineData(512, 1)]
    [InlineData(600, 2)]
    [InlineData(1021, 1)]
    public void A_transform_of_any_length_is_the_sum_that_defines_it(int length, int parts)
    {
        float[] signal = Signal(2 * length * parts);
        Graph graph = Accept(Model([2, length, parts], [Node("DFT", "x", "y")]));
        float[] expected = [.. Enumerable.Range(0, 2).SelectMany(row => Sums(Numbers(signal, row * length, length, parts), length, -1)).SelectMany(Parts)];
        Near(expected, Running.Execute(graph, Tensor.Of([2, length, parts], signal)), Math.Sqrt(length));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(3)]
    public void A_signal_is_cut_or_filled_up_with_zeros(int length)
    {
        float[] signal = Signal(4);
        Graph graph = Accept(Model([1, 4, 1], [Node("DFT", "x length", "y", Attribute("onesided", 1))], new TensorProto { Name = "length", DataType = OnnxTypes.Int64, Int64Data = { length } }));
        Complex[] numbers = [.. Numbers(signal, 0, 4, 1).Concat(new Complex[2]).Take(length)];
        Near([.. Sums(numbers, length, -1).Take((length / 2) + 1).SelectMany(Parts)], Running.Execute(graph, Tensor.Of([1, 4, 1], signal)), 1);
    }

    [Theory]
    [InlineData(7, 17)]
    [InlineData(12, 20)]
    public void The_inverse_gives_back_what_was_transformed_along_any_axis(int length, int opset)
    {
        AttributeProto[] axis = opset < 20 ? [Attribute("axis", 0)] : [];
        string inputs = opset < 20 ? "" : " _ axis";
        NodeProto[] nodes = [Node("DFT", "x" + inputs, "s", axis), Node("DFT", "s" + inputs, "y", [.. axis, Attribute("inverse", 1)])];
        TensorProto constant = new() { Name = "axis", DataType = OnnxTypes.Int64, Int64Data = { 0 } };
        float[] signal = Signal(length * 3 * 2);
        Graph graph = Accept(Model(Graph(nodes, "y", [constant], Input("x", OnnxTypes.Float, length, 3, 2)), opset));
        Near(signal, Running.Execute(graph, Tensor.Of([length, 3, 2], signal)), 1);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    public void The_one_sided_inverse_gives_back_a_real_signal(int length)
    {
        TensorProto lengths = new() { Name = "length", DataType = OnnxTypes.Int64, Int64Data = { length } };
        NodeProto[] nodes = [Node("DFT", "x", "s", Attribute("onesided", 1)), Node("DFT", "s length", "y", Attribute("inverse", 1), Attribute("onesided", 1))];
        float[] signal = Signal(length);
        Graph graph = Accept(Model([1, length, 1], nodes, lengths));
        Near(signal, Running.Execute(graph, Tensor.Of([1, length, 1], signal)), 1);
    }

    [Theory]
    [InlineData(2, 1, "a one-sided spectrum of complex numbers")]
    [InlineData(1, 4099, "prime factor 4099")]
    [InlineData(1, 2097152, "length 2097152")]
    public void What_a_transform_cannot_do_is_refused(int parts, int length, string reason)
    {
        Diagnostic problem = Assert.Single(Refuse(Model([1, length, parts], [Node("DFT", "x", "y", Attribute("onesided", 1))])));
        Assert.Equal(DiagnosticKinds.AttributeUnsupported, problem.Kind);
        Assert.Contains(reason, problem.Message);
    }

    [Fact]
    public void A_length_that_is_computed_is_refused()
    {
        ModelProto model = Model(Graph([Node("DFT", "x n", "y")], "y", null, Input("x", OnnxTypes.Float, 1, 8, 1), Input("n", OnnxTypes.Int64)));
        Assert.Equal(DiagnosticKinds.ShapeDependsOnData, Assert.Single(Refuse(model)).Kind);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    public void Frames_are_weighted_and_transformed(int parts, int onesided)
    {
        const int length = 50, frame = 16, step = 7, frames = 5;
        float[] signal = Signal(length * parts), window = Signal(frame);
        int bins = onesided == 1 ? (frame / 2) + 1 : frame;
        Graph graph = Accept(Model(
            [1, length, parts],
            [Node("STFT", "x step window", "y", Attribute("onesided", onesided))],
            new TensorProto { Name = "step", DataType = OnnxTypes.Int64, Int64Data = { step } },
            Floats("window", [frame], window)));
        float[] expected = [.. Enumerable.Range(0, frames).SelectMany(index =>
            Sums([.. Numbers(signal, index * step, frame, parts).Select((x, place) => x * window[place])], frame, -1).Take(bins).SelectMany(Parts))];
        Near(expected, Running.Execute(graph, Tensor.Of([1, length, parts], signal)), 4);
    }

    [Fact]
    public void Frames_longer_than_the_signal_are_refused()
    {
        ModelProto model = Model([1, 8, 1], [Node("STFT", "x step _ length", "y")], Longs("step", 2), Longs("length", 16));
        Assert.Equal(DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(model)).Kind);
    }

    [Fact]
    public void Mel_weights_are_triangles_with_the_peak_1()
    {
        TensorProto[] inputs = [Longs("bins", 8), Longs("length", 256), Longs("rate", 8192), Floats("low", [], 0), Floats("high", [], 4096)];
        Tensor weights = Evaluate("MelWeightMatrix", inputs);
        Assert.Equal([129, 8], weights.Shape);
        for (int bin = 0; bin < 8; bin++)
        {
            float[] column = [.. Enumerable.Range(0, 129).Select(row => weights.Values<float>()[(row * 8) + bin])];
            int peak = Array.IndexOf(column, 1f);
            Assert.Equal(1, column.Max());
            Assert.True(column[..(peak + 1)].SequenceEqual(column[..(peak + 1)].Order()) && column[peak..].SequenceEqual(column[peak..].OrderDescending()), $"column {bin}");
        }
    }

    [Fact]
    public void Mel_bins_beyond_half_the_sample_rate_are_refused()
    {
        TensorProto[] inputs = [Longs("bins", 8), Longs("length", 16), Longs("rate", 8192), Floats("low", [], 0), Floats("high", [], 9000)];
        ModelProto model = Model(Graph([Node("MelWeightMatrix", "bins length rate low high", "y")], "y", inputs));
        Assert.Equal(DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(model)).Kind);
    }

    private float[] Signal(int length)
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => (random.NextSingle() * 2) - 1)];
    }

    private static Complex[] Numbers(float[] values, int first, int count, int parts) =>
        [.. Enumerable.Range(first, count).Select(index => new Complex(values[index * parts], parts == 2 ? values[(index * 2) + 1] : 0))];

    private static Complex[] Sums(Complex[] signal, int length, int sign) =>
        [.. Enumerable.Range(0, length).Select(bin => signal.Select((x, index) => x * Complex.FromPolarCoordinates(1, sign * 2 * Math.PI * ((long)bin * index % length) / length))
            .Aggregate(Complex.Zero, (sum, x) => sum + x))];

    private static float[] Parts(Complex number) => [(float)number.Real, (float)number.Imaginary];

    private static void Near(float[] expected, float[] actual, double size)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 2e-5 * size, $"{pair.Second} instead of {pair.First}"));
    }
}
