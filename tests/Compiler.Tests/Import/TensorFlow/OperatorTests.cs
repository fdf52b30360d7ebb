using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.TensorFlow;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.TensorFlow.TensorFlowModels;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlow;

public class OperatorTests
{
    [Theory]
    [InlineData("Relu", -2, 0)]
    [InlineData("Relu6", 7, 6)]
    [InlineData("Elu", -1, -0.6321205588)]
    [InlineData("Selu", -1, -1.1113307)]
    [InlineData("LeakyRelu", -2, -0.4)]
    [InlineData("Softplus", 1, 1.3132616875)]
    [InlineData("Softsign", -3, -0.75)]
    [InlineData("Sigmoid", 1, 0.7310585786)]
    [InlineData("Rsqrt", 4, 0.5)]
    [InlineData("Round", 2.5, 2)]
    [InlineData("Erfc", 0.5, 0.4795001222)]
    [InlineData("Expm1", 1e-6, 1.0000005e-6)]
    [InlineData("Log1p", 1e-6, 0.9999995e-6)]
    [InlineData("Sign", -3, -1)]
    [InlineData("Reciprocal", 4, 0.25)]
    [InlineData("Ceil", 1.25, 2)]
    public void Functions_of_one_number(string name, float x, double expected)
    {
        double actual = Apply(name, [Floats("x", [1], x)]).Values<float>()[0];
        Assert.Equal(expected, actual, Math.Abs(expected) * 1e-5);
    }

    [Theory]
    [InlineData("AddV2", 7, -2, 5)]
    [InlineData("Sub", 7, -2, 9)]
    [InlineData("RealDiv", 7, -2, -3.5)]
    [InlineData("FloorDiv", 7, -2, -4)]
    [InlineData("FloorMod", 7, -2, -1)]
    [InlineData("Maximum", 7, -2, 7)]
    [InlineData("Pow", 2, 3, 8)]
    [InlineData("SquaredDifference", 7, -2, 81)]
    [InlineData("DivNoNan", 7, 0, 0)]
    [InlineData("Greater", 7, -2, 1)]
    [InlineData("NotEqual", 7, 7, 0)]
    [InlineData("LessEqual", 7, 7, 1)]
    public void Functions_of_two_numbers(string name, float x, float y, double expected) =>
        AssertTensor([1], [expected], Apply(name, [Floats("a", [1], x), Floats("b", [], y)]));

    [Theory]
    [InlineData("FloorDiv", -7, 2, -4)]
    [InlineData("TruncateDiv", -7, 2, -3)]
    [InlineData("FloorMod", -7, 2, 1)]
    [InlineData("TruncateMod", -7, 2, -1)]
    public void Functions_of_two_integers(string name, int x, int y, double expected) =>
        AssertTensor([1], [expected], Apply(name, [Integers("a", x), Integers("b", y)]));

    [Theory]
    [InlineData("SAME", 2, 1, "NHWC", 4, 1)]
    [InlineData("SAME", 1, 2, "NHWC", 4, 2)]
    [InlineData("VALID", 2, 1, "NCHW", 4, 2)]
    [InlineData("VALID", 1, 2, "NHWC", 4, 2)]
    [InlineData("EXPLICIT", 2, 1, "NHWC", 4, 4)]
    public void Convolutions_slide_weights(string padding, int stride, int dilation, string layout, int channels, int groups)
    {
        var random = new Random(channels * 31 + stride);
        int height = 7, width = 6, outputs = 4, kernel = 3;
        float[] image = Numbers(random, height * width * channels), weights = Numbers(random, kernel * kernel * (channels / groups) * outputs);
        bool isFirst = layout == "NCHW";
        int[] strides = isFirst ? [1, 1, stride, stride] : [1, stride, stride, 1], dilations = isFirst ? [1, 1, dilation, dilation] : [1, dilation, dilation, 1];
        Tensor actual = Apply(
            "Conv2D",
            [isFirst ? Floats("x", [1, channels, height, width], Transposed(image, height * width, channels)) : Floats("x", [1, height, width, channels], image), Floats("w", [kernel, kernel, channels / groups, outputs], weights)],
            ("strides", strides), ("dilations", dilations), ("padding", padding), ("data_format", layout), ("explicit_paddings", new[] { 0, 0, 1, 2, 0, 1, 0, 0 }));
        int extent = ((kernel - 1) * dilation) + 1;
        (int rows, int top) = Places(padding, height, extent, stride, 1, 2);
        (int columns, int left) = Places(padding, width, extent, stride, 0, 1);
        double at(int row, int column, int output) => Taps(kernel).Sum(tap =>
        {
            int y = (row * stride) + (tap.Row * dilation) - top, x = (column * stride) + (tap.Column * dilation) - left;
            int group = output / (outputs / groups), each = channels / groups;
            return y < 0 || y >= height || x < 0 || x >= width ? 0 : Enumerable.Range(0, each).Sum(input =>
                (double)image[(((y * width) + x) * channels) + (group * each) + input] * weights[(((((tap.Row * kernel) + tap.Column) * each) + input) * outputs) + output]);
        });
        double[] expected = [.. from row in Enumerable.Range(0, rows) from column in Enumerable.Range(0, columns) from output in Enumerable.Range(0, outputs) select at(row, column, output)];
        if (isFirst)
        {
            AssertTensor([1, outputs, rows, columns], Transposed([.. expected.Select(value => (float)value)], outputs, rows * columns, fromFirst: true), actual, 1e-4);
        }
        else
        {
            AssertTensor([1, rows, columns, outputs], expected, actual, 1e-4);
        }
    }

