using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Plans;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.LiteModels;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite;

/// <summary>Each operator in a file of its own, against numbers computed another way.</summary>
public class LiteOperatorTests
{
    private static readonly float[] Numbers = [-2.5f, -1f, -0.25f, 0f, 0.5f, 3f];

    private static readonly Dictionary<string, Func<double, double>> Unary = new(StringComparer.Ordinal)
    {
        ["ABS"] = Math.Abs,
        ["CEIL"] = Math.Ceiling,
        ["COS"] = Math.Cos,
        ["ELU"] = x => x < 0 ? Math.Exp(x) - 1 : x,
        ["EXP"] = Math.Exp,
        ["FLOOR"] = Math.Floor,
        ["HARD_SWISH"] = x => x * Math.Clamp(x + 3, 0, 6) / 6,
        ["LOGISTIC"] = x => 1 / (1 + Math.Exp(-x)),
        ["NEG"] = x => -x,
        ["RELU"] = x => Math.Max(x, 0),
        ["RELU6"] = x => Math.Clamp(x, 0, 6),
        ["RELU_0_TO_1"] = x => Math.Clamp(x, 0, 1),
        ["RELU_N1_TO_1"] = x => Math.Clamp(x, -1, 1),
        ["ROUND"] = x => Math.Round(x, MidpointRounding.ToEven),
        ["SIGN"] = x => Math.Sign(x),
        ["SIN"] = Math.Sin,
        ["SQUARE"] = x => x * x,
        ["TANH"] = Math.Tanh,
        ["ZEROS_LIKE"] = _ => 0,
    };

    private static readonly Dictionary<string, Func<double, double>> OfPositive = new(StringComparer.Ordinal)
    {
        ["LOG"] = Math.Log,
        ["SQRT"] = Math.Sqrt,
        ["RSQRT"] = x => 1 / Math.Sqrt(x),
    };

    private static readonly Dictionary<string, Func<double, double, double>> Binary = new(StringComparer.Ordinal)
    {
        ["ADD"] = (x, y) => x + y,
        ["SUB"] = (x, y) => x - y,
        ["MUL"] = (x, y) => x * y,
        ["DIV"] = (x, y) => x / y,
        ["FLOOR_DIV"] = (x, y) => Math.Floor(x / y),
        ["FLOOR_MOD"] = (x, y) => x - (Math.Floor(x / y) * y),
        ["MAXIMUM"] = Math.Max,
        ["MINIMUM"] = Math.Min,
        ["SQUARED_DIFFERENCE"] = (x, y) => (x - y) * (x - y),
        ["ATAN2"] = Math.Atan2,
    };

    private static readonly Dictionary<string, Func<double, double, bool>> Comparisons = new(StringComparer.Ordinal)
    {
        ["EQUAL"] = (x, y) => x == y,
        ["NOT_EQUAL"] = (x, y) => x != y,
        ["LESS"] = (x, y) => x < y,
        ["LESS_EQUAL"] = (x, y) => x <= y,
        ["GREATER"] = (x, y) => x > y,
        ["GREATER_EQUAL"] = (x, y) => x >= y,
    };

    public static TheoryData<string> UnaryNames => [.. Unary.Keys, .. OfPositive.Keys];

    public static TheoryData<string> BinaryNames => [.. Binary.Keys];

    public static TheoryData<string> ComparisonNames => [.. Comparisons.Keys];

    [Theory]
    [MemberData(nameof(UnaryNames))]
    public void A_function_of_one_number(string name)
    {
        float[] numbers = Unary.ContainsKey(name) ? Numbers : [0.25f, 1, 2.5f, 9];
        Func<double, double> function = Unary.GetValueOrDefault(name) ?? OfPositive[name];
        Tensor made = Run(new(name, "x", "y"), [Floats("x", [numbers.Length]), Floats("y", [numbers.Length])], Tensor.Of([numbers.Length], numbers))[0];
        Running.Close([.. numbers.Select(x => (float)function(x))], made.Values<float>(), 1e-6, name);
    }

    [Theory]
    [MemberData(nameof(BinaryNames))]
    public void A_function_of_two_numbers_that_broadcast(string name)
    {
        float[] left = [-3, -1, 2, 5.5f], right = [-2, 1.5f];
        Tensor made = Run(new(name, "x z", "y"), [Floats("x", [4, 1]), Floats("z", [2]), Floats("y", [4, 2])], Tensor.Of([4, 1], left), Tensor.Of([2], right))[0];
        Running.Close([.. left.SelectMany(x => right.Select(y => (float)Binary[name](x, y)))], made.Values<float>(), 1e-6, name);
    }

