using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Counts of n-grams of a vocabulary in sequences of numbers: every place is compared with every n-gram.</summary>
internal static class VocabularyOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries => [new("TfIdfVectorizer", 9, Vectorize)];

    // An n-gram of the vocabulary, and the column of the output that counts it.
    private sealed record Gram(long[] Words, int Column);

    private static string Vectorize(OnnxNode node, OnnxContext context)
    {
        ElementType type = context.ElementTypeOf(node[0]);
        Shape shape = context.ShapeOf(node[0]);
        if (type is not (ElementType.Int32 or ElementType.Int64))
        {
            throw ImportException.ElementType(node.InputName(0), type.ToString());
        }

        if (shape.Rank is not (1 or 2))
        {
            throw new ShapeException($"n-grams in the shape {shape}");
        }

        int shortest = Length(node, "min_gram_length", 1), longest = Length(node, "max_gram_length", 1), skips = Length(node, "max_skip_count", 0);
        long[] columns = node.Integers("ngram_indexes") ?? throw ImportException.Invalid("attribute 'ngram_indexes' of TfIdfVectorizer is missing");
        if (columns.Length == 0 || columns.Any(column => column is < 0 or > 1 << 24))
        {
            throw ImportException.Invalid("attribute 'ngram_indexes' of TfIdfVectorizer is empty or has an index out of range");
        }

        int width = (int)columns.Max() + 1;
        string rows = context.Reshape(context.Convert(node[0], ElementType.Int64), [shape.Rank == 1 ? 1 : shape[0], shape[^1]]);
        string counts = context.Expand(context.Constant(Tensor.Of([1, 1], 0f)), [context.ShapeOf(rows)[0], width]);
        foreach (IGrouping<int, Gram> grams in Vocabulary(node, columns).Where(gram => gram.Words.Length >= shortest && gram.Words.Length <= longest).GroupBy(gram => gram.Words.Length))
        {
            // Single words have nothing to skip.
            int distances = grams.Key == 1 ? 1 : skips + 1;
            for (int distance = 1; distance <= distances && (long)distance * (grams.Key - 1) < shape[^1]; distance++)
            {
                string found = Count(context, rows, [.. grams], distance, width);
                counts = context.Map(counts, found, (x, y) => x + y);
            }
        }

        string weighted = Weigh(node, context, counts, columns, width);
        return shape.Rank == 1 ? context.Reshape(weighted, [width]) : weighted;
    }

    private static int Length(OnnxNode node, string name, int least)
    {
        long value = node.Integer(name);
        return value >= least && value <= 1 << 16 ? (int)value : throw ImportException.Invalid($"attribute '{name}' of {node.Operator} is {value}");
    }

    // The pool has the single words first, then the pairs, …; an n-gram that comes twice counts for its last column.
    private static IEnumerable<Gram> Vocabulary(OnnxNode node, long[] columns)
    {
        long[] pool = node.Integers("pool_int64s") ?? throw ImportException.Attribute(node.Operator, "a vocabulary of strings", "give it as numbers, pool_int64s");
        long[] starts = node.Integers("ngram_counts") ?? throw ImportException.Invalid("attribute 'ngram_counts' of TfIdfVectorizer is missing");
        long[] ends = [.. starts.Skip(1), pool.Length];
        var grams = new Dictionary<string, Gram>(StringComparer.Ordinal);
        int gram = 0;
        for (int index = 0; index < starts.Length; index++)
        {
            long length = index + 1;
            if (starts[index] < 0 || starts[index] > ends[index] || ends[index] > pool.Length || (ends[index] - starts[index]) % length != 0)
            {
                throw ImportException.Invalid($"attribute 'ngram_counts' of TfIdfVectorizer is {string.Join(',', starts)} for a pool of {pool.Length}");
            }

            for (long start = starts[index]; start < ends[index]; start += length)
            {
                long[] words = pool[(int)start..(int)(start + length)];
                long column = gram < columns.Length ? columns[gram++] : throw ImportException.Invalid($"attribute 'ngram_indexes' of TfIdfVectorizer has {columns.Length} indices, which are too few");
                grams[string.Join(',', words)] = new Gram(words, (int)column);
            }
        }

        return grams.Values;
    }

    private static string Count(OnnxContext context, string rows, Gram[] grams, int distance, int width)
    {
        Shape shape = context.ShapeOf(rows);
        int length = grams[0].Words.Length;
        int places = shape[1] - (distance * (length - 1));
        string? isEqual = null;
        for (int word = 0; word < length; word++)
        {
            string part = context.Reshape(context.Slice(rows, 1, word * distance, places), [shape[0], places, 1]);
            string words = context.Constant(Tensor.Of([1, 1, grams.Length], [.. grams.Select(gram => gram.Words[word])]));
            string matches = context.Map(part, words, (x, y) => x.EqualTo(y));
            isEqual = isEqual is null ? matches : context.Map(isEqual, matches, (x, y) => x.And(y));
        }

        // To the columns: each a sum over the n-grams that have it, of which there is one or none as a rule.
        string counts = context.Reduce(ReduceKind.Sum, context.Convert(isEqual!, ElementType.Float32), [1], keep: false);
        ILookup<int, int> byColumn = Enumerable.Range(0, grams.Length).ToLookup(index => grams[index].Column);
        int most = byColumn.Max(group => group.Count());
        long[] indices = [.. Enumerable.Range(0, width).SelectMany(column =>
            byColumn[column].Select(index => (long)index).Concat(Enumerable.Repeat((long)grams.Length, most - byColumn[column].Count())))];
        string spread = context.Gather(context.Pad(counts, [0, 0], [0, 1]), 1, indices);
        return context.Reduce(ReduceKind.Sum, context.Reshape(spread, [shape[0], width, most]), [2], keep: false);
    }

    private static string Weigh(OnnxNode node, OnnxContext context, string counts, long[] columns, int width)
    {
        string mode = node.Text("mode", "");
        float[]? weights = node.Numbers("weights");
        if (mode is not ("TF" or "IDF" or "TFIDF"))
        {
            throw ImportException.Invalid($"attribute 'mode' of {node.Operator} is '{mode}'");
        }

        string kept = mode == "IDF" ? context.Map(counts, x => (x > 0).Select(1, 0, ElementType.Float32)) : counts;
        if (mode == "TF" || weights is null || weights.Length == 0)
        {
            return kept;
        }

        // The standard says that weights are in the order of the n-grams, its implementations take them in that of the columns.
        if (weights.Length != columns.Length || width != columns.Length || columns.Where((column, index) => !weights[index].Equals(weights[column])).Any())
        {
            throw ImportException.Attribute(node.Operator, "weights in another order than the output's columns", "sort the vocabulary by ngram_indexes");
        }

        return context.Map(kept, context.Constant(Tensor.Of([1, width], weights)), (x, weight) => x * weight);
    }
}