    [Fact]
    public void Depthwise_convolutions_give_each_channel_several_results()
    {
        Tensor actual = Apply(
            "DepthwiseConv2dNative", [Counted("x", 1, 2, 2, 2), Floats("w", [1, 1, 2, 2], 1, 10, 100, 1000)], ("strides", new[] { 1, 1, 1, 1 }), ("padding", "SAME"));
        AssertTensor([1, 2, 2, 4], Enumerable.Range(0, 4).SelectMany(place => new double[] { 2 * place, 20 * place, 100 * ((2 * place) + 1), 1000 * ((2 * place) + 1) }), actual);
    }

    [Theory]
    [InlineData("SAME", 2, 5, 4)]
    [InlineData("VALID", 2, 6, 5)]
    [InlineData("SAME", 1, 3, 3)]
    public void Transposed_convolutions_spread_what_convolutions_gather(string padding, int stride, int height, int width)
    {
        const int kernel = 3, inputs = 2, outputs = 2;
        var random = new Random(stride + height);
        (int rows, int top) = Places(padding, height, kernel, stride, 0, 0);
        (int columns, int left) = Places(padding, width, kernel, stride, 0, 0);
        float[] image = Numbers(random, rows * columns * inputs), weights = Numbers(random, kernel * kernel * outputs * inputs);
        var expected = new double[height * width * outputs];
        for (int place = 0; place < rows * columns; place++)
        {
            foreach ((int tapRow, int tapColumn) in Taps(kernel))
            {
                int y = (place / columns * stride) + tapRow - top, x = (place % columns * stride) + tapColumn - left;
                for (int output = 0; output < outputs && y >= 0 && y < height && x >= 0 && x < width; output++)
                {
                    expected[(((y * width) + x) * outputs) + output] += Enumerable.Range(0, inputs).Sum(input =>
                        (double)image[(place * inputs) + input] * weights[(((((tapRow * kernel) + tapColumn) * outputs) + output) * inputs) + input]);
                }
            }
        }

        Tensor actual = Apply(
            "Conv2DBackpropInput",
            [Integers("sizes", 1, height, width, outputs), Floats("w", [kernel, kernel, outputs, inputs], weights), Floats("x", [1, rows, columns, inputs], image)],
            ("strides", new[] { 1, stride, stride, 1 }), ("padding", padding));
        AssertTensor([1, height, width, outputs], expected, actual, 1e-4);
    }

    [Theory]
    [InlineData("MaxPool", "VALID", new double[] { 5, 7, 13, 15 })]
    [InlineData("AvgPool", "VALID", new double[] { 2.5, 4.5, 10.5, 12.5 })]
    [InlineData("AvgPool", "SAME", new double[] { 2.5, 4.5, 10.5, 12.5 })]
    public void Poolings_look_at_windows(string name, string padding, double[] expected) => AssertTensor(
        [1, 2, 2, 1], expected, Apply(name, [Counted("x", 1, 4, 4, 1)], ("ksize", new[] { 1, 2, 2, 1 }), ("strides", new[] { 1, 2, 2, 1 }), ("padding", padding)));

