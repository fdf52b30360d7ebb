using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Probabilities of classes from those of pairs.</summary>
internal static class PairwiseCouplingLowering
{
    public static void Lower(StepWriter writer, Node node)
    {
        int classes = ((PairwiseCoupling)node.Op).Classes;
        View input = writer.Contiguous(node.Name, node.Inputs[0]);
        View workspace = writer.Temporary(node.Name, input.Type, [classes * (classes + 1)]);
        writer.Add(
            node.Name,
            "PairwiseCouplingFloat32",
            $"{input.Shape[1]} pairs of {classes} classes",
            ("pairs", input.Argument),
            ("workspace", workspace.Argument),
            ("output", writer.ViewOf(node.Output).Argument),
            ("rows", input.Shape[0].Plan()),
            ("classes", classes.Plan()));
    }
}
