using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators.Classic;

/// <summary>What the classifiers share: rows in, a label and a row of scores out.</summary>
internal static class ClassifierOutputs
{
    /// <summary>The labels of the classes, from the one of two attributes that is there.</summary>
    /// <exception cref="ImportException">Neither or both are there, or a label is twice.</exception>
    public static ClassLabels Labels(OnnxNode node, string numbers, string texts)
    {
        long[] asNumbers = node.Integers(numbers) ?? [];
        string[] asTexts = node.Texts(texts) ?? [];
        if ((asNumbers.Length == 0) == (asTexts.Length == 0))
        {
            throw ImportException.Invalid($"{node.Operator} needs either '{numbers}' or '{texts}'");
        }

        ClassLabels labels = asNumbers.Length > 0 ? OfNumbers(LabelRole.Number, asNumbers) : new ClassLabels(LabelRole.Text, asTexts.ToEquatableArray(), default);
        return labels.Texts.Distinct().Count() == labels.Texts.Count ? labels : throw ImportException.Invalid($"two classes of {node.Operator} have one label");
    }

    /// <summary>Labels that are numbers.</summary>
    public static ClassLabels OfNumbers(LabelRole role, long[] numbers) =>
        new(role, numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)).ToEquatableArray(), numbers.ToEquatableArray());

    /// <summary>A node's first input as [N, features], of a real type.</summary>
    /// <param name="node">The node.</param>
    /// <param name="context">The graph.</param>
    /// <param name="keepsDouble">Whether float64 stays; else all becomes float32, which is what the results are in.</param>
    public static string Rows(OnnxNode node, OnnxContext context, bool keepsDouble = false)
    {
        TensorType input = context.TypeOf(node[0]);
        if (input.Shape.Rank is not (1 or 2) || input.Type is not (ElementType.Float32 or ElementType.Float64 or ElementType.Int32 or ElementType.Int64))
        {
            throw new ShapeException($"{node.Operator} of {input}, which is not rows of numbers");
        }

        string rows = input.Shape.Rank == 1 ? context.Reshape(node[0], [1, input.Shape[0]]) : node[0];
        return keepsDouble && input.Type == ElementType.Float64 ? rows : context.Convert(rows, ElementType.Float32);
    }

    /// <summary>The outputs of a classifier with a score for each class: the greatest decides.</summary>
    public static ImmutableArray<string?> OfScores(OnnxNode node, OnnxContext context, ClassLabels labels, string scores, string transform)
    {
        string index = context.Emit(new ArgReduce(1, Maximum: true, LastIndex: false), scores);
        return [Label(context, labels, index), Scores(context, labels, ScoreTransforms.Apply(node, context, transform, scores))];
    }

    /// <summary>The outputs of a classifier of two classes with the score of the second: beyond a threshold it is that.</summary>
    public static ImmutableArray<string?> OfOneScore(OnnxNode node, OnnxContext context, ClassLabels labels, string score, string transform, bool isProbability)
    {
        double threshold = isProbability && transform != "LOGISTIC" ? 0.5 : 0;
        string index = context.Map(context.Reshape(score, [context.ShapeOf(score)[0]]), x => (x > threshold).To(ElementType.Int64));
        return [Label(context, labels, index), Scores(context, labels, ScoreTransforms.ApplyToOne(node, context, transform, score, isProbability))];
    }

    /// <summary>The label of a class, given by its index.</summary>
    public static string Label(OnnxContext context, ClassLabels labels, string index)
    {
        bool isIndex = labels.Role == LabelRole.Text || labels.Numbers.SequenceEqual(Enumerable.Range(0, labels.Numbers.Count).Select(number => (long)number));
        string label = isIndex ? index : context.Emit(new Gather(0), context.Constant([.. labels.Numbers]), index);
        return context.WithLabels(label, labels);
    }

    /// <summary>Scores of the classes.</summary>
    public static string Scores(OnnxContext context, ClassLabels labels, string scores) => context.WithLabels(scores, labels with { Role = LabelRole.Scores });
}