    [Fact]
    public void Average_pooling_does_not_count_padding() => AssertTensor(
        [1, 2, 2, 1],
        [2, 3.5, 6.5, 8],
        Apply("AvgPool", [Counted("x", 1, 3, 3, 1)], ("ksize", new[] { 1, 2, 2, 1 }), ("strides", new[] { 1, 2, 2, 1 }), ("padding", "SAME")));

    [Theory]
    [InlineData("NHWC")]
    [InlineData("NCHW")]
    public void Batch_norm_is_arithmetic(string layout)
    {
        NodeDef[] inputs = [Counted("x", 1, 2, 2, 2), Floats("s", [2], 2, 3), Floats("o", [2], 1, -1), Floats("m", [2], 0.5f, 1), Floats("v", [2], 4, 9)];
        double[] scale = [2, 3], offset = [1, -1], mean = [0.5, 1], variance = [4, 9];
        AssertTensor(
            [1, 2, 2, 2],
            Enumerable.Range(0, 8).Select(index => (layout == "NHWC" ? index % 2 : index / 4) is var channel ? ((index - mean[channel]) / Math.Sqrt(variance[channel] + 0.001) * scale[channel]) + offset[channel] : 0),
            Apply("FusedBatchNormV3", inputs, ("is_training", false), ("epsilon", 0.001f), ("data_format", layout)));
        AssertRefused(DiagnosticKinds.AttributeUnsupported, "FusedBatchNormV3", inputs);
    }

    [Fact]
    public void Local_response_normalisation_looks_at_neighbouring_channels() => AssertTensor(
        [1, 1, 2, 3],
        Enumerable.Range(0, 6).Select(index => index / Math.Sqrt(1 + (0.5 * Enumerable.Range((index % 3) - 1, 3).Where(channel => channel is >= 0 and < 3).Sum(channel => Math.Pow((index / 3 * 3) + channel, 2))))),
        Apply("LRN", [Counted("x", 1, 1, 2, 3)], ("depth_radius", 1L), ("alpha", 0.5f), ("bias", 1f), ("beta", 0.5f)));

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Matrices_are_multiplied(bool left, bool right)
    {
        float[] a = [1, 2, 3, 4, 5, 6], b = [7, 8, 9, 10, 11, 12];
        double[] expected = [.. Enumerable.Range(0, 4).Select(index => Enumerable.Range(0, 3).Sum(k =>
            (double)a[left ? (k * 2) + (index / 2) : (index / 2 * 3) + k] * b[right ? (index % 2 * 3) + k : (k * 2) + (index % 2)]))];
        NodeDef[] inputs = [Floats("a", left ? [3, 2] : [2, 3], a), Floats("b", right ? [2, 3] : [3, 2], b)];
        AssertTensor([2, 2], expected, Apply("MatMul", inputs, ("transpose_a", left), ("transpose_b", right)));
        AssertTensor([2, 2], expected, Apply("BatchMatMulV2", inputs, ("adj_x", left), ("adj_y", right)));
        AssertTensor([2, 2], expected, Apply("Einsum", inputs, ("equation", $"{(left ? "ki" : "ik")},{(right ? "jk" : "kj")}->ij")));
    }

    [Fact]
    public void A_bias_belongs_to_channels()
    {
        NodeDef bias = Floats("b", [2], 10, 20);
        AssertTensor([1, 2, 2], [10, 21, 12, 23], Apply("BiasAdd", [Counted("x", 1, 2, 2), bias]));
        AssertTensor([1, 2, 2], [10, 11, 22, 23], Apply("BiasAdd", [Counted("x", 1, 2, 2), bias], ("data_format", "NCHW")));
        AssertRefused(DiagnosticKinds.ShapeInvalid, "BiasAdd", [Counted("x", 1, 3), bias]);
    }

