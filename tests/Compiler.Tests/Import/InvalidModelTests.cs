using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>Every way a graph can be wrong has one code, and says where.</summary>
public class InvalidModelTests
{
    [Fact]
    public void Every_unsupported_operator_is_listed_once_in_one_run()
    {
        ModelProto model = Model([1], [Node("Foo", "x", "a"), Node("Foo", "a", "b"), Node("Relu", "b", "c"), Node("Bar", "c", "y")]);
        ImmutableArray<Diagnostic> problems = Refuse(model);
        Assert.Equal(["Foo_a", "Bar_y"], problems.Select(problem => problem.Node));
        Assert.All(problems, problem => Assert.Equal(DiagnosticKinds.OperatorUnsupported, problem.Kind));
    }

    [Fact]
    public void An_operator_newer_than_the_table_is_unsupported()
    {
        ModelProto model = Model(Graph([Node("Relu", "x", "y")], "y", null, Input("x", OnnxTypes.Float, 1)), opset: 999);
        Assert.Equal("MC1010", Assert.Single(Refuse(model)).Kind.Code);
    }

    [Fact]
    public void A_value_that_nothing_makes_is_named_once()
    {
        Diagnostic problem = Assert.Single(Refuse(Model([1], [Node("Add", "x nowhere", "a"), Node("Add", "a nowhere", "y")])));
        Assert.Equal(DiagnosticKinds.GraphInvalid, problem.Kind);
        Assert.Contains("'nowhere'", problem.Message);
    }

    [Fact]
    public void A_cycle_is_named()
    {
        Diagnostic problem = Refuse(Model([1], [Node("Add", "x b", "a"), Node("Add", "a x", "b"), Node("Relu", "a", "y")]))[0];
        Assert.Equal(DiagnosticKinds.GraphInvalid, problem.Kind);
        Assert.Contains("'b'", problem.Message);
    }

    [Fact]
    public void A_value_made_twice_is_refused()
    {
        Diagnostic problem = Assert.Single(Refuse(Model([1], [Node("Relu", "x", "y"), Node("Neg", "x", "y")])));
        Assert.Equal(DiagnosticKinds.GraphInvalid, problem.Kind);
        Assert.Contains("'y'", problem.Message);
    }

    [Fact]
    public void Outputs_of_one_name_are_refused() =>
        AssertInvalid(Model(Graph([Node("Relu", "x", "y")], "y y", null, Input("x", OnnxTypes.Float, 1))), "two outputs are named 'y'");

    [Fact]
    public void Inputs_of_one_name_are_refused() =>
        AssertInvalid(Model(Graph([Node("Relu", "x", "y")], "y", null, Input("x", OnnxTypes.Float, 1), Input("x", OnnxTypes.Float, 1))), "two inputs are named 'x'");

    [Fact]
    public void An_output_that_nothing_makes_is_refused() =>
        AssertInvalid(Model(Graph([], "z", null, Input("x", OnnxTypes.Float, 1))), "'z'");

    [Fact]
    public void A_model_without_outputs_is_refused() =>
        AssertInvalid(Model(Graph([Node("Relu", "x", "y")], "", null, Input("x", OnnxTypes.Float, 1))), "no outputs");

    [Fact]
    public void An_attribute_of_the_wrong_type_is_refused() =>
        AssertInvalid(Model([1], [Node("LeakyRelu", "x", "y", Attribute("alpha", 1L))]), "'alpha' of LeakyRelu is of type Int");

    [Fact]
    public void An_attribute_given_twice_is_refused() =>
        AssertInvalid(Model([1], [Node("Elu", "x", "y", Attribute("alpha", 1f), Attribute("alpha", 2f))]), "two attributes 'alpha'");

    [Fact]
    public void A_missing_attribute_is_named() =>
        AssertInvalid(Model([1, 4, 2, 2], [Node("DepthToSpace", "x", "y")]), "'blocksize' of DepthToSpace is missing");

    [Fact]
    public void A_missing_input_is_named() => AssertInvalid(Model([1], [Node("Add", "x", "y")]), "input 1 of Add is missing");

    [Fact]
    public void Shapes_that_do_not_fit_are_reported_at_their_node()
    {
        NodeProto node = Node("Add", "x b", "y");
        node.Name = "/layer/layer.0/Add";
        Diagnostic problem = Assert.Single(Refuse(Model([2, 3], [node], Floats("b", [4], 1, 2, 3, 4))));
        Assert.Equal((DiagnosticKinds.ShapeInvalid, "layer.0/Add"), (problem.Kind, problem.Node));
    }

    [Fact]
    public void Mixed_types_are_refused() =>
        Assert.Equal("MC1014", Assert.Single(Refuse(Model([2], [Node("Add", "x b", "y")], Longs("b", 1, 2)))).Kind.Code);

    [Fact]
    public void A_type_without_counterpart_is_named()
    {
        var text = new TensorProto { Name = "words", DataType = 8 };
        Diagnostic problem = Assert.Single(Refuse(Model([1], [Node("Add", "x words", "y")], text)));
        Assert.Equal(DiagnosticKinds.TypeUnsupported, problem.Kind);
        Assert.Contains("'words' has element type string", problem.Message);
    }

    [Fact]
    public void An_input_that_is_no_tensor_is_refused()
    {
        var sequence = new ValueInfoProto { Name = "x", Type = new TypeProto { SequenceType = new TypeProto.Types.Sequence() } };
        Assert.Equal("MC1012", Assert.Single(Refuse(Model(Graph([Node("Relu", "x", "y")], "y", null, sequence)))).Kind.Code);
    }

    [Fact]
    public void Whatever_an_importer_stumbles_over_is_a_finding_at_its_node()
    {
        // A constant of no elements where one is read.
        Diagnostic problem = Assert.Single(Refuse(Model([2], [Node("HannWindow", "a", "y")], Longs("a"))));
        Assert.Equal((DiagnosticKinds.GraphInvalid, "HannWindow_y"), (problem.Kind, problem.Node));
    }

    private static void AssertInvalid(ModelProto model, string message)
    {
        Diagnostic problem = Assert.Single(Refuse(model));
        Assert.Equal(DiagnosticKinds.GraphInvalid, problem.Kind);
        Assert.Contains(message, problem.Message);
    }
}
