using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;

namespace ModelCompiler.Compiler.Graphs;

/// <summary>Computes a graph op by op, plainly.</summary>
public static class GraphEvaluator
{
    /// <summary>The outputs of a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="inputs">Its inputs, in order.</param>
    public static ImmutableArray<Tensor> Evaluate(Graph graph, ImmutableArray<Tensor> inputs)
    {
        var values = new Dictionary<string, Tensor>(graph.Constants, StringComparer.Ordinal);
        for (int index = 0; index < inputs.Length; index++)
        {
            values.Add(graph.Inputs[index], inputs[index]);
        }

        foreach (Node node in graph.Nodes)
        {
            foreach ((string output, Tensor result) in node.Outputs.Zip(node.Op.Evaluate([.. node.Inputs.Select(input => values[input])])))
            {
                values.Add(output, result);
            }
        }

        return [.. graph.Outputs.Select(output => values[output.Value])];
    }
}