    [Fact]
    public void Reductions_go_along_axes()
    {
        NodeDef x = Counted("x", 2, 3);
        AssertTensor([2], [3, 12], Apply("Sum", [x, Number("axis", -1)]));
        AssertTensor([1, 3], [1.5, 2.5, 3.5], Apply("Mean", [x, Integers("axis", 0)], ("keep_dims", true)));
        AssertTensor([], [5], Apply("Max", [x, Integers("axis", 0, 1)]));
        AssertTensor([2, 3], [0, 1, 2, 3, 4, 5], Apply("Prod", [x, Integers("axis", new long[] { 0 })]));
        AssertTensor([2], [2, 2], Apply("ArgMax", [x, Number("axis", 1)]));
        AssertTensor([2], [1, 0], Apply("All", [Truths("t", [2, 2], true, true, true, false), Number("axis", 1)]));
        AssertTensor([2, 3], [0, 1, 3, 3, 7, 12], Apply("Cumsum", [x, Number("axis", 1)]));
        AssertTensor([2, 3], [3, 2, 0, 9, 5, 0], Apply("Cumsum", [x, Number("axis", 1)], ("exclusive", true), ("reverse", true)));
    }

    [Fact]
    public void Strided_slices_follow_their_masks()
    {
        NodeDef x = Counted("x", 3, 4);
        AssertTensor([4], [4, 5, 6, 7], Apply("StridedSlice", [x, Integers("b", 1), Integers("e", 2), Integers("s", 1)], ("shrink_axis_mask", 1L)));
        AssertTensor([3, 2], [3, 1, 7, 5, 11, 9], Apply("StridedSlice", [x, Integers("b", 0, 0), Integers("e", 0, 0), Integers("s", 1, -2)], ("begin_mask", 3L), ("end_mask", 3L)));
        AssertTensor([3, 1], [2, 6, 10], Apply("StridedSlice", [x, Integers("b", 0, -2), Integers("e", 0, -1), Integers("s", 1, 1)], ("ellipsis_mask", 1L)));
        AssertTensor([1, 2, 4], Enumerable.Range(4, 8).Select(index => (double)index), Apply("StridedSlice", [x, Integers("b", 0, 1), Integers("e", 0, 9), Integers("s", 1, 1)], ("new_axis_mask", 1L)));
        AssertRefused(DiagnosticKinds.ShapeInvalid, "StridedSlice", [x, Integers("b", 3), Integers("e", 4), Integers("s", 1)], ("shrink_axis_mask", 1L));
    }

    [Fact]
    public void Elements_are_moved()
    {
        NodeDef x = Counted("x", 2, 3);
        AssertTensor([2, 2], [1, 2, 4, 5], Apply("Slice", [x, Integers("b", 0, 1), Integers("s", 2, -1)]));
        AssertTensor([3, 2], [0, 3, 1, 4, 2, 5], Apply("Transpose", [x, Integers("p", 1, 0)]));
        AssertTensor([2, 4], [0, 1, 2, 9, 3, 4, 5, 8], Apply("ConcatV2", [x, Floats("z", [2, 1], 9, 8), Number("axis", -1)]));
        AssertTensor([2, 2, 3], [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5], Evaluate(x, Node("Pack", "y", "x x", ("axis", 1L))));
        AssertTensor([2, 1], [2, 5], Evaluate("s:2", x, Number("axis", 1), Node("Split", "s", "axis x", ("num_split", 3L))));
        AssertTensor([2, 2], [1, 2, 4, 5], Evaluate("s:1", x, Integers("sizes", 1, -1), Number("axis", 1), Node("SplitV", "s", "x sizes axis")));
        AssertTensor([3], [3, 4, 5], Evaluate("u:1", x, Node("Unpack", "u", "x", ("num", 2L))));
        AssertTensor([2, 3], [5, 4, 3, 2, 1, 0], Apply("ReverseV2", [x, Integers("axes", 0, 1)]));
        AssertTensor([2, 3], [2, 0, 1, 5, 3, 4], Apply("Roll", [x, Integers("shift", 1), Integers("axes", 1)]));
        AssertTensor([2, 6], [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5], Apply("Tile", [x, Integers("n", 1, 2)]));
        AssertTensor([3, 2], [0, 1, 2, 3, 4, 5], Apply("Reshape", [x, Integers("shape", -1, 2)]));
        AssertTensor([2, 1, 3], [0, 1, 2, 3, 4, 5], Apply("ExpandDims", [x, Number("axis", 1)]));
        AssertRefused(DiagnosticKinds.ShapeInvalid, "Reshape", [x, Integers("shape", -1, 4)]);
    }

