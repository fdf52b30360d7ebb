using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>Poolings and normalisations.</summary>
internal static class PoolingOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        new("AVERAGE_POOL_2D", (node, context) => context.Activate(Pool(node, context, node[0], PoolKind.Average), node.Choice(5))),
        new("MAX_POOL_2D", (node, context) => context.Activate(Pool(node, context, node[0], PoolKind.Maximum), node.Choice(5))),
        new("L2_POOL_2D", (node, context) =>
            context.Map(Pool(node, context, context.Map(node[0], x => x * x), PoolKind.Average), x => context.Activated(x.Sqrt(), node.Choice(5)))),
        new("L2_NORMALIZATION", Normalize),
        new("LOCAL_RESPONSE_NORMALIZATION", LocalResponse),
    ];

    private static string Pool(LiteOperator node, LiteContext context, string image, PoolKind kind)
    {
        if (context.ShapeOf(image) is not { Rank: 4 } shape)
        {
            throw new ShapeException($"{node.Operator} of the shape {context.ShapeOf(image)}");
        }

        LiteWindow rows = new(node.Count(4, "filter"), node.Count(2, "stride"));
        LiteWindow columns = new(node.Count(3, "filter"), node.Count(1, "stride"));
        var op = new Pool2D(kind, LiteWindow.Padded(rows, columns, shape, node.Choice(0)))
        {
            // The format averages the integers themselves.
            Origin = kind == PoolKind.Average && node.Tensor(0).IsQuantized ? (node.Tensor(0).Code == LiteTypes.Int8 ? 128 : 0) : null,
        };
        return context.Emit(op, image);
    }

    private static string Normalize(LiteOperator node, LiteContext context)
    {
        int[] last = [context.ShapeOf(node[0]).Rank - 1];
        string squares = context.Reduce(ReduceKind.SumOfSquares, node[0], last, keep: true);
        return context.Map(node[0], squares, (x, sum) => x / sum.Sqrt().Maximum(1e-6));
    }

    // The sums over neighbouring channels are a product with a matrix of ones along its diagonal.
    private static string LocalResponse(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int channels = shape.Rank == 0 ? 0 : shape[^1];
        int radius = node.Integer(0);
        float[] band = [.. Enumerable.Range(0, channels).SelectMany(row => Enumerable.Range(0, channels).Select(column => Math.Abs(row - (long)column) <= radius ? 1f : 0f))];
        string sums = context.Emit(new MatMul(), context.Map(node[0], x => x * x), context.Constant(Tensor.Of([channels, channels], band)));
        return context.Map(node[0], sums, (x, sum) => x / ((sum * node.Number(2)) + node.Number(1)).Power(x.Like(node.Number(3))));
    }
}
