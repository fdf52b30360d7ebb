using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Attention as ONNX Runtime's optimiser writes it: padding is hidden by a finite number, what is to come by −∞.</summary>
internal static class MicrosoftAttentionOperators
{
    private const float DefaultFilter = -10000;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("Attention", 1, OperatorEntry.Newest, Attention, MicrosoftOperators.Domain),
        new("MultiHeadAttention", 1, OperatorEntry.Newest, MultiHeadAttention, MicrosoftOperators.Domain),
    ];

    private static ImmutableArray<string?> Attention(OnnxNode node, OnnxContext context)
    {
        RefuseFlag(node, "do_rotary", "rotate the queries and keys with nodes of their own");
        RefuseFlag(node, "past_present_share_buffer", "export without shared buffers");
        RefuseInput(node, 6, "past_sequence_length");
        int heads = Heads(node);
        string projected = MatrixOperators.Product(context, node[0], node[1]);
        projected = node.Optional(2) is { } bias ? context.Map(projected, bias, (x, y) => x + y) : projected;
        Shape shape = context.ShapeOf(projected);
        long[] sizes = node.Integers("qkv_hidden_sizes") ?? [.. Enumerable.Repeat(shape[^1] / 3L, 3)];
        if (shape.Rank != 3 || sizes.Length != 3 || sizes.Any(size => size <= 0) || sizes.Sum() != shape[2])
        {
            throw new ShapeException($"queries, keys and values of {string.Join(", ", sizes)} in {shape}");
        }

        string[] parts = [.. Enumerable.Range(0, 3).Select(part =>
            DotProducts.SplitHeads(context, context.Slice(projected, 2, (int)sizes.Take(part).Sum(), (int)sizes[part]), heads))];
        string? past = node.Optional(4);
        int pastLength = past is null ? 0 : context.ShapeOf(past) is { Rank: 5 } extents ? extents[3] : throw new ShapeException($"a past of {context.ShapeOf(past)}");
        string key = Extended(context, past is null ? null : Part(context, past, 0), parts[1]);
        string value = Extended(context, past is null ? null : Part(context, past, 1), parts[2]);
        string result = Attend(node, context, parts[0], key, value, node.Optional(3), node.Optional(5), pastLength);
        return [result, context.ShapeOf(key) == context.ShapeOf(value) ? Stacked(context, key, value) : null];
    }

    private static ImmutableArray<string?> MultiHeadAttention(OnnxNode node, OnnxContext context)
    {
        RefuseInput(node, 8, "past_sequence_length");
        RefuseInput(node, 9, "cache_indirection");
        int heads = Heads(node);
        if (node.Optional(1) is null || node.Optional(2) is null || context.ShapeOf(node[0]).Rank != 3)
        {
            throw ImportException.Attribute(node.Operator, "queries, keys and values packed into one tensor", "have the optimiser leave them apart");
        }

        string[] parts = new string[3];
        int start = 0;
        for (int part = 0; part < 3; part++)
        {
            Shape shape = context.ShapeOf(node[part]);
            int size = shape[^1];
            if (shape.Rank is not (3 or 4) || (shape.Rank == 4 && node.Optional(3) is not null))
            {
                throw ImportException.Attribute(node.Operator, $"input '{node.InputName(part)}' of {shape}{(shape.Rank == 4 ? " with a bias" : "")}", "use batch×length×size");
            }

            string biased = node.Optional(3) is { } bias ? context.Map(node[part], context.Slice(bias, 0, start, size), (x, y) => x + y) : node[part];
            parts[part] = shape.Rank == 4 ? biased : DotProducts.SplitHeads(context, biased, heads);
            start += size;
        }

        if (node.Optional(3) is { } all && context.ShapeOf(all) != [start])
        {
            throw new ShapeException($"a bias of {context.ShapeOf(all)} for queries, keys and values of {start} elements");
        }

        string? pastKey = node.Optional(6);
        if ((pastKey is null) != (node.Optional(7) is null))
        {
            throw ImportException.Invalid("MultiHeadAttention has past_key and past_value, or none of them");
        }

        string key = Extended(context, pastKey, parts[1]);
        string value = Extended(context, node.Optional(7), parts[2]);
        int pastLength = context.ShapeOf(key)[2] - context.ShapeOf(parts[1])[2];
        return [Attend(node, context, parts[0], key, value, node.Optional(4), node.Optional(5), pastLength), key, value];
    }

    private static string Attend(OnnxNode node, OnnxContext context, string query, string key, string value, string? mask, string? bias, int past)
    {
        context.RequireFloat32(node, 0);
        float given = node.Number("scale", 0);
        double factor = given == 0 ? DotProducts.Scale(context, query) : given;
        string scores = context.Map(DotProducts.Scores(context, query, key), x => x * factor);
        Shape shape = context.ShapeOf(scores);
        List<string> summands = [.. bias is null ? [] : new[] { bias }, .. mask is null ? [] : new[] { Padding(node, context, mask, shape) }];
        if (node.Flag("unidirectional"))
        {
            summands.Add(context.Map(context.Count(shape[2], 4, 2), context.Count(shape[3], 4, 3), (row, column) =>
                (row + past < column).Select(double.NegativeInfinity, 0, ElementType.Float32)));
        }

        string masked = summands.Aggregate(scores, (sum, summand) => context.Map(sum, summand, (x, y) => x + y));
        return context.ShapeOf(masked) == shape
            ? DotProducts.MergeHeads(context, DotProducts.Weighted(context, context.Emit(new Softmax(), masked), value))
            : throw new ShapeException($"a mask or bias makes {context.ShapeOf(masked)} of the scores {shape}");
    }

    // A mask of the keys, or of each query's, is 1 where there is something. One vector holds the lengths; two, the ends and then the beginnings.
    private static string Padding(OnnxNode node, OnnxContext context, string mask, Shape scores)
    {
        double filter = node.Number("mask_filter_value", DefaultFilter);
        Shape shape = context.ShapeOf(mask);
        if (shape.Rank is 2 or 3)
        {
            string broadcast = context.Reshape(mask, shape.Rank == 2 ? [shape[0], 1, 1, shape[1]] : [shape[0], 1, shape[1], shape[2]]);
            return context.Map(broadcast, x => (x > 0).Select(0, filter, ElementType.Float32));
        }

        bool hasBeginnings = shape.Rank == 1 && shape[0] == 2 * scores[0] && node.Operator == "Attention";
        if (shape.Rank != 1 || (shape[0] != scores[0] && !hasBeginnings))
        {
            throw ImportException.Attribute(node.Operator, $"a mask of {shape}", "use batch×keys, batch×queries×keys or the number of keys of each sequence");
        }

        string places = context.Convert(context.Count(scores[3], 4, 3), context.ElementTypeOf(mask));
        string ends = context.Reshape(context.Slice(mask, 0, 0, scores[0]), [scores[0], 1, 1, 1]);
        if (!hasBeginnings)
        {
            return context.Map(places, ends, (place, end) => (place < end).Select(0, filter, ElementType.Float32));
        }

        string beginnings = context.Reshape(context.Slice(mask, 0, scores[0], scores[0]), [scores[0], 1, 1, 1]);
        return context.Map(places, ends, beginnings, (place, end, beginning) => (place < end).And(place >= beginning).Select(0, filter, ElementType.Float32));
    }

    private static string Extended(OnnxContext context, string? past, string value) => past is null ? value : context.Concat(2, past, value);

    private static string Part(OnnxContext context, string past, int part)
    {
        Shape shape = context.ShapeOf(past);
        return context.Reshape(context.Slice(past, 0, part, 1), Shape.From(shape.Skip(1)));
    }

    private static string Stacked(OnnxContext context, string key, string value)
    {
        Shape shape = context.ShapeOf(key).Insert(0, 1);
        return context.Concat(0, context.Reshape(key, shape), context.Reshape(value, shape));
    }

    private static int Heads(OnnxNode node)
    {
        long heads = node.Integer("num_heads");
        return heads is > 0 and <= 1 << 20 ? (int)heads : throw ImportException.Invalid($"attribute 'num_heads' of {node.Operator} is {heads}");
    }

    private static void RefuseFlag(OnnxNode node, string name, string advice)
    {
        if (node.Flag(name))
        {
            throw ImportException.Attribute(node.Operator, $"'{name}'", advice);
        }
    }

    private static void RefuseInput(OnnxNode node, int index, string name)
    {
        if (node.Optional(index) is not null)
        {
            throw ImportException.Attribute(node.Operator, $"input '{name}'", "export without it");
        }
    }
}