    [Theory]
    [MemberData(nameof(ComparisonNames))]
    public void A_comparison(string name)
    {
        float[] left = [-3, 1, 2], right = [2, 1, -4];
        Tensor made = Run(
            new(name, "x z", "y"), [Floats("x", [3]), Floats("z", [3]), new("y", ElementType.Boolean, [3])], Tensor.Of([3], left), Tensor.Of([3], right))[0];
        Assert.Equal(left.Zip(right, (x, y) => Comparisons[name](x, y)), made.Values<bool>());
    }

    [Theory]
    [InlineData("MEAN", 2f, 5f)]
    [InlineData("SUM", 6f, 15f)]
    [InlineData("REDUCE_PROD", 6f, 120f)]
    [InlineData("REDUCE_MAX", 3f, 6f)]
    [InlineData("REDUCE_MIN", 1f, 4f)]
    public void A_reduction(string name, float first, float second) => AssertFloats(
        [first, second], [2, 1], new(name, "x axes", "y", new LiteOption(0, true)), [Floats("x", [2, 3]), Vector("axes", -1), Floats("y", [2, 1])], Tensor.Of<float>([2, 3], 1, 2, 3, 4, 5, 6));

    [Theory]
    [InlineData("RESHAPE", new[] { 3, -1 }, new[] { 3, 2 }, new float[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData("TRANSPOSE", new[] { 1, 0 }, new[] { 3, 2 }, new float[] { 1, 4, 2, 5, 3, 6 })]
    [InlineData("TILE", new[] { 1, 2 }, new[] { 2, 6 }, new float[] { 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6 })]
    [InlineData("REVERSE_V2", new[] { 1 }, new[] { 2, 3 }, new float[] { 3, 2, 1, 6, 5, 4 })]
    [InlineData("EXPAND_DIMS", new[] { -1 }, new[] { 2, 3, 1 }, new float[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData("GATHER", new[] { 1, 0, 1 }, new[] { 3, 3 }, new float[] { 4, 5, 6, 1, 2, 3, 4, 5, 6 })]
    [InlineData("GATHER_ND", new[] { 1, 2 }, new int[0], new float[] { 6 })]
    [InlineData("BROADCAST_TO", new[] { 2, 2, 3 }, new[] { 2, 2, 3 }, new float[] { 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6 })]
    [InlineData("CUMSUM", new[] { 1 }, new[] { 2, 3 }, new float[] { 1, 3, 6, 4, 9, 15 })]
    public void A_movement_by_numbers_of_the_file(string name, int[] numbers, int[] shape, float[] expected) => AssertFloats(
        expected, shape, new(name, "x n", "y"), [Floats("x", [2, 3]), Vector("n", numbers), Floats("y", shape)], Tensor.Of<float>([2, 3], 1, 2, 3, 4, 5, 6));

    [Fact]
    public void Padding_is_zero_a_number_or_a_mirror()
    {
        LiteTensorSpecification[] tensors = [Floats("x", [3]), Integers("n", [1, 2], 1, 2), Floats("f", [], 9), Floats("y", [6])];
        Tensor x = Tensor.Of<float>([3], 1, 2, 3);
        AssertFloats([0, 1, 2, 3, 0, 0], [6], new("PAD", "x n", "y"), tensors, x);
        AssertFloats([9, 1, 2, 3, 9, 9], [6], new("PADV2", "x n f", "y"), tensors, x);
        AssertFloats([2, 1, 2, 3, 2, 1], [6], new("MIRROR_PAD", "x n", "y"), tensors, x);
        AssertFloats([1, 1, 2, 3, 3, 2], [6], new("MIRROR_PAD", "x n", "y", new LiteOption(0, (sbyte)1)), tensors, x);
    }

    [Fact]
    public void A_strided_slice_drops_adds_and_reverses_axes() => AssertFloats(
        [6, 5, 4],
        [1, 3],
        new("STRIDED_SLICE", "x begin end steps", "y", new LiteOption(1, 0b100), new LiteOption(0, 0b100), new LiteOption(3, 0b010), new LiteOption(4, 0b001)),
        [Floats("x", [2, 3]), Vector("begin", 1, 0, 0), Vector("end", 2, 0, 0), Vector("steps", 1, 1, -1), Floats("y", [1, 3])],
        Tensor.Of<float>([2, 3], 1, 2, 3, 4, 5, 6));

    [Theory]
    [InlineData("DEPTH_TO_SPACE", new[] { 1, 1, 1, 4 }, new[] { 1, 2, 2, 1 })]
    [InlineData("SPACE_TO_DEPTH", new[] { 1, 2, 2, 1 }, new[] { 1, 1, 1, 4 })]
    public void Blocks_become_channels_and_back(string name, int[] from, int[] to) => AssertFloats(
        [1, 2, 3, 4], to, new(name, "x", "y", new LiteOption(0, 2)), [Floats("x", from), Floats("y", to)], Tensor.Of<float>(Shape.From(from), 1, 2, 3, 4));

    [Fact]
    public void Blocks_become_batches_and_back()
    {
        LiteTensorSpecification[] tensors = [Floats("x", [1, 2, 2, 1]), Vector("b", 2, 2), Integers("n", [2, 2], 0, 0, 0, 0), Floats("y", [4, 1, 1, 1])];
        AssertFloats([1, 2, 3, 4], [4, 1, 1, 1], new("SPACE_TO_BATCH_ND", "x b n", "y"), tensors, Tensor.Of<float>([1, 2, 2, 1], 1, 2, 3, 4));
        tensors[0] = Floats("x", [4, 1, 1, 1]);
        AssertFloats([1, 2, 3, 4], [1, 2, 2, 1], new("BATCH_TO_SPACE_ND", "x b n", "y"), tensors, Tensor.Of<float>([4, 1, 1, 1], 1, 2, 3, 4));
    }

    [Fact]
    public void Tensors_are_joined_stacked_and_taken_apart()
    {
        LiteTensorSpecification[] tensors = [Floats("x", [1, 2]), Floats("z", [1, 2]), Floats("y", [1, 4])];
        Tensor x = Tensor.Of<float>([1, 2], 1, 2), z = Tensor.Of<float>([1, 2], 3, 4);
        AssertFloats([1, 2, 3, 4], [1, 4], new("CONCATENATION", "x z", "y", new LiteOption(0, -1)), tensors, x, z);
        AssertFloats([1, 3, 2, 4], [1, 2, 2], new("PACK", "x z", "y", new LiteOption(0, 2), new LiteOption(1, 2)), tensors, x, z);
        Tensor[] parts = Run(new("SPLIT", "a x", "p q", new LiteOption(0, 2)), [Integers("a", [], 1), Floats("x", [1, 2]), Floats("p", [1, 1]), Floats("q", [1, 1])], x);
        Assert.Equal([1f, 2f], parts.SelectMany(part => part.Values<float>()));
        parts = Run(new("UNPACK", "x", "p q", new LiteOption(0, 2), new LiteOption(1, 1)), [Floats("x", [1, 2]), Floats("p", [1]), Floats("q", [1])], x);
        Assert.Equal([1f, 2f], parts.SelectMany(part => part.Values<float>()));
        parts = Run(new("SPLIT_V", "x s a", "p q"), [Floats("x", [1, 2]), Vector("s", 2, -1), Integers("a", [], 1), Floats("p", [1, 2]), Floats("q", [1, 0])], x);
        Assert.Equal([2, 0], parts.Select(part => part.Count));
    }

    [Fact]
    public void The_greatest_element_and_its_place()
    {
        Tensor x = Tensor.Of<float>([2, 3], 1, 9, 3, 7, 5, 6);
        Assert.Equal([1, 0], Run(new("ARG_MAX", "x a", "y"), [Floats("x", [2, 3]), Integers("a", [], -1), Integers("y", [2])], x)[0].Values<int>());
        Assert.Equal([0, 1], Run(new("ARG_MIN", "x a", "y"), [Floats("x", [2, 3]), Integers("a", [], 1), Integers("y", [2])], x)[0].Values<int>());
        Tensor[] best = Run(new("TOPK_V2", "x k", "y i"), [Floats("x", [2, 3]), Integers("k", [], 2), Floats("y", [2, 2]), Integers("i", [2, 2])], x);
        Assert.Equal([9f, 3f, 7f, 6f], best[0].Values<float>());
        Assert.Equal([1, 2, 0, 2], best[1].Values<int>());
    }

    [Fact]
    public void Numbers_become_rows_of_one_and_zero() => AssertFloats(
        [0, 5, 5, 0], [2, 2], new("ONE_HOT", "x d on off", "y", new LiteOption(0, -1)), [Integers("x", [2]), Integers("d", [], 2), Floats("on", [], 5), Floats("off", [], 0), Floats("y", [2, 2])], Tensor.Of([2], 1, 0));

    [Fact]
    public void Scattered_updates_add_up() => AssertFloats(
        [0, 5, 0, 3], [4], new("SCATTER_ND", "i x s", "y"), [Integers("i", [3, 1], 1, 3, 1), Floats("x", [3]), Vector("s", 4), Floats("y", [4])], Tensor.Of<float>([3], 1, 3, 4));

    [Fact]
    public void A_slice_is_updated_where_it_fits() => AssertFloats(
        [1, 8, 9], [3], new("DYNAMIC_UPDATE_SLICE", "x u s", "y"), [Floats("x", [3]), Floats("u", [2], 8, 9), Integers("s", [1]), Floats("y", [3])], Tensor.Of<float>([3], 1, 2, 3), Tensor.Of([1], 5));

    [Theory]
    [InlineData("UNSORTED_SEGMENT_SUM", 5f, 2f)]
    [InlineData("UNSORTED_SEGMENT_PROD", 4f, 2f)]
    [InlineData("UNSORTED_SEGMENT_MAX", 4f, 2f)]
    [InlineData("UNSORTED_SEGMENT_MIN", 1f, 2f)]
    public void Segments_are_reduced_and_what_is_in_none_is_dropped(string name, float first, float second) => AssertFloats(
        [first, second], [2], new(name, "x s n", "y"), [Floats("x", [4]), Integers("s", [4]), Integers("n", [], 2), Floats("y", [2])], Tensor.Of<float>([4], 1, 2, 100, 4), Tensor.Of([4], 0, 1, -1, 0));

    [Fact]
    public void Sequences_are_reversed_as_far_as_they_go() => AssertFloats(
        [2, 1, 3, 6, 5, 4], [2, 3], new("REVERSE_SEQUENCE", "x l", "y", new LiteOption(0, 1)), [Floats("x", [2, 3]), Integers("l", [2]), Floats("y", [2, 3])], Tensor.Of<float>([2, 3], 1, 2, 3, 4, 5, 6), Tensor.Of([2], 2, 3));

    [Fact]
    public void An_image_is_resized_between_its_elements_and_to_the_nearest()
    {
        LiteTensorSpecification[] tensors = [Floats("x", [1, 1, 2, 1]), Vector("s", 1, 4), Floats("y", [1, 1, 4, 1])];
        Tensor x = Tensor.Of<float>([1, 1, 2, 1], 0, 4);
        AssertFloats([0, 2, 4, 4], [1, 1, 4, 1], new("RESIZE_BILINEAR", "x s", "y"), tensors, x);
        AssertFloats([0, 1, 3, 4], [1, 1, 4, 1], new("RESIZE_BILINEAR", "x s", "y", new LiteOption(3, true)), tensors, x);
        AssertFloats([0, 4 / 3f, 8 / 3f, 4], [1, 1, 4, 1], new("RESIZE_BILINEAR", "x s", "y", new LiteOption(2, true)), tensors, x);
        AssertFloats([0, 0, 4, 4], [1, 1, 4, 1], new("RESIZE_NEAREST_NEIGHBOR", "x s", "y"), tensors, x);
    }

    [Fact]
    public void A_convolution_pads_strides_and_is_limited()
    {
        LiteTensorSpecification[] tensors = [Floats("x", [1, 1, 4, 1]), Floats("w", [1, 1, 3, 1], 1, 10, 100), Floats("b", [1], 0.5f), Floats("y", [1, 1, 2, 1])];
        LiteOption[] strides = [new(1, 2), new(2, 1)];

        // The odd element of padding goes behind.
        AssertFloats([321.5f, 43.5f], [1, 1, 2, 1], new("CONV_2D", "x w b", "y", [new(0, (sbyte)0), .. strides]), tensors, Tensor.Of<float>([1, 1, 4, 1], 1, 2, 3, 4));
        AssertFloats([6], [1, 1, 1, 1], new("CONV_2D", "x w b", "y", [new(0, (sbyte)1), new(3, (sbyte)3), .. strides]), tensors, Tensor.Of<float>([1, 1, 4, 1], 1, 2, 3, 4));
    }

    [Fact]
    public void A_depthwise_convolution_makes_several_channels_of_each() => AssertFloats(
        [1, 2, 6, 8],
        [1, 1, 1, 4],
        new("DEPTHWISE_CONV_2D", "x w _", "y", new(0, (sbyte)1), new(1, 1), new(2, 1), new(3, 2)),
        [Floats("x", [1, 1, 1, 2]), Floats("w", [1, 1, 1, 4], 1, 2, 3, 4), Floats("y", [1, 1, 1, 4])],
        Tensor.Of<float>([1, 1, 1, 2], 1, 2));

    [Fact]
    public void A_transposed_convolution_spreads_each_element() => AssertFloats(
        [1, 10, 102, 20],
        [1, 1, 4, 1],
        new("TRANSPOSE_CONV", "s w x", "y", new(0, (sbyte)0), new(1, 2), new(2, 1)),
        [Vector("s", 1, 1, 4, 1), Floats("w", [1, 1, 3, 1], 1, 10, 100), Floats("x", [1, 1, 2, 1]), Floats("y", [1, 1, 4, 1])],
        Tensor.Of<float>([1, 1, 2, 1], 1, 2));

    [Fact]
    public void A_fully_connected_layer_keeps_the_axes_it_is_told_to() => AssertFloats(
        [5, 11],
        [1, 2, 1],
        new("FULLY_CONNECTED", "x w _", "y", new LiteOption(2, true)),
        [Floats("x", [1, 2, 2]), Floats("w", [1, 2], 1, 2), Floats("y", [1, 2, 1])],
        Tensor.Of<float>([1, 2, 2], 1, 2, 3, 4));

    [Fact]
    public void Products_of_batches_of_matrices() => AssertFloats(
        [17],
        [1, 1, 1],
        new("BATCH_MATMUL", "x z", "y", new LiteOption(1, true)),
        [Floats("x", [1, 1, 2]), Floats("z", [1, 1, 2]), Floats("y", [1, 1, 1])],
        Tensor.Of<float>([1, 1, 2], 1, 2),
        Tensor.Of<float>([1, 1, 2], 3, 7));

    [Theory]
    [InlineData("AVERAGE_POOL_2D", 1.5f, 3.5f)]
    [InlineData("MAX_POOL_2D", 2f, 4f)]
    [InlineData("L2_POOL_2D", 1.5811388f, 3.5355339f)]
    public void A_pooling(string name, float first, float second) => AssertFloats(
        [first, second],
        [1, 1, 2, 1],
        new(name, "x", "y", new(0, (sbyte)1), new(1, 2), new(2, 1), new(3, 2), new(4, 1)),
        [Floats("x", [1, 1, 4, 1]), Floats("y", [1, 1, 2, 1])],
        Tensor.Of<float>([1, 1, 4, 1], 1, 2, 3, 4));

    [Fact]
    public void Normalisations()
    {
        LiteTensorSpecification[] tensors = [Floats("x", [1, 2]), Floats("y", [1, 2])];
        Tensor x = Tensor.Of<float>([1, 2], 3, 4);
        AssertFloats([0.6f, 0.8f], [1, 2], new("L2_NORMALIZATION", "x", "y"), tensors, x);
        AssertFloats([3 / 51f, 4 / 51f], [1, 2], new("LOCAL_RESPONSE_NORMALIZATION", "x", "y", new(0, 1), new(1, 1f), new(2, 2f), new(3, 1f)), tensors, x);
        float small = 1 / (1 + MathF.E);
        AssertFloats([small, 1 - small], [1, 2], new("SOFTMAX", "x", "y", new LiteOption(0, 1f)), tensors, x);
        AssertFloats([MathF.Log(small), MathF.Log(1 - small)], [1, 2], new("LOG_SOFTMAX", "x", "y"), tensors, x);
    }

    [Fact]
    public void Boxes_that_overlap_are_picked_once()
    {
        LiteTensorSpecification[] tensors =
        [
            Floats("b", [3, 4]), Floats("s", [3]), Integers("n", [], 3), Floats("o", [], 0.5f), Floats("t", [], 0.1f), Integers("y", [3]), Integers("c", []),
        ];
        Tensor boxes = Tensor.Of<float>([3, 4], 0, 0, 1, 1, 0, 0, 1, 1.1f, 5, 5, 6, 6);
        Tensor[] picked = Run(new("NON_MAX_SUPPRESSION_V4", "b s n o t", "y c"), tensors, boxes, Tensor.Of<float>([3], 0.5f, 0.9f, 0.3f));
        Assert.Equal([1, 2, 0], picked[0].Values<int>());
        Assert.Equal(2, picked[1].Values<int>()[0]);
    }

    [Fact]
    public void Each_operator_of_the_table_has_a_name_of_the_format() => Assert.All(
        OperatorCatalog.TensorFlowLite.Where(name => !name.StartsWith("TFLite_", StringComparison.Ordinal)),
        name => Assert.True(ModelCompiler.Compiler.Import.TensorFlowLite.LiteOperatorNames.CodeOf(name) >= 0, name));

    private static void AssertFloats(float[] expected, int[] shape, LiteNodeSpecification node, LiteTensorSpecification[] tensors, params Tensor[] inputs)
    {
        Tensor made = Run(node, tensors, inputs)[0];
        Assert.Equal(Shape.From(shape), made.Shape);
        Running.Close(expected, made.Values<float>(), 1e-6, node.Operator);
    }
}
