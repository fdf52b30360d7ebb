using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Recognises classifiers: one input of real numbers, one output that is a row of at least two scores, both float or on the file's grid; or whatever the file says of its outputs.</summary>
public static class ClassifierDetection
{
    /// <summary>What makes the model a classifier, or <see langword="null"/>.</summary>
    /// <param name="graph">The optimised graph, before quantisation.</param>
    /// <param name="scores">What the user says of the scores; <see langword="null"/> to look how the model ends.</param>
    public static PlanClassifier? Detect(Graph graph, ScoreTransform? scores)
    {
        if (graph.Outputs.Any(output => output.Labels is not null))
        {
            return DetectLabelled(graph, scores);
        }

        if (graph.Inputs.Length != 1 || graph.Outputs.Length != 1 || graph.Outputs[0].Bound is not null || !HoldRealNumbers(graph)
            || graph.ShapeOf(graph.Outputs[0].Value) is var shape && shape.Count(extent => extent != 1) != 1 || graph.Constants.ContainsKey(graph.Outputs[0].Value))
        {
            return null;
        }

        return new PlanClassifier(graph.Inputs[0], graph.Outputs[0].Name, (int)shape.ElementCount, scores ?? Ending(graph, graph.Outputs[0].Value));
    }

    /// <summary>The labels that the file has for the classes, or for an output that is text; empty when there are none.</summary>
    /// <exception cref="DiagnosticException">Outputs are text of different labels.</exception>
    public static ImmutableArray<string> Labels(Graph graph, PlanClassifier? classifier, string file)
    {
        ClassLabels? classes = Labels(classifier?.Output) ?? Labels(classifier?.LabelOutput);
        GraphOutput[] texts = [.. graph.Outputs.Where(output => output.Labels?.Role == LabelRole.Text && output.Name != classifier?.LabelOutput)];
        EquatableArray<string> labels = classes?.Texts ?? texts.FirstOrDefault()?.Labels!.Texts ?? default;
        GraphOutput? other = texts.FirstOrDefault(output => !output.Labels!.Texts.Equals(labels));
        return other is null ? [.. labels] : throw new DiagnosticException(DiagnosticKinds.TextUnlabelled.At(file, "", other.Name));

        ClassLabels? Labels(string? name) => graph.Outputs.FirstOrDefault(output => output.Name == name)?.Labels;
    }

    // Float, or 8-bit integers that stand for real numbers on both ends: what is calibrated is compared as floats.
    private static bool HoldRealNumbers(Graph graph)
    {
        (string input, string output) = (graph.Inputs[0], graph.Outputs[0].Value);
        bool isFloat = graph.Values[output].Type.Type == ElementType.Float32;
        return graph.Values[input].Type.Type == ElementType.Float32 ? isFloat
            : DeclaredGrid.OfInput(graph, input) is not null && (isFloat || DeclaredGrid.OfOutput(graph, output) is not null);
    }

    // The file says which output holds scores, and of which classes; and which output, if any, names one of them. One of the two may be left
    // to guess: a row of as many floats as there are labels.
    private static PlanClassifier? DetectLabelled(Graph graph, ScoreTransform? transform)
    {
        GraphOutput? scores = graph.Outputs.LastOrDefault(output => output.Labels?.Role is LabelRole.Scores or LabelRole.Map && IsRow(graph, output.Value, output.Labels.Texts.Count));
        GraphOutput? label = graph.Outputs.FirstOrDefault(output =>
            output.Labels is { Role: LabelRole.Number or LabelRole.Text } labels
            && IsRow(graph, output.Value, 1)
            && (scores is null || scores.Labels!.Texts.ToHashSet().SetEquals(labels.Texts)));
        scores ??= graph.Outputs.FirstOrDefault(output =>
            label is not null && output.Labels is null && graph.Values[output.Value].Type.Type.IsFloat() && IsRow(graph, output.Value, label.Labels!.Texts.Count));
        if (scores is null || graph.Inputs.Length == 0 || graph.Constants.ContainsKey(scores.Value))
        {
            return null;
        }

        EquatableArray<string> classes = (scores.Labels ?? label!.Labels!).Texts;
        return new PlanClassifier(
            graph.Inputs[0], scores.Name, classes.Count, transform ?? ScoreTransform.Raw, label?.Name ?? "", label is null ? default : Numbers(classes, label.Labels!));
    }

    // What the label's output holds for each class, unless that is the class's index.
    private static EquatableArray<long> Numbers(EquatableArray<string> classes, ClassLabels labels)
    {
        List<string> texts = [.. labels.Texts];
        long[] numbers = [.. classes.Select(text => texts.IndexOf(text)).Select(place => labels.Role == LabelRole.Number ? labels.Numbers[place] : place)];
        return numbers.Select((number, index) => number == index).All(isIndex => isIndex) ? default : numbers.ToEquatableArray();
    }

    private static bool IsRow(Graph graph, string value, int count) =>
        graph.ShapeOf(value) is var shape && shape.ElementCount == count && shape.Count(extent => extent != 1) == (count == 1 ? 0 : 1);

    private static ScoreTransform Ending(Graph graph, string value) => graph.Producer(value) switch
    {
        { Op: var op } node when op is Reshape or Transpose or Slice or Requantize || GridExpressions.AsLevel(op) is not null => Ending(graph, node.Inputs[0]),
        { Op: Softmax } => ScoreTransform.Raw,
        { Op: Elementwise { Expression: CallExpression { Function: ElementwiseFunction.Sigmoid } } } => ScoreTransform.Raw,

        // Log-softmax is imported as x − max − log(Σ exp).
        { Op: Elementwise { Expression: CallExpression { Function: ElementwiseFunction.Subtract } } } node when node.Inputs.Any(input => IsLogarithmOfSum(graph, input)) => ScoreTransform.Exponential,
        { Op: Elementwise { Expression: CallExpression { Function: ElementwiseFunction.Log } } } node when ReadsSoftmax(graph, node) => ScoreTransform.Exponential,
        _ => ScoreTransform.Softmax,
    };

    private static bool ReadsSoftmax(Graph graph, Node node) => graph.Producer(node.Inputs[0])?.Op is Softmax;

    private static bool IsLogarithmOfSum(Graph graph, string value) => graph.Producer(value) switch
    {
        { Op: Reshape or Transpose or Elementwise } node => node.Inputs.Any(input => IsLogarithmOfSum(graph, input)),
        { Op: Reduce { Kind: ReduceKind.Sum } } => true,
        _ => false,
    };
}
