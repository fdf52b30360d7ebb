using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Compiler.Import.TensorFlow;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.TensorFlow.TensorFlowModels;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlow;

/// <summary>Rows of the operators' table that need few words; every test runs folded and through the kernels.</summary>
public class RowTests
{
    [Fact]
    public void Every_row_of_the_table_has_a_test()
    {
        string tests = string.Concat(Directory.GetFiles(Path.GetDirectoryName(ThisFile())!, "*.cs").Order(StringComparer.Ordinal).Select(File.ReadAllText));
        Assert.Empty(OperatorCatalog.TensorFlow.Where(name => !tests.Contains($"\"{name}\"", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Exp", 1, Math.E)]
    [InlineData("Log", 4, 1.3862943611)]
    [InlineData("Sqrt", 2, 1.4142135624)]
    [InlineData("Square", -3, 9)]
    [InlineData("Inv", -4, -0.25)]
    [InlineData("Rint", -0.5, 0)]
    [InlineData("Rint", 3.5, 4)]
    [InlineData("Erf", 0.5, 0.5204998778)]
    [InlineData("Sin", 1, 0.8414709848)]
    [InlineData("Cos", 1, 0.5403023059)]
    [InlineData("Tan", 1, 1.5574077247)]
    [InlineData("Asin", 0.5, 0.5235987756)]
    [InlineData("Acos", 0.5, 1.0471975512)]
    [InlineData("Atan", -2, -1.1071487178)]
    [InlineData("Sinh", 1, 1.1752011936)]
    [InlineData("Cosh", 1, 1.5430806348)]
    [InlineData("Tanh", 0.5, 0.4621171573)]
    [InlineData("Asinh", 1, 0.8813735870)]
    [InlineData("Acosh", 2, 1.3169578969)]
    [InlineData("Atanh", 0.5, 0.5493061443)]
    [InlineData("IsNan", float.NaN, 1)]
    [InlineData("IsNan", float.PositiveInfinity, 0)]
    [InlineData("IsInf", float.NegativeInfinity, 1)]
    [InlineData("IsInf", float.NaN, 0)]
    [InlineData("IsFinite", float.NaN, 0)]
    [InlineData("IsFinite", 3, 1)]
    [InlineData("ZerosLike", 3, 0)]
    [InlineData("OnesLike", 3, 1)]
    public void Functions_of_one_number(string name, float x, double expected) => AssertTensor([1], [expected], Apply(name, [Floats("x", [1], x)]));

    [Theory]
    [InlineData("Div", 7, -2, -3.5)]
    [InlineData("Mod", 7, -2, 1)]
    [InlineData("MulNoNan", float.PositiveInfinity, 0, 0)]
    [InlineData("Xdivy", 0, 0, 0)]
    [InlineData("Xdivy", 3, 2, 1.5)]
    [InlineData("Xlogy", 0, 0, 0)]
    [InlineData("Xlogy", 2, Math.E, 2)]
    [InlineData("Minimum", 7, -2, -2)]
    [InlineData("Less", 7, -2, 0)]
    [InlineData("GreaterEqual", 7, 7, 1)]
    [InlineData("Equal", 7, 7, 1)]
    public void Functions_of_two_numbers(string name, float x, double y, double expected) =>
        AssertTensor([1], [expected], Apply(name, [Floats("a", [1], x), Floats("b", [], (float)y)]));

    [Theory]
    [InlineData("Mod", -7, 2, -1)]
    [InlineData("Div", -7, 2, -3)]
    [InlineData("BitwiseAnd", 12, 10, 8)]
    [InlineData("BitwiseOr", 12, 10, 14)]
    [InlineData("BitwiseXor", 12, 10, 6)]
    public void Functions_of_two_integers(string name, int x, int y, double expected) => AssertTensor([1], [expected], Apply(name, [Integers("a", x), Integers("b", y)]));

    [Fact]
    public void Truth_values_are_combined()
    {
        NodeDef a = Truths("a", [4], false, false, true, true), b = Truths("b", [4], false, true, false, true);
        AssertTensor([4], [0, 0, 0, 1], Apply("LogicalAnd", [a, b]));
        AssertTensor([4], [0, 1, 1, 1], Apply("LogicalOr", [a, b]));
        AssertTensor([4], [1, 1, 0, 0], Apply("LogicalNot", [a]));
        AssertTensor([1], [-6], Apply("Invert", [Integers("i", 5)]));
        AssertTensor([2, 2], [1, 20, 3, 20], Apply("SelectV2", [Truths("c", [2], true, false), Floats("x", [2, 2], 1, 2, 3, 4), Floats("z", [], 20)]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(20)]
    public void Sums_of_many_are_one_sum(int count)
    {
        NodeDef x = Counted("x", 2, 2);
        string inputs = string.Join(' ', Enumerable.Repeat("x", count));
        AssertTensor([2, 2], [0, count, 2 * count, 3 * count], Evaluate(x, Node("AddN", "y", inputs)));
        AssertTensor([2, 2], [0, count, 2 * count, 3 * count], Evaluate(x, Node("AccumulateNV2", "y", inputs)));
    }

    [Fact]
    public void Reductions_without_axes_leave_elements_alone()
    {
        NodeDef x = Floats("x", [2, 2], -3, 4, 0, -2), none = Integers("axes", new long[] { 0 });
        AssertTensor([2], [5, 2], Apply("EuclideanNorm", [x, Number("axis", 1)]));
        AssertTensor([2, 2], [3, 4, 0, 2], Apply("EuclideanNorm", [x, none]));
        AssertTensor([1, 2], [-3, -2], Apply("Min", [x, Number("axis", 0)], ("keep_dims", true)));
        AssertTensor([2], [0, 1], Apply("ArgMin", [x, Number("axis", 1)]));
        AssertTensor([2], [1, 0], Apply("Any", [Truths("t", [2, 2], true, false, false, false), Number("axis", 1)]));
        AssertTensor([2, 2], [-3, 4, 0, -8], Apply("Cumprod", [x, Number("axis", 0)]));
        AssertTensor([2, 2], [4, 1, -2, 1], Apply("Cumprod", [x, Number("axis", 1)], ("exclusive", true), ("reverse", true)));
        AssertRefused(DiagnosticKinds.ShapeInvalid, "Min", [x, Number("axis", 2)]);
    }

    [Fact]
    public void Distributions_are_over_the_last_axis() => AssertTensor(
        [2, 2], [-0.6931471806, -0.6931471806, -1.3132616875, -0.3132616875], Apply("LogSoftmax", [Floats("x", [2, 2], 5, 5, 1, 2)]));

    [Fact]
    public void Products_of_batches_share_what_is_missing()
    {
        NodeDef a = Counted("a", 2, 1, 2), b = Floats("b", [2, 1, 2], 1, 10, 100, 1000);
        AssertTensor([2, 1, 1], [10, 3200], Apply("BatchMatMul", [a, b], ("adj_y", true)));
        AssertTensor([2, 1, 1], [10, 32], Apply("BatchMatMulV3", [a, Floats("c", [2, 1], 1, 10)]));
    }

    [Fact]
    public void Values_are_clipped_and_biased()
    {
        AssertTensor([3], [-1, 0.5, 2], Apply("ClipByValue", [Floats("x", [3], -5, 0.5f, 5), Floats("low", [], -1), Floats("high", [], 2)]));
        AssertTensor([2, 2], [10, 21, 12, 23], Apply("BiasAddV1", [Counted("x", 2, 2), Floats("b", [2], 10, 20)]));
    }

    [Fact]
    public void Shapes_are_asked_for_and_changed()
    {
        NodeDef x = Counted("x", 1, 3, 1);
        AssertTensor([3], [1, 3, 1], Evaluate("s:1", x, Number("n", 4), Node("ShapeN", "s", "n x")));
        AssertTensor([3], [0, 1, 2], Apply("Squeeze", [x]));
        AssertTensor([1, 3], [0, 1, 2], Apply("Squeeze", [x], ("squeeze_dims", new[] { -1 })));
        AssertTensor([2, 3, 2], [0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2], Apply("BroadcastTo", [x, Integers("to", 2, 3, 2)]));
        AssertTensor([3], [2, 4, 3], Apply("BroadcastArgs", [Integers("a", 2, 1, 3), Integers("b", 4, 1)]));
        AssertTensor([3], [2, 0, 1], Apply("InvertPermutation", [Integers("p", 1, 2, 0)]));
        AssertTensor([1, 3, 1], [0, 1, 2], Apply("EnsureShape", [x], ("shape", Shape(-1, 3, 1))));
        AssertRefused(DiagnosticKinds.ShapeInvalid, "EnsureShape", [x], ("shape", Shape(-1, 4, 1)));
        AssertRefused(DiagnosticKinds.ShapeInvalid, "Squeeze", [x], ("squeeze_dims", new[] { 1 }));
        AssertRefused(DiagnosticKinds.ShapeInvalid, "BroadcastTo", [x, Integers("to", 2, 4, 2)]);
        AssertRefused(DiagnosticKinds.GraphInvalid, "InvertPermutation", [Integers("p", 1, 1, 0)]);
    }

    [Fact]
    public void Numbers_are_spaced_evenly()
    {
        AssertTensor([5], [1, 1.5, 2, 2.5, 3], Apply("LinSpace", [Floats("a", [], 1), Floats("b", [], 3), Number("n", 5)]));
        AssertTensor([1], [1], Apply("LinSpace", [Floats("a", [], 1), Floats("b", [], 3), Number("n", 1)]));
        AssertRefused(DiagnosticKinds.TooLarge, "LinSpace", [Floats("a", [], 1), Floats("b", [], 3), Number("n", int.MaxValue)]);
    }

    [Fact]
    public void Operators_of_the_first_versions_do_what_later_ones_do()
    {
        NodeDef x = Counted("x", 2, 3);
        AssertTensor([2, 6], [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5], Evaluate(Number("axis", 1), x, Node("Concat", "y", "axis x x")));
        AssertTensor([2, 3], [3, 4, 5, 0, 1, 2], Apply("Gather", [x, Integers("i", 1, 0)]));
        AssertTensor([2, 1], [2, 5], Evaluate("t", x, Node("TopK", "t", "x", ("k", 1L))));
        AssertTensor([4, 1, 1, 1], [0, 1, 2, 3], Apply("SpaceToBatch", [Counted("i", 1, 2, 2, 1), Integers("p", [2, 2], 0, 0, 0, 0)], ("block_size", 2L)));
        AssertTensor([1, 2, 2, 1], [0, 1, 2, 3], Apply("BatchToSpace", [Counted("i", 4, 1, 1, 1), Integers("p", [2, 2], 0, 0, 0, 0)], ("block_size", 2L)));
        NodeDef[] norm = [Counted("x", 1, 1, 2, 2), Floats("s", [2], 2, 3), Floats("o", [2], 1, -1), Floats("m", [2], 0.5f, 1), Floats("v", [2], 3, 8)];
        AssertTensor([1, 1, 2, 2], [0.5, -1, 2.5, 1], Apply("FusedBatchNormV2", norm, ("is_training", false), ("epsilon", 1f)));
        NodeDef[] old = [norm[0], norm[3], norm[4], norm[2], norm[1]];
        AssertTensor([1, 1, 2, 2], [0.5, -1, 2.5, 1], Apply("BatchNormWithGlobalNormalization", old, ("variance_epsilon", 1f), ("scale_after_normalization", true)));
        AssertTensor([1, 1, 2, 2], [0.75, -1, 1.75, -1 + (2.0 / 3)], Apply("BatchNormWithGlobalNormalization", old, ("variance_epsilon", 1f), ("scale_after_normalization", false)));
    }

    [Fact]
    public void Blocks_of_space_become_batches_with_borders()
    {
        NodeDef image = Counted("x", 1, 2, 3, 1);
        AssertTensor(
            [4, 2, 2, 1],
            [0, 0, 3, 5, 0, 0, 4, 0, 0, 2, 0, 0, 1, 0, 0, 0],
            Apply("SpaceToBatchND", [image, Integers("block", 2, 2), Integers("paddings", [2, 2], 1, 1, 0, 1)]));
        AssertRefused(DiagnosticKinds.ShapeInvalid, "SpaceToBatchND", [image, Integers("block", 2, 2), Integers("paddings", [2, 2], 0, 0, 0, 0)]);
        AssertRefused(DiagnosticKinds.ShapeInvalid, "BatchToSpaceND", [image, Integers("block", 2, 2), Integers("crops", [2, 2], 0, 0, 0, 0)]);
    }

    [Fact]
    public void Images_are_resized_by_cubes()
    {
        // New pixels lie a quarter of one away from an old one; weights of pixels that are not there go to the others.
        AssertTensor(
            [1, 1, 4, 1],
            [Mixed(3, 7, 1.25), Mixed(3, 7, 0.75), Mixed(7, 3, 0.75), Mixed(7, 3, 1.25)],
            Apply("ResizeBicubic", [Floats("x", [1, 1, 2, 1], 3, 7), Integers("size", 1, 4)], ("half_pixel_centers", true)));

        static double Mixed(double near, double far, double distance) =>
            ((Weight(0.25) * near) + (Weight(distance) * far)) / (Weight(0.25) + Weight(distance));

        static double Weight(double x) => x <= 1 ? (1.5 * x * x * x) - (2.5 * x * x) + 1 : (-0.5 * x * x * x) + (2.5 * x * x) - (4 * x) + 2;
    }

    [Theory]
    [InlineData("REFLECT", new double[] { 4, 3, 4, 5, 4, 1, 0, 1, 2, 1, 4, 3, 4, 5, 4 })]
    [InlineData("SYMMETRIC", new double[] { 0, 0, 1, 2, 2, 0, 0, 1, 2, 2, 3, 3, 4, 5, 5 })]
    public void Convolutions_with_padding_read_a_mirrored_image(string mode, double[] expected)
    {
        NodeDef one = Floats("w", [1, 1, 1, 1], 1), image = Counted("x", 1, 2, 3, 1), paddings = Integers("p", [4, 2], 0, 0, 1, 0, 1, 1, 0, 0);
        (string, object)[] attributes = [("mode", mode), ("strides", new[] { 1, 1, 1, 1 }), ("padding", "VALID")];
        AssertTensor([1, 3, 5, 1], expected, Apply("FusedPadConv2D", [image, paddings, one], attributes));
        AssertTensor([1, 3, 5, 1], expected, Apply("FusedResizeAndPadConv2D", [image, Integers("size", 2, 3), paddings, one], attributes));
        AssertRefused(DiagnosticKinds.ShapeInvalid, "FusedPadConv2D", [image, Integers("p", [4, 2], 0, 0, 4, 0, 0, 0, 0, 0), one], attributes);
    }

    [Theory]
    [InlineData(true, new[] { 0, 0.4, 0.8, 1.2, 1.6, 2 })]
    [InlineData(false, new[] { 0, 0.5, 1, 1.5, 2, 2 })]
    public void Convolutions_with_resizing_read_a_larger_image(bool aligns, double[] expected) => AssertTensor(
        [1, 1, 6, 1],
        expected,
        Apply(
            "FusedResizeAndPadConv2D",
            [Counted("x", 1, 1, 3, 1), Integers("size", 1, 6), Integers("p", [4, 2], 0, 0, 0, 0, 0, 0, 0, 0), Floats("w", [1, 1, 1, 1], 1)],
            ("mode", "REFLECT"), ("strides", new[] { 1, 1, 1, 1 }), ("padding", "VALID"), ("resize_align_corners", aligns)));

    [Fact]
    public void Poolings_may_be_told_their_windows_by_inputs()
    {
        NodeDef image = Counted("x", 1, 4, 4, 1), window = Integers("k", 1, 2, 2, 1);
        AssertTensor([1, 2, 2, 1], [5, 7, 13, 15], Apply("MaxPoolV2", [image, window, Integers("s", 1, 2, 2, 1)], ("padding", "VALID")));
        AssertTensor([1, 1, 2, 2], [5, 7, 13, 15], Apply("MaxPoolV2", [Counted("x", 1, 1, 4, 4), Integers("k", 1, 1, 2, 2), Integers("s", 1, 1, 2, 2)], ("padding", "VALID"), ("data_format", "NCHW")));
        AssertRefused(DiagnosticKinds.AttributeUnsupported, "MaxPoolV2", [image, Integers("k", 2, 2, 2, 1), Integers("s", 1, 2, 2, 1)], ("padding", "VALID"));
        AssertRefused(DiagnosticKinds.AttributeUnsupported, "MaxPoolV2", [image, Integers("k", 1, 2, 1 << 20, 1), Integers("s", 1, 2, 2, 1)], ("padding", "VALID"));
    }

    [Theory]
    [InlineData("Identity")]
    [InlineData("CheckNumericsV2")]
    [InlineData("DebugIdentity")]
    [InlineData("DebugIdentityV2")]
    [InlineData("GuaranteeConst")]
    [InlineData("PreventGradient")]
    [InlineData("RefIdentity")]
    [InlineData("Snapshot")]
    [InlineData("Print")]
    [InlineData("IdentityN")]
    public void Wrappers_hand_on_what_they_get(string name) => AssertTensor([2], [0, 1], Apply(name, [Counted("x", 2), Counted("other", 3)]));

    [Fact]
    public void Placeholders_of_the_second_version_are_inputs()
    {
        Graph graph = Accept(Graph(Node("PlaceholderV2", "x", "", ("dtype", TensorFlowTypes.Float), ("shape", Shape(1, 2))), Node("Neg", "y", "x")));
        Assert.Equal(["x"], graph.Inputs.ToArray());
        AssertTensor([1, 2], [-1, -2], Running.Evaluate(graph, Tensor.Of<float>([1, 2], 1, 2)));
    }

    [Theory]
    [InlineData(true, -1)]
    [InlineData(false, 1)]
    public void Switches_of_variables_are_switches(bool condition, double expected) => AssertTensor(
        [1],
        [expected],
        Evaluate(Floats("x", [1], 1), Truths("condition", [], condition), Node("RefSwitch", "s", "x condition"), Node("Neg", "n", "s:1"), Node("Abs", "a", "s"), Node("RefMerge", "y", "a n")));

    [Theory]
    [InlineData(true, -2)]
    [InlineData(false, 2)]
    public void A_known_condition_calls_one_function(bool condition, double expected)
    {
        GraphDef graph = Graph(
            Placeholder("x", 1), Truths("condition", [], condition),
            Node("If", "y", "condition x", ("then_branch", new NameAttrList { Name = "negative" }), ("else_branch", new NameAttrList { Name = "missing" })));
        graph.Library = new FunctionDefLibrary { Function = { Unary("negative", "Neg"), Unary("missing", condition ? "Unsupported" : "Abs") } };
        AssertTensor([1], [expected], Running.Evaluate(Accept(graph), Tensor.Of<float>([1], 2)));
    }

    private static FunctionDef Unary(string name, string operatorName) => new()
    {
        Signature = new OpDef { Name = name, InputArg = { new OpDef.Types.ArgDef { Name = "x" } }, OutputArg = { new OpDef.Types.ArgDef { Name = "result" } } },
        NodeDef = { Node(operatorName, "f", "x") },
        Ret = { ["result"] = "f:y:0" },
    };

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
