using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Passes;

/// <summary>The invariants that hold between any two passes.</summary>
public static class GraphChecker
{
    /// <summary>Checks that values are defined once and before their use, and that their types are what the ops infer.</summary>
    /// <exception cref="InvalidOperationException">A pass broke the graph: our mistake, not the user's.</exception>
    public static void Check(Graph graph, string stage)
    {
        var defined = new HashSet<string>(graph.Inputs.Concat(graph.Constants.Keys), StringComparer.Ordinal);
        foreach (Node node in graph.Nodes)
        {
            foreach (string input in node.Inputs)
            {
                Require(defined.Contains(input), stage, node, $"reads '{input}' before it is computed");
            }

            if (node.Op is Loop loop)
            {
                Check(loop.Body, stage);
            }

            ImmutableArray<TensorType> types = node.Op.Infer([.. node.Inputs.Select(input => graph.Values[input].Type)]);
            Require(types.Length == node.Outputs.Length, stage, node, "has a wrong number of outputs");
            for (int index = 0; index < types.Length; index++)
            {
                Require(defined.Add(node.Outputs[index]), stage, node, $"computes '{node.Outputs[index]}' a second time");
                Require(graph.Values[node.Outputs[index]].Type == types[index], stage, node, $"computes {types[index]}, not {graph.Values[node.Outputs[index]].Type}");
            }
        }

        foreach (GraphOutput output in graph.Outputs.Where(output => !defined.Contains(output.Value)))
        {
            throw new InvalidOperationException($"after {stage}: output '{output.Name}' is not computed");
        }

        foreach (GraphOutput output in graph.Outputs)
        {
            if (output.Bound is { } bound && !(defined.Contains(bound.Count) && graph.Values[bound.Count].Type == new TensorType(ElementType.Int64, Shape.Scalar)))
            {
                throw new InvalidOperationException($"after {stage}: the slices of output '{output.Name}' are not counted");
            }
        }
    }

    private static void Require(bool condition, string stage, Node node, string message)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"after {stage}: node '{node.Name}' {message}");
        }
    }
}
