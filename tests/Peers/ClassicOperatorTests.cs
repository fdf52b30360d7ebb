using System;
using System.Linq;
using ModelCompiler.Compiler.Import.Onnx;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.OnnxModels;
using static ModelCompiler.Peers.ClassicPeer;

namespace ModelCompiler.Peers;

/// <summary>The classic operators but for the trees against ONNX Runtime, over random models; the seed is in the message of a failure.</summary>
public class ClassicOperatorTests
{
    private const int Features = 5;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 16)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Linear_classifiers(int seed)
    {
        var random = new Random(seed);
        int classes = random.Next(2, 5);
        int outputs = classes == 2 && random.Next(2) == 0 ? 1 : classes;
        string transform = outputs == 1 ? new[] { "NONE", "LOGISTIC" }[random.Next(2)] : new[] { "NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO" }[random.Next(4)];
        Check($"seed {seed}: {outputs} outputs, {transform}", random, "label scores", Classic(
            "LinearClassifier", "x", "label scores",
            Floats("coefficients", Noise(random, outputs * Features)), Floats("intercepts", Noise(random, outputs)), Attribute("post_transform", transform), Labels(random, classes)));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Linear_regressors(int seed)
    {
        var random = new Random(seed);
        int targets = random.Next(1, 4);
        string transform = targets == 1 ? "NONE" : new[] { "NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO" }[random.Next(4)];
        Check($"seed {seed}: {targets} targets, {transform}", random, "y", Classic(
            "LinearRegressor", "x", "y",
            Floats("coefficients", Noise(random, targets * Features)), Floats("intercepts", Noise(random, targets)), Attribute("post_transform", transform), Attribute("targets", (long)targets)));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Support_vector_classifiers(int seed)
    {
        var random = new Random(seed);
        int classes = random.Next(2, 5);
        long[] perClass = [.. Enumerable.Range(0, classes).Select(_ => (long)random.Next(1, 5))];
        int vectors = (int)perClass.Sum(), pairs = classes * (classes - 1) / 2;
        bool hasProbabilities = random.Next(2) == 0;
        AttributeProto[] probabilities = hasProbabilities
            ? [Floats("prob_a", [.. Noise(random, pairs).Select(value => -1 - Math.Abs(value))]), Floats("prob_b", Noise(random, pairs))]
            : [];
        Check($"seed {seed}: {classes} classes, probabilities {hasProbabilities}", random, "label scores", Classic(
            "SVMClassifier", "x", "label scores",
            [
                .. Kernel(random), .. probabilities, Labels(random, classes), Integers("vectors_per_class", perClass), Floats("rho", Noise(random, pairs)),
                Floats("coefficients", Noise(random, (classes - 1) * vectors)), Floats("support_vectors", Noise(random, vectors * Features)),
            ]));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Linear_support_vector_classifiers(int seed)
    {
        var random = new Random(seed);
        int classes = random.Next(3, 5);
        Check($"seed {seed}: {classes} classes", random, "label scores", Classic(
            "SVMClassifier", "x", "label scores",
            Floats("kernel_params", 0, 0, 0), Labels(random, classes), Floats("rho", Noise(random, 1)), Floats("coefficients", Noise(random, classes * Features))));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Support_vector_regressors(int seed)
    {
        var random = new Random(seed);
        int vectors = random.Next(0, 8);
        Check($"seed {seed}: {vectors} vectors", random, "y", Classic(
            "SVMRegressor", "x", "y",
            [
                .. Kernel(random), Attribute("n_supports", (long)vectors), Floats("rho", Noise(random, 1)), Attribute("one_class", (long)random.Next(2)),
                Floats("coefficients", Noise(random, vectors > 0 ? vectors : Features)), Floats("support_vectors", Noise(random, vectors * Features)),
            ]));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Scalers_binarizers_and_normalizers(int seed)
    {
        var random = new Random(seed);
        int count = random.Next(2) == 0 ? 1 : Features;
        Check($"seed {seed}: Scaler", random, "y", Classic("Scaler", "x", "y", Floats("offset", Noise(random, count)), Floats("scale", Noise(random, count))));
        Check($"seed {seed}: Binarizer", random, "y", Classic("Binarizer", "x", "y", Attribute("threshold", Noise(random, 1)[0])));
        foreach (string norm in new[] { "MAX", "L1", "L2" })
        {
            Check($"seed {seed}: Normalizer {norm}", random, "y", Classic("Normalizer", "x", "y", Attribute("norm", norm)));
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Imputers(int seed)
    {
        var random = new Random(seed);
        int count = random.Next(2) == 0 ? 1 : Features;
        float gap = random.Next(2) == 0 ? float.NaN : 0.5f;
        float[] x = ClassicTrees.Rows(random, 3 * Features, withMissing: true);
        int[] shape = [3, Features];
        Compare($"seed {seed}: floats", Model(1, x, shape, "y", Classic("Imputer", "x", "y", Floats("imputed_value_floats", Noise(random, count)), Attribute("replaced_value_float", gap))), x, shape);
        long[] whole = [.. x.Select(value => float.IsNaN(value) ? 0 : (long)value)];
        AttributeProto values = Integers("imputed_value_int64s", [.. Noise(random, count).Select(value => (long)(value * 10))]);
        Compare($"seed {seed}: integers", Model(1, whole, shape, "y", Classic("Imputer", "x", "y", values, Attribute("replaced_value_int64", 1L))), whole, shape);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Encoders_and_extractors(int seed)
    {
        var random = new Random(seed);
        long[] x = [.. Enumerable.Range(0, 12).Select(_ => (long)random.Next(0, 6))];
        int[] shape = [3, 4];
        Compare($"seed {seed}: one-hot", Model(1, x, shape, "y", Classic("OneHotEncoder", "x", "y", Integers("cats_int64s", 1, 4, 2))), x, shape);
        Compare($"seed {seed}: to floats", Model(2, x, shape, "y", Classic("LabelEncoder", "x", "y", Integers("keys_int64s", 1, 4, 2), Floats("values_floats", Noise(random, 3)))), x, shape);
        Compare($"seed {seed}: to integers", Model(2, x, shape, "y", Classic("LabelEncoder", "x", "y", Integers("keys_int64s", 5, 3), Integers("values_int64s", -7, 9), Attribute("default_int64", 2L))), x, shape);
        Compare($"seed {seed}: to texts", Model(2, x, shape, "y", Classic("LabelEncoder", "x", "y", Integers("keys_int64s", 5, 3, 1), Texts("values_strings", "a", "b", "a"))), x, shape);
        Compare($"seed {seed}: categories", Model(1, x, shape, "y", Classic("CategoryMapper", "x", "y", Integers("cats_int64s", 0, 1, 2), Texts("cats_strings", "red", "green", "blue"))), x, shape);
        float[] reals = ClassicTrees.Rows(random, 12, withMissing: true);
        Compare(
            $"seed {seed}: from floats",
            Model(4, reals, shape, "y", Classic("LabelEncoder", "x", "y", Floats("keys_floats", 0, 1, float.NaN), Integers("values_int64s", 1, 2, 3))), reals, shape);
        Compare($"seed {seed}: join", Model(1, reals, shape, "y", Classic("FeatureVectorizer", "x x", "y", Integers("inputdimensions", 4, 4))), reals, shape);
    }

    private static AttributeProto[] Kernel(Random random)
    {
        string kind = new[] { "LINEAR", "POLY", "RBF", "SIGMOID" }[random.Next(4)];
        return [Attribute("kernel_type", kind), Floats("kernel_params", 0.3f, 0.5f, random.Next(2, 5))];
    }

    private static float[] Noise(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];

    private static AttributeProto Labels(Random random, int classes) => random.Next(2) == 0
        ? Texts("classlabels_strings", [.. Enumerable.Range(0, classes).Select(index => "class " + index)])
        : Integers("classlabels_ints", [.. Enumerable.Range(0, classes).Select(index => 7L - (3 * index))]);

    private static void Check(string what, Random random, string outputs, NodeProto node)
    {
        int[] shape = [random.Next(1, 5), Features];
        float[] x = Noise(random, shape[0] * Features);
        Compare(what, Model(1, x, shape, outputs, node), x, shape);
    }
}
