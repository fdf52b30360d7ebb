using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;

namespace ModelCompiler.Compiler.Tests.Import;

public class VocabularyTests
{
    [Theory]
    [InlineData("TF", new float[] { 2, 2, 1 })]
    [InlineData("IDF", new float[] { 3, 4, 5 })]
    [InlineData("TFIDF", new float[] { 6, 8, 5 })]
    public void Words_and_pairs_of_a_vocabulary_are_counted_and_weighted(string mode, float[] expected)
    {
        AttributeProto[] attributes = [.. Vocabulary(mode, [0, 1, 2]), new AttributeProto { Name = "weights", Type = AttributeProto.Types.AttributeType.Floats, Floats = { 3, 4, 5 } }];
        Assert.Equal(expected, Evaluate("TfIdfVectorizer", [Longs("x", 7, 8, 7, 9, 8)], attributes).Values<float>());
    }

    [Fact]
    public void Skipping_counts_pairs_further_apart_and_words_only_once()
    {
        AttributeProto[] attributes = [.. Vocabulary("TF", [4, 0, 1]).Where(attribute => attribute.Name != "max_skip_count"), Attribute("max_skip_count", 2)];
        Assert.Equal([2f, 2f, 0f, 0f, 2f], Evaluate("TfIdfVectorizer", [Longs("x", 7, 8, 7, 9, 8)], attributes).Values<float>());
    }

    [Fact]
    public void Weights_in_another_order_than_the_columns_are_refused()
    {
        AttributeProto weights = new() { Name = "weights", Type = AttributeProto.Types.AttributeType.Floats, Floats = { 3, 4, 5 } };
        ModelProto model = Model(Graph([Node("TfIdfVectorizer", "x", "y", [.. Vocabulary("IDF", [1, 0, 2]), weights])], "y", [Longs("x", 7, 8)]));
        Assert.Equal(DiagnosticKinds.AttributeUnsupported, Assert.Single(Refuse(model)).Kind);
    }

    [Fact]
    public void A_vocabulary_of_strings_is_refused()
    {
        ModelProto model = Model(Graph([Node("TfIdfVectorizer", "x", "y", [.. Vocabulary("TF", [0, 1, 2]).Where(attribute => attribute.Name != "pool_int64s")])], "y", [Longs("x", 7, 8)]));
        Assert.Contains("strings", Assert.Single(Refuse(model)).Message);
    }

    [Fact]
    public void Counts_that_do_not_fit_the_pool_are_refused()
    {
        AttributeProto[] attributes = [.. Vocabulary("TF", [0, 1, 2]).Where(attribute => attribute.Name != "ngram_counts"), Integers("ngram_counts", 0, 9)];
        Assert.Equal(DiagnosticKinds.GraphInvalid, Assert.Single(Refuse(Model(Graph([Node("TfIdfVectorizer", "x", "y", attributes)], "y", [Longs("x", 7, 8)])))).Kind);
    }

    // The words 7 and 8, and the pair 7 8.
    private static AttributeProto[] Vocabulary(string mode, long[] columns) =>
    [
        Attribute("mode", mode), Attribute("min_gram_length", 1), Attribute("max_gram_length", 2), Attribute("max_skip_count", 0),
        Integers("ngram_counts", 0, 2), Integers("ngram_indexes", columns), Integers("pool_int64s", 7, 8, 7, 8),
    ];
}
