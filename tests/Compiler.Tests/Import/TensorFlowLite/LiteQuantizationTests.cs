using System;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.LiteModels;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite;

/// <summary>Numbers that the file stores as integers, and what lasts from one prediction to the next.</summary>
public class LiteQuantizationTests
{
    [Fact]
    public void An_int8_layer_computes_with_the_integers_and_scales_of_the_file()
    {
        sbyte[] x = [10, -20], w = [3, -5, 100, 7];
        int[] b = [40, -900];
        float[] scales = [0.02f, 0.01f];
        Tensor made = Run(
            new("FULLY_CONNECTED", "x w b", "y"),
            [Bytes("x", [1, 2], 0.5f, 4), new("w", ElementType.Int8, [2, 2], w) { Scales = scales, Zeros = [0, 0] }, Integers("b", [2], b), Bytes("y", [1, 2], 0.1f, -3)],
            Tensor.Of([1, 2], x))[0];
        sbyte[] expected = [.. Enumerable.Range(0, 2).Select(row =>
        {
            int sum = b[row] + ((x[0] - 4) * w[2 * row]) + ((x[1] - 4) * w[(2 * row) + 1]);
            return (sbyte)Math.Clamp(Math.Round(sum * (0.5 * scales[row] / 0.1)) - 3, -128, 127);
        })];
        Assert.Equal(expected, made.Values<sbyte>());
    }

    [Fact]
    public void A_value_on_a_grid_is_put_there_once_and_moved_as_it_is()
    {
        Graph graph = Accept(File("x", "y", [Bytes("x", [1, 4], 0.5f, 4), Vector("s", 2, 2), Bytes("y", [2, 2], 0.5f, 4)], new LiteNodeSpecification("RESHAPE", "x s", "y")));
        Assert.DoesNotContain(graph.Nodes, node => node.Op is Requantize);
        Assert.Equal<sbyte>([1, 2, 3, 4], GraphEvaluator.Evaluate(graph, [Tensor.Of<sbyte>([1, 4], 1, 2, 3, 4)])[0].Values<sbyte>());
    }

    [Fact]
    public void A_movement_keeps_the_integers_even_where_scales_differ() => Assert.Equal<sbyte>(
        [1, -2],
        Run(new("RESHAPE", "x s", "y"), [Bytes("x", [1, 2], 0.5f, 4), Vector("s", 2), Bytes("y", [2], 0.25f, -7)], Tensor.Of<sbyte>([1, 2], 1, -2))[0].Values<sbyte>());

    [Fact]
    public void A_conversion_sees_the_integers() => Assert.Equal(
        [3f, -9f],
        Run(new("CAST", "x", "y"), [Bytes("x", [2], 0.5f, 4), Floats("y", [2])], Tensor.Of<sbyte>([2], 3, -9))[0].Values<float>());

    [Fact]
    public void Int16_is_rounded_to_its_grid() => Assert.Equal<short>(
        [2, -32768],
        Run(
            new("ADD", "x x", "y"),
            [new("x", ElementType.Int16, [2]) { Scales = [0.25f], Zeros = [0] }, new("y", ElementType.Int16, [2]) { Scales = [0.5f], Zeros = [0] }],
            Tensor.Of<short>([2], 2, short.MinValue))[0].Values<short>());

    [Fact]
    public void Half_precision_weights_are_widened() => Assert.Equal(
        [1.5f],
        Run(new("ADD", "x w", "y"), [Floats("x", [1]), new("w", ElementType.Float32, [1], new[] { BitConverter.HalfToInt16Bits((Half)0.5) }) { Code = 1 }, Floats("y", [1])], Tensor.Of([1], 1f))[0].Values<float>());

    [Fact]
    public void Weights_of_four_bits_are_unpacked() => Assert.Equal(
        [1f, -2f, 7f],
        Run(
            new("MUL", "x w", "y"),
            [Floats("x", [3]), new("w", ElementType.Int8, [3], new byte[] { 0xE1, 0x07 }) { Code = 17, Scales = [1], Zeros = [0] }, Floats("y", [3])],
            Tensor.Of<float>([3], 1, 1, 1))[0].Values<float>());

