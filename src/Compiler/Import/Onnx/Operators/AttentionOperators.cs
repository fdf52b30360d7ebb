using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Attention of the standard: products, softmax, products. What may not be seen has the score −∞.</summary>
internal static class AttentionOperators
{
    // What the node's fourth output shows.
    private const int ShowsProducts = 0;
    private const int ShowsCapped = 1;
    private const int ShowsMasked = 2;
    private const int ShowsWeights = 3;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("Attention", 23, Attention),
        new("FlexAttention", 1, OperatorEntry.Newest, FlexAttention, "ai.onnx.preview"),
        new("RotaryEmbedding", 23, RotaryEmbedding),
    ];

    private static ImmutableArray<string?> Attention(OnnxNode node, OnnxContext context)
    {
        bool isMerged = context.ShapeOf(node[0]).Rank == 3;
        string query = isMerged ? DotProducts.SplitHeads(context, node[0], Heads(node, "q_num_heads")) : node[0];
        string newKey = isMerged ? DotProducts.SplitHeads(context, node[1], Heads(node, "kv_num_heads")) : node[1];
        string newValue = isMerged ? DotProducts.SplitHeads(context, node[2], Heads(node, "kv_num_heads")) : node[2];
        if ((node.Optional(4) is null) != (node.Optional(5) is null) || (node.Optional(4) is not null && node.Optional(6) is not null))
        {
            throw ImportException.Invalid("Attention has either past_key and past_value, or nonpad_kv_seqlen, or none of them");
        }

        string key = node.Optional(4) is { } pastKey ? context.Concat(2, pastKey, newKey) : newKey;
        string value = node.Optional(5) is { } pastValue ? context.Concat(2, pastValue, newValue) : newValue;
        ElementType type = context.ElementTypeOf(query);
        float factor = node.Number("scale", (float)DotProducts.Scale(context, query));
        float cap = node.Number("softcap", 0);
        if (factor < 0 || cap < 0)
        {
            throw ImportException.Invalid($"attributes 'scale' and 'softcap' of Attention are {factor} and {cap}");
        }

        string products = context.Map(DotProducts.Scores(context, query, key), x => x * factor);
        string capped = cap == 0 ? products : context.Map(products, x => (x / cap).Tanh() * cap);
        string? bias = Bias(node, context, context.ShapeOf(products), type);
        string masked = bias is null ? capped : context.Map(capped, bias, (x, y) => x + y);
        string weights = WithoutMaskedRows(context, Softmax(node, context, masked), bias);
        string result = DotProducts.Weighted(context, weights, context.Convert(value, type));
        string? shown = node.Integer("qk_matmul_output_mode", ShowsProducts) switch
        {
            ShowsProducts => products,
            ShowsCapped => capped,
            ShowsMasked => masked,
            ShowsWeights => weights,
            var other => throw ImportException.Invalid($"attribute 'qk_matmul_output_mode' of Attention is {other}"),
        };
        return [isMerged ? DotProducts.MergeHeads(context, result) : result, key, value, shown];
    }

    private static int Heads(OnnxNode node, string name)
    {
        long heads = node.Integer(name);
        return heads is > 0 and <= 1 << 20 ? (int)heads : throw ImportException.Invalid($"attribute '{name}' of {node.Operator} is {heads}");
    }

    private static string Softmax(OnnxNode node, OnnxContext context, string scores)
    {
        ElementType type = context.ElementTypeOf(scores);
        ElementType precision = node.Has("softmax_precision") ? OnnxTypes.Get(node.Integer("softmax_precision"), node.OutputName) : type;
        return context.Convert(Distributions.Softmax(context, context.Convert(scores, precision), 3), type);
    }

    // What is added to the scores, or null: the mask, −∞ for keys behind the query, −∞ for keys that only fill up.
    private static string? Bias(OnnxNode node, OnnxContext context, Shape scores, ElementType type)
    {
        var parts = new List<string>();
        if (node.Optional(3) is { } mask)
        {
            parts.Add(Mask(node, context, mask, scores, type));
        }

        string? lengths = node.Optional(6) is { } given ? context.Reshape(context.Convert(given, ElementType.Int64), [scores[0], 1, 1, 1]) : null;
        string keys = context.Count(scores[3], 4, 3);
        if (node.Flag("is_causal"))
        {
            // The queries are the last of what there is.
            string queries = context.Count(scores[2], 4, 2);
            int past = node.Optional(4) is { } pastKey ? context.ShapeOf(pastKey)[2] : 0;
            parts.Add(lengths is null
                ? context.Map(queries, keys, (query, key) => (query + past < key).Select(double.NegativeInfinity, 0, type))
                : context.Map(queries, lengths, keys, (query, length, key) => (query + length - scores[2] < key).Select(double.NegativeInfinity, 0, type)));
        }

        if (lengths is not null)
        {
            parts.Add(context.Map(keys, lengths, (key, length) => (key < length).Select(0, double.NegativeInfinity, type)));
        }

        return parts.Count == 0 ? null : parts.Aggregate((left, right) => context.Map(left, right, (x, y) => x + y));
    }

    private static string Mask(OnnxNode node, OnnxContext context, string mask, Shape scores, ElementType type)
    {
        Shape shape = context.ShapeOf(mask);
        string bias = context.Map(mask, x => x.Type == ElementType.Boolean ? x.Select(0, double.NegativeInfinity, type) : x.To(type));
        if (node.Opset >= 24 && shape.Rank > 0 && shape[^1] < scores[3])
        {
            int[] after = [.. shape.Select((_, axis) => axis == shape.Rank - 1 ? scores[3] - shape[axis] : 0)];
            bias = context.Pad(bias, new int[shape.Rank], after, double.NegativeInfinity);
        }

        return Shape.Broadcast(context.ShapeOf(bias), scores) == scores
            ? bias
            : throw new ShapeException($"an attention mask of {shape} for scores of {scores}");
    }

    // A query that may see nothing gives zeros: its softmax is 0 / 0.
    private static string WithoutMaskedRows(OnnxContext context, string weights, string? bias)
    {
        if (bias is null || context.ShapeOf(bias) is not { Rank: > 0 } shape)
        {
            return weights;
        }

        string isMasked = context.Map(context.Reduce(ReduceKind.Maximum, bias, [shape.Rank - 1], keep: true), x => x.EqualTo(double.NegativeInfinity));
        return context.ConstantOf(isMasked) is { } constant && !constant.Values<bool>().Contains(true)
            ? weights
            : context.Map(isMasked, weights, (condition, x) => condition.Select(x.Like(0), x));
    }

    private static string FlexAttention(OnnxNode node, OnnxContext context)
    {
        ElementType type = context.ElementTypeOf(node[0]);
        float factor = node.Number("scale", (float)DotProducts.Scale(context, node[0]));
        ElementType precision = node.Has("softmax_precision") ? OnnxTypes.Get(node.Integer("softmax_precision"), node.OutputName) : type;
        string scores = context.Convert(context.Map(DotProducts.Scores(context, node[0], node[1]), x => x * factor), precision);
        string weights = Distributions.Softmax(context, Modified(node, context, "score_mod", scores), 3);
        weights = Modified(node, context, "prob_mod", weights);
        return context.Convert(DotProducts.Weighted(context, weights, context.Convert(node[2], precision)), type);
    }

    private static string Modified(OnnxNode node, OnnxContext context, string name, string value)
    {
        if (!node.Has(name))
        {
            return value;
        }

        ImmutableArray<string> results = context.ImportGraph(node.Graph(name), value);
        return results.Length == 1 && context.TypeOf(results[0]) == context.TypeOf(value)
            ? results[0]
            : throw new ShapeException($"{name} of FlexAttention makes {string.Join(", ", results.Select(result => context.TypeOf(result)))} of {context.TypeOf(value)}");
    }

    // Each pair of elements is turned by the angle that belongs to the position.
    private static string RotaryEmbedding(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        bool isMerged = shape.Rank == 3;
        int heads = isMerged ? Heads(node, "num_heads") : 0;
        if (shape.Rank is not (3 or 4) || (isMerged && shape[2] % heads != 0))
        {
            throw new ShapeException($"RotaryEmbedding of {shape}, {heads} heads");
        }

        string input = isMerged ? context.Reshape(node[0], [shape[0], shape[1], heads, shape[2] / heads]) : node[0];
        Shape split = context.ShapeOf(input);
        long turned = node.Integer("rotary_embedding_dim", 0) is > 0 and var given ? given : split[3];
        if (turned > split[3] || turned % 2 != 0)
        {
            throw ImportException.Invalid($"{turned} of {split[3]} elements to turn");
        }

        int half = (int)turned / 2;
        int length = isMerged ? split[1] : split[2];
        Shape angles = isMerged ? [split[0], length, 1, half] : [split[0], 1, length, half];
        string cosine = Angles(node, context, 1, [split[0], length], half, angles);
        string sine = Angles(node, context, 2, [split[0], length], half, angles);
        bool alternates = node.Flag("interleaved");
        string first = context.Slice(input, 3, 0, half, alternates ? 2 : 1);
        string second = context.Slice(input, 3, alternates ? 1 : half, half, alternates ? 2 : 1);
        string real = Turned(context, cosine, first, sine, second, minus: true);
        string imaginary = Turned(context, sine, first, cosine, second, minus: false);
        string result = alternates ? Alternating(context, real, imaginary) : context.Concat(3, real, imaginary);
        string all = turned == split[3] ? result : context.Concat(3, result, context.Slice(input, 3, (int)turned, split[3] - (int)turned));
        return context.Reshape(all, shape);
    }

    private static string Angles(OnnxNode node, OnnxContext context, int input, Shape positions, int half, Shape angles)
    {
        string cache = node.Optional(3) is null ? node[input] : context.Emit(new Gather(0), node[input], IndexOperators.Indices(node, context, 3));
        Shape shape = context.ShapeOf(cache);
        return shape.Rank == 3 && shape[0] == positions[0] && shape[1] == positions[1] && shape[2] >= half
            ? context.Reshape(context.Slice(cache, 2, 0, half), angles)
            : throw new ShapeException($"a cache of {shape} for {half} angles at the positions {positions}");
    }

    private static string Turned(OnnxContext context, string left, string first, string right, string second, bool minus)
    {
        string product = context.Map(right, second, (x, y) => x * y);
        return context.Map(left, first, product, (x, y, z) => minus ? (x * y) - z : (x * y) + z);
    }

    private static string Alternating(OnnxContext context, string first, string second)
    {
        Shape shape = context.ShapeOf(first);
        Shape column = shape.Insert(4, 1);
        return context.Reshape(context.Concat(4, context.Reshape(first, column), context.Reshape(second, column)), shape.With(3, 2 * shape[3]));
    }
}
