using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// Computes those channels several times whose rounding to 256 levels the outputs suffer from most: the idea of outlier channel splitting (Zhao et al., 2019), with copies that differ by a part
/// of a step, so that together they have as many times the levels. What reads them gives each a share of the weight. It costs multiply-accumulates, of which it may take a quarter more.
/// </summary>
public sealed class ChannelSplitting() : QuantizationTechnique("ChannelSplitting")
{
    /// <summary>No channel has more copies: the error goes down with their number, the work up.</summary>
    public const int MostCopies = 8;

    private const double MostWork = 0.25;

    // Copies that take less off the whole error are not worth their work.
    private const double LeastGain = 1e-3;

    /// <inheritdoc/>
    public override bool IsWanted(CompileOptions options) => options.ChannelSplitting;

    /// <summary>The graph with copies of channels: it computes the same.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="copies">How often each channel is there, by the layer's output.</param>
    public static Graph Run(Graph graph, IReadOnlyDictionary<string, ImmutableArray<int>> copies)
    {
        if (copies.Count == 0)
        {
            return graph;
        }

        var changed = new Dictionary<string, LayerConstants>(StringComparer.Ordinal);
        var channels = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (SplitSite site in SplitSite.Of(graph).Where(site => copies.ContainsKey(site.Producer.Output)))
        {
            ImmutableArray<int> counts = copies[site.Producer.Output];
            Change(site.Producer, layer => Channels(layer, [.. Sources(counts)]));
            if (site.Depthwise is { } depthwise)
            {
                Change(depthwise, layer => Channels(layer, [.. Sources(counts)]));
            }

            foreach (Node reader in site.Readers)
            {
                Change(reader, layer => Inputs(layer, [.. Sources(counts)], counts));
            }

            foreach (string value in site.Values)
            {
                channels.Add(value, counts.Sum());
            }
        }

        Graph replaced = LayerConstants.Replace(graph, changed);
        return new Graph(
            replaced.Inputs,
            replaced.Outputs,
            [.. replaced.Nodes.Select(node => node.Op is Conv2D { Groups: > 1 } convolution && channels.TryGetValue(node.Output, out int count) ? node with { Op = convolution with { Groups = count } } : node)],
            replaced.Values.ToFrozenDictionary(pair => pair.Key, pair => channels.TryGetValue(pair.Key, out int count) ? pair.Value with { Type = WithChannels(pair.Value.Type, count) } : pair.Value, StringComparer.Ordinal),
            replaced.Constants) { HasFreeBatch = graph.HasFreeBatch, State = graph.State };

        void Change(Node node, Func<LayerConstants, LayerConstants> change) =>
            changed[node.Output] = change(changed.GetValueOrDefault(node.Output) ?? LayerConstants.Of(graph, node)!);
    }

    /// <summary>By what part of a step each channel of the values with copies is moved, by the value.</summary>
    public static IEnumerable<(string Value, ImmutableArray<double> Parts)> Offsets(Graph graph, IReadOnlyDictionary<string, ImmutableArray<int>> copies) =>
        from site in copies.Count == 0 ? [] : SplitSite.Of(graph)
        where copies.ContainsKey(site.Producer.Output)
        let parts = copies[site.Producer.Output].SelectMany(count => Enumerable.Range(0, count).Select(copy => ((2 * copy) + 1 - count) / (2.0 * count))).ToImmutableArray()
        from value in site.Values
        select (value, parts);

    /// <inheritdoc/>
    internal override QuantizationChoice? Improve(QuantizationTrials trials, QuantizationChoice choice)
    {
        Graph graph = choice.Equalize(trials.Graph);
        SplitSite[] sites = [.. SplitSite.Of(graph)];
        if (sites.Length == 0)
        {
            return null;
        }

        ImmutableArray<(SplitSite Site, double[] Errors)> noise = new ChannelNoise(trials, graph, choice).Measure(sites);
        ImmutableSortedDictionary<string, ImmutableArray<int>> copies = Share(graph, noise, MostWork * trials.MultiplyAccumulates);
        if (copies.IsEmpty)
        {
            return null;
        }

        QuantizationChoice split = choice with { Copies = copies, Factors = Factors(choice.Factors, sites, copies) };
        return split with { Ranges = trials.Ranges(split) };
    }

