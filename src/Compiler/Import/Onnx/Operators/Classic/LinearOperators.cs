using System.Collections.Generic;
using System.Collections.Immutable;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators.Classic;

/// <summary>Linear models: a matrix product and what becomes of the scores.</summary>
internal static class LinearOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("LinearClassifier", 1, ClassicOperators.Newest, Classifier, ClassicOperators.Domain),
        ClassicOperators.Single("LinearRegressor", Regressor),
    ];

    // 'multi_class' says how the coefficients were found; nothing depends on it here.
    private static ImmutableArray<string?> Classifier(OnnxNode node, OnnxContext context)
    {
        ClassLabels labels = ClassifierOutputs.Labels(node, "classlabels_ints", "classlabels_strings");
        int classes = labels.Texts.Count;
        string rows = ClassifierOutputs.Rows(node, context);
        float[] coefficients = node.Numbers("coefficients") ?? [];
        int features = context.ShapeOf(rows)[1];
        int outputs = features > 0 ? coefficients.Length / features : 0;
        if (outputs != classes && !(outputs == 1 && classes == 2))
        {
            throw ImportException.Attribute(node.Operator, $"{coefficients.Length} coefficients for {features} features and {classes} classes", "give one a feature for each class, or two classes one for each feature");
        }

        string scores = Scores(node, context, rows, coefficients, outputs);
        string transform = node.Text("post_transform", "NONE");
        return outputs == 1
            ? OfOne(node, context, labels, scores, transform)
            : ClassifierOutputs.OfScores(node, context, labels, scores, transform);
    }

    // The second class is chosen when its score is positive; untransformed, the first one's score is what is left of 1.
    private static ImmutableArray<string?> OfOne(OnnxNode node, OnnxContext context, ClassLabels labels, string score, string transform)
    {
        string index = context.Map(context.Reshape(score, [context.ShapeOf(score)[0]]), x => (x > 0).To(ElementType.Int64));
        string scores = ScoreTransforms.ApplyToOne(node, context, transform, score, isProbability: true);
        return [ClassifierOutputs.Label(context, labels, index), ClassifierOutputs.Scores(context, labels, scores)];
    }

    private static string Regressor(OnnxNode node, OnnxContext context)
    {
        long targets = node.Integer("targets", 1);
        string rows = ClassifierOutputs.Rows(node, context);
        float[] coefficients = node.Numbers("coefficients") ?? [];
        if (targets < 1 || coefficients.Length != targets * context.ShapeOf(rows)[1])
        {
            throw ImportException.Invalid($"{node.Operator} has {coefficients.Length} coefficients for {targets} targets and {context.ShapeOf(rows)[1]} features");
        }

        return ScoreTransforms.Apply(node, context, node.Text("post_transform", "NONE"), Scores(node, context, rows, coefficients, (int)targets));
    }

    private static string Scores(OnnxNode node, OnnxContext context, string rows, float[] coefficients, int outputs)
    {
        float[] intercepts = node.Numbers("intercepts") is { Length: > 0 } given ? given : new float[outputs];
        int features = context.ShapeOf(rows)[1];
        if (intercepts.Length != outputs || coefficients.Length != (long)outputs * features)
        {
            throw ImportException.Invalid($"{node.Operator} has {coefficients.Length} coefficients and {intercepts.Length} intercepts for {outputs} outputs of {features} features");
        }

        string weights = context.Constant(Tensor.Of([outputs, features], coefficients));
        return context.Emit(new FullyConnected(), rows, weights, context.Constant(Tensor.Of([outputs], intercepts)));
    }
}
