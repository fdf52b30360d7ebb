using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Google.Protobuf;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.TensorFlow;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.TensorFlow.TensorFlowModels;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlow;

public class GraphTests
{
    [Fact]
    public void Inputs_and_outputs_are_found()
    {
        Graph graph = Accept(Graph(Placeholder("unused", 3), Placeholder("x", -1, 3), Floats("c", [3], 1, 2, 3), Node("Mul", "y", "x c"), Node("NoOp", "init"), Node("Relu", "z", "y")));
        Assert.Equal(["x"], graph.Inputs.ToArray());
        Assert.Equal(["z"], graph.Outputs.Select(output => output.Name));
        Assert.True(graph.HasFreeBatch);
        AssertTensor([1, 3], [0, 4, 12], Running.Evaluate(graph, Tensor.Of<float>([1, 3], -1, 2, 4)));
    }

    [Fact]
    public void What_only_training_needs_is_no_output()
    {
        Graph graph = Accept(Graph(
            Placeholder("x", 1, 2), Placeholder("label", 1), Node("Softmax", "y", "x"), Node("HistogramSummary", "summary", "y"), Node("Assert", "assert", "y"),
            Node("SparseSoftmaxCrossEntropyWithLogits", "entropy", "x label"), Node("Neg", "loss", "entropy")));
        Assert.Equal(["y"], graph.Outputs.Select(output => output.Name));
        Assert.Equal(["x"], graph.Inputs.ToArray());
    }

    [Fact]
    public void A_graph_that_trains_must_be_told_its_outputs()
    {
        GraphDef graph = Graph(
            Placeholder("x", 1, 2), Placeholder("label", 1, 2), Node("VariableV2", "w"), Node("Relu", "y", "x"), Node("Sub", "error", "x label"), Node("ReluGrad", "back", "y x"), Node("ApplyAdam", "train", "w back"));
        Diagnostic problem = Assert.Single(Refuse(graph));
        Assert.Equal(DiagnosticKinds.OutputsUnknown, problem.Kind);
        Assert.Contains("'y'", problem.Message);
        Assert.Equal(["x"], Accept(graph, Options with { Outputs = ["y"] }).Inputs.ToArray());
    }

    [Fact]
    public void What_is_behind_a_named_input_is_cut()
    {
        GraphDef graph = Graph(
            Node("Placeholder", "file", "", ("dtype", TensorFlowTypes.Text)), Node("DecodeJpeg", "picture", "file"), Node("Cast", "pixels", "picture", ("DstT", TensorFlowTypes.Float)), Node("Neg", "y", "pixels"));
        Diagnostic text = Assert.Single(Refuse(graph), problem => problem.Kind == DiagnosticKinds.InputIsText);
        Assert.Contains("Inputs=\"pixels\"", text.Message);
        CompileOptions cut = Options with { Inputs = ["pixels"], InputShapes = ImmutableDictionary<string, ImmutableArray<int>>.Empty.Add("pixels", [1, 2]) };
        Graph imported = Accept(graph, cut);
        Assert.Equal(["pixels"], imported.Inputs.ToArray());
        AssertTensor([1, 2], [-1, -2], Running.Evaluate(imported, Tensor.Of<float>([1, 2], 1, 2)));
    }

    [Fact]
    public void Wrappers_and_defaults_pass_through()
    {
        Graph graph = Accept(Graph(
            Placeholder("x", 1, 2), Node("Identity", "a", "x"), Node("CheckNumerics", "b", "a"), Node("StopGradient", "c", "b ^a"),
            Node("PlaceholderWithDefault", "d", "c", ("dtype", TensorFlowTypes.Float)), Node("Abs", "y", "d:0")));
        Assert.Single(graph.Nodes);
        AssertTensor([1, 2], [1, 2], Running.Evaluate(graph, Tensor.Of<float>([1, 2], -1, 2)));
    }

    [Fact]
    public void A_default_can_be_replaced()
    {
        GraphDef graph = Graph(
            Placeholder("x", 1, 2), Floats("rate", [], 0.5f), Node("PlaceholderWithDefault", "keep", "rate", ("dtype", TensorFlowTypes.Float), ("shape", Shape())), Node("RealDiv", "y", "x keep"));
        AssertTensor([1, 2], [2, 4], Running.Evaluate(Accept(graph), Tensor.Of<float>([1, 2], 1, 2)));
        CompileOptions all = Options with { InputValues = ImmutableDictionary<string, ImmutableArray<double>>.Empty.Add("keep", [1]) };
        AssertTensor([1, 2], [1, 2], Running.Evaluate(Accept(graph, all), Tensor.Of<float>([1, 2], 1, 2)));
    }

