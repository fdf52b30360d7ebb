using System;
using System.Linq;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Passes;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class StateOperatorTests
{
    private const int Steps = 6;

    [Theory]
    [InlineData("linear", 4, 1)]
    [InlineData("gated", 4, 2)]
    [InlineData("gated", 2, 3)]
    [InlineData("delta", 1, 4)]
    [InlineData("delta", 2, 5)]
    [InlineData("gated_delta", 4, 6)]
    [InlineData("gated_delta", 2, 7)]
    public void A_head_of_linear_attention_forgets_takes_in_and_answers(string rule, int gates, int seed)
    {
        // Two key heads of 2×3, each read by two queries; the gates are one a key element, one a head or, for the strength, one in all.
        var random = new Random(seed);
        float[] query = Noise(random, 8), key = Noise(random, 4), value = Noise(random, 6), decay = Noise(random, gates), strength = Noise(random, gates == 4 ? 2 : gates);
        NodeProto node = Node(
            "LinearAttention", "q k v _ d b", "y s", Attribute("update_rule", rule), Attribute("q_num_heads", 4), Attribute("kv_num_heads", 2), Attribute("scale", 0.5f));
        Tensor[] outputs = Evaluate(
            27, node, Sequence("q", 8, query), Sequence("k", 4, key), Sequence("v", 6, value), Sequence("d", gates, decay), Sequence("b", strength.Length / Steps, strength));

        bool forgets = rule.StartsWith("gated", StringComparison.Ordinal), corrects = rule.EndsWith("delta", StringComparison.Ordinal);
        for (int head = 0; head < 2; head++)
        {
            var state = new double[2, 3];
            for (int step = 0; step < Steps; step++)
            {
                double Gate(float[] gate, int row)
                {
                    int count = gate.Length / Steps;
                    return gate[(step * count) + (count == 4 ? (head * 2) + row : count == 2 ? head : 0)];
                }

                for (int column = 0; column < 3; column++)
                {
                    double[] kept = [.. Enumerable.Range(0, 2).Select(row => state[row, column] * (forgets ? Math.Exp(Gate(decay, row)) : 1))];
                    double known = kept[0] * key[(step * 4) + (head * 2)] + kept[1] * key[(step * 4) + (head * 2) + 1];
                    double taken = value[(step * 6) + (head * 3) + column];
                    taken = corrects ? Gate(strength, 0) * (taken - known) : taken;
                    for (int row = 0; row < 2; row++)
                    {
                        state[row, column] = kept[row] + (key[(step * 4) + (head * 2) + row] * taken);
                    }

                    for (int other = 2 * head; other < 2 * (head + 1); other++)
                    {
                        double answer = 0.5 * ((query[(step * 8) + (other * 2)] * state[0, column]) + (query[(step * 8) + (other * 2) + 1] * state[1, column]));
                        Assert.Equal(answer, outputs[0].Values<float>()[(step * 12) + (other * 3) + column], 1e-4);
                    }
                }
            }

            Assert.Equal(state[1, 2], outputs[1].Values<float>()[(head * 6) + 5], 1e-4);
        }
    }

    [Fact]
    public void Linear_attention_over_two_halves_is_that_over_the_whole()
    {
        var random = new Random(8);
        float[] sequence = Noise(random, 4);
        AttributeProto[] heads = [Attribute("q_num_heads", 2), Attribute("kv_num_heads", 2), Attribute("update_rule", "linear")];
        Tensor whole = Evaluate(27, Node("LinearAttention", "x x x", "y s", heads), Sequence("x", 4, sequence))[0];
        Tensor[] first = Evaluate(27, Node("LinearAttention", "x x x", "y s", heads), Floats("x", [1, 2, 4], sequence[..8]));
        Tensor second = Evaluate(
            27, Node("LinearAttention", "x x x p", "y s", heads), Floats("x", [1, 4, 4], sequence[8..]), Floats("p", [1, 2, 2, 2], first[1].Values<float>()))[0];
        float[] halves = [.. first[0].Values<float>(), .. second.Values<float>()];
        Assert.Equal(whole.Values<float>(), halves);
    }

    [Theory]
    [InlineData("x x x", "update_rule", "none", 4, "MC1013")]
    [InlineData("x x x", "update_rule", "gated", 4, "MC1013")]
    [InlineData("x x x x", "update_rule", "linear", 4, "MC1014")]
    [InlineData("x x x _ _ x", "update_rule", "delta", 4, "MC1014")]
    [InlineData("x x w", "update_rule", "linear", 4, "MC1014")]
    [InlineData("x x x", "update_rule", "linear", 257, "MC1011")]
    public void What_makes_no_recurrence_is_refused(string inputs, string attribute, string value, int length, string code)
    {
        AttributeProto[] attributes = [Attribute("q_num_heads", 2), Attribute("kv_num_heads", 2), Attribute(attribute, value)];
        TensorProto[] constants = [Floats("x", [1, length, 4], new float[4 * length]), Floats("w", [1, 1, 4], new float[4])];
        Assert.Equal(code, Assert.Single(Refuse(Model(Graph([Node("LinearAttention", inputs, "y s", attributes)], "y", constants), 27))).Kind.Code);
    }

    [Fact]
    public void A_causal_convolution_reads_what_came_before()
    {
        TensorProto[] inputs = [Floats("x", [1, 2, 3], 1, 2, 3, 4, 5, 6), Floats("w", [2, 1, 2], 1, 10, 2, 20), Floats("b", [2], 100, 200), Floats("p", [1, 2, 1], 7, 8)];
        Tensor[] outputs = Evaluate(27, Node("CausalConvWithState", "x w b p", "y s"), inputs);
        Assert.Equal([117f, 121f, 132f, 296f, 308f, 330f], outputs[0].Values<float>());
        Assert.Equal([3f, 6f], outputs[1].Values<float>());

        Tensor activated = Evaluate(27, Node("CausalConvWithState", "x w", "y s", Attribute("activation", "silu")), inputs[..2])[0];
        Assert.Equal(10 / (1 + Math.Exp(-10)), activated.Values<float>()[0], 1e-5);
    }

    [Theory]
    [InlineData("x w", "relu", "MC1011")]
    [InlineData("x x", "none", "MC1014")]
    [InlineData("x w _ x", "none", "MC1014")]
    public void A_convolution_with_other_parts_is_refused(string inputs, string activation, string code)
    {
        TensorProto[] constants = [Floats("x", [1, 2, 3], new float[6]), Floats("w", [2, 1, 2], new float[4])];
        ModelProto model = Model(Graph([Node("CausalConvWithState", inputs, "y", Attribute("activation", activation))], "y", constants), 27);
        Assert.Equal(code, Assert.Single(Refuse(model)).Kind.Code);
    }

    [Theory]
    [InlineData("linear", 1, 0, new float[] { 1, 21, 22, 4, 23, 24, 7, 8 })]
    [InlineData("circular", 3, 5, new float[] { 22, 2, 3, 21, 5, 23, 24, 8 })]
    [InlineData("circular", -1, 2, new float[] { 22, 2, 3, 21, 5, 6, 23, 24 })]
    public void Each_sequence_of_a_cache_is_written_where_its_index_says(string mode, long first, long second, float[] expected)
    {
        Graph graph = Accept(Cache(mode));
        Tensor[] inputs = [Tensor.Of<float>([2, 4, 1], 1, 2, 3, 4, 5, 6, 7, 8), Tensor.Of<float>([2, 2, 1], 21, 22, 23, 24), Tensor.Of([2], first, second)];
        Assert.Equal(expected, Running.Evaluate(graph, inputs).Values<float>());
        Assert.Equal(expected, Written(graph, inputs));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-1)]
    public void An_update_beyond_the_cache_is_refused_when_it_runs(long start)
    {
        Tensor[] inputs = [Tensor.Of<float>([2, 4, 1], new float[8]), Tensor.Of<float>([2, 2, 1], new float[4]), Tensor.Of([2], 0, start)];
        Assert.Throws<ArgumentException>(() => Written(Accept(Cache("linear")), inputs));
    }

    [Theory]
    [InlineData("c u w", "linear", -2, "MC1014")]
    [InlineData("c u", "square", -2, "MC1013")]
    [InlineData("c u", "linear", 0, "MC1014")]
    [InlineData("u c", "linear", 1, "MC1014")]
    public void What_does_not_fit_into_a_cache_is_refused(string inputs, string mode, int axis, string code)
    {
        TensorProto[] constants = [Floats("c", [1, 2, 1], 1, 2), Floats("u", [1, 1, 1], 3), Longs("w", 2)];
        ModelProto model = Model(Graph([Node("TensorScatter", inputs, "y", Attribute("mode", mode), Attribute("axis", axis))], "y", constants), 24);
        Assert.Equal(code, Assert.Single(Refuse(model)).Kind.Code);
    }

    private static ModelProto Cache(string mode)
    {
        ValueInfoProto[] inputs = [Input("c", OnnxTypes.Float, 2, 4, 1), Input("u", OnnxTypes.Float, 2, 2, 1), Input("w", OnnxTypes.Int64, 2)];
        return Model(Graph([Node("TensorScatter", "c u w", "y", Attribute("mode", mode))], "y", null, inputs), 24);
    }

    private static float[] Written(Graph graph, Tensor[] inputs)
    {
        LoweredModel model = ModelLowering.Lower(PassList.Run(graph, Precision.Float32), Running.Options);
        var executor = new PlanExecutor(model.Plan, model.Weights);
        executor.Feed<float>("c", inputs[0].Values<float>());
        executor.Feed<float>("u", inputs[1].Values<float>());
        executor.Feed<long>("w", inputs[2].Values<long>());
        executor.Infer();
        return executor.Fetch<float>("y");
    }

    private static float[] Noise(Random random, int width) => Networks.Noise(random, [Steps * width]).Values<float>();

    private static TensorProto Sequence(string name, int width, float[] values) => Floats(name, [1, Steps, width], values);
}