    [Fact]
    public void Values_are_padded()
    {
        NodeDef x = Counted("x", 3), paddings = Integers("p", [1, 2], 2, 1);
        AssertTensor([6], [0, 0, 0, 1, 2, 0], Apply("Pad", [x, paddings]));
        AssertTensor([6], [7, 7, 0, 1, 2, 7], Apply("PadV2", [x, paddings, Floats("c", [], 7)]));
        AssertTensor([6], [2, 1, 0, 1, 2, 1], Apply("MirrorPad", [x, paddings], ("mode", "REFLECT")));
        AssertTensor([6], [1, 0, 0, 1, 2, 2], Apply("MirrorPad", [x, paddings], ("mode", "SYMMETRIC")));
        AssertRefused(DiagnosticKinds.ShapeInvalid, "MirrorPad", [x, Integers("p", [1, 2], 3, 0)], ("mode", "REFLECT"));
    }

    [Fact]
    public void Space_and_depth_and_batches_change_places()
    {
        NodeDef image = Counted("x", 1, 2, 2, 1), block = Integers("block", 2, 2), none = Integers("none", [2, 2], 0, 0, 0, 0);
        AssertTensor([1, 1, 1, 4], [0, 1, 2, 3], Apply("SpaceToDepth", [image], ("block_size", 2L)));
        AssertTensor([1, 2, 2, 1], [0, 1, 2, 3], Apply("DepthToSpace", [Counted("x", 1, 1, 1, 4)], ("block_size", 2L)));
        AssertTensor([4, 1, 1, 1], [0, 1, 2, 3], Apply("SpaceToBatchND", [image, block, none]));
        AssertTensor([1, 2, 4, 1], [0, 2, 1, 3, 4, 6, 5, 7], Apply("BatchToSpaceND", [Counted("x", 4, 1, 2, 1), block, none]));
        AssertTensor([1, 1, 2, 1], [2, 1], Evaluate(Counted("x", 4, 1, 2, 1), block, Integers("crops", [2, 2], 0, 1, 1, 1), Node("BatchToSpaceND", "y", "x block crops")));
    }

    [Fact]
    public void Elements_are_picked()
    {
        NodeDef x = Counted("x", 2, 3);
        AssertTensor([2, 2], [2, 0, 5, 3], Apply("GatherV2", [x, Integers("i", 2, 0), Number("axis", 1)]));
        AssertTensor([2], [5, 1], Apply("GatherNd", [x, Integers("i", [2, 2], 1, 2, 0, 1)]));
        AssertTensor([2, 1], [2, 3], Apply("GatherV2", [x, Integers("i", [2, 1], 2, 0), Number("axis", 1)], ("batch_dims", 1L)));
        AssertTensor([3, 2], [5, 9, 9, 5, 9, 9], Apply("OneHot", [Integers("i", 0, 1, -1), Number("depth", 2), Floats("on", [], 5), Floats("off", [], 9)]));
        AssertTensor([2, 2], [2, 1, 2, 1], Evaluate("top:1", x, Number("k", 2), Node("TopKV2", "top", "x k")));
        AssertTensor([2], [1, 20], Apply("Select", [Truths("c", [2], true, false), Floats("a", [2], 1, 2), Floats("b", [2], 10, 20)]));
        AssertTensor([2, 2], [0, 1, 9, 9], Apply("Select", [Truths("c", [2], true, false), Counted("a", 2, 2), Floats("b", [2, 2], 9, 9, 9, 9)]));
        AssertRefused(DiagnosticKinds.ShapeInvalid, "GatherV2", [x, Integers("i", 3), Number("axis", 1)]);
    }

    [Fact]
    public void Images_are_resized()
    {
        NodeDef x = Counted("x", 1, 1, 3, 1), size = Integers("size", 1, 6);
        AssertTensor([1, 1, 6, 1], [0, 0.5, 1, 1.5, 2, 2], Apply("ResizeBilinear", [x, size]));
        AssertTensor([1, 1, 6, 1], [0, 0.25, 0.75, 1.25, 1.75, 2], Apply("ResizeBilinear", [x, size], ("half_pixel_centers", true)));
        AssertTensor([1, 1, 6, 1], [0, 0.4, 0.8, 1.2, 1.6, 2], Apply("ResizeBilinear", [x, size], ("align_corners", true)));
        AssertTensor([1, 1, 6, 1], [0, 0, 1, 1, 2, 2], Apply("ResizeNearestNeighbor", [x, size]));
        AssertTensor([1, 1, 6, 1], [0, 0, 1, 1, 2, 2], Apply("ResizeNearestNeighbor", [x, size], ("align_corners", true)));
        AssertRefused(DiagnosticKinds.AttributeUnsupported, "ResizeBicubic", [x, size]);
    }

