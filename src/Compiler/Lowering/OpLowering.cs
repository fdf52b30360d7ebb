using System;
using System.Collections.Generic;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Which lowering writes the steps of which op: one line an op.</summary>
public static class OpLowering
{
    private static readonly Dictionary<Type, Action<StepWriter, Node>> Lowerings = new()
    {
        [typeof(ArgReduce)] = ReductionLowering.LowerArgReduce,
        [typeof(Concat)] = MovementLowering.LowerConcat,
        [typeof(Conv2D)] = ConvolutionLowering.Lower,
        [typeof(Elementwise)] = ElementwiseLowering.Lower,
        [typeof(Expand)] = MovementLowering.LowerExpand,
        [typeof(FullyConnected)] = FullyConnectedLowering.Lower,
        [typeof(Gather)] = GatherLowering.Lower,
        [typeof(Loop)] = LoopLowering.Lower,
        [typeof(MatMul)] = MatMulLowering.Lower,
        [typeof(NonMaxSuppression)] = SelectionLowering.LowerNonMaxSuppression,
        [typeof(NonZero)] = SelectionLowering.LowerNonZero,
        [typeof(Pad)] = MovementLowering.LowerPad,
        [typeof(PairwiseCoupling)] = PairwiseCouplingLowering.Lower,
        [typeof(Pool2D)] = PoolingLowering.Lower,
        [typeof(Reduce)] = ReductionLowering.Lower,
        [typeof(Requantize)] = RequantizeLowering.Lower,
        [typeof(ResampleAxis)] = ResampleLowering.Lower,
        [typeof(Reshape)] = MovementLowering.LowerReshape,
        [typeof(Scatter)] = ScatterLowering.Lower,
        [typeof(Slice)] = MovementLowering.LowerSlice,
        [typeof(Softmax)] = SoftmaxLowering.Lower,
        [typeof(TopK)] = SelectionLowering.LowerTopK,
        [typeof(Transpose)] = MovementLowering.LowerTranspose,
        [typeof(TreeEnsemble)] = TreeEnsembleLowering.Lower,
        [typeof(Unique)] = SelectionLowering.LowerUnique,
    };

    /// <summary>Writes the steps of a node.</summary>
    /// <exception cref="ShapeException">The node has no lowering for its types.</exception>
    public static void Lower(StepWriter writer, Node node)
    {
        if (!Lowerings.TryGetValue(node.Op.GetType(), out Action<StepWriter, Node>? lower))
        {
            throw new ShapeException($"{node.Op.GetType().Name} is not supported on values that are computed at run time");
        }

        foreach (string output in node.Outputs)
        {
            writer.FillBorder(node.Name, writer.ViewOf(output));
        }

        lower(writer, node);
        foreach (string output in node.Outputs)
        {
            writer.Complete(output);
        }
    }
}