    /// <inheritdoc/>
    /// <remarks>What rounded weights do to means is far more than what this is about, and comes off afterwards.</remarks>
    internal override double Error(QuantizationTrials trials, QuantizationChoice choice) => trials.ErrorWithoutMeans(choice);

    // One copy after the other, where it takes the most off for its work. So many copies have so many times the levels, and the square of that times less of the squared error.
    private static ImmutableSortedDictionary<string, ImmutableArray<int>> Share(Graph graph, ImmutableArray<(SplitSite Site, double[] Errors)> noise, double work)
    {
        var candidates = new PriorityQueue<(int Site, int Channel), (double Gain, int Site, int Channel)>();
        double least = LeastGain * noise.Sum(site => site.Errors.Sum());
        int[][] copies = [.. noise.Select(site => site.Errors.Select(_ => 1).ToArray())];
        long[] costs = [.. noise.Select(site => Math.Max(1, site.Site.CostOfCopy(graph)))];
        for (int site = 0; site < copies.Length; site++)
        {
            for (int channel = 0; channel < copies[site].Length; channel++)
            {
                Offer(site, channel);
            }
        }

        while (candidates.TryDequeue(out (int Site, int Channel) next, out _))
        {
            if (costs[next.Site] <= work)
            {
                work -= costs[next.Site];
                copies[next.Site][next.Channel]++;
                Offer(next.Site, next.Channel);
            }
        }

        return QuantizationChoice.Empty<ImmutableArray<int>>().AddRange(noise
            .Select((site, index) => KeyValuePair.Create(site.Site.Producer.Output, copies[index].ToImmutableArray()))
            .Where(pair => pair.Value.Any(count => count > 1)));

        void Offer(int site, int channel)
        {
            double count = copies[site][channel];
            double gain = noise[site].Errors[channel] * ((1 / (count * count)) - (1 / ((count + 1) * (count + 1))));
            if (gain > least && count < MostCopies)
            {
                candidates.Enqueue((site, channel), (-gain / costs[site], site, channel));
            }
        }
    }

    // A copy has its channel's factor.
    private static ImmutableSortedDictionary<string, ImmutableArray<float>> Factors(
        ImmutableSortedDictionary<string, ImmutableArray<float>> factors, IEnumerable<SplitSite> sites, ImmutableSortedDictionary<string, ImmutableArray<int>> copies) =>
        factors.SetItems(
            from site in sites
            where copies.ContainsKey(site.Producer.Output)
            from value in site.Values
            where factors.ContainsKey(value)
            select KeyValuePair.Create(value, Sources(copies[site.Producer.Output]).Select(source => factors[value][source]).ToImmutableArray()));

    private static IEnumerable<int> Sources(ImmutableArray<int> counts) => counts.SelectMany((count, channel) => Enumerable.Repeat(channel, count));

    private static LayerConstants Channels(LayerConstants layer, int[] sources)
    {
        float[] weights = layer.Weights.Values<float>();
        float[] bias = layer.Bias.Values<float>();
        int each = layer.Each;
        return new LayerConstants(
            Tensor.Of(Shape.From([sources.Length, .. layer.Weights.Shape.Extents[1..]]), [.. sources.SelectMany(source => weights.Skip(source * each).Take(each))]),
            Tensor.Of([sources.Length], [.. sources.Select(source => bias[source])]));
    }

    private static LayerConstants Inputs(LayerConstants layer, int[] sources, ImmutableArray<int> counts)
    {
        float[] weights = layer.Weights.Values<float>();
        int inputs = layer.Weights.Shape[^1];
        return layer with
        {
            Weights = Tensor.Of(
                Shape.From([.. layer.Weights.Shape.Extents[..^1], sources.Length]),
                [.. Enumerable.Range(0, weights.Length / inputs).SelectMany(row => sources.Select(source => weights[(row * inputs) + source] / counts[source]))]),
        };
    }

    private static TensorType WithChannels(TensorType type, int count) => new(type.Type, Shape.From([.. type.Shape.Extents[..^1], count]));
}
