using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Passes;

/// <summary>
/// Rounds the weights of layers, matrix products and tables to 256 levels a tensor, evenly between the least and the greatest, so that what holds them
/// compresses. 0 stays 0: what a network has been taught to ignore must not become a small sum of everything.
/// </summary>
public static class RoundWeights
{
    private const int Levels = 256;

    // Fewer save nothing that one would notice.
    private const int LeastElements = 1024;

    /// <summary>Rounds the weights of a graph and of the bodies of its loops.</summary>
    public static Graph Run(Graph graph)
    {
        graph = graph.Nodes.Any(node => node.Op is Loop) ? GraphRewriter.Rewrite(graph, RoundBody) : graph;
        HashSet<string> weights = [.. graph.Nodes.SelectMany(WeightsOf)];
        return new Graph(
            graph.Inputs,
            graph.Outputs,
            graph.Nodes,
            graph.Values,
            graph.Constants.ToFrozenDictionary(pair => pair.Key, pair => weights.Contains(pair.Key) ? Rounded(pair.Value) : pair.Value, StringComparer.Ordinal))
        { HasFreeBatch = graph.HasFreeBatch, State = graph.State };
    }

    /// <summary>The tensor on 256 levels; itself if it is small, uniform, on levels already, or not finite.</summary>
    public static Tensor Rounded(Tensor tensor)
    {
        if (tensor.Type != ElementType.Float32 || tensor.Count < LeastElements || tensor.IsUniform || tensor.Integers is not null)
        {
            return tensor;
        }

        float[] values = tensor.Values<float>();
        (double minimum, double maximum) = (values.Min(), values.Max());
        double step = (maximum - minimum) / (Levels - 1);
        if (!double.IsFinite(step) || step == 0)
        {
            return tensor;
        }

        double origin = minimum < 0 && maximum > 0 ? -Math.Round(-minimum / step) * step : minimum;
        return Tensor.Of(tensor.Shape, Array.ConvertAll(values, value => (float)(origin + (Math.Clamp(Math.Round((value - origin) / step), 0, Levels - 1) * step))));
    }

    private static bool RoundBody(GraphRewriter rewriter, Node node) =>
        node.Op is Loop loop && rewriter.Replace(node, node.Name, loop with { Body = Run(loop.Body) }, rewriter.InputsOf(node));

    private static IEnumerable<string> WeightsOf(Node node) => node.Op switch
    {
        Conv2D or FullyConnected => [node.Inputs[1]],
        MatMul => node.Inputs,
        Gather => [node.Inputs[0]],
        _ => [],
    };
}