    [Fact]
    public void Float_layers_with_integer_weights_round_what_they_read()
    {
        float[] x = [1f, 0.3f];
        float scale = 1f / 127;
        Tensor made = Run(new("FULLY_CONNECTED", "x w _", "y"), [Floats("x", [1, 2]), Bytes("w", [1, 2], 0.5f, 0, 2, 100), Floats("y", [1, 1])], Tensor.Of([1, 2], x))[0];
        Running.Close([(float)((1 * 1) + (Math.Round(0.3 / scale) * scale * 50))], made.Values<float>(), 1e-6, "hybrid");
    }

    [Fact]
    public void A_filter_over_time_remembers_what_it_saw()
    {
        Graph graph = Accept(File(
            "x",
            "y",
            [Floats("x", [1, 1]), Floats("f", [1, 1], 2), Floats("t", [1, 3], 1, 10, 100), Floats("s", [1, 3]) with { IsVariable = true }, Floats("y", [1, 1])],
            new LiteNodeSpecification("SVDF", "x f t _ s", "y", new LiteOption(0, 1))));
        Assert.Equal(new StateLink("s.next", "s"), Assert.Single(graph.State));
        Assert.Equal("x s", string.Join(' ', graph.Inputs));
        ImmutableArray<Tensor> first = GraphEvaluator.Evaluate(graph, [Tensor.Of<float>([1, 1], 1), Tensor.Of<float>([1, 3], 0, 0, 0)]);
        ImmutableArray<Tensor> second = GraphEvaluator.Evaluate(graph, [Tensor.Of<float>([1, 1], 3), first[1]]);
        Assert.Equal([200f, 620f], new[] { first[0], second[0] }.SelectMany(tensor => tensor.Values<float>()));
    }

    [Fact]
    public void An_LSTM_runs_over_its_sequence_and_keeps_its_states()
    {
        string[] gates = ["i", "f", "c", "o"];
        LiteTensorSpecification[] weights =
        [
            .. gates.Select((gate, index) => Floats($"w{gate}", [1, 1], 0.5f + (0.1f * index))), .. gates.Select((gate, index) => Floats($"r{gate}", [1, 1], 0.3f - (0.2f * index))),
            .. gates.Select((gate, index) => Floats($"b{gate}", [1], 0.1f * index)),
        ];
        Graph graph = Accept(File(
            "x",
            "y",
            [Floats("x", [1, 3, 1]), .. weights, Floats("h", [1, 1]) with { IsVariable = true }, Floats("m", [1, 1]) with { IsVariable = true }, Floats("y", [1, 3, 1])],
            new LiteNodeSpecification("UNIDIRECTIONAL_SEQUENCE_LSTM", "x wi wf wc wo ri rf rc ro _ _ _ bi bf bc bo _ _ h m", "y", new LiteOption(0, (sbyte)4))));
        float[] x = [1, -2, 0.5f];
        ImmutableArray<Tensor> made = GraphEvaluator.Evaluate(graph, [Tensor.Of([1, 3, 1], x), .. graph.Inputs.Skip(1).Select(_ => Tensor.Of<float>([1, 1], 0))]);
        (double h, double m) = (0, 0);
        double Gate(int gate, double input) => (input * (0.5 + (0.1 * gate))) + (h * (0.3 - (0.2 * gate))) + (0.1 * gate);
        float[] expected = [.. x.Select(input =>
        {
            double[] sums = [.. Enumerable.Range(0, 4).Select(gate => Gate(gate, input))];
            m = (Sigmoid(sums[1]) * m) + (Sigmoid(sums[0]) * Math.Tanh(sums[2]));
            h = Sigmoid(sums[3]) * Math.Tanh(m);
            return (float)h;
        })];
        Running.Close(expected, made[0].Values<float>(), 1e-6, "LSTM");
        Assert.Equal(2, graph.State.Length);
    }

    [Fact]
    public void A_variable_with_a_name_is_state_that_begins_with_zeros()
    {
        Graph graph = Accept(File(
            "x",
            "y",
            [Floats("x", [1]), new("v", ElementType.Int32, []) { Code = 13 }, Floats("old", [1]), Floats("y", [1])],
            new LiteNodeSpecification("VAR_HANDLE", "", "v", new LiteOption(1, "count")),
            new LiteNodeSpecification("READ_VARIABLE", "v", "old"),
            new LiteNodeSpecification("ADD", "x old", "y"),
            new LiteNodeSpecification("ASSIGN_VARIABLE", "v y", "")));
        Assert.Equal(new StateLink("count.next", "count"), Assert.Single(graph.State));
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
