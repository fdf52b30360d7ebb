using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>Picking boxes.</summary>
internal static class SelectionOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        new("NON_MAX_SUPPRESSION_V4", (node, context) => Pick(node, context) is var (indices, count, _) ? [indices, count] : []),
        new("NON_MAX_SUPPRESSION_V5", Version5),
    ];

    private static ImmutableArray<string> Version5(LiteOperator node, LiteContext context)
    {
        if (context.ConstantInput(5) is not { Count: 1 } sigma || sigma.ToFloat32()[0] != 0)
        {
            throw ImportException.Attribute(node.Operator, "a soft suppression", "convert the model with soft_nms_sigma = 0");
        }

        (string indices, string count, string isValid) = Pick(node, context);
        string scores = context.Map(isValid, context.Emit(new Gather(0), node[1], indices), (valid, score) => valid.Select(score, score.Like(0)));
        return [indices, scores, count];
    }

    // Boxes [n, 4] and scores [n]: one batch of one class. Boxes that overlap just so much are too many here.
    private static (string Indices, string Count, string IsValid) Pick(LiteOperator node, LiteContext context)
    {
        Shape boxes = context.ShapeOf(node[0]);
        int limit = context.IntegerInput(2) is [>= 0 and < 1 << 20 and var only] ? (int)only : throw ImportException.Invalid($"the number of boxes of {node.Operator}");
        float overlap = MathF.BitDecrement(context.ConstantInput(3).ToFloat32()[0]);
        string rows = context.Reshape(node[0], Shape.From([1, .. boxes]));
        string scores = context.Reshape(node[1], Shape.From([1, 1, .. context.ShapeOf(node[1])]));
        int kept = Math.Min(limit, boxes[0]);
        ImmutableArray<string> picked = context.EmitAll(
            new NonMaxSuppression(kept, IsCentered: false), ["count"], rows, scores, context.Constant(kept), context.Constant(Tensor.Of([1], overlap)), context.Reshape(node[4], [1]));
        string padded = context.Pad(context.Reshape(context.Slice(picked[0], 1, 2, 1), [kept]), [0], [limit - kept]);
        string isValid = context.Map(context.Count(limit, 1, 0), picked[1], (place, count) => place < count);
        return (padded, picked[1], isValid);
    }
}
