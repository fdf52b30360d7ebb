using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class SequenceTests
{
    private static readonly NodeProto Split = Node("SplitToSequence", "x", "parts", Attribute("axis", 0), Attribute("keepdims", 0));

    [Fact]
    public void Values_are_put_in_taken_out_and_counted()
    {
        Graph imported = Accept(Model(Graph(
            [
                Split,
                Node("SequenceInsert", "parts x0 first", "more"),
                Node("SequenceErase", "more last", "fewer"),
                Node("SequenceAt", "fewer last", "y"),
                Node("SequenceLength", "fewer", "n"),
            ],
            "y n",
            [Longs("first", 0), Longs("last", -1), Floats("x0", [2], 7, 8)],
            Input("x", OnnxTypes.Float, 3, 2))));
        Assert.Equal([3f, 4f], Running.Evaluate(imported, Tensor.Of<float>([3, 2], 1, 2, 3, 4, 5, 6)).Values<float>());
        Assert.Equal(3, imported.Constants[imported.Outputs[1].Value].ToInt64().Single());
    }

    [Theory]
    [InlineData(0, new[] { 6 })]
    [InlineData(1, new[] { 2, 3 })]
    public void Values_are_joined_along_an_axis_or_a_new_one(int newAxis, int[] shape)
    {
        Graph imported = Accept(Model(Graph(
            [Split, Node("ConcatFromSequence", "parts", "y", Attribute("axis", newAxis == 1 ? -1 : 0), Attribute("new_axis", newAxis))],
            "y",
            null,
            Input("x", OnnxTypes.Float, 3, 2))));
        Assert.Equal(Shape.From(shape), imported.ShapeOf(imported.Outputs[0].Value));
    }

    [Fact]
    public void The_last_part_of_a_split_is_what_is_left()
    {
        Graph imported = Accept(Model(Graph(
            [Node("SplitToSequence", "x size", "parts"), Node("SequenceAt", "parts last", "y")], "y", [Scalar("size", 2), Longs("last", -1)], Input("x", OnnxTypes.Float, 5))));
        Assert.Equal([1], imported.ShapeOf(imported.Outputs[0].Value));
    }

    [Fact]
    public void What_is_there_is_known() =>
        Assert.Equal(
            [true, false],
            Accept(Model(Graph([Node("Optional", "x", "o"), Node("OptionalHasElement", "o", "y"), Node("OptionalHasElement", "_", "z")], "y z", null, Input("x", OnnxTypes.Float, 1))))
                is var graph ? graph.Outputs.Select(output => graph.Constants[output.Value].Values<bool>()[0]) : []);

    [Theory]
    [InlineData("SequenceAt", "parts far", "at place 3 of a sequence of 3")]
    [InlineData("SequenceErase", "parts far", "at place 3 of a sequence of 3")]
    [InlineData("SequenceLength", "x", "'x' of SequenceLength is no sequence")]
    public void A_place_that_is_not_there_and_a_tensor_for_a_sequence_are_refused(string operatorName, string inputs, string message)
    {
        Diagnostic problem = Assert.Single(Refuse(Model(Graph([Split, Node(operatorName, inputs, "y")], "y", [Longs("far", 3)], Input("x", OnnxTypes.Float, 3, 2)))));
        Assert.Equal(DiagnosticKinds.GraphInvalid, problem.Kind);
        Assert.Contains(message, problem.Message);
    }

    [Fact]
    public void A_sequence_for_a_tensor_is_refused() =>
        Assert.Equal(DiagnosticKinds.ShapeInvalid, Assert.Single(Refuse(Model(Graph([Split, Node("Neg", "parts", "y")], "y", null, Input("x", OnnxTypes.Float, 3, 2))))).Kind);

    [Fact]
    public void A_sequence_is_no_output() =>
        Assert.Equal(DiagnosticKinds.TypeUnsupported, Assert.Single(Refuse(Model(Graph([Split], "parts", null, Input("x", OnnxTypes.Float, 3, 2))))).Kind);

    private static TensorProto Scalar(string name, long value)
    {
        TensorProto tensor = Longs(name, value);
        tensor.Dims.Clear();
        return tensor;
    }
}
