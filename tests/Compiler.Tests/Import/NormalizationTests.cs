using System;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Ops;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class NormalizationTests
{
    private static readonly TensorProto Ones = Floats("one", [2], 1, 1);
    private static readonly TensorProto Zeros = Floats("zero", [2], 0, 0);

    [Fact]
    public void Batch_normalisation_is_one_multiplication_and_one_addition()
    {
        Graph graph = Accept(Model(
            [1, 2, 2, 2],
            [Node("BatchNormalization", "x s b m v", "y", Attribute("epsilon", 0f))],
            Floats("s", [2], 2, 3), Floats("b", [2], 1, 1), Floats("m", [2], 5, 7), Floats("v", [2], 4, 9)));
        Assert.IsType<Elementwise>(Assert.Single(graph.Nodes).Op);
        float[] output = Running.Evaluate(graph, Tensor.Of([1, 2, 2, 2], Enumerable.Range(0, 8).Select(value => (float)value).ToArray())).Values<float>();
        Assert.Equal([-4f, -3f, -2f, -1f, -2f, -1f, 0f, 1f], output);
    }

    [Fact]
    public void Batch_normalisation_in_training_takes_the_statistics_of_the_batch()
    {
        // Channel 0 holds 1, 3: mean 2, variance 1; channel 1 holds 2, 10: mean 6, variance 16.
        Tensor[] outputs = Evaluate(
            15,
            Node("BatchNormalization", "x s b m v", "y mean variance", Attribute("training_mode", 1), Attribute("epsilon", 0f), Attribute("momentum", 0.75f)),
            Floats("x", [2, 2, 1], 1, 2, 3, 10), Floats("s", [2], 2, 3), Floats("b", [2], 1, 1), Floats("m", [2], 10, 2), Floats("v", [2], 5, 0));
        Assert.Equal([-1f, -2f, 3f, 4f], outputs[0].Values<float>());
        Assert.Equal([8f, 3f], outputs[1].Values<float>());
        Assert.Equal([4f, 4f], outputs[2].Values<float>());
    }

    [Theory]
    [InlineData("InstanceNormalization", new float[] { -1f, 1f, -1f, 1f })]
    [InlineData("LayerNormalization", new float[] { -1f, 1f, -1f, 1f })]
    [InlineData("GroupNormalization", new float[] { -1.3416f, -0.4472f, 0.4472f, 1.3416f })]
    public void Normalised_numbers_have_mean_0_and_variance_1(string name, float[] expected)
    {
        AttributeProto[] attributes = [Attribute("epsilon", 0f), .. name[0] == 'G' ? new[] { Attribute("num_groups", 1) } : []];
        Tensor output = Evaluate(name, [Floats("x", [1, 2, 2], 1, 2, 3, 4), Ones, Zeros], attributes);
        Assert.Equal(expected, output.Values<float>(), (a, b) => Math.Abs(a - b) < 1e-3);
    }

    [Fact]
    public void A_response_is_divided_by_its_neighbours()
    {
        Tensor output = Evaluate(
            "LRN", [Floats("x", [1, 3, 1], 1, 2, 3)], Attribute("size", 3), Attribute("alpha", 3f), Attribute("beta", 1f), Attribute("bias", 1f));
        Assert.Equal([1f / 6, 2f / 15, 3f / 14], output.Values<float>(), (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Gemm_with_constant_weights_is_a_fully_connected_layer()
    {
        Graph graph = Accept(Model([1, 2], [Node("Gemm", "x w b", "y", Attribute("alpha", 2f))], Floats("w", [2, 2], 1, 2, 3, 4), Floats("b", [1, 2], 10, 20)));
        Assert.IsType<FullyConnected>(Assert.Single(graph.Nodes).Op);
        Assert.Equal([18f, 32f], Running.Evaluate(graph, Tensor.Of<float>([1, 2], 1, 1)).Values<float>());
    }

    [Theory]
    [InlineData(new[] { 2 }, new[] { 2 }, new int[0])]
    [InlineData(new[] { 2 }, new[] { 2, 3 }, new[] { 3 })]
    [InlineData(new[] { 4, 2 }, new[] { 2 }, new[] { 4 })]
    [InlineData(new[] { 5, 4, 2 }, new[] { 2, 3 }, new[] { 5, 4, 3 })]
    public void Vectors_are_rows_on_the_left_and_columns_on_the_right(int[] left, int[] right, int[] product)
    {
        ModelProto model = Model(Graph(
            [Node("MatMul", "a b", "y")], "y", null, Input("a", OnnxTypes.Float, [.. left.Cast<object>()]), Input("b", OnnxTypes.Float, [.. right.Cast<object>()])));
        Graph graph = Accept(model);
        Assert.Equal(product, graph.ShapeOf(graph.Outputs[0].Value).Extents);
    }

    [Fact]
    public void Quantised_numbers_round_to_even_and_saturate()
    {
        var zero = new TensorProto { Name = "z", DataType = OnnxTypes.UInt8 };
        zero.Int32Data.Add(10);
        Assert.Equal([10, 12, 12, 255, 0], Evaluate("QuantizeLinear", [Floats("x", [5], 0, 3, 5, 1000, -1000), Floats("s", [], 2), zero]).Values<byte>().Select(value => (int)value));
    }
}
