using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Ops;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class ConvolutionTests
{
    private static readonly TensorProto Image = Floats("x", [1, 1, 3, 3], 1, 2, 3, 4, 5, 6, 7, 8, 9);

    [Fact]
    public void A_convolution_sums_its_window()
    {
        Tensor output = Evaluate("Conv", [Image, Floats("w", [1, 1, 2, 2], 1, 10, 100, 1000), Floats("b", [1], 0.5f)]);
        Assert.Equal([1, 1, 2, 2], output.Shape);
        Assert.Equal([5421.5f, 6532.5f, 8754.5f, 9865.5f], output.Values<float>());
    }

    [Theory]
    [InlineData("SAME_UPPER", new float[] { 1, 0, 0, 0 })]
    [InlineData("SAME_LOWER", new float[] { 0, 0, 0, 1 })]
    public void Automatic_padding_of_an_odd_sum_goes_to_the_named_end(string mode, float[] tap)
    {
        // With the padding behind, the window's first tap sees the image; with the padding before, its last.
        Tensor output = Evaluate("Conv", [Image, Floats("w", [1, 1, 2, 2], tap)], Attribute("auto_pad", mode));
        Assert.Equal(Image.FloatData, output.Values<float>());
    }

    [Fact]
    public void Groups_see_only_their_own_channels()
    {
        Tensor output = Evaluate(
            "Conv", [Floats("x", [1, 2, 1, 1], 3, 5), Floats("w", [2, 1, 1, 1], 10, 100)], Attribute("group", 2));
        Assert.Equal([30f, 500f], output.Values<float>());
    }

    [Fact]
    public void A_signal_is_an_image_of_one_row()
    {
        Tensor output = Evaluate(
            "Conv", [Floats("x", [1, 1, 4], 1, 2, 3, 4), Floats("w", [1, 1, 2], 1, 10)], Integers("strides", 2), Integers("pads", 1, 1));
        Assert.Equal([1, 1, 3], output.Shape);
        Assert.Equal([10f, 32f, 4f], output.Values<float>());
    }

    [Fact]
    public void Of_an_input_a_convolution_is_channels_last_with_weights_transposed_already()
    {
        Graph graph = Accept(Model([1, 3, 8, 8], [Node("Conv", "x w", "y", Integers("pads", 1, 0, 1, 0))], Floats("w", [4, 3, 3, 1], new float[36])));
        Assert.Equal([typeof(Transpose), typeof(Conv2D), typeof(Transpose)], graph.Nodes.Select(node => node.Op.GetType()));
        Assert.Equal([4, 3, 1, 3], graph.ShapeOf(graph.Nodes[1].Inputs[1]));
        Assert.Equal(new Window(3, 1, PadTop: 1, PadBottom: 1), ((Conv2D)graph.Nodes[1].Op).Window);
    }

    [Fact]
    public void Weights_may_be_computed()
    {
        GraphProto graph = Graph([Node("Conv", "x w", "y")], "y", null, Input("x", OnnxTypes.Float, 1, 2, 4, 4), Input("w", OnnxTypes.Float, 3, 2, 3, 3));
        Graph imported = Accept(Model(graph));
        Assert.Equal([1, 3, 2, 2], imported.ShapeOf(imported.Outputs[0].Value));
    }

    [Fact]
    public void A_transposed_convolution_spreads_its_input()
    {
        Tensor output = Evaluate(
            "ConvTranspose", [Floats("x", [1, 1, 2], 1, 2), Floats("w", [1, 1, 3], 1, 10, 100)], Integers("strides", 2), Integers("output_padding", 1), Integers("pads", 1, 0));
        Assert.Equal([10f, 102f, 20f, 200f, 0f], output.Values<float>());
    }

    [Fact]
    public void A_transposed_convolution_of_groups_keeps_them_apart()
    {
        Tensor output = Evaluate(
            "ConvTranspose", [Floats("x", [1, 2, 1, 1], 3, 5), Floats("w", [2, 2, 1, 1], 1, 10, 100, 1000)], Attribute("group", 2));
        Assert.Equal([3f, 30f, 500f, 5000f], output.Values<float>());
    }

    [Theory]
    [InlineData("strides", 0L, 1L, "MC1013")]
    [InlineData("strides", -1L, 1L, "MC1013")]
    [InlineData("dilations", 1L, 1L << 40, "MC1013")]
    [InlineData("kernel_shape", 3L, 3L, "MC1014")]
    public void Absurd_windows_are_refused(string attribute, long first, long second, string code)
    {
        ModelProto model = Model([1, 1, 8, 8], [Node("Conv", "x w", "y", Integers(attribute, first, second))], Floats("w", [1, 1, 2, 2], new float[4]));
        Assert.Equal(code, Assert.Single(Refuse(model)).Kind.Code);
    }

    [Fact]
    public void Groups_that_do_not_divide_the_channels_are_refused()
    {
        ModelProto model = Model([1, 3, 8, 8], [Node("Conv", "x w", "y", Attribute("group", 2))], Floats("w", [2, 1, 2, 2], new float[8]));
        Assert.Equal(DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(model)).Kind);
    }
}
