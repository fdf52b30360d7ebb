using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

/// <summary>A program for one example may be run once for each of a batch only when no example has a part in the results of another.</summary>
public class BatchFlowTests
{
    private static readonly TensorProto[] Constants =
    [
        Floats("weights", [4, 4], [.. Enumerable.Range(0, 16).Select(index => index * 0.1f)]),
        Floats("row", [1, 4], 1, 2, 3, 4),
        Longs("first", 0),
        Longs("second", 1),
        Longs("apart", -1, 2, 2),
        Longs("together", -1, 4),
    ];

    private static readonly Dictionary<string, NodeProto[]> Apart = new()
    {
        { "an activation", [Node("Relu", "x", "y")] },
        { "a constant row", [Node("Add", "x row", "y")] },
        { "a product with weights", [Node("MatMul", "x weights", "y")] },
        { "a product from the left", [Node("Transpose", "x", "t"), Node("MatMul", "weights t", "u"), Node("Transpose", "u", "y")] },
        { "products of an example with itself", [Node("Reshape", "x apart", "a"), Node("MatMul", "a a", "b"), Node("Reshape", "b together", "y")] },
        { "a reduction of the features", [Node("ReduceMean", "x second", "m"), Node("Sub", "x m", "y")] },
        { "a softmax of the features", [Node("Softmax", "x", "y", Attribute("axis", 1))] },
        { "parts put together", [Node("Concat", "x x", "y", Attribute("axis", 1))] },
        { "the best of the features", [Node("TopK", "x second", "y i", Attribute("axis", 1))] },
        { "features picked", [Node("Gather", "x second", "y", Attribute("axis", 1))] },
        { "rows picked from a table", [Node("ArgMax", "x", "i", Attribute("axis", 1), Attribute("keepdims", 0)), Node("Gather", "weights i", "y")] },
        { "zeros as many as examples", [Node("Shape", "x", "s"), Node("ConstantOfShape", "s", "z"), Node("Add", "x z", "y")] },
    };

    private static readonly Dictionary<string, NodeProto[]> Mixed = new()
    {
        { "a mean over the batch", [Node("ReduceMean", "x first", "m"), Node("Sub", "x m", "y")] },
        { "a softmax over the batch", [Node("Softmax", "x", "y", Attribute("axis", 0))] },
        { "a sum that runs over the batch", [Node("CumSum", "x first", "y")] },
        { "products of examples", [Node("Transpose", "x", "t"), Node("MatMul", "x t", "g"), Node("MatMul", "g x", "y")] },
        { "the batch as features", [Node("Transpose", "x", "t"), Node("Softmax", "t", "u", Attribute("axis", 1)), Node("Transpose", "u", "y")] },
        { "the first example only", [Node("Gather", "x first", "a", Attribute("axis", 0)), Node("Add", "x a", "y")] },
        { "examples in another order", [Node("Slice", "x last end first back", "y")] },
        { "places in the batch", [Node("Shape", "x", "s"), Node("Gather", "s zero", "n"), Node("Range", "zero n one", "r"), Node("Cast", "r", "f", Attribute("to", OnnxTypes.Float)), Node("Unsqueeze", "f second", "c"), Node("Add", "x c", "y")] },
        { "the batch as the last axis", [Node("Transpose", "x", "y")] },
        { "a shape that only one example has", [Node("Reshape", "x one_row", "y")] },
    };

    public static TheoryData<string> WhatIsApart => [.. Apart.Keys];

    public static TheoryData<string> WhatIsMixed => [.. Mixed.Keys];

    [Theory]
    [MemberData(nameof(WhatIsApart))]
    public void A_batch_is_free_where_examples_stay_apart(string what) => Assert.True(HasFreeBatch(Apart[what]));

    [Theory]
    [MemberData(nameof(WhatIsMixed))]
    public void A_batch_is_not_free_where_one_example_has_a_part_in_another(string what) => Assert.False(HasFreeBatch(Mixed[what]));

    [Theory]
    [InlineData("forward")]
    [InlineData("reverse")]
    public void A_recurrent_layer_keeps_the_sequences_of_a_batch_apart(string direction) =>
        Assert.True(HasFreeBatch(Recurrent("N", 3, direction)));

    [Fact]
    public void A_sequence_of_open_length_is_no_batch()
    {
        NodeProto[] nodes = [Node("LSTM", "x w r", "y", Attribute("hidden_size", 2))];
        GraphProto graph = Graph(nodes, "", [Weights("w", 8, 3), Weights("r", 8, 2)], Input("x", OnnxTypes.Float, "T", 1, 3));
        graph.Output.Add(Input("y", OnnxTypes.Float, "T", 1, 1, 2));
        Assert.False(Accept(Model(graph)).HasFreeBatch);
    }

    [Fact]
    public void Maps_of_scores_are_as_many_as_examples()
    {
        AttributeProto labels = Integers("classlabels_int64s", 3, 5, 7, 9);
        NodeProto map = Node("ZipMap", "x", "y", labels);
        map.Domain = "ai.onnx.ml";
        GraphProto graph = Graph([map], "", null, Input("x", OnnxTypes.Float, "N", 4));
        graph.Output.Add(new ValueInfoProto { Name = "y", Type = new TypeProto { SequenceType = new TypeProto.Types.Sequence() } });
        ModelProto model = Model(graph);
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "ai.onnx.ml", Version = 1 });
        Assert.True(Accept(model).HasFreeBatch);
    }

    // Sequences of a batch [batch, steps, 3], turned as exporters turn them.
    private static GraphProto Recurrent(object batch, int steps, string direction)
    {
        NodeProto[] nodes =
        [
            Node("Transpose", "x", "t", Integers("perm", 1, 0, 2)),
            Node("GRU", "t w r", "s h", Attribute("hidden_size", 2), Attribute("direction", direction)),
            Node("Squeeze", "h axis", "y"),
        ];
        GraphProto graph = Graph(nodes, "", [Weights("w", 6, 3), Weights("r", 6, 2), Longs("axis", 0)], Input("x", OnnxTypes.Float, batch, steps, 3));
        graph.Output.Add(Input("y", OnnxTypes.Float, batch, 2));
        return graph;
    }

    private static TensorProto Weights(string name, int rows, int columns) =>
        Floats(name, [1, rows, columns], [.. Enumerable.Range(0, rows * columns).Select(index => (index % 7 * 0.1f) - 0.3f)]);

    private static bool HasFreeBatch(IEnumerable<NodeProto> nodes)
    {
        TensorProto[] scalars = [Scalar("zero", 0), Scalar("one", 1)];
        TensorProto[] places = [Longs("last", -1), Longs("end", long.MinValue), Longs("back", -1), Longs("one_row", 1, 4)];
        GraphProto graph = Graph(nodes, "", [.. Constants, .. scalars, .. places], Input("x", OnnxTypes.Float, "N", 4));
        graph.Output.Add(Input("y", OnnxTypes.Float, "N", "M"));
        return HasFreeBatch(graph);
    }

    private static bool HasFreeBatch(GraphProto graph) => Accept(Model(graph)).HasFreeBatch;

    private static TensorProto Scalar(string name, long value) => new() { Name = name, DataType = OnnxTypes.Int64, Int64Data = { value } };
}
