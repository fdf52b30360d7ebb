using System.Collections.Generic;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>Variables: in inference, constants.</summary>
internal static class VariableOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        new("Variable", (node, context) => context.Session.ReadVariable(node.FileName, node.Text("shared_name", ""))),
        new("VariableV2", (node, context) => context.Session.ReadVariable(node.FileName, node.Text("shared_name", ""))),
        new("VarHandleOp", (node, context) => context.Session.HandleOf(node.FileName, node.Text("shared_name", ""))),
        new("ReadVariableOp", (node, context) => context.Session.ReadHandle(node[0])),
        new("ResourceGather", Gather),
        new("VarIsInitializedOp", (_, context) => context.Constant(Tensor.Scalar(true))),
        new("IsVariableInitialized", (_, context) => context.Constant(Tensor.Scalar(true))),
    ];

    // The axis is the one behind the batch.
    private static string Gather(TensorFlowNode node, TensorFlowContext context)
    {
        string variable = context.Session.ReadHandle(node[0]);
        int batch = checked((int)node.Integer("batch_dims", 0));
        return IndexOperators.Gather(context, variable, context.IndexInput(1), context.ShapeOf(variable).Axis(batch), batch);
    }
}