    [Theory]
    [InlineData(1f, true)]
    [InlineData(0.5f, false)]
    public void Dropout_compiles_where_it_keeps_everything(float keep, bool compiles)
    {
        GraphDef graph = Graph(
            Placeholder("x", 1, 2), Floats("keep", [], keep), Integers("shape", 1, 2), Node("RandomUniform", "random", "shape", ("dtype", TensorFlowTypes.Float)),
            Node("Add", "sum", "keep random"), Node("Floor", "mask", "sum"), Node("RealDiv", "scaled", "x keep"), Node("Mul", "y", "scaled mask"));
        if (compiles)
        {
            AssertTensor([1, 2], [3, 4], Running.Evaluate(Accept(graph), Tensor.Of<float>([1, 2], 3, 4)));
            Assert.Empty(ModelCompiler.Compiler.Passes.PassList.Run(Accept(graph), Precision.Float32).Nodes);
        }
        else
        {
            Assert.Equal(DiagnosticKinds.AttributeUnsupported, Assert.Single(Refuse(graph)).Kind);
        }
    }

    [Theory]
    [InlineData(true, -1)]
    [InlineData(false, 1)]
    public void Of_a_known_switch_one_branch_is_left(bool condition, double expected)
    {
        Graph graph = Accept(Graph(
            Placeholder("x", 1), Truths("condition", [], condition), Node("Switch", "s", "x condition"), Node("Neg", "whenTrue", "s:1"), Node("Abs", "whenFalse", "s"),
            Node("DecodeJpeg", "unreached", condition ? "s" : "s:1"), Node("Merge", "y", "whenFalse whenTrue unreached")));
        AssertTensor([1], [expected], Running.Evaluate(graph, Tensor.Of<float>([1], 1)));
    }

    [Fact]
    public void Functions_are_inlined()
    {
        GraphDef graph = Graph(Placeholder("x", 1, 4), Node("StatefulPartitionedCall", "y", "x", ("f", new NameAttrList { Name = "outer" })));
        graph.Library = new FunctionDefLibrary { Function = { Halves("inner"), Caller("outer", "inner") } };
        AssertTensor([1, 2], [-3, -4], Running.Evaluate(Accept(graph), Tensor.Of<float>([1, 4], 1, 2, 3, 4)));
    }

