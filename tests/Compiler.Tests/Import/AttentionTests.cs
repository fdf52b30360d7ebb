using System;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Passes;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class AttentionTests
{
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Each_query_gets_the_mean_of_the_values_weighted_by_softmax(int seed)
    {
        var random = new Random(seed);
        int batch = random.Next(1, 3), heads = random.Next(1, 4), shared = random.Next(1, 4), length = random.Next(1, 6), keys = random.Next(1, 7), past = random.Next(0, 4);
        int size = random.Next(1, 9), width = random.Next(1, 9);
        bool causal = random.Next(2) == 0;
        float cap = random.Next(2) == 0 ? 0 : 0.7f;
        Tensor query = Networks.Noise(random, [batch, heads * shared, length, size]);
        Tensor key = Networks.Noise(random, [batch, heads, keys, size]), value = Networks.Noise(random, [batch, heads, keys, width]);
        Tensor pastKey = Networks.Noise(random, [batch, heads, past, size]), pastValue = Networks.Noise(random, [batch, heads, past, width]);
        NodeProto node = Node(
            "Attention", past == 0 ? "q k v" : "q k v _ pk pv", "y", Attribute("is_causal", causal ? 1 : 0), Attribute("softcap", cap), Attribute("scale", 0.5f));
        Tensor[] inputs = past == 0 ? [query, key, value] : [query, key, value, pastKey, pastValue];
        Graph graph = Accept(Fed(23, node, inputs));

        float[] expected = Attentions.Reference(query, Attentions.Joined(pastKey, key), Attentions.Joined(pastValue, value), 0.5, (_, _, row, column, score) =>
            causal && column > row + past ? double.NegativeInfinity : cap == 0 ? score : Math.Tanh(score / cap) * cap);
        Running.Close(expected, Running.Evaluate(graph, inputs).Values<float>(), 1e-5, $"seed {seed}, as imported");
        Running.Close(expected, Running.Execute(PassList.Run(graph, Precision.Float32), inputs), 1e-5, $"seed {seed}, as a plan");
    }

    [Fact]
    public void Lengths_known_at_run_time_hide_what_only_fills_up_and_align_causality_to_the_end()
    {
        var random = new Random(4);
        Tensor query = Networks.Noise(random, [3, 2, 2, 4]), key = Networks.Noise(random, [3, 2, 5, 4]), value = Networks.Noise(random, [3, 2, 5, 4]);
        long[] lengths = [5, 3, 0];
        Graph graph = Accept(Fed(24, Node("Attention", "q k v _ _ _ n", "y", Attribute("is_causal", 1)), query, key, value, Tensor.Of([3], lengths)));

        float[] output = Running.Evaluate(graph, query, key, value, Tensor.Of([3], lengths)).Values<float>();

        Running.Close(
            Attentions.Reference(query, key, value, 0.5, (batch, _, row, column, score) =>
                column < lengths[batch] && column <= row + lengths[batch] - 2 ? score : double.NegativeInfinity),
            output,
            1e-5,
            "lengths");
        Assert.All(output[32..], element => Assert.Equal(0f, element));
    }

    [Fact]
    public void A_query_that_may_see_nothing_gets_zeros_also_where_the_mask_is_computed()
    {
        Tensor query = Networks.Noise(new Random(5), [1, 1, 2, 3]);
        Tensor mask = Tensor.Of([2, 2], false, false, true, false);
        Graph graph = Accept(Fed(23, Node("Attention", "q k v m", "y"), query, query, query, mask));
        Assert.Equal([0f, 0f, 0f, .. query.Values<float>()[..3]], Running.Evaluate(graph, query, query, query, mask).Values<float>());
    }

    [Fact]
    public void Since_version_24_a_short_mask_hides_the_keys_behind_it()
    {
        Tensor query = Networks.Noise(new Random(6), [1, 1, 1, 2]), key = Networks.Noise(new Random(7), [1, 1, 3, 2]);
        TensorProto mask = Floats("m", [1, 1], 0);
        NodeProto node = Node("Attention", "q k v m", "y");
        Graph padded = Accept(Fed(24, node, [mask], query, key, key));
        Graph broadcast = Accept(Fed(23, node, [mask], query, key, key));
        Assert.Equal(key.Values<float>()[..2], Running.Evaluate(padded, query, key, key).Values<float>());
        Running.Close(
            Attentions.Reference(query, key, key, 1 / Math.Sqrt(2), (_, _, _, _, score) => score), Running.Evaluate(broadcast, query, key, key).Values<float>(), 1e-6, "broadcast");
    }

    [Theory]
    [InlineData(0, 0.25f)]
    [InlineData(1, 0.24491866f)]
    [InlineData(2, 1.2449187f)]
    [InlineData(3, 1f)]
    public void The_fourth_output_shows_the_scores_at_the_stage_asked_for(int mode, float expected)
    {
        NodeProto node = Node("Attention", "q k v m", "y _ _ s", Attribute("qk_matmul_output_mode", mode), Attribute("softcap", 1f), Attribute("scale", 0.5f));
        TensorProto one = Floats("q", [1, 1, 1, 1], 1), half = Floats("k", [1, 1, 1, 1], 0.5f);
        Tensor[] outputs = Evaluate(23, node, one, half, Floats("v", [1, 1, 1, 1], 3), Floats("m", [1, 1], 1));
        Assert.Equal(3f, outputs[0].Values<float>()[0]);
        Assert.Equal(expected, outputs[1].Values<float>()[0], 1e-6);
    }

    [Fact]
    public void Softmax_can_be_computed_in_float64()
    {
        Tensor query = Networks.Noise(new Random(8), [1, 1, 2, 4]);
        Graph graph = Accept(Fed(23, Node("Attention", "q k v", "y", Attribute("softmax_precision", (long)OnnxTypes.Double)), query, query, query));
        Running.Close(
            Attentions.Reference(query, query, query, 0.5, (_, _, _, _, score) => score), Running.Evaluate(graph, query, query, query).Values<float>(), 1e-6, "float64");
    }

    [Fact]
    public void Attention_between_layers_is_two_products_a_loop_and_a_softmax_and_copies_nothing_before()
    {
        var random = new Random(9);
        TensorProto[] weights = [.. "qkv".Select(name => Floats("w" + name, [8, 8], Networks.Noise(random, [8, 8]).Values<float>()))];
        ModelProto model = Model(
            [4, 8],
            [
                .. "qkv".SelectMany(name => new[] { Node("MatMul", $"x w{name}", $"{name}2"), Node("Reshape", $"{name}2 s", name.ToString()) }),
                Node("Attention", "q k v m", "y", Attribute("q_num_heads", 2), Attribute("kv_num_heads", 2)),
            ],
            [.. weights, Longs("s", 1, 4, 8), Floats("m", [4, 4], Networks.Noise(random, [4, 4]).Values<float>())]);
        model.OpsetImport[0].Version = 23;
        Graph graph = Accept(model);
        Graph optimized = PassList.Run(graph, Precision.Float32);

        string[] kernels = [.. ModelLowering.Lower(optimized, Running.Options).Plan.Steps.Select(step => step.Kernel)];

        string[] projections = ["FullyConnectedFloat32", "FullyConnectedFloat32", "FullyConnectedFloat32"];
        Assert.Equal([.. projections, "MatMulFloat32", "Elementwise", "SoftmaxFloat32", "MatMulFloat32", "CopyStrided32"], kernels);
        Tensor input = Networks.Noise(random, [4, 8]);
        Running.Close(Running.Evaluate(graph, input).Values<float>(), Running.Execute(optimized, input), 1e-5, "as a plan");
    }

    [Theory]
    [InlineData("q k v _ q", "", 0L, "MC1013")]
    [InlineData("q k v _ q q n", "", 0L, "MC1013")]
    [InlineData("q k v", "scale", -1f, "MC1013")]
    [InlineData("q k v", "qk_matmul_output_mode", 4L, "MC1013")]
    [InlineData("t t t", "", 0L, "MC1013")]
    [InlineData("t t t", "q_num_heads", 5L, "MC1014")]
    [InlineData("q k v m", "", 0L, "MC1014")]
    [InlineData("q o o", "", 0L, "MC1014")]
    [InlineData("q k o", "", 0L, "MC1014")]
    [InlineData("q k v", "softmax_precision", 99L, "MC1012")]
    public void What_makes_no_attention_is_refused(string inputs, string attribute, object value, string code)
    {
        AttributeProto[] attributes = attribute.Length == 0 ? [] : [value is float number ? Attribute(attribute, number) : Attribute(attribute, (long)value)];
        TensorProto[] constants =
        [
            .. "qkv".Select(name => Floats(name.ToString(), [1, 2, 2, 2], new float[8])), Floats("o", [1, 3, 2, 2], new float[12]),
            Floats("t", [1, 2, 4], new float[8]), Floats("m", [3, 3], new float[9]), Longs("n", 1),
        ];
        Assert.Equal(code, Assert.Single(Refuse(Model(Graph([Node("Attention", inputs, "y", attributes)], "y", constants), 24))).Kind.Code);
    }

    [Fact]
    public void The_body_of_a_flexible_attention_is_imported_in_place_and_sees_the_values_around_it()
    {
        Tensor query = Networks.Noise(new Random(10), [1, 2, 3, 4]);
        GraphProto body = Graph([Node("Mul", "s strength", "t")], "t", null, Input("s", OnnxTypes.Float, "B", "H", "L", "S"));
        NodeProto node = Flexible(Attribute("score_mod", body));
        Graph graph = Accept(Preview(Fed(26, node, [Floats("strength", [], 3)], query, query, query)));
        Running.Close(
            Attentions.Reference(query, query, query, 0.5, (_, _, _, _, score) => 3 * score), Running.Evaluate(graph, query, query, query).Values<float>(), 1e-5, "score_mod");
    }

    [Theory]
    [InlineData("s", "ReduceMax", "MC1014")]
    [InlineData("s t", "Identity", "MC1013")]
    public void A_body_that_makes_something_else_is_refused(string inputs, string name, string code)
    {
        Tensor query = Networks.Noise(new Random(11), [1, 1, 2, 2]);
        GraphProto body = Graph([Node(name, "s", "out")], "out", null, [.. inputs.Split(' ').Select(input => Input(input, OnnxTypes.Float, "B"))]);
        ModelProto model = Preview(Fed(26, Flexible(Attribute("prob_mod", body)), query, query, query));
        Assert.Equal(code, Assert.Single(Refuse(model)).Kind.Code);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Pairs_of_elements_turn_by_the_angle_of_their_position(int interleaved)
    {
        // Position 1 turns by 90°, position 0 not at all; the last element stays.
        TensorProto[] inputs = [Floats("x", [1, 1, 2, 5], 1, 2, 3, 4, 5, 1, 2, 3, 4, 5), Floats("c", [2, 2], 1, 1, 0, 0), Floats("s", [2, 2], 0, 0, 1, 1), Longs("p", 0, 1)];
        inputs[3].Dims.Insert(0, 1);
        Tensor output = Evaluate(23, Node("RotaryEmbedding", "x c s p", "y", Attribute("interleaved", interleaved), Attribute("rotary_embedding_dim", 4)), inputs)[0];
        float[] turned = interleaved == 1 ? [-2f, 1f, -4f, 3f, 5f] : [-3f, -4f, 1f, 2f, 5f];
        Assert.Equal([1f, 2f, 3f, 4f, 5f, .. turned], output.Values<float>());
    }

    [Theory]
    [InlineData("rotary_embedding_dim", 3L, "MC1013")]
    [InlineData("rotary_embedding_dim", 8L, "MC1013")]
    [InlineData("interleaved", 1L, "MC1014")]
    public void Angles_that_do_not_fit_are_refused(string attribute, long value, string code)
    {
        TensorProto[] inputs = [Floats("x", [1, 1, 1, 4], new float[4]), Floats("c", [1, 1, 1], 1), Floats("s", [1, 1, 1], 0)];
        ModelProto model = Model(Graph([Node("RotaryEmbedding", "x c s", "y", Attribute(attribute, value))], "y", inputs), 23);
        Assert.Equal(code, Assert.Single(Refuse(model)).Kind.Code);
    }

    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 12)];

    private static ModelProto Fed(int opset, NodeProto node, params Tensor[] inputs) => Fed(opset, node, [], inputs);

    // The node's inputs are the model's, in order; those that are constants come after.
    private static ModelProto Fed(int opset, NodeProto node, TensorProto[] constants, params Tensor[] inputs)
    {
        string[] names = [.. node.Input.Where(name => name.Length > 0 && constants.All(constant => constant.Name != name))];
        ValueInfoProto[] declared = [.. names.Zip(inputs, (name, tensor) => Input(name, CodeOf(tensor), [.. tensor.Shape.Cast<object>()]))];
        return Model(Graph([node], "y", constants, declared), opset);
    }

    private static int CodeOf(Tensor tensor) => tensor.Data switch { bool[] => OnnxTypes.Boolean, long[] => OnnxTypes.Int64, _ => OnnxTypes.Float };

    private static NodeProto Flexible(params AttributeProto[] attributes)
    {
        NodeProto node = Node("FlexAttention", "q k v", "y", attributes);
        node.Domain = "ai.onnx.preview";
        return node;
    }

    private static ModelProto Preview(ModelProto model)
    {
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx.preview", Version = 1 });
        return model;
    }
}
