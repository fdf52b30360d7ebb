using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// A concatenation has one scale. Where its parts have unlike ranges – boxes of hundreds of pixels beside scores of 0 to 1 – and no int8 layer reads it, that scale would
/// leave nothing of the smaller part; it is then joined in float, each part from the scale of its own branch. Where an int8 layer reads it, each branch is converted to the
/// scale of the whole on its way in. Sums take their operands with scales of their own anyway.
/// </summary>
public sealed class BranchScales() : QuantizationTechnique("BranchScales")
{
    /// <inheritdoc/>
    public override bool IsWanted(CompileOptions options) => options.BranchScales;

    /// <inheritdoc/>
    internal override QuantizationChoice? Improve(QuantizationTrials trials, QuantizationChoice choice)
    {
        QuantizationChoice separate = choice with { KeepsBranchScales = true };
        return JoinedInFloat(trials.Quantize(separate)) > JoinedInFloat(trials.Quantize(choice)) ? separate : null;
    }

    private static int JoinedInFloat(Graph graph) => graph.Nodes.Count(node => node.Op is Concat && graph.Values[node.Output].Quantization is null);
}