    [Fact]
    public void A_function_that_calls_itself_is_refused()
    {
        GraphDef graph = Graph(Placeholder("x", 1, 4), Node("PartitionedCall", "y", "x", ("f", new NameAttrList { Name = "f" })));
        graph.Library = new FunctionDefLibrary { Function = { Caller("f", "f") } };
        Assert.Contains(Refuse(graph), problem => problem.Kind == DiagnosticKinds.GraphInvalid);
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, -2)]
    public void If_chooses_a_function(bool condition, double expected)
    {
        GraphDef graph = Graph(
            Placeholder("x", 1), Node("Placeholder", "condition", "", ("dtype", TensorFlowTypes.Boolean), ("shape", Shape())),
            Node("StatelessIf", "y", "condition x", ("then_branch", new NameAttrList { Name = "same" }), ("else_branch", new NameAttrList { Name = "negative" })));
        graph.Library = new FunctionDefLibrary { Function = { Unary("same", "Identity"), Unary("negative", "Neg") } };
        CompileOptions options = Options with { InputValues = ImmutableDictionary<string, ImmutableArray<double>>.Empty.Add("x", [2]) };
        AssertTensor([1], [expected], Running.Evaluate(Accept(graph, options), Tensor.Scalar(condition)));
    }

    [Fact]
    public void All_unsupported_operators_are_named_at_once()
    {
        ImmutableArray<Diagnostic> problems = Refuse(Graph(Placeholder("x", 1), Node("One", "a", "x"), Node("Two", "b", "a"), Node("One", "c", "b"), Node("Three", "y", "c")));
        Assert.All(problems, problem => Assert.Equal(DiagnosticKinds.OperatorUnsupported, problem.Kind));
        Assert.Equal(3, problems.Length);
    }

    [Fact]
    public void A_graph_that_depends_on_itself_is_refused() =>
        Assert.Contains(Refuse(Graph(Node("Neg", "a", "b"), Node("Neg", "b", "a")), Options with { Outputs = ["a"] }), problem => problem.Kind == DiagnosticKinds.GraphInvalid);

    [Fact]
    public void A_missing_node_is_refused() =>
        Assert.Contains(Refuse(Graph(Node("Neg", "a", "b")), Options with { Outputs = ["a"] }), problem => problem.Kind == DiagnosticKinds.GraphInvalid);

    [Fact]
    public void A_name_that_is_not_in_the_graph_is_refused() =>
        Assert.Equal(DiagnosticKinds.MetadataInvalid, Assert.Single(Refuse(Graph(Placeholder("x", 1)), Options with { Outputs = ["q"] })).Kind);

    [Fact]
    public void An_open_extent_must_be_set() =>
        Assert.Equal(DiagnosticKinds.DimensionUnknown, Assert.Single(Refuse(Graph(Placeholder("x", -1, -1), Node("Neg", "y", "x")))).Kind);

    [Fact]
    public void A_variable_without_a_value_is_refused() =>
        Assert.Equal(DiagnosticKinds.VariableUnknown, Assert.Single(Refuse(Graph(Placeholder("x", 1), Node("VariableV2", "v"), Node("Add", "y", "x v")))).Kind);

    [Fact]
    public void A_deep_graph_needs_no_deep_stack()
    {
        const int depth = 20_000;
        IEnumerable<NodeDef> chain = Enumerable.Range(1, depth).Select(index => Node("Identity", $"n{index}", index == 1 ? "x" : $"n{index - 1}"));
        Assert.Equal([$"n{depth}"], Accept(Graph([Placeholder("x", 1), .. chain])).Outputs.Select(output => output.Name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("version https://git-lfs.github.com/spec/v1")]
    [InlineData("node { name: \"x\" }")]
    public void Files_that_are_no_graphs_are_refused(string text) =>
        Assert.Equal(
            DiagnosticKinds.FileMalformed,
            Assert.Single(Assert.Throws<DiagnosticException>(() => OnnxModels.ImportFile("model.pb", System.Text.Encoding.UTF8.GetBytes(text))).Diagnostics).Kind);

    [Fact]
    public void A_truncated_file_is_refused_wherever_it_ends()
    {
        byte[] whole = Graph(Placeholder("x", 1, 3), Floats("c", [3], 1, 2, 3), Node("Mul", "y", "x c")).ToByteArray();
        Assert.Single(OnnxModels.ImportFile("model.pb", whole).Outputs);
        for (int length = 0; length < whole.Length; length++)
        {
            // Cut between two nodes it is a graph, of nodes that are missing or that nobody reads.
            Assert.Throws<DiagnosticException>(() => OnnxModels.ImportFile("model.pb", whole[..length]));
        }
    }

    [Fact]
    public void A_constant_whose_data_does_not_fit_is_refused()
    {
        NodeDef constant = Node("Const", "c", "", ("dtype", TensorFlowTypes.Float), ("value", new TensorProto { Dtype = TensorFlowTypes.Float, TensorShape = Shape(3), TensorContent = ByteString.CopyFrom(1, 2) }));
        Assert.Equal(DiagnosticKinds.FileMalformed, Assert.Single(Refuse(Graph(constant, Node("Neg", "y", "c")), Options with { Outputs = ["y"] })).Kind);
    }

    [Fact]
    public void Other_formats_are_not_cut_by_names() => OnnxModels.InFolder(folder =>
    {
        string path = Path.Combine(folder, "model.onnx");
        File.WriteAllBytes(path, [1]);
        CompileOptions options = Options with { ModelPath = path, Outputs = ["y"] };
        IEnumerable<DiagnosticKind> kinds =

            Assert.Throws<DiagnosticException>(() => ModelCompiler.Compiler.Import.ModelImporter.Import(options, [])).Diagnostics.Select(problem => problem.Kind);
        Assert.Equal([DiagnosticKinds.MetadataInvalid], kinds);
        return kinds;
    });

    // The second half, by an operator with several outputs.
    private static FunctionDef Halves(string name) => Function(
        name, "second:output:1", Number("axis", 1), Node("Split", "second", "axis:output:0 x", ("num_split", 2L)));

    private static FunctionDef Caller(string name, string callee) => Function(
        name, "negative:y:0", Node("PartitionedCall", "call", "x", ("f", new NameAttrList { Name = callee })), Node("Neg", "negative", "call:output:0"));

    private static FunctionDef Unary(string name, string operatorName) => Function(name, "f:y:0", Node(operatorName, "f", "x"));

    private static FunctionDef Function(string name, string result, params NodeDef[] nodes) => new()
    {
        Signature = new OpDef { Name = name, InputArg = { new OpDef.Types.ArgDef { Name = "x" } }, OutputArg = { new OpDef.Types.ArgDef { Name = "result" } } },
        NodeDef = { nodes },
        Ret = { ["result"] = result },
    };
}
