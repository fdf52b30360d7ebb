using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Passes;

/// <summary>
/// Takes the sum of a convolution and another image – the end of a residual block – and the clamp behind it into the convolution, whose result is so
/// never stored by itself. Only for programs that compute in float32: calibration must see what the convolution alone gives.
/// </summary>
public static class FuseSums
{
    /// <summary>Runs the pass on a graph whose values know how they are stored.</summary>
    public static Graph Run(Graph graph)
    {
        Dictionary<string, int> places = graph.Nodes.SelectMany((node, index) => node.Outputs.Select(output => (output, index)))
            .ToDictionary(pair => pair.output, pair => pair.index, StringComparer.Ordinal);
        return GraphRewriter.Rewrite(graph, (rewriter, node) => Rewrite(rewriter, node, places));
    }

    private static bool Rewrite(GraphRewriter rewriter, Node node, Dictionary<string, int> places)
    {
        Graph graph = rewriter.Source;
        if (node.Op is not Elementwise elementwise || node.Inputs.Length != 2 || Sum(elementwise.Expression) is not { } clamp
            || !node.Inputs.Append(node.Output).All(value => IsFloat(graph, value, graph.ShapeOf(node.Output))))
        {
            return false;
        }

        // Of two convolutions the later one: what it reads then lives no longer than before.
        int[] candidates = [.. Enumerable.Range(0, 2).Where(input => IsConvolution(graph, node.Inputs[input])).OrderByDescending(input => places[node.Inputs[input]])];
        if (candidates.Length == 0 || graph.Constants.ContainsKey(node.Inputs[1 - candidates[0]]))
        {
            return false;
        }

        Node layer = graph.Producer(node.Inputs[candidates[0]])!;
        string[] inputs = [.. layer.Inputs.Select(rewriter.New)];
        string bias = inputs.Length > 2
            ? inputs[2]
            : rewriter.Target.AddConstant(Tensor.Zeros(new TensorType(ElementType.Float32, [graph.ShapeOf(layer.Output)[3]])), layer.Name + ".bias");
        Op fused = (Conv2D)layer.Op with { Minimum = clamp.Minimum, Maximum = clamp.Maximum };
        return rewriter.Replace(node, layer.Name, fused, [inputs[0], inputs[1], bias, rewriter.New(node.Inputs[1 - candidates[0]])]);
    }

    private static (float Minimum, float Maximum)? Sum(Expression expression)
    {
        (Expression inner, float minimum, float maximum) = ExpressionRewriter.AsClamp(expression) ?? (expression, float.NegativeInfinity, float.PositiveInfinity);
        return inner is CallExpression { Function: ElementwiseFunction.Add, Type: ElementType.Float32 } call
            && call.Operands[0] is InputExpression left && call.Operands[1] is InputExpression right && left.Index != right.Index
                ? (minimum, maximum)
                : null;
    }

    private static bool IsConvolution(Graph graph, string value) =>
        graph.UseCount(value) == 1
        && graph.Producer(value) is { Op: Conv2D { Minimum: float.NegativeInfinity, Maximum: float.PositiveInfinity } convolution, Inputs.Length: < 4 } layer
        && layer.Inputs.Skip(1).All(graph.Constants.ContainsKey)
        && graph.Values[layer.Inputs[0]].Quantization is null
        && !convolution.IsDepthwise(graph.ShapeOf(layer.Inputs[1]));

    private static bool IsFloat(Graph graph, string value, Shape shape) =>
        graph.Values[value] is { Quantization: null, Type.Type: ElementType.Float32 } && graph.ShapeOf(value) == shape && shape.Rank == 4;
}
