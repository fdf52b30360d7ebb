using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>What ONNX Runtime's optimiser writes in the place of several nodes of the standard.</summary>
internal static class MicrosoftOperators
{
    /// <summary>The domain.</summary>
    public const string Domain = "com.microsoft";

    private const double SqrtHalf = 0.70710678118654752;
    private const float NormalizationEpsilon = 1e-12f;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        Entry("FusedMatMul", FusedProduct),
        Entry("FusedGemm", (node, context) => Activated(node, context, MatrixOperators.Gemm(node, context), Parameters(node, "activation_alpha", "activation_beta"))),
        Entry("FusedConv", FusedConvolution),
        Entry("BiasGelu", (node, context) => context.Map(node[0], node[1], (x, bias) => Gelu(x + bias))),
        Entry("Gelu", (node, context) => context.Map(node[0], Gelu)),
        Entry("FastGelu", (node, context) =>
            node.Optional(1) is { } bias ? context.Map(node[0], bias, (x, y) => FastGelu(x + y)) : context.Map(node[0], FastGelu)),
        Entry("QuickGelu", (node, context) => context.Map(node[0], x => x * (x * node.Number("alpha", 1.702f)).Sigmoid())),
        new("LayerNormalization", 1, OperatorEntry.Newest, NormalizationOperators.LayerNormalization, Domain),
        new("SimplifiedLayerNormalization", 1, SimplifiedNormalization),
        new("SimplifiedLayerNormalization", 1, OperatorEntry.Newest, SimplifiedNormalization, Domain),
        new("SkipLayerNormalization", 1, OperatorEntry.Newest, SkipNormalization, Domain),
        new("SkipSimplifiedLayerNormalization", 1, OperatorEntry.Newest, SkipSimplifiedNormalization, Domain),
        new("EmbedLayerNormalization", 1, OperatorEntry.Newest, EmbedNormalization, Domain),
    ];

    private static OperatorEntry Entry(string name, SingleOutputImporter import) => new(name, 1, OperatorEntry.Newest, import, Domain);

    private static string FusedProduct(OnnxNode node, OnnxContext context)
    {
        string left = Transposed(context, node[0], node.Flag("transBatchA"), node.Flag("transA"));
        string right = Transposed(context, node[1], node.Flag("transBatchB"), node.Flag("transB"));
        return MatrixOperators.Scaled(context, MatrixOperators.Product(context, left, right), node.Number("alpha", 1));
    }

    // By batch: the first axis becomes the rows. A vector has nothing to transpose.
    private static string Transposed(OnnxContext context, string value, bool byBatch, bool isTransposed)
    {
        int rank = context.ShapeOf(value).Rank;
        if (rank < 2)
        {
            return value;
        }

        string rows = byBatch ? context.MoveAxis(value, 0, rank - 2) : value;
        return isTransposed ? context.MoveAxis(rows, rank - 1, rank - 2) : rows;
    }

    private static string FusedConvolution(OnnxNode node, OnnxContext context)
    {
        context.RequireFloat32(node, 0);
        context.RequireFloat32(node, 1);
        string result = ConvolutionOperators.Convolution(node, context, node[0], node[1], node.Optional(2));
        string sum = node.Optional(3) is { } summand ? context.Map(result, summand, (x, y) => x + y) : result;
        return context.ShapeOf(sum) == context.ShapeOf(result)
            ? Activated(node, context, sum, node.Numbers("activation_params") ?? [])
            : throw new ShapeException($"a summand of {context.ShapeOf(node[3])} for a convolution of {context.ShapeOf(result)}");
    }

    private static float[] Parameters(OnnxNode node, params string[] names) => [.. names.TakeWhile(node.Has).Select(name => node.Number(name))];

    private static string Activated(OnnxNode node, OnnxContext context, string value, float[] parameters)
    {
        float Parameter(int index, float missing) => index < parameters.Length ? parameters[index] : missing;
        return node.Text("activation", "") switch
        {
            "" => value,
            "Relu" => context.Map(value, x => x.Maximum(0)),
            "Tanh" => context.Map(value, x => x.Tanh()),
            "Sigmoid" => context.Map(value, x => x.Sigmoid()),
            "LeakyRelu" => context.Map(value, x => (x < 0).Select(x * Parameter(0, 0.01f), x)),
            "Clip" => context.Map(value, x => x.Clamp(Parameter(0, float.MinValue), Parameter(1, float.MaxValue))),
            "HardSigmoid" => context.Map(value, x => ((x * Parameter(0, 0.2f)) + Parameter(1, 0.5f)).Clamp(0, 1)),
            "HardSwish" => context.Map(value, x => x * ((x / 6) + 0.5).Clamp(0, 1)),
            var other => throw ImportException.Attribute(node.Operator, $"the activation '{other}'", "have the optimiser leave it a node of its own"),
        };
    }

    private static Term Gelu(Term x) => x * 0.5 * ((x * SqrtHalf).Erf() + 1);

    // The constants as the operator is documented.
    private static Term FastGelu(Term x) => x * 0.5 * ((x * ((x * x * 0.035677408136300125) + 0.7978845608028654)).Tanh() + 1);

    private static ImmutableArray<string?> SimplifiedNormalization(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer("axis", -1));
        (string result, string inverse) = Simplified(context, node[0], node[1], axis, node.Number("epsilon", 1e-5f));
        return [result, inverse];
    }

    private static ImmutableArray<string?> SkipNormalization(OnnxNode node, OnnxContext context)
    {
        string sum = Sum(node, context, bias: 4);
        int last = context.ShapeOf(sum).Axis(-1);
        (string normal, string mean, string inverse) = NormalizationOperators.Normalize(context, sum, [last], node.Number("epsilon", NormalizationEpsilon));
        return [Scaled(context, normal, node[2], node.Optional(3)), mean, inverse, sum];
    }

    private static ImmutableArray<string?> SkipSimplifiedNormalization(OnnxNode node, OnnxContext context)
    {
        string sum = Sum(node, context, bias: 3);
        (string result, string inverse) = Simplified(context, sum, node[2], context.ShapeOf(sum).Axis(-1), node.Number("epsilon", NormalizationEpsilon));
        return [result, null, inverse, sum];
    }

    private static string Sum(OnnxNode node, OnnxContext context, int bias)
    {
        string sum = node.Optional(bias) is { } summand
            ? context.Map(node[0], node[1], summand, (x, y, z) => x + y + z)
            : context.Map(node[0], node[1], (x, y) => x + y);
        return context.ShapeOf(sum) == context.ShapeOf(node[0])
            ? sum
            : throw new ShapeException($"{node.Operator} of {context.ShapeOf(node[0])} and {context.ShapeOf(node[1])}");
    }

    private static (string Result, string Inverse) Simplified(OnnxContext context, string value, string scale, int axis, double epsilon)
    {
        Shape shape = context.ShapeOf(value);
        string squares = context.Reduce(ReduceKind.Mean, context.Map(value, x => x.Square()), [.. Enumerable.Range(axis, shape.Rank - axis)], keep: true);
        string inverse = context.Map(squares, x => 1 / (x + epsilon).Sqrt());
        return (context.Map(value, inverse, scale, (x, y, z) => x * y * z), inverse);
    }

    private static string Scaled(OnnxContext context, string normal, string scale, string? summand) =>
        summand is null ? context.Map(normal, scale, (x, y) => x * y) : NormalizationOperators.Affine(context, normal, scale, summand);

    private static ImmutableArray<string?> EmbedNormalization(OnnxNode node, OnnxContext context)
    {
        Shape words = context.ShapeOf(node[0]);
        if (words.Rank != 2)
        {
            throw new ShapeException($"words of {words}");
        }

        string embedded = Looked(node, context, 2, 0);
        string positions = node.Optional(8) is null
            ? context.Slice(node[3], 0, 0, words[1])
            : Looked(node, context, 3, 8);
        string sum = context.Map(embedded, positions, (x, y) => x + y);
        if (node.Optional(1) is not null)
        {
            sum = context.Map(sum, Looked(node, context, 4, 1), (x, y) => x + y);
        }

        string normal = NormalizationOperators.Normalize(context, sum, [2], node.Number("epsilon", NormalizationEpsilon)).Result;
        string lengths = node.Optional(7) is { } mask
            ? context.Reduce(ReduceKind.Sum, context.Map(mask, x => x.EqualTo(1).To(ElementType.Int32)), [1], keep: false)
            : context.Constant(Tensor.Zeros(new TensorType(ElementType.Int32, [words[0]])));
        return [NormalizationOperators.Affine(context, normal, node[5], node[6]), lengths, sum];
    }

    private static string Looked(OnnxNode node, OnnxContext context, int table, int indices) =>
        context.Emit(new Gather(0), node[table], IndexOperators.Indices(node, context, indices));
}
