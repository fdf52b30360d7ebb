using System;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>Integer arithmetic is exact, and what cannot be is refused.</summary>
public class QuantizationTests
{
    [Theory]
    [InlineData(4)]
    [InlineData(64)]
    [InlineData(700)]
    [InlineData(4000)]
    public void Sums_of_integer_convolutions_are_exact_beyond_what_float32_holds(int channels)
    {
        var random = new Random(channels);
        byte[] image = [.. Enumerable.Range(0, channels * 16).Select(_ => (byte)random.Next(200, 256))];
        byte[] weights = [.. Enumerable.Range(0, 2 * channels * 9).Select(_ => (byte)random.Next(100, 256))];
        ModelProto model = Model(
            "ConvInteger", "x w xz", OnnxModels.Input("x", OnnxTypes.UInt8, 1, channels, 4, 4), Bytes("w", OnnxTypes.UInt8, [2, channels, 3, 3], weights), Bytes("xz", OnnxTypes.UInt8, [], 3));

        int[] actual = Run<byte, int>(model, image);

        int[] expected = [.. Enumerable.Range(0, 8).Select(index => Enumerable.Range(0, channels * 9).Sum(tap =>
            (image[(tap / 9 * 16) + (((index / 2 % 2) + (tap / 3 % 3)) * 4) + (index % 2) + (tap % 3)] - 3) * weights[(index / 4 * channels * 9) + tap]))];
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void An_integer_convolution_whose_sums_nothing_holds_is_refused()
    {
        ModelProto model = Model(
            "ConvInteger", "x w", OnnxModels.Input("x", OnnxTypes.UInt8, 1, 40000, 1, 1), Bytes("w", OnnxTypes.UInt8, [1, 40000, 1, 1], [.. Enumerable.Repeat((byte)255, 40000)]));

        Assert.Equal("MC1011", Assert.Single(OnnxModels.Refuse(model)).Kind.Code);
    }

    [Fact]
    public void Integer_products_are_exact()
    {
        var random = new Random(7);
        byte[] left = [.. Enumerable.Range(0, 1024).Select(_ => (byte)random.Next(200, 256))];
        byte[] right = [.. Enumerable.Range(0, 1024 * 3).Select(_ => (byte)random.Next(0, 256))];
        ModelProto model = Model("MatMulInteger", "x w _ wz", OnnxModels.Input("x", OnnxTypes.UInt8, 1, 1024), Bytes("w", OnnxTypes.Int8, [1024, 3], right), Bytes("wz", OnnxTypes.Int8, [3], 1, 2, 3));

        int[] actual = Run<byte, int>(model, left);

        Assert.Equal(Enumerable.Range(0, 3).Select(column => Enumerable.Range(0, 1024).Sum(k => left[k] * (unchecked((sbyte)right[(k * 3) + column]) - (column + 1)))), actual);
    }

    [Theory]
    [InlineData("QLinearGlobalAveragePool")]
    [InlineData("QLinearAveragePool")]
    public void Poolings_of_channels_last_are_refused(string name)
    {
        NodeProto node = OnnxModels.Node(name, "x s z s z", "y", OnnxModels.Attribute("channels_last", 1L), OnnxModels.Integers("kernel_shape", 2, 2));

        Assert.Equal("MC1011", Assert.Single(OnnxModels.Refuse(Microsoft(node))).Kind.Code);
    }

    [Theory]
    [InlineData("s z x s")]
    [InlineData("s z")]
    public void A_concatenation_without_three_inputs_a_tensor_is_refused(string inputs)
    {
        NodeProto node = OnnxModels.Node("QLinearConcat", inputs, "y", OnnxModels.Attribute("axis", 1L));

        Assert.Equal("MC1013", Assert.Single(OnnxModels.Refuse(Microsoft(node))).Kind.Code);
    }

    [Fact]
    public void A_scale_for_each_row_of_a_sum_is_refused()
    {
        NodeProto node = OnnxModels.Node("QLinearAdd", "x s z x s z many z", "y");

        Assert.Equal("MC1014", Assert.Single(OnnxModels.Refuse(Microsoft(node))).Kind.Code);
    }

    [Fact]
    public void A_scale_that_is_computed_is_used_as_it_comes()
    {
        NodeProto[] nodes =
        [
            OnnxModels.Node("ReduceMax", "x", "s", OnnxModels.Attribute("keepdims", 0L)),
            OnnxModels.Node("QuantizeLinear", "x s", "q"),
            OnnxModels.Node("DequantizeLinear", "q s", "y"),
        ];

        Assert.Equal([0, 4f, 4, 0], Run<float, float>(OnnxModels.Model([1, 4], nodes), [-3, 4, 3, 1]));
    }

    [Fact]
    public void A_product_with_a_factor_and_a_bias_for_each_element_is_what_the_formula_says()
    {
        var bias = new TensorProto { Name = "c", DataType = OnnxTypes.Int32 };
        bias.Dims.AddRange([2L, 2L]);
        bias.Int32Data.AddRange([10, -20, 30, 40]);
        NodeProto node = OnnxModels.Node("QGemm", "x s z w s z c", "y", OnnxModels.Attribute("alpha", 2f), OnnxModels.Attribute("transB", 1L));
        ModelProto model = Microsoft(node, Bytes("w", OnnxTypes.UInt8, [2, 2], 1, 2, 3, 4), bias);
        model.Graph.Input[0] = OnnxModels.Input("x", OnnxTypes.UInt8, 2, 2);

        float[] actual = Run<byte, float>(model, [5, 6, 7, 8]);

        // 2 · 0.5 · 0.5 · ((x − 1) · (w − 1)ᵀ + c)
        Assert.Equal([0.5f * (5 + 10), 0.5f * (23 - 20), 0.5f * (7 + 30), 0.5f * (33 + 40)], actual);
    }

    private static ModelProto Model(string name, string inputs, ValueInfoProto input, params TensorProto[] constants) =>
        OnnxModels.Model(OnnxModels.Graph([OnnxModels.Node(name, inputs, "y")], "y", constants, input));

    private static ModelProto Microsoft(NodeProto node, params TensorProto[] constants)
    {
        node.Domain = "com.microsoft";
        ModelProto model = OnnxModels.Model(OnnxModels.Graph(
            [node], "y", [OnnxModels.Floats("s", [], 0.5f), OnnxModels.Floats("many", [2], 0.5f, 1), Bytes("z", OnnxTypes.UInt8, [], 1), .. constants], OnnxModels.Input("x", OnnxTypes.UInt8, 1, 2, 4, 4)));
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        return model;
    }

    private static TOutput[] Run<TInput, TOutput>(ModelProto proto, TInput[] input)
        where TInput : unmanaged
        where TOutput : unmanaged
    {
        Graph graph = Compiler.Quantization.Quantizer.Run(PassList.Run(OnnxModels.Accept(proto), Precision.Float32)).Graph;
        LoweredModel model = ModelLowering.Lower(graph, Running.Options);
        var executor = new PlanExecutor(model.Plan, model.Weights);
        executor.Feed<TInput>("x", input);
        executor.Infer();
        return executor.Fetch<TOutput>("y");
    }

    private static TensorProto Bytes(string name, int type, long[] shape, params byte[] values)
    {
        var tensor = new TensorProto { Name = name, DataType = type, RawData = ByteString.CopyFrom(values) };
        tensor.Dims.AddRange(shape);
        return tensor;
    }
}
