using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Passes;
using ModelCompiler.Plans;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>Results that are as long as the data says: through import, passes, lowering and the kernels.</summary>
public class BoundTests
{
    private static readonly float[] Mixed = [3, 0, -1, 0, 0, 7];

    private static readonly NodeProto[] Positives = [Node("Greater", "x zero", "c"), Node("Compress", "x c", "p", Attribute("axis", 0))];

    [Fact]
    public void Coordinates_of_what_is_not_zero_are_compact()
    {
        var executor = Run(Model([2, 3], [Node("NonZero", "x", "y")]), Mixed);
        Assert.Equal(new EquatableArray<int>([2, 3]), executor.ShapeOf("y"));
        Assert.Equal([0L, 0, 1, 0, 2, 2], executor.Fetch<long>("y"));
    }

    [Fact]
    public void An_instance_forgets_how_long_the_last_result_was()
    {
        var executor = Run(Model([2, 3], [Node("NonZero", "x", "y")]), Mixed);
        foreach ((float[] input, int count) in new[] { (new float[6], 0), ([1, 1, 1, 1, 1, 1], 6), (Mixed, 3) })
        {
            executor.Feed<float>("x", input);
            executor.Infer();
            Assert.Equal(new EquatableArray<int>([2, count]), executor.ShapeOf("y"));
            Assert.Equal(2 * count, executor.Fetch<long>("y").Length);
        }
    }

    [Theory]
    [InlineData("Exp", "p", "y", new float[] { 20.085537f, 1096.6332f })]
    [InlineData("Add", "p p", "y", new float[] { 6, 14 })]
    [InlineData("Add", "p one", "y", new float[] { 4, 8 })]
    [InlineData("Gather", "table q", "y", new float[] { 13, 17 })]
    [InlineData("Gather", "p last", "y", new float[] { 7 })]
    [InlineData("ReduceSum", "e", "y", new float[] { 8 })]
    [InlineData("ReduceMax", "n", "y", new float[] { -3 })]
    [InlineData("ReduceMin", "e", "y", new float[] { 3 })]
    [InlineData("ReduceProd", "e", "y", new float[] { 15 })]
    [InlineData("Slice", "p start end", "y", new float[] { 7 })]
    [InlineData("Identity", "p", "y", new float[] { 3, 7 })]
    [InlineData("Reshape", "p open", "y", new float[] { 3, 7 })]
    [InlineData("Compress", "p large", "y", new float[] { 7 })]
    public void Only_what_is_valid_is_in_the_result(string operatorName, string inputs, string output, float[] expected)
    {
        NodeProto[] nodes =
        [
            .. Positives,
            Node("Cast", "p", "q", Attribute("to", OnnxTypes.Int64)),
            Node("Clip", "p low high", "e"),
            Node("Neg", "p", "n"),
            Node("Greater", "p five", "large"),
            operatorName.StartsWith("Reduce", StringComparison.Ordinal) ? Node(operatorName, inputs, output, Attribute("keepdims", 0)) : Node(operatorName, inputs, output),
        ];
        float[] table = [.. Enumerable.Range(10, 9).Select(value => (float)value)];
        ModelProto model = Model(
            [6], nodes, Floats("zero", [], 0), Floats("one", [1], 1), Floats("table", [9], table), Longs("last", -1), Floats("low", [], 2), Floats("high", [], 5),
            Longs("start", 1), Longs("end", long.MaxValue), Longs("open", -1, 1), Floats("five", [], 5));
        Running.Close(expected, Run(model, Mixed).Fetch<float>("y"), 1e-6, operatorName);
    }

    [Fact]
    public void Neutral_numbers_beside_the_valid_ones_change_no_result_when_none_is_valid()
    {
        NodeProto[] nodes = [.. Positives, Node("ReduceSum", "p", "y", Attribute("keepdims", 0))];
        Assert.Equal([0f], Run(Model([6], nodes, Floats("zero", [], 0)), [-1, -2, 0, 0, 0, -7]).Fetch<float>("y"));
    }

    [Fact]
    public void The_shape_tells_how_many_there_are()
    {
        NodeProto[] nodes = [Node("NonZero", "x", "p"), Node("Transpose", "p", "t"), Node("Shape", "t", "s"), Node("Size", "t", "n"), Node("Concat", "s n1", "y", Attribute("axis", 0)), Node("Unsqueeze", "n axes", "n1")];
        (nodes[4], nodes[5]) = (nodes[5], nodes[4]);
        Assert.Equal([3L, 2, 6], Run(Model([2, 3], nodes, Longs("axes", 0)), Mixed).Fetch<long>("y"));
    }

