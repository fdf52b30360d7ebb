using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>Channels that a layer makes.</summary>
/// <param name="Producer">The layer's output; empty where the channels are of something else.</param>
/// <param name="Count">How many.</param>
internal readonly record struct ChannelRun(string Producer, int Count);

/// <summary>
/// Which layers make the channels – the last axis – that a layer reads, through pooling, padding, reshapes and concatenations: whatever lets a positive factor of each channel through.
/// </summary>
internal sealed class ChannelFlow
{
    private readonly Graph graph;
    private readonly Dictionary<string, ImmutableArray<ChannelRun>> runs = new(StringComparer.Ordinal);
    private readonly HashSet<string> fixedProducers = new(StringComparer.Ordinal);

    /// <summary>Follows the channels of a graph.</summary>
    public ChannelFlow(Graph graph)
    {
        this.graph = graph;
        foreach (Node node in graph.Nodes)
        {
            if (RunsOf(node) is { } made)
            {
                runs.Add(node.Output, made);
            }
            else if (LayerConstants.Of(graph, node) is null or { IsOfFile: true })
            {
                fixedProducers.UnionWith(node.Inputs.Where(runs.ContainsKey).SelectMany(input => runs[input]).Select(run => run.Producer));
            }
        }

        foreach (string input in graph.Nodes.Where(node => node.Op is Conv2D or FullyConnected).SelectMany(node => node.Inputs.Skip(1)).Where(runs.ContainsKey))
        {
            fixedProducers.UnionWith(runs[input].Select(run => run.Producer));
        }

        fixedProducers.UnionWith(runs.Keys.Where(graph.IsOutput).SelectMany(value => runs[value]).Select(run => run.Producer));
    }

    /// <summary>Layers whose channels are read by other layers alone, so that these can undo any factor.</summary>
    public IEnumerable<Node> Free => graph.Nodes.Where(node => runs.TryGetValue(node.Output, out ImmutableArray<ChannelRun> own) && own is [var only] && only.Producer == node.Output && IsFree(only));

    /// <summary>The layers that read channels of free layers, and which.</summary>
    public IEnumerable<(Node Reader, ImmutableArray<ChannelRun> Channels)> Readers =>
        from node in graph.Nodes
        where node.Op is Conv2D or FullyConnected && runs.ContainsKey(node.Inputs[0]) && LayerConstants.Of(graph, node) is { IsOfFile: false }
        let channels = runs[node.Inputs[0]].Select(run => IsFree(run) ? run : run with { Producer = "" }).ToImmutableArray()
        where channels.Any(IsFree)
        select (node, channels);

    private bool IsFree(ChannelRun run) => run.Producer.Length > 0 && !fixedProducers.Contains(run.Producer);

    private ImmutableArray<ChannelRun>? RunsOf(Node node) => node.Op switch
    {
        Conv2D or FullyConnected => IsScalable(node) ? [new ChannelRun(node.Output, graph.ShapeOf(node.Output)[^1])] : null,
        Concat concat when concat.Axis == graph.ShapeOf(node.Output).Rank - 1 && node.Inputs.Any(runs.ContainsKey) =>
            [.. node.Inputs.SelectMany(input => runs.TryGetValue(input, out ImmutableArray<ChannelRun> own) ? own : [new ChannelRun("", graph.ShapeOf(input)[^1])])],
        Pool2D => Through(node),
        Pad { Value: 0 } or Reshape when graph.ShapeOf(node.Output) is { Rank: > 0 } shape && shape[^1] == graph.ShapeOf(node.Inputs[0])[^1] => Through(node),
        _ => null,
    };

    private ImmutableArray<ChannelRun>? Through(Node node) => runs.TryGetValue(node.Inputs[0], out ImmutableArray<ChannelRun> own) ? own : null;

    private bool IsScalable(Node node) => LayerConstants.Of(graph, node) is { IsOfFile: false }
        && node.Op is Conv2D { Minimum: 0 or float.NegativeInfinity, Maximum: > 0 } or FullyConnected { Minimum: 0 or float.NegativeInfinity, Maximum: > 0 };
}