    [Fact]
    public void Shapes_and_sequences_are_constants()
    {
        NodeDef x = Counted("x", 2, 3);
        AssertTensor([2], [2, 3], Apply("Shape", [x]));
        AssertTensor([], [2], Apply("Rank", [x]));
        AssertTensor([], [6], Apply("Size", [x]));
        AssertTensor([3], [2, 5, 8], Apply("Range", [Number("a", 2), Number("b", 9), Number("c", 3)]));
        AssertTensor([2, 2], [7, 7, 7, 7], Apply("Fill", [Integers("shape", 2, 2), Floats("v", [], 7)]));
        AssertTensor([3], [-1, 2, 0], Apply("Cast", [Floats("r", [3], -1.7f, 2.9f, 0)], ("DstT", TensorFlowTypes.Int32)));
        AssertTensor([2, 3], [0, 1, 2, 0, 4, 5], Apply("MatrixBandPart", [x, Number("l", 0), Number("u", -1)]));
    }

    [Theory]
    [InlineData("MIN_FIRST", new double[] { -1, 0, 1.55 })]
    [InlineData("MIN_COMBINED", new double[] { -1, 0, 1.55 })]
    [InlineData("SCALED", new double[] { 0, 100 * 1.55 / 255, 1.55 })]
    public void Constants_are_dequantised(string mode, double[] expected)
    {
        NodeDef levels = Node("Const", "q", "", ("value", new TensorProto { Dtype = TensorFlowTypes.QuantizedUInt8, TensorShape = Shape(3), IntVal = { 0, 100, 255 } }));
        AssertTensor([3], expected, Apply("Dequantize", [levels, Floats("min", [], -1), Floats("max", [], 1.55f)], ("mode", mode)));
    }

    [Fact]
    public void A_normalisation_folds_into_the_layer_before_it()
    {
        GraphDef graph = Graph(
            Placeholder("x", 1, 4, 4, 1), Counted("w", 3, 3, 1, 2), Node("Conv2D", "c", "x w", ("strides", new[] { 1, 1, 1, 1 }), ("padding", "SAME")),
            Floats("s", [2], 2, 3), Floats("o", [2], 1, -1), Floats("m", [2], 0.5f, 1), Floats("v", [2], 4, 9), Node("FusedBatchNorm", "n", "c s o m v", ("is_training", false)), Node("Relu6", "y", "n"));
        Graph imported = Accept(graph);
        Graph prepared = ModelCompiler.Compiler.Passes.PassList.Run(imported, Precision.Float32);
        Assert.IsType<Ops.Conv2D>(Assert.Single(prepared.Nodes).Op);
        var image = Tensor.Of([1, 4, 4, 1], Numbers(new Random(5), 16));
        Running.Close(Running.Evaluate(imported, image).Values<float>(), Running.Execute(prepared, image), 1e-5, "y");
    }

    private static IEnumerable<(int Row, int Column)> Taps(int kernel) => Enumerable.Range(0, kernel * kernel).Select(tap => (tap / kernel, tap % kernel));

    private static (int Count, int Before) Places(string padding, int length, int extent, int stride, int before, int after)
    {
        int same = (length + stride - 1) / stride;
        return padding switch
        {
            "SAME" => (same, Math.Max(0, ((same - 1) * stride) + extent - length) / 2),
            "VALID" => (((length - extent) / stride) + 1, 0),
            _ => (((length + before + after - extent) / stride) + 1, before),
        };
    }

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];

    private static float[] Transposed(float[] values, int rows, int columns) =>
        [.. Enumerable.Range(0, values.Length).Select(index => values[(index % rows * columns) + (index / rows)])];

    private static IEnumerable<double> Transposed(float[] values, int channels, int places, bool fromFirst) =>
        Enumerable.Range(0, values.Length).Select(index => (double)values[fromFirst ? (index % places * channels) + (index / places) : index]);
}
