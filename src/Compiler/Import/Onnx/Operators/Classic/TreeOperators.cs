using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators.Classic;

/// <summary>Ensembles of decision trees: random forests, gradient boosting.</summary>
internal static class TreeOperators
{
    private static readonly string[] Aggregations = ["AVERAGE", "SUM", "MIN", "MAX"];

    private static readonly string[] Transforms = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"];

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("TreeEnsembleClassifier", 1, ClassicOperators.Newest, Classifier, ClassicOperators.Domain),
        new("TreeEnsembleRegressor", 1, ClassicOperators.Newest, Regressor, ClassicOperators.Domain),
        new("TreeEnsemble", 5, ClassicOperators.Newest, Ensemble, ClassicOperators.Domain),
    ];

    private static ImmutableArray<string?> Classifier(OnnxNode node, OnnxContext context)
    {
        ClassLabels labels = ClassifierOutputs.Labels(node, "classlabels_int64s", "classlabels_strings");
        int classes = labels.Texts.Count;
        var table = new NodeTable(node, context, "class");
        double[] baseValues = table.BaseValues;
        int[] weighed = [.. table.Weights.Select(weight => weight.Target).Distinct()];
        string transform = node.Text("post_transform", "NONE");

        // Two classes of which the first alone has weights: converters mean the second one's score, and runtimes take it so.
        bool isOne = classes == 2 && weighed is [0];
        if (classes == 2 && weighed is [1])
        {
            throw ImportException.Attribute(node.Operator, "two classes with weights for the second alone", "name it 0 in class_ids, as converters do, or give weights for both");
        }

        if (classes < 2 || (baseValues.Length > 0 && baseValues.Length != (isOne ? 1 : classes)))
        {
            throw ImportException.Attribute(node.Operator, $"{baseValues.Length} base_values for {classes} classes, {weighed.Length} of them with weights,", "give two classes or more, and none or one for each with weights");
        }

        string sums = table.Sums(isOne ? 1 : classes, TreeAggregationKind.Sum, baseValues);
        string scores = context.Convert(sums, ElementType.Float32);
        return isOne
            ? ClassifierOutputs.OfOneScore(node, context, labels, scores, transform, isProbability: table.Weights.All(weight => weight.Weight >= 0))
            : ClassifierOutputs.OfScores(node, context, labels, scores, transform);
    }

    private static string Regressor(OnnxNode node, OnnxContext context)
    {
        int targets = Targets(node, node.Integer("n_targets", 1));
        var table = new NodeTable(node, context, "target");
        string sums = table.Sums(targets, Aggregation(node, node.Text("aggregate_function", "SUM")), table.BaseValues);
        return ScoreTransforms.Apply(node, context, node.Text("post_transform", "NONE"), context.Convert(sums, ElementType.Float32));
    }

    private static string Ensemble(OnnxNode node, OnnxContext context)
    {
        int targets = Targets(node, node.Integer("n_targets", 1));
        string transform = Name(node, "post_transform", 0, Transforms);
        string aggregation = Name(node, "aggregate_function", 1, Aggregations);
        string rows = ClassifierOutputs.Rows(node, context, keepsDouble: true);
        Forest forest = new FlatTrees(node, context, targets).Build(context.ElementTypeOf(rows));
        string sums = context.Emit(new TreeEnsemble(forest, Aggregation(node, aggregation), new double[targets].ToEquatableArray()), rows);
        return ScoreTransforms.Apply(node, context, transform, sums);
    }

    private static int Targets(OnnxNode node, long targets) =>
        targets is >= 1 and <= 1 << 20 ? (int)targets : throw ImportException.Invalid($"attribute 'n_targets' of {node.Operator} is {targets}");

    private static TreeAggregationKind Aggregation(OnnxNode node, string name) => name switch
    {
        "SUM" => TreeAggregationKind.Sum,
        "AVERAGE" => TreeAggregationKind.Average,
        "MIN" => TreeAggregationKind.Minimum,
        "MAX" => TreeAggregationKind.Maximum,
        _ => throw ImportException.Attribute(node.Operator, $"aggregate_function '{name}'", "it is one of SUM, AVERAGE, MIN, MAX"),
    };

    private static string Name(OnnxNode node, string attribute, long missing, string[] names) =>
        node.Integer(attribute, missing) is var code && code >= 0 && code < names.Length
            ? names[code]
            : throw ImportException.Attribute(node.Operator, $"{attribute} {code}", $"it is 0 to {names.Length - 1}");
}