    [Fact]
    public void Rows_that_a_mask_picks_go_through_a_layer()
    {
        NodeProto[] nodes =
        [
            Node("ReduceSum", "x axis", "sums", Attribute("keepdims", 0)), Node("Greater", "sums zero", "c"), Node("Compress", "x c", "rows", Attribute("axis", 0)),
            Node("MatMul", "rows w", "product"), Node("Softmax", "product", "y"),
        ];
        var executor = Run(Model([3, 2], nodes, Longs("axis", 1), Floats("zero", [], 0), Floats("w", [2, 2], 1, 0, 0, 1)), [1, 1, -1, -1, 0, MathF.Log(3)]);
        Assert.Equal(new EquatableArray<int>([2, 2]), executor.ShapeOf("y"));
        Running.Close([0.5f, 0.5f, 0.25f, 0.75f], executor.Fetch<float>("y"), 1e-6, "y");
    }

    [Fact]
    public void Places_found_can_be_gathered_from()
    {
        NodeProto[] nodes = [Node("NonZero", "x", "p"), Node("Transpose", "p", "t"), Node("GatherND", "x t", "y")];
        Assert.Equal([3f, -1, 7], Run(Model([2, 3], nodes), Mixed).Fetch<float>("y"));
    }

    [Fact]
    public void A_computed_number_of_best_elements_bounds_the_result()
    {
        NodeProto[] nodes = [.. Positives, Node("Shape", "p", "n"), Node("Min", "n limit", "k"), Node("TopK", "x k", "y i")];
        var executor = Run(Model(Graph(nodes, "y i", [Floats("zero", [], 0), Longs("limit", 4)], Input("x", OnnxTypes.Float, 6))), Mixed);
        Assert.Equal([7f, 3], executor.Fetch<float>("y"));
        Assert.Equal([5L, 0], executor.Fetch<long>("i"));
    }

    [Theory]
    [InlineData(1, new float[] { 7, 3 })]
    [InlineData(0, new float[] { 3, 7 })]
    public void The_best_of_what_is_valid_are_valid(int largest, float[] expected)
    {
        NodeProto[] nodes = [.. Positives, Node("TopK", "p k", "y i", Attribute("largest", largest))];
        Assert.Equal(expected, Run(Model([6], nodes, Floats("zero", [], 0), Longs("k", 4)), Mixed).Fetch<float>("y"));
    }

    [Fact]
    public void Different_elements_come_with_places_groups_and_counts()
    {
        GraphProto graph = Graph([Node("Unique", "x", "y first inverse counts", Attribute("sorted", 0))], "y first inverse counts", [], Input("x", OnnxTypes.Float, 6));
        var executor = Run(Model(graph), [2, 1, 1, 3, 4, 3]);
        Assert.Equal([2f, 1, 3, 4], executor.Fetch<float>("y"));
        Assert.Equal([0L, 1, 3, 4], executor.Fetch<long>("first"));
        Assert.Equal([0L, 1, 1, 2, 3, 2], executor.Fetch<long>("inverse"));
        Assert.Equal([1L, 2, 2, 1], executor.Fetch<long>("counts"));
    }

    [Fact]
    public void Results_of_constants_are_as_long_as_they_are()
    {
        Tensor[] results = Evaluate(11, Node("Unique", "x", "y f i c", Attribute("axis", 1)), Floats("x", [2, 3], 2, 1, 2, 0, 5, 0));
        Assert.Equal([2, 2], results[0].Shape);
        Assert.Equal([1f, 2, 5, 0], results[0].Values<float>());
        Assert.Equal([1L, 0], results[1].Values<long>());
        Assert.Equal([1L, 2], results[3].Values<long>());
    }

