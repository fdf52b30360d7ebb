using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Export;

/// <summary>What makes one element of many.</summary>
internal static class ReductionExport
{
    /// <summary>ReduceSum and its kin.</summary>
    public static void Reduce(NodeExport node)
    {
        var reduce = (Reduce)node.Node.Op;
        string type = reduce.Kind switch
        {
            ReduceKind.Sum => "ReduceSum",
            ReduceKind.Mean => "ReduceMean",
            ReduceKind.Maximum => "ReduceMax",
            ReduceKind.Minimum => "ReduceMin",
            ReduceKind.Product => "ReduceProd",
            ReduceKind.SumOfSquares => "ReduceSumSquare",
            _ => "ReduceL1",
        };
        node.DefineBy(type, Layout.Own, [node.Integers("axes", reduce.Axes)], OnnxWriter.Attribute("keepdims", 0), OnnxWriter.Attribute("noop_with_empty_axes", 1));
    }

    /// <summary>ArgMax or ArgMin.</summary>
    public static void ArgReduce(NodeExport node)
    {
        var reduce = (ArgReduce)node.Node.Op;
        node.DefineBy(
            reduce.Maximum ? "ArgMax" : "ArgMin",
            Layout.Own,
            [],
            OnnxWriter.Attribute("axis", reduce.Axis),
            OnnxWriter.Attribute("keepdims", 0),
            OnnxWriter.Attribute("select_last_index", reduce.LastIndex ? 1 : 0));
    }

    /// <summary>Softmax over the last axis.</summary>
    public static void Softmax(NodeExport node) => node.DefineBy("Softmax", Layout.Own, [], OnnxWriter.Attribute("axis", -1));

    /// <summary>TopK.</summary>
    public static void TopK(NodeExport node)
    {
        var top = (TopK)node.Node.Op;
        string[] outputs = [node.Writer.Unique(node.Node.Outputs[0]), node.Writer.Unique(node.Node.Outputs[1])];
        node.Writer.AddNode(
            node.Node.Name,
            "TopK",
            [node.Input(0), node.Integers("k", [top.Count])],
            outputs,
            OnnxWriter.Attribute("axis", top.Axis),
            OnnxWriter.Attribute("largest", top.Largest ? 1 : 0));
        node.Values.Define(node.Node.Outputs[0], Layout.Own, outputs[0]);
        node.Values.Define(node.Node.Outputs[1], Layout.Own, outputs[1]);
    }
}
