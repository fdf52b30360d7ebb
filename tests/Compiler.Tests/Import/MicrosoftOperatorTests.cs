using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class MicrosoftOperatorTests
{
    private static readonly Random Random = new(20);
    private static readonly Tensor Matrix = Networks.Noise(Random, [2, 3, 4]);
    private static readonly Tensor Row = Networks.Noise(Random, [4]);
    private static readonly Tensor Other = Networks.Noise(Random, [4]);

    [Theory]
    [InlineData("BiasGelu", "x r", true)]
    [InlineData("Gelu", "x", false)]
    [InlineData("FastGelu", "x r", true)]
    [InlineData("FastGelu", "x", false)]
    [InlineData("QuickGelu", "x", false)]
    public void Activations_are_their_formulas(string name, string inputs, bool isBiased)
    {
        float[] output = Run(Microsoft(name, inputs, "y"), Proto("x", Matrix), Proto("r", Row))[0].Values<float>();
        for (int index = 0; index < output.Length; index++)
        {
            double x = Matrix.Values<float>()[index] + (isBiased ? Row.Values<float>()[index % 4] : 0);

            // The exact one and the approximation by tanh agree to 3 digits.
            double expected = name == "QuickGelu" ? x / (1 + Math.Exp(-1.702 * x)) : x * 0.5 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));
            Assert.Equal(expected, output[index], name is "BiasGelu" or "Gelu" ? 5e-4 : 1e-6);
        }
    }

    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(1, 0, 0, 0)]
    [InlineData(0, 1, 0, 0)]
    [InlineData(0, 0, 1, 0)]
    [InlineData(1, 1, 1, 1)]
    public void Products_take_their_operands_in_any_order_of_axes(int transA, int transB, int batchA, int batchB)
    {
        // C[b, i, j] = 2 · Σₖ A[b, i, k] · B[b, k, j], with the axes stored as the attributes say.
        float[] left = Networks.Noise(new Random(1), [2 * 3 * 4]).Values<float>(), right = Networks.Noise(new Random(2), [2 * 4 * 5]).Values<float>();
        TensorProto a = Stored("a", left, [2, 3, 4], transA == 1, batchA == 1), b = Stored("b", right, [2, 4, 5], transB == 1, batchB == 1);
        AttributeProto[] attributes =
            [Attribute("alpha", 2f), Attribute("transA", transA), Attribute("transB", transB), Attribute("transBatchA", batchA), Attribute("transBatchB", batchB)];
        Tensor output = Run(Microsoft("FusedMatMul", "a b", "y", attributes), a, b)[0];
        Assert.True(output.Shape == [2, 3, 5]);
        float[] expected = [.. Enumerable.Range(0, 30).Select(index =>
            (float)Enumerable.Range(0, 4).Sum(k => 2.0 * left[(index / 5 * 4) + k] * right[((((index / 15) * 4) + k) * 5) + (index % 5)]))];
        Running.Close(expected, output.Values<float>(), 1e-5, "product");
    }

    [Theory]
    [InlineData("Relu", new float[0], -3f, 0f)]
    [InlineData("LeakyRelu", new[] { 0.5f }, -3f, -1.5f)]
    [InlineData("Clip", new[] { -1f, 1f }, 3f, 1f)]
    [InlineData("HardSigmoid", new[] { 0.25f, 0.5f }, 1f, 0.75f)]
    [InlineData("HardSwish", new float[0], 6f, 6f)]
    [InlineData("Tanh", new float[0], 0f, 0f)]
    [InlineData("Sigmoid", new float[0], 0f, 0.5f)]
    public void A_convolution_adds_and_activates(string activation, float[] parameters, float sum, float expected)
    {
        var numbers = new AttributeProto { Name = "activation_params", Type = AttributeProto.Types.AttributeType.Floats };
        numbers.Floats.AddRange(parameters);
        AttributeProto[] attributes = [Attribute("activation", activation), .. parameters.Length > 0 ? new[] { numbers } : []];
        TensorProto[] inputs = [Floats("x", [1, 1, 1, 1], 2), Floats("w", [1, 1, 1, 1], 5), Floats("b", [1], 1), Floats("z", [1, 1, 1, 1], sum - 11)];
        Assert.Equal(expected, Run(Microsoft("FusedConv", "x w b z", "y", attributes), inputs)[0].Values<float>()[0], 1e-6);

        AttributeProto[] gemm = [Attribute("activation", activation), .. parameters.Select((value, index) => Attribute(index == 0 ? "activation_alpha" : "activation_beta", value))];
        Assert.Equal(expected, Run(Microsoft("FusedGemm", "x w b", "y", gemm), Floats("x", [1, 1], 1), Floats("w", [1, 1], sum - 1), Floats("b", [1], 1))[0].Values<float>()[0], 1e-6);
    }

    [Theory]
    [InlineData("", "LayerNormalization", "x r o", true, false)]
    [InlineData("com.microsoft", "LayerNormalization", "x r o", true, false)]
    [InlineData("", "SimplifiedLayerNormalization", "x r", false, false)]
    [InlineData("com.microsoft", "SimplifiedLayerNormalization", "x r", false, false)]
    [InlineData("com.microsoft", "SkipLayerNormalization", "x x r o o", true, true)]
    [InlineData("com.microsoft", "SkipSimplifiedLayerNormalization", "x x r o", false, true)]
    public void Normalisations_divide_by_the_deviation(string domain, string name, string inputs, bool isCentred, bool skips)
    {
        NodeProto node = Node(name, inputs, skips ? "y _ _ s" : "y", Attribute("epsilon", 0.01f));
        node.Domain = domain;
        Tensor[] outputs = Run(node, Proto("x", Matrix), Proto("r", Row), Proto("o", Other));
        for (int row = 0; row < 6; row++)
        {
            double[] sums = [.. Enumerable.Range(0, 4).Select(column => (Matrix.Values<float>()[(row * 4) + column] * (skips ? 2.0 : 1)) + (skips ? Other.Values<float>()[column] : 0))];
            double mean = isCentred ? sums.Average() : 0;
            double deviation = Math.Sqrt(sums.Average(sum => (sum - mean) * (sum - mean)) + 0.01);
            for (int column = 0; column < 4; column++)
            {
                double expected = ((sums[column] - mean) / deviation * Row.Values<float>()[column]) + (isCentred ? Other.Values<float>()[column] : 0);
                Assert.Equal(expected, outputs[0].Values<float>()[(row * 4) + column], 1e-5);
                Assert.True(!skips || Math.Abs(sums[column] - outputs[1].Values<float>()[(row * 4) + column]) < 1e-6);
            }
        }
    }

    [Fact]
    public void Embeddings_are_looked_up_summed_and_normalised_and_the_mask_counted()
    {
        TensorProto[] inputs =
        [
            Words("w", 1, 0), Words("s", 0, 1), Floats("we", [2, 2], 1, 2, 3, 5), Floats("pe", [3, 2], 10, 20, 30, 40, 50, 60), Floats("se", [2, 2], 100, 200, 300, 400),
            Floats("g", [2], 1, 2), Floats("b", [2], 5, 6), Words("m", 1, 0), Words("p", 2, 0),
        ];
        Tensor[] outputs = Run(Microsoft("EmbedLayerNormalization", "w s we pe se g b m", "y n e"), inputs);
        Assert.Equal([113f, 225f, 331f, 442f], outputs[2].Values<float>());
        Assert.Equal([4f, 8f, 4f, 8f], outputs[0].Values<float>(), (a, b) => Math.Abs(a - b) < 1e-5);
        Assert.Equal([1], outputs[1].Values<int>());

        Tensor placed = Run(Microsoft("EmbedLayerNormalization", "w _ we pe _ g b _ p", "y n e"), inputs)[2];
        Assert.Equal([53f, 65f, 11f, 22f], placed.Values<float>());
    }

    [Theory]
    [InlineData("q k v b m", new[] { 1, 3 }, new[] { 1, 1, 0, 1, 0, 0 }, 0)]
    [InlineData("q k v b m", new[] { 2 }, new[] { 2, 1 }, 1)]
    [InlineData("q k v b m", new[] { 2, 2, 3 }, new[] { 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1 }, 0)]
    [InlineData("q k v b _ a", new int[0], new int[0], 1)]
    [InlineData("q k v", new int[0], new int[0], 0)]
    public void Heads_attend_to_what_is_no_padding(string inputs, int[] shape, int[] mask, int unidirectional)
    {
        var random = new Random(30);
        Tensor query = Networks.Noise(random, [2, 2, 4]), key = Networks.Noise(random, [2, 3, 4]), value = Networks.Noise(random, [2, 3, 6]);
        Tensor bias = Networks.Noise(random, [14]), added = Networks.Noise(random, [1, 2, 2, 3]);
        bool isBiased = inputs.Contains('b');
        int[] shown = shape.Length == 2 ? [2, 3] : shape;
        var numbers = new TensorProto { Name = "m", DataType = OnnxTypes.Int32 };
        numbers.Dims.AddRange(shown.Select(extent => (long)extent));
        numbers.Int32Data.AddRange(mask);
        NodeProto node = Microsoft("MultiHeadAttention", inputs, "y", Attribute("num_heads", 2), Attribute("unidirectional", unidirectional));

        Tensor output = Run(node, Proto("q", query), Proto("k", key), Proto("v", value), Proto("b", bias), numbers, Proto("a", added))[0];

        Tensor Biased(Tensor tensor, int start) => !isBiased ? tensor : Tensor.Of(
            tensor.Shape, tensor.Values<float>().Select((x, index) => x + bias.Values<float>()[start + (index % tensor.Shape[2])]).ToArray());
        float[] expected = Attentions.Reference(
            Attentions.Split(Biased(query, 0), 2),
            Attentions.Split(Biased(key, 4), 2),
            Attentions.Split(Biased(value, 8), 2),
            1 / Math.Sqrt(2),
            (batch, head, row, column, score) =>
                unidirectional == 1 && column > row ? double.NegativeInfinity
                : inputs.EndsWith('a') ? score + added.Values<float>()[(((head * 2) + row) * 3) + column]
                : !inputs.EndsWith('m') || IsShown(shown, mask, batch, row, column) ? score
                : score - 10000);
        Assert.True(output.Shape == [2, 2, 6]);
        Running.Close(expected, Attentions.Split(output, 2).Values<float>(), 1e-5, inputs);
    }

    [Theory]
    [InlineData(0, new int[0])]
    [InlineData(1, new[] { 2 })]
    [InlineData(0, new[] { 3, 1 })]
    public void Self_attention_projects_its_input_and_carries_keys_and_values_on(int unidirectional, int[] mask)
    {
        // One sequence of two, after one that is past; a mask holds the end of what counts, and then the beginning.
        var random = new Random(31);
        Tensor input = Networks.Noise(random, [1, 2, 3]), weights = Networks.Noise(random, [3, 12]), bias = Networks.Noise(random, [12]), past = Networks.Noise(random, [2, 1, 2, 1, 2]);
        var ends = new TensorProto { Name = "m", DataType = OnnxTypes.Int32, Dims = { mask.Length } };
        ends.Int32Data.AddRange(mask);
        NodeProto node = Microsoft("Attention", mask.Length == 0 ? "x w b _ p" : "x w b m p", "y n", Attribute("num_heads", 2), Attribute("unidirectional", unidirectional));

        Tensor[] outputs = Run(node, Proto("x", input), Proto("w", weights), Proto("b", bias), ends, Proto("p", past));

        Tensor Part(int start) => Attentions.Split(
            Tensor.Of([1, 2, 4], Enumerable.Range(0, 8).Select(index => (float)(bias.Values<float>()[start + (index % 4)] + Enumerable.Range(0, 3).Sum(k =>
                (double)input.Values<float>()[(index / 4 * 3) + k] * weights.Values<float>()[(k * 12) + start + (index % 4)]))).ToArray()),
            2);
        Tensor keys = Attentions.Joined(Tensor.Of([1, 2, 1, 2], past.Values<float>()[..4]), Part(4));
        Tensor values = Attentions.Joined(Tensor.Of([1, 2, 1, 2], past.Values<float>()[4..]), Part(8));
        float[] expected = Attentions.Reference(Part(0), keys, values, 1 / Math.Sqrt(2), (_, _, row, column, score) =>
            unidirectional == 1 && column > row + 1 ? double.NegativeInfinity
            : mask.Length > 0 && (column >= mask[0] || (mask.Length > 1 && column < mask[1])) ? score - 10000 : score);
        Running.Close(expected, Attentions.Split(outputs[0], 2).Values<float>(), 1e-5, "attention");
        Running.Close([.. keys.Values<float>(), .. values.Values<float>()], outputs[1].Values<float>(), 1e-5, "present");
    }

    [Theory]
    [InlineData("MultiHeadAttention", "x", "num_heads", 1L, "MC1011")]
    [InlineData("MultiHeadAttention", "x x x x", "num_heads", 1L, "MC1014")]
    [InlineData("MultiHeadAttention", "x x x _ _ _ h", "num_heads", 1L, "MC1013")]
    [InlineData("MultiHeadAttention", "x x x _ _ _ _ _ x", "num_heads", 1L, "MC1011")]
    [InlineData("MultiHeadAttention", "x x x _ h", "num_heads", 1L, "MC1011")]
    [InlineData("MultiHeadAttention", "x x x", "num_heads", 3L, "MC1014")]
    [InlineData("MultiHeadAttention", "x x x", "num_heads", 0L, "MC1013")]
    [InlineData("Attention", "x w", "do_rotary", 1L, "MC1011")]
    [InlineData("Attention", "x w", "past_present_share_buffer", 1L, "MC1011")]
    [InlineData("Attention", "x x", "num_heads", 1L, "MC1014")]
    [InlineData("FusedConv", "h h", "activation", "Softplus", "MC1011")]
    [InlineData("SkipLayerNormalization", "x h x", "num_heads", 1L, "MC1014")]
    [InlineData("GroupQueryAttention", "x x x", "num_heads", 1L, "MC1010")]
    public void Other_forms_are_refused_by_name(string name, string inputs, string attribute, object value, string code)
    {
        AttributeProto given = value is string text ? Attribute(attribute, text) : Attribute(attribute, (long)value);
        TensorProto[] constants = [Floats("x", [1, 2, 2], 1, 2, 3, 4), Floats("h", [1, 1, 1, 1], 1), Floats("w", [2, 6], new float[12])];
        Assert.Equal(code, Assert.Single(Refuse(Whole(Microsoft(name, inputs, "y", given), "y", constants))).Kind.Code);
    }

    private static bool IsShown(int[] shape, int[] mask, int batch, int row, int column) =>
        shape.Length == 1 ? column < mask[batch] : mask[shape.Length == 2 ? (batch * 3) + column : (((batch * 2) + row) * 3) + column] > 0;

    private static TensorProto Stored(string name, float[] values, Shape shape, bool isTransposed, bool byBatch)
    {
        // From [b, i, k] to the way it is stored.
        int[] order = isTransposed ? [0, 2, 1] : [0, 1, 2];
        order = byBatch ? [order[1], order[0], order[2]] : order;
        Tensor stored = new Ops.Transpose(new Plans.EquatableArray<int>(order)).Evaluate([Tensor.Of(shape, values)])[0];
        return Proto(name, stored);
    }

    private static TensorProto Proto(string name, Tensor tensor) => Floats(name, [.. tensor.Shape.Select(extent => (long)extent)], tensor.Values<float>());

    private static TensorProto Words(string name, params int[] words)
    {
        var tensor = new TensorProto { Name = name, DataType = OnnxTypes.Int32, Dims = { 1, words.Length } };
        tensor.Int32Data.AddRange(words);
        return tensor;
    }

    private static NodeProto Microsoft(string name, string inputs, string outputs, params AttributeProto[] attributes)
    {
        NodeProto node = Node(name, inputs, outputs, attributes);
        node.Domain = "com.microsoft";
        return node;
    }

    private static Tensor[] Run(NodeProto node, params TensorProto[] constants)
    {
        string outputs = string.Join(' ', node.Output.Where(name => name.Length > 0));
        Graph graph = Accept(Whole(node, outputs, constants));
        return [.. graph.Outputs.Select(output => graph.Constants[output.Value])];
    }

    private static ModelProto Whole(NodeProto node, string outputs, TensorProto[] constants)
    {
        ModelProto model = Model(Graph([node], outputs, constants), 14);
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        return model;
    }
}