    [Theory]
    [InlineData("CumSum", "p axis")]
    [InlineData("ReduceMean", "p")]
    [InlineData("ArgMax", "p")]
    [InlineData("Softmax", "p")]
    [InlineData("Concat", "p p")]
    [InlineData("Concat", "p x")]
    [InlineData("Add", "p x")]
    [InlineData("Add", "p other")]
    [InlineData("Squeeze", "p")]
    [InlineData("Slice", "p last end")]
    [InlineData("Reshape", "p two")]
    [InlineData("Expand", "p six")]
    [InlineData("Unique", "p")]
    [InlineData("Range", "start count one")]
    public void What_would_mix_valid_with_other_slices_is_refused(string operatorName, string inputs)
    {
        NodeProto node = operatorName == "Concat" ? Node(operatorName, inputs, "y", Attribute("axis", 0)) : Node(operatorName, inputs, "y");
        NodeProto[] nodes =
        [
            .. Positives, Node("Less", "x zero", "d"), Node("Compress", "x d", "other", Attribute("axis", 0)), Node("Shape", "p", "counts"), Node("Squeeze", "counts axis", "count"), node,
        ];
        ModelProto model = Model(
            [6], nodes, Floats("zero", [], 0), Longs("axis", 0), Longs("last", -1), Longs("end", long.MaxValue), Longs("two", 3, 2), Longs("six", 6), Longs("start", 0), Longs("one", 1));
        Diagnostic problem = Assert.Single(Refuse(model));
        Assert.Equal(operatorName == "Range" ? DiagnosticKinds.ShapeDependsOnData : DiagnosticKinds.ExtentDependsOnData, problem.Kind);
        Assert.StartsWith($"operator {operatorName}", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Branches_of_different_length_are_refused()
    {
        GraphProto then = Graph([Node("Identity", "p", "a")], "a"), otherwise = Graph([Node("Identity", "x", "b")], "b");
        NodeProto[] nodes = [.. Positives, Node("ReduceSum", "x", "sum", Attribute("keepdims", 0)), Node("Greater", "sum zero", "which"), Node("If", "which", "y", Attribute("then_branch", then), Attribute("else_branch", otherwise))];
        Assert.Equal(DiagnosticKinds.ExtentDependsOnData, Assert.Single(Refuse(Model([6], nodes, Floats("zero", [], 0)))).Kind);
    }

    [Fact]
    public void An_index_beyond_what_is_valid_is_an_error_and_not_padding()
    {
        NodeProto[] nodes = [.. Positives, Node("Gather", "p i", "y")];
        Assert.Throws<ArgumentException>(() => Run(Model([6], nodes, Floats("zero", [], 0), Longs("i", 2)), Mixed));
    }

    /// <summary>A detector's end: suppression, then the boxes and classes of what is left.</summary>
    [Fact]
    public void Detections_are_what_a_plain_program_finds()
    {
        const int Boxes = 100, Classes = 3;
        NodeProto[] nodes =
        [
            Node("NonMaxSuppression", "boxes scores most overlap least", "kept"),
            Node("Slice", "kept two three one", "column"), Node("Squeeze", "column one", "places"),
            Node("Squeeze", "boxes zero", "all"), Node("Gather", "all places", "found", Attribute("axis", 0)),
            Node("Gather", "kept second", "classes", Attribute("axis", 1)), Node("Cast", "classes", "categories", Attribute("to", OnnxTypes.Int32)),
        ];
        TensorProto[] constants =
        [
            Longs("most", 20), Floats("overlap", [1], 0.4f), Floats("least", [1], 0.3f), Longs("zero", 0), Longs("one", 1), Longs("two", 2), Longs("three", 3),
            Longs("second", 1),
        ];
        PlanExecutor executor = Compile(Model(Graph(
            nodes, "kept found categories", constants, Input("boxes", OnnxTypes.Float, 1, Boxes, 4), Input("scores", OnnxTypes.Float, 1, Classes, Boxes))));
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int repetition = 0; repetition < 30; repetition++)
        {
            float[] boxes = [.. Enumerable.Range(0, Boxes).SelectMany(_ => Box(random))];
            float[] scores = [.. Enumerable.Range(0, Boxes * Classes).Select(_ => repetition == 0 ? 0 : random.NextSingle())];
            executor.Feed<float>("boxes", boxes);
            executor.Feed<float>("scores", scores);
            executor.Infer();
            List<(int Class, int Box)> expected = [.. Enumerable.Range(0, Classes).SelectMany(category => Suppress(boxes, scores[(category * Boxes)..((category + 1) * Boxes)]).Select(box => (category, box)))];
            Assert.True(expected.SelectMany(pair => new long[] { 0, pair.Class, pair.Box }).SequenceEqual(executor.Fetch<long>("kept")), $"seed {seed}, repetition {repetition}");
            Assert.Equal(new EquatableArray<int>([expected.Count, 4]), executor.ShapeOf("found"));
            Assert.Equal(expected.SelectMany(pair => boxes[(pair.Box * 4)..((pair.Box * 4) + 4)]), executor.Fetch<float>("found"));
            Assert.Equal(expected.Select(pair => pair.Class), executor.Fetch<int>("categories"));
        }
    }

    private static float[] Box(Random random)
    {
        (float y, float x) = (random.NextSingle() * 4, random.NextSingle() * 4);
        return [y, x, y + 0.5f + random.NextSingle(), x + 0.5f + random.NextSingle()];
    }

    private static List<int> Suppress(float[] boxes, float[] scores)
    {
        var kept = new List<int>();
        foreach (int box in Enumerable.Range(0, scores.Length).Where(box => scores[box] > 0.3f).OrderByDescending(box => scores[box]))
        {
            if (kept.Count < 20 && kept.All(other => Overlap(boxes.AsSpan(box * 4, 4), boxes.AsSpan(other * 4, 4)) <= 0.4f))
            {
                kept.Add(box);
            }
        }

        return kept;
    }

    private static float Overlap(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        float height = MathF.Max(0, MathF.Min(a[2], b[2]) - MathF.Max(a[0], b[0]));
        float width = MathF.Max(0, MathF.Min(a[3], b[3]) - MathF.Max(a[1], b[1]));
        float areas = ((a[2] - a[0]) * (a[3] - a[1])) + ((b[2] - b[0]) * (b[3] - b[1]));
        return height * width / (areas - (height * width));
    }

    private static PlanExecutor Run(ModelProto model, float[] input)
    {
        PlanExecutor executor = Compile(model);
        executor.Feed<float>("x", input);
        executor.Infer();
        return executor;
    }

    private static PlanExecutor Compile(ModelProto model)
    {
        LoweredModel lowered = ModelLowering.Lower(PassList.Run(Accept(model), Precision.Float32), Running.Options);
        return new PlanExecutor(lowered.Plan, lowered.Weights);
    }
}
