using System;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class ShapeOperatorTests
{
    private static readonly TensorProto Six = Floats("x", [2, 3], 1, 2, 3, 4, 5, 6);

    [Fact]
    public void Reshape_keeps_zeros_and_works_out_minus_one() =>
        Assert.Equal([2, 1, 3], Evaluate("Reshape", [Six, Longs("s", 0, 1, -1)]).Shape);

    [Fact]
    public void Reshape_of_sizes_computed_from_a_shape_is_static()
    {
        NodeProto[] nodes = [Node("Shape", "x", "s"), Node("Gather", "s zero", "n"), Node("Concat", "n rest", "t", Attribute("axis", 0)), Node("Reshape", "x t", "y")];
        Graph graph = Accept(Model([1, 2, 3], nodes, Longs("zero", 0), Longs("rest", -1)));
        Assert.Equal([1, 6], graph.ShapeOf(graph.Outputs[0].Value));
        Assert.Single(graph.Nodes);
    }

    [Fact]
    public void A_shape_computed_from_the_input_is_refused_with_its_name()
    {
        NodeProto[] nodes = [Node("Cast", "x", "sizes", Attribute("to", OnnxTypes.Int64)), Node("Reshape", "x sizes", "y")];
        Diagnostic problem = Assert.Single(Refuse(Model([2], nodes)));
        Assert.Equal(DiagnosticKinds.ShapeDependsOnData, problem.Kind);
        Assert.Contains("'sizes'", problem.Message);
    }

    [Fact]
    public void Axes_of_Squeeze_were_an_attribute_and_became_an_input()
    {
        TensorProto x = Floats("x", [1, 2, 1], 1, 2);
        Assert.Equal([1, 2], Evaluate(11, Node("Squeeze", "x", "y", Integers("axes", 2)), x)[0].Shape);
        Assert.Equal([1, 2], Evaluate(13, Node("Squeeze", "x a", "y"), x, Longs("a", -1))[0].Shape);
        Assert.Equal([2], Evaluate(13, Node("Squeeze", "x", "y"), x)[0].Shape);
    }

    [Fact]
    public void Slices_may_go_backwards()
    {
        Tensor output = Evaluate("Slice", [Six, Longs("starts", -1), Longs("ends", long.MinValue), Longs("axes", 1), Longs("steps", -2)]);
        Assert.Equal([3f, 1f, 6f, 4f], output.Values<float>());
    }

    [Theory]
    [InlineData("reflect", new float[] { 3, 2, 1, 2, 3, 2, 1 })]
    [InlineData("edge", new float[] { 1, 1, 1, 2, 3, 3, 3 })]
    [InlineData("wrap", new float[] { 2, 3, 1, 2, 3, 1, 2 })]
    [InlineData("constant", new float[] { 9, 9, 1, 2, 3, 9, 9 })]
    public void Padding_takes_its_elements_from_where_the_mode_says(string mode, float[] expected)
    {
        Tensor output = Evaluate("Pad", [Floats("x", [3], 1, 2, 3), Longs("pads", 2, 2), Floats("v", [], 9)], Attribute("mode", mode));
        Assert.Equal(expected, output.Values<float>());
    }

    [Fact]
    public void Negative_padding_cuts() =>
        Assert.Equal([0f, 1f, 2f], Evaluate("Pad", [Floats("x", [3], 1, 2, 3), Longs("pads", 1, -1)]).Values<float>());

    [Fact]
    public void Split_gives_the_rest_to_the_last_part()
    {
        Tensor[] parts = Evaluate(18, Node("Split", "x", "a b", Attribute("num_outputs", 2)), Floats("x", [5], 1, 2, 3, 4, 5));
        Assert.Equal([1f, 2f, 3f], parts[0].Values<float>());
        Assert.Equal([4f, 5f], parts[1].Values<float>());
    }

    [Fact]
    public void Gather_counts_negative_indices_from_the_end() =>
        Assert.Equal([3f, 6f], Evaluate("Gather", [Six, Longs("i", -1)], Attribute("axis", 1)).Values<float>());

    [Fact]
    public void An_index_outside_is_refused() =>
        Assert.Equal(
            DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(Model([2, 3], [Node("Gather", "x i", "y")], Longs("i", 2)))).Kind);

    [Fact]
    public void Scattered_elements_are_summed_where_they_meet()
    {
        Tensor output = Evaluate("ScatterND", [Floats("x", [3], 1, 2, 3), Places, Floats("u", [3], 10, 20, 40)], Attribute("reduction", "add"));
        Assert.Equal([51f, 2f, 23f], output.Values<float>());
    }

    [Theory]
    [InlineData("none", new float[] { 10, 20, 30, 4 })]
    [InlineData("add", new float[] { 11, 22, 33, 4 })]
    [InlineData("mul", new float[] { 10, 40, 90, 4 })]
    [InlineData("min", new float[] { 1, 2, 3, 4 })]
    [InlineData("max", new float[] { 10, 20, 30, 4 })]
    public void Places_of_ScatterElements_may_be_computed(string reduction, float[] expected)
    {
        GraphProto graph = Graph([Node("ScatterElements", "x i u", "y", Attribute("reduction", reduction))], "y", [Floats("x", [4], 1, 2, 3, 4), Floats("u", [3], 20, 30, 10)], Input("i", OnnxTypes.Int64, 3));
        Graph imported = Accept(Model(graph));
        Assert.Equal(expected, Running.Evaluate(imported, Tensor.Of<long>([3], 1, -2, 0)).Values<float>());
        Assert.Equal(expected, Running.Execute(imported, Tensor.Of<long>([3], 1, -2, 0)));
    }

    [Fact]
    public void Places_of_ScatterND_may_be_computed_and_the_last_update_of_a_place_stays()
    {
        GraphProto graph = Graph([Node("ScatterND", "x i u", "y")], "y", [Floats("x", [2, 2], 1, 2, 3, 4), Floats("u", [3], 10, 20, 30)], Input("i", OnnxTypes.Int64, 3, 2));
        Assert.Equal([1f, 30f, 20f, 4f], Running.Execute(Accept(Model(graph)), Tensor.Of<long>([3, 2], 0, 1, 1, 0, -2, -1)));
    }

    [Fact]
    public void A_computed_index_outside_its_axis_is_an_error_and_no_element_of_another_row()
    {
        GraphProto scatter = Graph([Node("ScatterND", "x i u", "y")], "y", [Floats("x", [2, 2], 1, 2, 3, 4), Floats("u", [1], 10)], Input("i", OnnxTypes.Int64, 1, 2));
        GraphProto gather = Graph([Node("GatherND", "x i", "y")], "y", [Floats("x", [2, 2], 1, 2, 3, 4)], Input("i", OnnxTypes.Int64, 1, 2));
        foreach (GraphProto graph in (GraphProto[])[scatter, gather])
        {
            Assert.Throws<ArgumentException>(() => Running.Execute(Accept(Model(graph)), Tensor.Of<long>([1, 2], 0, 2)));
        }
    }

    [Fact]
    public void Lengths_of_ReverseSequence_may_be_computed()
    {
        GraphProto graph = Graph(
            [Node("ReverseSequence", "x n", "y", Attribute("time_axis", 1), Attribute("batch_axis", 0))], "y", [Floats("x", [2, 3], 1, 2, 3, 4, 5, 6)], Input("n", OnnxTypes.Int64, 2));
        Graph imported = Accept(Model(graph));
        Assert.Equal([2f, 1f, 3f, 6f, 5f, 4f], Running.Execute(imported, Tensor.Of<long>([2], 2, 3)));
        Assert.Throws<ArgumentException>(() => Running.Execute(imported, Tensor.Of<long>([2], 2, 4)));
    }

    [Fact]
    public void Places_of_GatherND_may_be_computed()
    {
        GraphProto graph = Graph([Node("GatherND", "x i", "y")], "y", [Floats("x", [2, 2], 1, 2, 3, 4)], Input("i", OnnxTypes.Int64, 5, 2));
        Graph imported = Accept(Model(graph));
        Assert.Equal([5], imported.ShapeOf(imported.Outputs[0].Value));
        Tensor output = Running.Evaluate(imported, Tensor.Of<long>([5, 2], 0, 0, 0, 1, 1, 0, 1, -1, -2, 0));
        Assert.Equal([1f, 2f, 3f, 4f, 1f], output.Values<float>());
    }

    [Fact]
    public void Extents_beyond_reason_are_refused() =>
        Assert.Equal(
            DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(Model([1], [Node("Expand", "x s", "y")], Longs("s", 1L << 31, 4)))).Kind);

    [Fact]
    public void A_constant_that_would_fill_the_memory_is_refused() =>
        Assert.Equal(
            DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(Model([1], [Node("ConstantOfShape", "s", "y")], Longs("s", 1 << 20, 1 << 20)))).Kind);

    private static TensorProto Places => new(Longs("i", 0, 2, 0)) { Dims = { 1 } };
}
