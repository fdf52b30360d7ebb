using System;
using System.Collections.Generic;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Export;

/// <summary>What each op of the core is in ONNX: one line an op.</summary>
internal static class OperatorExport
{
    private static readonly Dictionary<Type, Action<NodeExport>> Exports = new()
    {
        [typeof(ArgReduce)] = ReductionExport.ArgReduce,
        [typeof(Concat)] = MovementExport.Concat,
        [typeof(Conv2D)] = LayerExport.Conv2D,
        [typeof(Elementwise)] = ElementwiseExport.Elementwise,
        [typeof(Expand)] = MovementExport.Expand,
        [typeof(FullyConnected)] = LayerExport.FullyConnected,
        [typeof(Gather)] = MovementExport.Gather,
        [typeof(MatMul)] = LayerExport.MatMul,
        [typeof(Pad)] = PaddingExport.Pad,
        [typeof(Pool2D)] = LayerExport.Pool2D,
        [typeof(Reduce)] = ReductionExport.Reduce,
        [typeof(Requantize)] = MovementExport.Requantize,
        [typeof(ResampleAxis)] = ResampleExport.ResampleAxis,
        [typeof(Reshape)] = MovementExport.Reshape,
        [typeof(Scatter)] = MovementExport.Scatter,
        [typeof(Slice)] = MovementExport.Slice,
        [typeof(Softmax)] = ReductionExport.Softmax,
        [typeof(TopK)] = ReductionExport.TopK,
        [typeof(Transpose)] = MovementExport.Transpose,
    };

    /// <summary>Adds the nodes of a node.</summary>
    /// <exception cref="NotExportedException">It has no ONNX form.</exception>
    public static void Export(NodeExport node)
    {
        if (!Exports.TryGetValue(node.Node.Op.GetType(), out Action<NodeExport>? export))
        {
            throw new NotExportedException($"{node.Node.Op.GetType().Name} is not exported");
        }

        export(node);
    }
}
