using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class PoolingTests
{
    private static readonly TensorProto Image = Floats("x", [1, 1, 3, 3], 1, 2, 3, 4, 5, 6, 7, 8, 9);

    [Fact]
    public void The_greatest_of_each_window()
    {
        Tensor output = Evaluate("MaxPool", [Image], Integers("kernel_shape", 2, 2), Integers("strides", 2, 2), Attribute("ceil_mode", 1));
        Assert.Equal([5f, 6f, 8f, 9f], output.Values<float>());
    }

    [Theory]
    [InlineData(0L, 1.5f)]
    [InlineData(1L, 0.75f)]
    public void An_average_counts_the_padding_if_told_to(long counts, float first)
    {
        Tensor output = Evaluate(
            "AveragePool", [Floats("x", [1, 1, 2], 1, 2)], Integers("kernel_shape", 4), Integers("pads", 1, 1), Attribute("count_include_pad", counts));
        Assert.Equal([first], output.Values<float>());
    }

    [Fact]
    public void Volumes_are_pooled_axis_by_axis()
    {
        float[] volume = [.. Enumerable.Range(0, 27).Select(value => (float)value)];
        Tensor output = Evaluate("MaxPool", [Floats("x", [1, 1, 3, 3, 3], volume)], Integers("kernel_shape", 2, 2, 2));
        Assert.Equal([13f, 14f, 16f, 17f, 22f, 23f, 25f, 26f], output.Values<float>());
    }

    [Fact]
    public void A_norm_of_each_window()
    {
        Tensor output = Evaluate("LpPool", [Floats("x", [1, 1, 3], 3, -4, 12)], Integers("kernel_shape", 2));
        Assert.Equal([5f, 12.649111f], output.Values<float>(), (a, b) => System.Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public void Global_pooling_keeps_the_axes()
    {
        Tensor output = Evaluate("GlobalAveragePool", [Image]);
        Assert.Equal([1, 1, 1, 1], output.Shape);
        Assert.Equal([5f], output.Values<float>());
    }

    [Fact]
    public void Bytes_are_pooled_exactly()
    {
        var bytes = new TensorProto { Name = "x", DataType = OnnxTypes.UInt8 };
        bytes.Dims.AddRange([1, 1, 4]);
        bytes.Int32Data.AddRange([7, 250, 3, 9]);
        Assert.Equal([(byte)250, (byte)9], Evaluate("MaxPool", [bytes], Integers("kernel_shape", 2), Integers("strides", 2)).Values<byte>());
    }

    [Fact]
    public void Indices_that_nobody_reads_are_no_mistake()
    {
        ModelProto model = Model([1, 1, 4, 4], [Node("MaxPool", "x", "y i", Integers("kernel_shape", 2, 2))]);
        Graph graph = Accept(model);
        Assert.Equal([1, 1, 3, 3], graph.ShapeOf(graph.Outputs[0].Value));
    }

    [Fact]
    public void A_window_larger_than_the_image_is_refused()
    {
        ModelProto model = Model([1, 1, 3, 3], [Node("MaxPool", "x", "y", Integers("kernel_shape", 4, 4))]);
        Assert.Equal(DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(model)).Kind);
    }
}
