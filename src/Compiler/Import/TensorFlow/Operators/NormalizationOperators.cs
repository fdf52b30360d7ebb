using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>What brings values to a common mean or size.</summary>
internal static class NormalizationOperators
{
    private static readonly ImmutableArray<string> Outputs =
        ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3"];

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        new("FusedBatchNorm", BatchNormalization) { Outputs = Outputs },
        new("FusedBatchNormV2", BatchNormalization) { Outputs = Outputs },
        new("FusedBatchNormV3", BatchNormalization) { Outputs = Outputs },
        new("BatchNormWithGlobalNormalization", GlobalNormalization),
        new("LRN", LocalResponseNormalization),
    ];

    // As arithmetic: the passes fold it into the layer before.
    private static ImmutableArray<string?> BatchNormalization(TensorFlowNode node, TensorFlowContext context)
    {
        if (node.Flag("is_training", true))
        {
            throw ImportException.Attribute(node.Operator, "'is_training'", "export the model for inference");
        }

        Shape shape = context.ShapeOf(node[0]);
        Shape perChannel = Shape.From(Enumerable.Range(0, context.IsChannelsFirst ? Math.Max(1, shape.Rank - 1) : 1).Select(axis => axis == 0 ? context.ShapeOf(node[1]).Count(..) : 1));
        string inverse = context.Map(node[4], node[1], (variance, scale) => scale / (variance + node.Number("epsilon", 1e-4f)).Sqrt());
        string factor = context.Reshape(inverse, perChannel);
        string centred = context.Map(node[0], context.Reshape(node[3], perChannel), (x, mean) => x - mean);
        string normal = context.Map(centred, factor, context.Reshape(node[2], perChannel), (x, a, b) => (x * a) + b);
        return [normal, node[3], node[4]];
    }

    private static string GlobalNormalization(TensorFlowNode node, TensorFlowContext context)
    {
        bool isScaled = node.Flag("scale_after_normalization", true);
        string inverse = context.Map(node[2], variance => 1 / (variance + node.Number("variance_epsilon", 0)).Sqrt());
        string factor = isScaled ? context.Map(inverse, node[4], (x, y) => x * y) : inverse;
        string centred = context.Map(node[0], node[1], (x, mean) => x - mean);
        return context.Map(centred, factor, node[3], (x, a, b) => (x * a) + b);
    }

    // The mean over neighbouring channels is a pooling over an image of one column whose rows are the channels.
    private static string LocalResponseNormalization(TensorFlowNode node, TensorFlowContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long radius = node.Integer("depth_radius", 5);
        if (radius is < 0 or > 1 << 14 || shape.Rank != 4)
        {
            throw ImportException.Invalid($"attribute 'depth_radius' of LRN of {shape} is {radius}");
        }

        context.RequireFloat32(0);
        int size = (int)(2 * radius) + 1, places = shape.Count(..3);
        double alpha = node.Number("alpha", 1), beta = node.Number("beta", 0.5f), bias = node.Number("bias", 1);
        string squares = context.Reshape(context.Map(node[0], x => x.Square()), [places, shape[3]]);
        string image = context.Reshape(context.Transpose(squares, 1, 0), [1, shape[3], 1, places]);
        var window = new Window(size, 1, PadTop: (int)radius, PadBottom: (int)radius);
        string means = context.Emit(new Pool2D(PoolKind.Average, window, CountsPadding: true), image);
        string back = context.Reshape(context.Transpose(context.Reshape(means, [shape[3], places]), 1, 0), shape);
        return context.Map(node[0], back, (x, y) => x / ((y * (alpha * size)) + bias).Power(y.Like(beta)));
    }
}
