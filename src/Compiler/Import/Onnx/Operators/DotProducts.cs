using System;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>
/// The products of all attentions, over B×heads×length×size. Where several query heads share a key's, they are more rows of one matrix, so that
/// no key is repeated.
/// </summary>
internal static class DotProducts
{
    /// <summary>B×length×(heads·size) to B×heads×length×size.</summary>
    public static string SplitHeads(OnnxContext context, string value, int heads)
    {
        Shape shape = context.ShapeOf(value);
        return shape.Rank == 3 && heads > 0 && shape[2] % heads == 0
            ? context.Transpose(context.Reshape(value, [shape[0], shape[1], heads, shape[2] / heads]), 0, 2, 1, 3)
            : throw new ShapeException($"{heads} heads of {shape}");
    }

    /// <summary>B×heads×length×size to B×length×(heads·size).</summary>
    public static string MergeHeads(OnnxContext context, string value)
    {
        Shape shape = context.ShapeOf(value);
        return context.Reshape(context.Transpose(value, 0, 2, 1, 3), [shape[0], shape[2], shape[1] * shape[3]]);
    }

    /// <summary>The product of each query with each key of its head: B×heads×queries×keys.</summary>
    public static string Scores(OnnxContext context, string query, string key)
    {
        Shape queries = context.ShapeOf(query);
        Shape keys = context.ShapeOf(key);
        if (queries.Rank != 4 || keys.Rank != 4 || queries[0] != keys[0] || queries[3] != keys[3] || keys[1] == 0 || queries[1] % keys[1] != 0)
        {
            throw new ShapeException($"attention of queries {queries} to keys {keys}");
        }

        string scores = context.Emit(new MatMul(), ByKeyHead(context, query, keys[1]), context.Transpose(key, 0, 1, 3, 2));
        return context.Reshape(scores, [queries[0], queries[1], queries[2], keys[2]]);
    }

    /// <summary>The mean of the values, weighted: B×heads×queries×size.</summary>
    public static string Weighted(OnnxContext context, string weights, string value)
    {
        Shape shape = context.ShapeOf(weights);
        Shape values = context.ShapeOf(value);
        if (values.Rank != 4 || values[0] != shape[0] || values[2] != shape[3] || values[1] == 0 || shape[1] % values[1] != 0)
        {
            throw new ShapeException($"attention weights {shape} of values {values}");
        }

        string means = context.Emit(new MatMul(), ByKeyHead(context, weights, values[1]), value);
        return context.Reshape(means, [shape[0], shape[1], shape[2], values[3]]);
    }

    /// <summary>What the products are divided by unless the model says otherwise: 1 / √size.</summary>
    public static double Scale(OnnxContext context, string query) => 1 / Math.Sqrt(context.ShapeOf(query)[^1]);

    private static string ByKeyHead(OnnxContext context, string value, int heads)
    {
        Shape shape = context.ShapeOf(value);
        return context.Reshape(value, [shape[0], heads, shape[1] / heads * shape[2], shape[3]]);
    }
}
