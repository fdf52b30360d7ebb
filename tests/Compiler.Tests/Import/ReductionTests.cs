using System;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class ReductionTests
{
    private static readonly TensorProto Six = Floats("x", [2, 3], 1, 2, 3, 4, 5, 6);

    [Theory]
    [InlineData("ReduceSum", 6f, 15f)]
    [InlineData("ReduceMean", 2f, 5f)]
    [InlineData("ReduceMax", 3f, 6f)]
    [InlineData("ReduceMin", 1f, 4f)]
    [InlineData("ReduceProd", 6f, 120f)]
    [InlineData("ReduceSumSquare", 14f, 77f)]
    [InlineData("ReduceL1", 6f, 15f)]
    [InlineData("ReduceL2", 3.7416575f, 8.774964f)]
    [InlineData("ReduceLogSum", 1.7917595f, 2.7080503f)]
    [InlineData("ReduceLogSumExp", 3.407606f, 6.407606f)]
    public void Reductions_make_one_number_of_each_row(string name, float first, float second)
    {
        Tensor output = Evaluate(18, Node(name, "x a", "y", Attribute("keepdims", 0)), Six, Longs("a", -1))[0];
        Assert.Equal([first, second], output.Values<float>(), (a, b) => Math.Abs(a - b) < 1e-4);
        Assert.Equal([2], output.Shape);
    }

    [Fact]
    public void Axes_were_an_attribute_and_stay_unless_told_otherwise() =>
        Assert.Equal([1, 3], Evaluate(11, Node("ReduceSum", "x", "y", Integers("axes", 0)), Six)[0].Shape);

    [Fact]
    public void No_axes_are_all_or_none()
    {
        Assert.Equal([1, 1], Evaluate("ReduceSum", [Six]).Shape);
        Assert.Equal([2, 3], Evaluate("ReduceSum", [Six], Attribute("noop_with_empty_axes", 1)).Shape);
    }

    [Fact]
    public void The_first_of_equals_is_the_greatest_unless_the_last_is_asked_for()
    {
        TensorProto x = Floats("x", [3], 7, 1, 7);
        Assert.Equal([0L], Evaluate("ArgMax", [x]).Values<long>());
        Assert.Equal([2L], Evaluate("ArgMax", [x], Attribute("select_last_index", 1)).Values<long>());
    }

    [Fact]
    public void Running_sums_go_both_ways()
    {
        TensorProto x = Floats("x", [3], 1, 2, 4), axis = Longs("axis", 0);
        Assert.Equal([1f, 3f, 7f], Evaluate("CumSum", [x, axis]).Values<float>());
        Assert.Equal([6f, 4f, 0f], Evaluate("CumSum", [x, axis], Attribute("reverse", 1), Attribute("exclusive", 1)).Values<float>());
    }

    [Fact]
    public void Softmax_took_the_axes_behind_together_until_version_12()
    {
        TensorProto x = Floats("x", [1, 2, 2], 0, 0, 0, 0);
        Assert.Equal([0.25f, 0.25f, 0.25f, 0.25f], Evaluate(12, Node("Softmax", "x", "y"), x)[0].Values<float>());
        Assert.Equal([0.5f, 0.5f, 0.5f, 0.5f], Evaluate(13, Node("Softmax", "x", "y"), x)[0].Values<float>());
    }

    [Fact]
    public void Scores_far_apart_keep_finite_logarithms() =>
        Assert.Equal([0f, -1000f], Evaluate("LogSoftmax", [Floats("x", [1, 2], 1000, 0)]).Values<float>());

    [Fact]
    public void An_axis_that_is_not_there_is_refused() =>
        Assert.Equal(DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(Model([2, 3], [Node("ReduceMax", "x a", "y")], Longs("a", 2)))).Kind);
}
