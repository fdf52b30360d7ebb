using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Passes;

/// <summary>
/// How passes change graphs: the old graph is walked in order and a new one built beside it. A rewrite of a node looks at what its inputs
/// have become, adds what it likes, and says which new value stands for the old output. What nothing uses any more is not taken over,
/// and operations whose inputs have become constant are folded on the way.
/// </summary>
public sealed class GraphRewriter
{
    private readonly Dictionary<string, string> renamed = new(StringComparer.Ordinal);

    private GraphRewriter(Graph source) => Source = source;

    /// <summary>The old graph.</summary>
    public Graph Source { get; }

    /// <summary>The new graph.</summary>
    public GraphBuilder Target { get; } = new();

    /// <summary>Rewrites a graph.</summary>
    /// <param name="source">The graph.</param>
    /// <param name="rewrite">Handles a node and returns <see langword="true"/>, or leaves it to be copied.</param>
    public static Graph Rewrite(Graph source, Func<GraphRewriter, Node, bool> rewrite)
    {
        var rewriter = new GraphRewriter(source);
        rewriter.Target.HasFreeBatch = source.HasFreeBatch;
        foreach (string input in source.Inputs)
        {
            Value value = source.Values[input];
            rewriter.renamed.Add(input, rewriter.Target.AddInput(input, value.Type));
            rewriter.Target.SetQuantization(input, value.Quantization);
        }

        foreach (Node node in source.Nodes)
        {
            if (!rewrite(rewriter, node))
            {
                rewriter.Replace(node, node.Name, node.Op, rewriter.InputsOf(node));
            }
        }

        return rewriter.Target.ToGraph(source.Outputs.Select(output => output with
        {
            Value = rewriter.New(output.Value),
            Bound = output.Bound is { } bound ? bound with { Count = rewriter.New(bound.Count) } : null,
        }));
    }

    /// <summary>What has become of an old value.</summary>
    public string New(string old)
    {
        if (!renamed.TryGetValue(old, out string? name))
        {
            name = Target.AddConstant(Source.Constants[old], old);
            renamed.Add(old, name);
        }

        return name;
    }

    /// <summary>What has become of a node's inputs.</summary>
    public ImmutableArray<string> InputsOf(Node node) => [.. node.Inputs.Select(New)];

    /// <summary>Lets a new value stand for a node's only output.</summary>
    public bool Replace(Node node, string value)
    {
        renamed[node.Output] = value;
        return true;
    }

    /// <summary>Lets a new node stand for an old one; the outputs keep their names and storage.</summary>
    public bool Replace(Node node, string name, Op op, ImmutableArray<string> inputs)
    {
        ImmutableArray<string> outputs = Target.AddNode(name, op, inputs, node.Outputs);
        for (int index = 0; index < outputs.Length; index++)
        {
            renamed[node.Outputs[index]] = outputs[index];
            if (Source.Values[node.Outputs[index]].Quantization is { } quantization && Target.ConstantOf(outputs[index]) is null)
            {
                Target.SetQuantization(outputs[index], quantization);
            }
        }

        return true;
    }

    /// <summary>The new node that computes what an input of an old node has become, if it is of type <typeparamref name="TOp"/>.</summary>
    public Node? Producer<TOp>(Node node, int input)
        where TOp : Op => Target.ProducerOf(New(node.Inputs[input])) is { Op: TOp } producer ? producer : null;

    /// <summary>Whether an old node is the only user of its input.</summary>
    public bool IsOnlyUse(Node node, int input) => Source.UseCount(node.Inputs[input]) == 1;
}
