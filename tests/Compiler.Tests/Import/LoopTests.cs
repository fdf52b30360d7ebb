using System;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Compiler.Passes;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class LoopTests
{
    private static readonly float[] Sequence = [1, 2, 3, 4, 5, 6];

    [Fact]
    public void A_loop_with_a_trip_count_runs_so_often()
    {
        Graph graph = Accept(Doubling(Trips(5)));
        Assert.Equal(5, ((Loop)Assert.Single(graph.Nodes, node => node.Op is Loop).Op).Count);
        AssertComputes([1.5f * 32], graph, 1.5f);
    }

    [Fact]
    public void A_loop_of_one_iteration_is_no_loop()
    {
        Graph graph = Accept(Doubling(Trips(1)));
        Assert.DoesNotContain(graph.Nodes, node => node.Op is Loop);
        AssertComputes([3f], graph, 1.5f);
    }

    [Fact]
    public void A_loop_of_no_iterations_gives_what_went_in() => AssertComputes([1.5f], Accept(Doubling(Trips(0))), 1.5f);

    [Fact]
    public void The_number_of_the_iteration_is_known_inside_and_the_values_are_stacked()
    {
        GraphProto body = Body([Node("Identity", "go", "on"), Node("Cast", "i", "number", Attribute("to", (long)OnnxTypes.Float)), Node("Add", "a number", "b"), Node("Mul", "b b", "s")], "on b s", "a");
        ModelProto model = Model([1], [Node("Loop", "trips _ x", "last y", Attribute("body", body))], Trips(4));
        AssertComputes([1, 4, 16, 49], Accept(model), 1);
    }

    [Fact]
    public void Trip_counts_and_states_that_are_constant_fold_away()
    {
        ModelProto model = Doubling(Trips(3));
        model.Graph.Input.Clear();
        model.Graph.Initializer.Add(Floats("x", [1], 2));
        Graph graph = Accept(model);
        Assert.Empty(graph.Nodes);
        Assert.Equal([16f], graph.Constants[graph.Outputs[0].Value].Values<float>());
    }

    [Fact]
    public void A_condition_of_the_iterations_number_ends_the_loop()
    {
        GraphProto body = Body([Node("Less", "i limit", "on"), Node("Add", "a a", "b")], "on b", "a");
        ModelProto model = Model([1], [Node("Loop", "_ _ x", "y", Attribute("body", body))], Longs("limit", 6));
        Graph graph = Accept(model);
        Assert.Equal(7, ((Loop)Assert.Single(graph.Nodes, node => node.Op is Loop).Op).Count);
        AssertComputes([128f], graph, 1);
    }

    [Fact]
    public void A_state_that_grows_is_unrolled()
    {
        GraphProto body = Body([Node("Identity", "go", "on"), Node("Concat", "a x", "b", Attribute("axis", 0L))], "on b", "a");
        Graph graph = Accept(Model([2], [Node("Loop", "trips _ x", "y", Attribute("body", body))], Trips(2)));
        AssertComputes([1, 2, 1, 2, 1, 2], graph, 1, 2);
    }

    [Theory]
    [InlineData(1f, 16f)]
    [InlineData(9f, 18f)]
    [InlineData(0.001f, 0.128f)]
    public void A_computed_condition_keeps_the_states_from_then_on(float start, float expected)
    {
        GraphProto body = Body([Node("Add", "a a", "b"), Node("Less", "b limit", "on")], "on b", "a");
        Graph graph = Accept(Model([1], [Node("Loop", "trips _ x", "y", Attribute("body", body))], Trips(7), Floats("limit", [1], 10)));
        AssertComputes([expected], graph, start);
    }

    [Theory]
    [InlineData(1f, 8f)]
    [InlineData(-1f, -1f)]
    public void A_computed_condition_decides_whether_the_loop_runs_at_all(float start, float expected)
    {
        GraphProto body = Body([Node("Identity", "go", "on"), Node("Add", "a a", "b")], "on b", "a");
        Graph graph = Accept(Model([1], [Node("Greater", "x zero", "c"), Node("Loop", "trips c x", "y", Attribute("body", body))], Trips(3), Floats("zero", [1], 0)));
        AssertComputes([expected], graph, start);
    }

    [Fact]
    public void A_computed_condition_with_sequences_is_refused()
    {
        GraphProto body = Body([Node("Add", "a a", "b"), Node("Less", "b limit", "on")], "on b b", "a");
        AssertRefused(DiagnosticKinds.LoopUnbounded, Model([1], [Node("Loop", "trips _ x", "last y", Attribute("body", body))], Trips(7), Floats("limit", [1], 10)));
    }

    [Fact]
    public void A_computed_condition_without_a_trip_count_is_refused()
    {
        GraphProto body = Body([Node("Add", "a a", "b"), Node("Less", "b limit", "on")], "on b", "a");
        AssertRefused(DiagnosticKinds.LoopUnbounded, Model([1], [Node("Loop", "_ _ x", "y", Attribute("body", body))], Floats("limit", [1], 10)));
    }

    [Fact]
    public void A_computed_condition_behind_which_indices_may_be_out_of_range_is_refused()
    {
        GraphProto body = Body([Node("Gather", "x i", "e"), Node("Add", "a e", "b"), Node("Less", "b limit", "on")], "on b", "a");
        AssertRefused(DiagnosticKinds.LoopUnbounded, Model([1], [Node("Loop", "trips _ x", "y", Attribute("body", body))], Trips(7), Floats("limit", [1], 10)));
    }

    [Fact]
    public void A_loop_that_nothing_ends_is_refused() =>
        AssertRefused(DiagnosticKinds.LoopUnbounded, Doubling(Longs("trips", long.MaxValue)));

    [Fact]
    public void A_computed_trip_count_is_refused()
    {
        ModelProto model = Doubling();
        model.Graph.Node.Insert(0, Node("Cast", "x", "trips", Attribute("to", (long)OnnxTypes.Int64)));
        AssertRefused(DiagnosticKinds.ShapeDependsOnData, model);
    }

    [Fact]
    public void A_sequence_that_is_carried_around_is_refused()
    {
        ModelProto model = Doubling(Trips(2));
        GraphProto body = model.Graph.Node[0].Attribute[0].G;
        body.Input[2].Type = new TypeProto { SequenceType = new TypeProto.Types.Sequence() };
        AssertRefused(DiagnosticKinds.TypeUnsupported, model);
    }

    [Fact]
    public void What_is_wrong_in_a_body_is_told_once()
    {
        GraphProto body = Body([Node("Identity", "go", "on"), Node("Mystery", "a", "b")], "on b", "a");
        AssertRefused(DiagnosticKinds.OperatorUnsupported, Model([1], [Node("Loop", "trips _ x", "y", Attribute("body", body))], Trips(2)));
    }

    [Fact]
    public void States_may_change_places()
    {
        GraphProto body = Body([Node("Identity", "go", "on")], "on c a", "a c");
        ModelProto model = Model([1], [Node("Neg", "x", "n"), Node("Loop", "trips _ x n", "p q", Attribute("body", body)), Node("Concat", "p q", "y", Attribute("axis", 0L))], Trips(3));
        AssertComputes([-2, 2], Accept(model), 2);
    }

    [Fact]
    public void Loops_within_loops_know_the_values_of_both()
    {
        GraphProto inner = Body([Node("Identity", "go2", "on2"), Node("Add", "d a", "e"), Node("Add", "e x", "f")], "on2 f", "d", "2");
        GraphProto body = Body([Node("Identity", "go", "on"), Node("Loop", "trips _ x", "b", Attribute("body", inner))], "on b", "a");
        ModelProto model = Model([1], [Node("Loop", "more _ x", "y", Attribute("body", body))], Trips(3), Longs("more", 4));
        float expected = 1;
        for (int i = 0; i < 4; i++)
        {
            expected = 1 + (3 * (expected + 1));
        }

        AssertComputes([expected], Accept(model), 1);
    }

    [Theory]
    [InlineData(0, 0, new float[] { 1, 3, 6, 10, 15, 21 })]
    [InlineData(1, 0, new float[] { 6, 11, 15, 18, 20, 21 })]
    [InlineData(0, 1, new float[] { 21, 15, 10, 6, 3, 1 })]
    [InlineData(1, 1, new float[] { 21, 20, 18, 15, 11, 6 })]
    public void Scan_reads_and_writes_in_either_direction(long inputDirection, long outputDirection, float[] expected)
    {
        NodeProto scan = Node(
            "Scan", "zero x", "last y", Attribute("body", Sum()), Attribute("num_scan_inputs", 1L), Integers("scan_input_directions", inputDirection), Integers("scan_output_directions", outputDirection));
        AssertComputes(expected, Accept(Model([6, 1], [scan], Floats("zero", [1], 0))), Sequence);
    }

    [Fact]
    public void Scan_goes_along_any_axis()
    {
        NodeProto scan = Node(
            "Scan", "zero x", "last y", Attribute("body", Sum()), Attribute("num_scan_inputs", 1L), Integers("scan_input_axes", 1), Integers("scan_output_axes", -1));
        Graph graph = Accept(Model([2, 3], [scan], Floats("zero", [2], 0, 0)));
        AssertComputes([1, 3, 6, 4, 9, 15], graph, Sequence);
    }

    [Fact]
    public void The_first_Scan_ends_each_sequence_of_the_batch_at_its_length()
    {
        NodeProto scan = Node("Scan", "lengths zero x", "last s", Attribute("body", Sum()), Attribute("num_scan_inputs", 1L));
        NodeProto[] nodes = [scan, Node("Reshape", "s flat", "f"), Node("Reshape", "last flat", "l"), Node("Concat", "f l", "y", Attribute("axis", 0L))];
        ModelProto model = Model([2, 3, 1], nodes, Floats("zero", [2, 1], 0, 10), Longs("lengths", 2, 3), Longs("flat", -1));
        model.OpsetImport[0].Version = 8;
        AssertComputes([1, 3, 0, 14, 19, 25, 3, 25], Accept(model), Sequence);
    }

    [Fact]
    public void Scan_of_sequences_of_different_lengths_is_refused()
    {
        NodeProto scan = Node("Scan", "zero x x2", "last y", Attribute("body", Graph([Node("Add", "a e", "b"), Node("Add", "b f", "s")], "b s", null, Free("a"), Free("e"), Free("f"))), Attribute("num_scan_inputs", 2L));
        AssertRefused(DiagnosticKinds.ShapeInvalid, Model([6, 1], [scan], Floats("zero", [1], 0), Floats("x2", [5, 1], 1, 2, 3, 4, 5)));
    }

    private static GraphProto Sum() => Graph([Node("Add", "a e", "b"), Node("Identity", "b", "s")], "b s", null, Free("a"), Free("e"));

    private static ModelProto Doubling(params TensorProto[] constants)
    {
        GraphProto body = Body([Node("Identity", "go", "on"), Node("Add", "a a", "b")], "on b", "a");
        return Model([1], [Node("Loop", "trips _ x", "y", Attribute("body", body))], constants);
    }

    private static TensorProto Trips(long count) => Longs("trips", count);

    private static GraphProto Body(NodeProto[] nodes, string outputs, string states, string suffix = "") =>
        Graph(nodes, outputs, null, [Free("i" + suffix), Free("go" + suffix), .. states.Split(' ').Select(Free)]);

    private static ValueInfoProto Free(string name) => new() { Name = name };

    private static void AssertRefused(DiagnosticKind kind, ModelProto model) => Assert.Equal(kind, Assert.Single(Refuse(model)).Kind);

    private static void AssertComputes(float[] expected, Graph graph, params float[] input)
    {
        Tensor x = Tensor.Of(graph.ShapeOf(graph.Inputs[0]), input);
        Running.Close(expected, Running.Evaluate(graph, x).Values<float>(), 1e-5, "evaluated");
        Running.Close(expected, Running.Execute(graph, x), 1e-5, "executed");
        Running.Close(expected, Running.Execute(PassList.Run(graph, Precision.Float32), x), 1e-5, "optimised");
    }
}
