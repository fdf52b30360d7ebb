using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Passes;
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

    [Theory]
    [InlineData("N", "N", true)]
    [InlineData("N", 1, false)]
    [InlineData(1, "N", false)]
    public void A_batch_is_free_when_the_file_leaves_it_open_everywhere(object input, object output, bool free)
    {
        GraphProto graph = Graph([Node("Neg", "x", "y")], "", null, Input("x", OnnxTypes.Float, input, 3));
        graph.Output.Add(Input("y", OnnxTypes.Float, output, 3));
        Assert.Equal(free, Accept(Model(graph)).HasFreeBatch);
        Assert.Equal(free, PassList.Run(Accept(Model(graph)), Precision.Float32).HasFreeBatch);
    }

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
    public void A_shape_that_only_one_input_gives_is_settled_and_the_input_no_parameter()
    {
        GraphProto graph = Graph([Node("Reshape", "x s", "y")], "", null, Input("x", OnnxTypes.Float, 2, 3), Input("s", OnnxTypes.Int64, 1));
        graph.Output.Add(Input("y", OnnxTypes.Float, 6));
        var notes = new List<Diagnostic>();
        Graph imported = OnnxImporter.Import(Model(graph), Running.Options, notes);
        Assert.Equal("x", Assert.Single(imported.Inputs));
        Diagnostic note = Assert.Single(notes);
        Assert.Equal(DiagnosticKinds.InputSettled, note.Kind);
        Assert.Contains("'s' can only be 6", note.Message);
    }

    [Theory]
    [InlineData(new[] { 3, 2 }, false)]
    [InlineData(new[] { 2, 2 }, true)]
    public void Axes_are_settled_when_no_others_give_the_declared_shape(int[] declared, bool settled)
    {
        GraphProto graph = Graph([Node("ReduceSum", "x a", "y", Attribute("keepdims", 0))], "", null, Input("x", OnnxTypes.Float, 3, 2, 2), Input("a", OnnxTypes.Int64, 1));
        graph.Output.Add(Input("y", OnnxTypes.Float, [.. declared.Cast<object>()]));
        if (settled)
        {
            Assert.Equal("x", Assert.Single(Accept(Model(graph)).Inputs));
        }
        else
        {
            Diagnostic problem = Assert.Single(Refuse(Model(graph)));
            Assert.Equal(DiagnosticKinds.ShapeDependsOnData, problem.Kind);
            Assert.Contains("set InputValue=\"a:1\"", problem.Message);
        }
    }

    [Fact]
    public void A_shape_that_the_model_computes_is_not_asked_of_the_user()
    {
        NodeProto[] nodes = [Node("Cast", "x", "s", Attribute("to", OnnxTypes.Int64)), Node("ConstantOfShape", "s", "y")];
        Diagnostic problem = Assert.Single(Refuse(Model(Graph(nodes, "y", null, Input("x", OnnxTypes.Float, 2)))));
        Assert.Equal(DiagnosticKinds.ShapeDependsOnData, problem.Kind);
        Assert.DoesNotContain("InputValue", problem.Message);
    }

    [Fact]
    public void An_input_that_is_settled_here_and_computed_with_there_is_refused()
    {
        GraphProto graph = Graph([Node("Expand", "x s", "y"), Node("Neg", "s", "z")], "", null, Input("x", OnnxTypes.Float, 1), Input("s", OnnxTypes.Int64, 1));
        graph.Output.Add(Input("y", OnnxTypes.Float, 4));
        graph.Output.Add(Input("z", OnnxTypes.Int64, 1));
        Assert.Equal(DiagnosticKinds.ShapeDependsOnData, Assert.Single(Refuse(Model(graph))).Kind);
    }

    [Fact]
    public void An_inputs_fixed_value_is_a_constant()
    {
        GraphProto graph = Graph([Node("ReduceSum", "x a", "y", Attribute("keepdims", 0))], "y", null, Input("x", OnnxTypes.Float, 3, 2, 2), Input("a", OnnxTypes.Int64, 1));
        CompileOptions options = Running.Options with { InputValues = ImmutableDictionary<string, ImmutableArray<double>>.Empty.Add("a", [2]) };
        Graph imported = OnnxImporter.Import(Model(graph), options, []);
        Assert.Equal("x", Assert.Single(imported.Inputs));
        Assert.Equal([3, 2], imported.ShapeOf(imported.Outputs[0].Value));
    }

    [Theory]
    [InlineData("b", new double[] { 1 }, "no such input")]
    [InlineData("a", new double[] { 1, 2 }, "the input has 1 elements")]
    [InlineData("a", new double[] { 0.5 }, "the input is of Int64")]
    [InlineData("a", new double[] { 1e30 }, "the input is of Int64")]
    public void A_fixed_value_that_does_not_fit_is_refused(string name, double[] values, string message)
    {
        GraphProto graph = Graph([Node("ReduceSum", "x a", "y")], "y", null, Input("x", OnnxTypes.Float, 3, 2, 2), Input("a", OnnxTypes.Int64, 1));
        CompileOptions options = Running.Options with { InputValues = ImmutableDictionary<string, ImmutableArray<double>>.Empty.Add(name, [.. values]) };
        var exception = Assert.Throws<DiagnosticException>(() => OnnxImporter.Import(Model(graph), options, []));
        Assert.Contains(exception.Diagnostics, problem => problem.Kind == DiagnosticKinds.MetadataInvalid && problem.Message.Contains(message, StringComparison.Ordinal));
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
