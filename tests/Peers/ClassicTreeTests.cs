using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;
using static ModelCompiler.Peers.ClassicPeer;

namespace ModelCompiler.Peers;

/// <summary>Ensembles of trees against ONNX Runtime, over random models; the seed is in the message of a failure.</summary>
public class ClassicTreeTests
{
    private const int Features = 4;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 24)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Regressors_give_the_same_numbers(int seed)
    {
        var random = new Random(seed);
        int targets = random.Next(1, 4);
        string transform = targets == 1 ? "NONE" : new[] { "NONE", "SOFTMAX", "LOGISTIC" }[random.Next(3)];
        string aggregation = new[] { "SUM", "AVERAGE", "MIN", "MAX" }[random.Next(4)];
        bool isDouble = random.Next(3) == 0;
        ClassicTrees trees = Trees(random);
        List<AttributeProto> attributes =
        [
            .. trees.Attributes("target", [.. Enumerable.Range(0, targets)], () => (random.NextSingle() * 4) - 2, isDouble),
            Attribute("n_targets", (long)targets),
            Attribute("post_transform", transform),
            Attribute("aggregate_function", aggregation),
        ];
        if (random.Next(2) == 0)
        {
            float[] bases = [.. Enumerable.Range(0, targets).Select(_ => random.NextSingle())];
            attributes.Add(isDouble ? Attribute("base_values_as_tensor", Doubles(Array.ConvertAll(bases, value => (double)value))) : Floats("base_values", bases));
        }

        Check($"seed {seed}: {aggregation} {transform}, {targets} targets", random, isDouble, version: 3, "y", Classic("TreeEnsembleRegressor", "x", "y", [.. attributes]));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Classifiers_of_many_classes_give_the_same_label_and_scores(int seed)
    {
        var random = new Random(seed);
        int classes = random.Next(3, 6);
        string transform = new[] { "NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO" }[random.Next(4)];
        AttributeProto[] attributes =
        [
            .. Trees(random).Attributes("class", [.. Enumerable.Range(0, classes)], () => (random.NextSingle() * 2) - 0.5f),
            Attribute("post_transform", transform),
            Labels(random, classes),
        ];
        Check($"seed {seed}: {transform}, {classes} classes", random, isDouble: false, version: 1, "label scores", Classic("TreeEnsembleClassifier", "x", "label scores", attributes));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Boosted_classifiers_of_two_classes_give_the_same_label_and_scores(int seed)
    {
        var random = new Random(seed);
        List<AttributeProto> attributes =
        [
            .. Trees(random).Attributes("class", [0], () => (random.NextSingle() * 2) - 1),
            Attribute("post_transform", "LOGISTIC"),
            Labels(random, 2),
        ];
        if (random.Next(2) == 0)
        {
            attributes.Add(Floats("base_values", random.NextSingle() - 0.5f));
        }

        Check($"seed {seed}", random, isDouble: false, version: 1, "label scores", Classic("TreeEnsembleClassifier", "x", "label scores", [.. attributes]));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Forests_of_two_classes_give_the_same_label_and_scores(int seed)
    {
        var random = new Random(seed);
        ClassicTrees trees = Trees(random);
        AttributeProto[] attributes = [.. trees.Attributes("class", [0], random.NextSingle), Labels(random, 2)];
        Check($"seed {seed}", random, isDouble: false, version: 1, "label scores", Classic("TreeEnsembleClassifier", "x", "label scores", attributes));
    }

    // ONNX Runtime's label of such a model is the number 1 whenever the second class has any score, even where no class is labelled 1.
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Two_classes_with_weights_of_their_own_give_the_same_scores(int seed)
    {
        var random = new Random(seed);
        AttributeProto[] attributes = [.. Trees(random).Attributes("class", [0, 1], random.NextSingle), Labels(random, 2)];
        Check($"seed {seed}", random, isDouble: false, version: 1, "scores", Classic("TreeEnsembleClassifier", "x", "label scores", attributes));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Sets_and_comparisons_of_version_5_give_the_same_numbers(int seed)
    {
        var random = new Random(seed);
        int targets = random.Next(1, 4);
        bool isDouble = random.Next(2) == 0;
        AttributeProto[] attributes = ClassicFlatTrees.Attributes(random, random.Next(1, 12), Features, targets, isDouble);
        Check($"seed {seed}", random, isDouble, version: 5, "y", Classic("TreeEnsemble", "x", "y", attributes));
    }

    private static ClassicTrees Trees(Random random) => new(random, random.Next(1, 21), Features, random.Next(2) == 0 ? 1 : 6, random.Next(2) == 0);

    private static AttributeProto Labels(Random random, int classes) => random.Next(3) switch
    {
        0 => Texts("classlabels_strings", [.. Enumerable.Range(0, classes).Select(index => "class " + index)]),
        1 => Integers("classlabels_int64s", [.. Enumerable.Range(0, classes).Select(index => 7L - (3 * index))]),
        _ => Integers("classlabels_int64s", [.. Enumerable.Range(0, classes).Select(index => (long)index)]),
    };

    private static void Check(string what, Random random, bool isDouble, int version, string outputs, NodeProto node)
    {
        int rows = random.Next(1, 6);
        float[] numbers = ClassicTrees.Rows(random, rows * Features, withMissing: random.Next(2) == 0);
        Array x = isDouble ? Array.ConvertAll(numbers, number => (double)number) : numbers;
        Compare(what, Model(version, x, [rows, Features], outputs, node), x, [rows, Features]);
    }
}
