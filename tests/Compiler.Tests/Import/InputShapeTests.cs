using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Plans;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class InputShapeTests
{
    [Theory]
    [InlineData("N")]
    [InlineData(0)]
    [InlineData(-1)]
    public void An_open_batch_is_one(object batch) => Assert.Equal([1, 3], ShapeOf(Accept(Taking(batch, 3))));

    [Fact]
    public void Other_open_dimensions_are_named_with_the_metadata_to_set()
    {
        Diagnostic problem = Assert.Single(Refuse(Taking("N", 3, "height", "width")));
        Assert.Equal(DiagnosticKinds.DimensionUnknown, problem.Kind);
        Assert.Contains("dimension 3 ('height') of input 'x'", problem.Message);
        Assert.Contains("InputShape=\"x:1,3,height,width\"", problem.Message);
    }

    [Fact]
    public void The_users_shape_settles_them() =>
        Assert.Equal([2, 3, 8, 9], ShapeOf(Accept(Taking("N", 3, "height", "width"), ("x", [2, 3, 8, 9]))));

    [Fact]
    public void A_dimensions_name_means_the_same_at_every_input()
    {
        GraphProto graph = Graph([Node("Add", "x z", "y")], "y", null, Input("x", OnnxTypes.Float, "N", "T"), Input("z", OnnxTypes.Float, "N", "T"));
        Assert.Equal([1, 7], ShapeOf(Accept(Model(graph), ("z", [1, 7]))));
    }

    [Theory]
    [InlineData("x", new[] { 1, 4 }, "the model fixes dimension 2 to 3")]
    [InlineData("x", new[] { 1, 3, 1 }, "the input has 2 dimensions")]
    [InlineData("pixels", new[] { 1, 3 }, "the model has no such input; it has 'x'")]
    public void A_shape_that_contradicts_the_model_is_refused(string name, int[] shape, string message)
    {
        Diagnostic problem = Assert.Single(Refuse(Taking("N", 3), (name, shape)));
        Assert.Equal(DiagnosticKinds.MetadataInvalid, problem.Kind);
        Assert.Contains(message, problem.Message);
    }

    [Fact]
    public void A_constant_that_is_also_an_input_is_constant()
    {
        GraphProto graph = Graph([Node("Add", "x w", "y")], "y", [Floats("w", [1], 1)], Input("x", OnnxTypes.Float, 1), Input("w", OnnxTypes.Float, 1));
        Assert.Equal("x", Assert.Single(Accept(Model(graph)).Inputs));
    }

    [Theory]
    [InlineData(OnnxTypes.Float16)]
    [InlineData(OnnxTypes.BFloat16)]
    public void Small_floats_become_float32(int type)
    {
        Graph graph = Accept(Model(Graph([Node("Relu", "x", "y")], "y", null, Input("x", type, 1))));
        Assert.Equal(ElementType.Float32, graph.Values["x"].Type.Type);
    }

    private static ModelProto Taking(params object[] shape) => Model(Graph([Node("Relu", "x", "y")], "y", null, Input("x", OnnxTypes.Float, shape)));

    private static Shape ShapeOf(Graph graph) => graph.ShapeOf(graph.Inputs.First());
}
