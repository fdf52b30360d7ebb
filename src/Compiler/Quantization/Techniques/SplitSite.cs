using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>A layer whose channels may be computed several times, because nothing but layers reads them: these share a weight among the copies.</summary>
/// <param name="Producer">The layer.</param>
/// <param name="Depthwise">The depthwise layer that alone reads it and whose channels have copies too, or <see langword="null"/>.</param>
/// <param name="Readers">The layers that sum the copies.</param>
internal sealed record SplitSite(Node Producer, Node? Depthwise, ImmutableArray<Node> Readers)
{
    /// <summary>The values that have copies of channels.</summary>
    public ImmutableArray<string> Values => Depthwise is null ? [Producer.Output] : [Producer.Output, Depthwise.Output];

    /// <summary>All of a graph, in the order of execution.</summary>
    public static IEnumerable<SplitSite> Of(Graph graph) => graph.Nodes.Where(node => IsDense(graph, node)).Select(node => Of(graph, node)).OfType<SplitSite>();

    private static SplitSite? Of(Graph graph, Node producer)
    {
        Node[] readers = ReadersOf(graph, producer);
        Node? depthwise = readers is [var only] && IsDepthwise(graph, only) ? only : null;
        readers = depthwise is null ? readers : ReadersOf(graph, depthwise);
        return readers.Length > 0 && readers.All(reader => IsDense(graph, reader)) ? new SplitSite(producer, depthwise, [.. readers]) : null;
    }

    // None where anything else could see the channels.
    private static Node[] ReadersOf(Graph graph, Node node)
    {
        Node[] readers = [.. graph.Nodes.Where(reader => reader.Inputs.Contains(node.Output))];
        return graph.IsOutput(node.Output) || readers.Any(reader => reader.Inputs.Skip(1).Contains(node.Output)) ? [] : readers;
    }

    private static bool IsDense(Graph graph, Node node) => LayerConstants.Of(graph, node) is { IsOfFile: false } && node.Op is FullyConnected or Conv2D { Groups: 1 };

    private static bool IsDepthwise(Graph graph, Node node) =>
        LayerConstants.Of(graph, node) is { IsOfFile: false } layer && node.Op is Conv2D convolution && convolution.IsDepthwise(layer.Weights.Shape);

    /// <summary>Multiply-accumulates that one more copy of a channel takes.</summary>
    public long CostOfCopy(Graph graph)
    {
        long cost = Places(Producer) * LayerConstants.Of(graph, Producer)!.Each;
        cost += Depthwise is null ? 0 : Places(Depthwise) * LayerConstants.Of(graph, Depthwise)!.Each;
        return cost + Readers.Sum(reader => Places(reader) * (LayerConstants.Of(graph, reader)!.Weights.Count / graph.ShapeOf(reader.Inputs[0])[^1]));

        long Places(Node node) => graph.ShapeOf(node.Output).ElementCount / graph.ShapeOf(node.Output)[^1];
    }
}
