using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Recognises classifiers: one float input, one output that is a row of at least two scores.</summary>
public static class ClassifierDetection
{
    /// <summary>What makes the model a classifier, or <see langword="null"/>.</summary>
    /// <param name="graph">The optimised graph, before quantisation.</param>
    /// <param name="scores">What the user says of the scores; <see langword="null"/> to look how the model ends.</param>
    public static PlanClassifier? Detect(Graph graph, ScoreTransform? scores)
    {
        if (graph.Inputs.Length != 1 || graph.Outputs.Length != 1
            || graph.Values[graph.Inputs[0]].Type.Type != ElementType.Float32
            || graph.Values[graph.Outputs[0].Value].Type is not { Type: ElementType.Float32, Shape: var shape }
            || shape.Count(extent => extent != 1) != 1 || graph.Constants.ContainsKey(graph.Outputs[0].Value))
        {
            return null;
        }

        return new PlanClassifier(graph.Inputs[0], graph.Outputs[0].Name, (int)shape.ElementCount, scores ?? Ending(graph, graph.Outputs[0].Value));
    }

    private static ScoreTransform Ending(Graph graph, string value) => graph.Producer(value) switch
    {
        { Op: Reshape or Transpose or Slice } node => Ending(graph, node.Inputs[0]),
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
