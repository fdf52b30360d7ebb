using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class FunctionAndBranchTests
{
    [Fact]
    public void A_function_of_the_file_is_inlined_with_its_attributes()
    {
        ModelProto model = Model([3], [Own("Leak", Attribute("slope", 0.5f))]);
        model.Functions.Add(Function("Leak", [Node("LeakyRelu", "a", "b", Reference("alpha", "slope"))]));
        Assert.Equal([-1f, 0f, 2f], Running.Evaluate(Accept(model), Tensor.Of<float>([3], -2, 0, 2)).Values<float>());
    }

    [Fact]
    public void An_attribute_that_is_not_given_has_the_functions_default()
    {
        ModelProto model = Model([1], [Own("Leak")]);
        FunctionProto function = Function("Leak", [Node("LeakyRelu", "a", "b", Reference("alpha", "slope"))]);
        function.AttributeProto.Add(Attribute("slope", 0.25f));
        model.Functions.Add(function);
        Assert.Equal([-0.5f], Running.Evaluate(Accept(model), Tensor.Of<float>([1], -2)).Values<float>());
    }

    [Fact]
    public void A_function_that_contains_itself_is_refused()
    {
        ModelProto model = Model([1], [Own("Again")]);
        model.Functions.Add(Function("Again", [Own("Again", "a", "b")]));
        Diagnostic problem = Assert.Single(Refuse(model));
        Assert.Equal(DiagnosticKinds.GraphInvalid, problem.Kind);
        Assert.Contains("may contain itself", problem.Message);
    }

    [Fact]
    public void Functions_that_multiply_without_end_are_refused()
    {
        ModelProto model = Model([1], [Own("F0")]);
        for (int level = 0; level < 30; level++)
        {
            string next = $"F{level + 1}";
            model.Functions.Add(Function($"F{level}", [Own(next, "a", "c"), Own(next, "c", "b")]));
        }

        model.Functions.Add(Function("F30", [Node("Relu", "a", "b")]));
        Assert.Equal(DiagnosticKinds.TooLarge, Assert.Single(Refuse(model)).Kind);
    }

    [Theory]
    [InlineData(1, 3f)]
    [InlineData(0, -2f)]
    public void A_constant_condition_leaves_one_branch(int condition, float expected)
    {
        Graph graph = Accept(Conditional([Truth("c", condition)]));
        Assert.Single(graph.Nodes);
        Assert.Equal([expected], Running.Evaluate(graph, Tensor.Of<float>([1], 2)).Values<float>());
    }

    [Fact]
    public void A_computed_condition_chooses_between_both_branches()
    {
        ModelProto model = Conditional([], Node("Greater", "x limit", "c"));
        model.Graph.Initializer.Add(Floats("limit", [1], 5));
        Graph graph = Accept(model);
        Assert.Equal([8f], Running.Evaluate(graph, Tensor.Of<float>([1], 7)).Values<float>());
        Assert.Equal([-4f], Running.Evaluate(graph, Tensor.Of<float>([1], 4)).Values<float>());
    }

    private static ModelProto Conditional(TensorProto[] constants, params NodeProto[] before)
    {
        GraphProto more = Graph([Node("Add", "x one", "more")], "more", [Floats("one", [1], 1)]);
        GraphProto less = Graph([Node("Neg", "x", "less")], "less");
        return Model([1], [.. before, Node("If", "c", "y", Attribute("then_branch", more), Attribute("else_branch", less))], constants);
    }

    private static NodeProto Own(string name, params AttributeProto[] attributes) => Own(name, "x", "y", attributes);

    private static NodeProto Own(string name, string input, string output, params AttributeProto[] attributes)
    {
        NodeProto node = Node(name, input, output, attributes);
        node.Domain = "own";
        return node;
    }

    private static FunctionProto Function(string name, NodeProto[] nodes)
    {
        var function = new FunctionProto { Domain = "own", Name = name, Input = { "a" }, Output = { "b" }, OpsetImport = { new OperatorSetIdProto { Version = Opset } } };
        function.Node.AddRange(nodes);
        return function;
    }

    private static TensorProto Truth(string name, int value) => new() { Name = name, DataType = OnnxTypes.Boolean, Int32Data = { value } };
}
