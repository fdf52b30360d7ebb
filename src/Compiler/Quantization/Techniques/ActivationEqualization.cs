using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// An activation has one scale, however unlike its channels are: what stays below a tenth of the largest has a tenth of its levels. Each channel is made larger in the layer that
/// makes it and smaller in the weights of those that read it. Unlike <see cref="CrossLayerEqualization"/> it goes by what the channels were seen to hold, and so reaches through clamps:
/// a channel that grows up to where the largest was seen saturates there, as that one does. A depthwise layer undoes the factor for nothing, for its weights have a scale a channel; others
/// lose resolution of their weights, and how far channels are better evened out is measured.
/// </summary>
public sealed class ActivationEqualization() : QuantizationTechnique("ActivationEqualization")
{
    // A channel that calibration saw hardly anything of would take any factor, and the first picture that it knows would saturate it.
    private const double LargestFactor = 64;

    // How far activations are evened out at the cost of weights: 1 is wholly.
    private static readonly ImmutableArray<double> Strengths = [0.25, 0.5, 0.75, 1];

    /// <inheritdoc/>
    internal override bool ScalesChannels => true;

    /// <inheritdoc/>
    public override bool IsWanted(CompileOptions options) => options.ActivationEqualization;

    /// <summary>The graph with each channel of some layers made larger, and the weights that read it smaller.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="factors">The factors of a layer's channels, by its output.</param>
    public static Graph Run(Graph graph, IReadOnlyDictionary<string, ImmutableArray<float>> factors)
    {
        if (factors.Count == 0)
        {
            return graph;
        }

        var flow = new ChannelFlow(graph);
        var changed = new Dictionary<string, LayerConstants>(StringComparer.Ordinal);
        foreach (Node node in flow.Free.Where(node => factors.ContainsKey(node.Output)))
        {
            LayerConstants layer = LayerConstants.Of(graph, node)!;
            ImmutableArray<float> factor = factors[node.Output];
            changed[node.Output] = new LayerConstants(Scaled(layer.Weights, index => factor[index / layer.Each]), Scaled(layer.Bias, channel => factor[channel]));
        }

        foreach ((Node reader, ImmutableArray<ChannelRun> channels) in flow.Readers)
        {
            LayerConstants layer = changed.GetValueOrDefault(reader.Output) ?? LayerConstants.Of(graph, reader)!;
            float[] inverse = [.. channels.SelectMany(run => factors.TryGetValue(run.Producer, out ImmutableArray<float> factor) ? factor.Select(value => 1 / value) : Enumerable.Repeat(1f, run.Count))];
            Func<int, int> channelOf = layer.InputChannel(reader);
            changed[reader.Output] = layer with { Weights = Scaled(layer.Weights, index => inverse[channelOf(index)]) };
        }

        return LayerConstants.Replace(graph, changed);
    }

    /// <inheritdoc/>
    internal override QuantizationChoice? Improve(QuantizationTrials trials, QuantizationChoice choice)
    {
        Graph graph = choice.Apply(trials.Graph);
        var flow = new ChannelFlow(graph);
        Dictionary<string, int> channels = flow.Free.ToDictionary(node => node.Output, node => graph.ShapeOf(node.Output)[^1], StringComparer.Ordinal);
        Dictionary<string, double[]> seen = ChannelStatistics.Greatest(trials.LowerFloat(graph), channels, trials.Samples);
        ImmutableArray<ImmutableArray<Channel>> groups = Groups(graph, flow, seen);
        (QuantizationChoice? Choice, double Error) best = (null, double.PositiveInfinity);
        foreach (double strength in Strengths.Where(_ => groups.Length > 0))
        {
            QuantizationChoice equalized = choice with { Factors = Factors(groups, channels, strength) };
            equalized = equalized with { Ranges = trials.Ranges(equalized) };

            double error = Error(trials, equalized);
            best = error < best.Error ? (equalized, error) : best;
        }

        return best.Choice;
    }

    /// <inheritdoc/>
    /// <remarks>What rounded weights do to means is far more than what this is about, and comes off afterwards.</remarks>
    internal override double Error(QuantizationTrials trials, QuantizationChoice choice) => trials.ErrorWithoutMeans(choice);

    // Layers whose channels are joined somewhere share a scale there.
    private static ImmutableArray<ImmutableArray<Channel>> Groups(Graph graph, ChannelFlow flow, Dictionary<string, double[]> seen)
    {
        Dictionary<string, Channel[]> channels = flow.Free.Where(node => seen.ContainsKey(node.Output)).ToDictionary(
            node => node.Output,
            node => seen[node.Output].Select((greatest, index) => new Channel(node.Output, index, greatest, Bound(node.Op))).ToArray(),
            StringComparer.Ordinal);
        var groups = new ScaleGroups();
        foreach ((Node reader, ImmutableArray<ChannelRun> runs) in flow.Readers)
        {
            LayerConstants layer = LayerConstants.Of(graph, reader)!;
            bool isDepthwise = reader.Op is Conv2D convolution && convolution.IsDepthwise(layer.Weights.Shape);
            double[] shares = Shares(layer, reader);
            int start = 0;
            foreach (ChannelRun run in runs)
            {
                if (channels.TryGetValue(run.Producer, out Channel[]? own))
                {
                    groups.Join(run.Producer, runs.First(other => channels.ContainsKey(other.Producer)).Producer);
                    foreach (Channel channel in own.Where(_ => !isDepthwise))
                    {
                        channel.Share = Math.Max(channel.Share ?? 0, shares[start + channel.Index]);
                    }
                }

                start += run.Count;
            }
        }

        return [.. channels.GroupBy(pair => groups.Of(pair.Key), pair => pair.Value, StringComparer.Ordinal).Select(group => group.SelectMany(own => own).ToImmutableArray())];
    }

    private static double Bound(Op op) => op is Conv2D convolution ? convolution.Maximum : ((FullyConnected)op).Maximum;

    // For each channel that a layer reads its greatest weight, as a share of the greatest of the same output.
    private static double[] Shares(LayerConstants layer, Node node)
    {
        Func<int, int> channelOf = layer.InputChannel(node);
        float[] weights = layer.Weights.Values<float>();
        var shares = new double[layer.Weights.Shape[^1] * (node.Op is Conv2D convolution ? convolution.Groups : 1)];
        for (int start = 0; start < weights.Length; start += layer.Each)
        {
            float greatest = 0;
            for (int index = start; index < start + layer.Each; index++)
            {
                greatest = Math.Max(greatest, Math.Abs(weights[index]));
            }

            for (int index = start; index < start + layer.Each && greatest > 0; index++)
            {
                int channel = channelOf(index);
                shares[channel] = Math.Max(shares[channel], Math.Abs(weights[index]) / greatest);
            }
        }

        return shares;
    }

    private static ImmutableSortedDictionary<string, ImmutableArray<float>> Factors(ImmutableArray<ImmutableArray<Channel>> groups, Dictionary<string, int> channels, double strength)
    {
        var factors = channels.ToDictionary(pair => pair.Key, pair => Enumerable.Repeat(1f, pair.Value).ToArray(), StringComparer.Ordinal);
        foreach (ImmutableArray<Channel> group in groups)
        {
            Channel[] live = [.. group.Where(channel => channel.Greatest > 0 && channel.Share is null or > 0)];
            double greatest = live.Length == 0 ? 0 : live.Max(channel => channel.Greatest);
            double largest = live.Length == 0 ? 0 : live.Max(channel => channel.Wish(strength) * channel.Greatest);
            foreach (Channel channel in live)
            {
                // A clamp stays where it is, so that the channel's own bound may only come nearer to it.
                double factor = Math.Min(channel.Wish(strength) * greatest / largest, LargestFactor);
                factor = double.IsFinite(channel.Bound) ? Math.Clamp(factor, 1, Math.Max(1, channel.Bound / channel.Greatest)) : Math.Max(factor, 1 / LargestFactor);
                factors[channel.Producer][channel.Index] = (float)factor;
            }
        }

        return QuantizationChoice.Empty<ImmutableArray<float>>().AddRange(factors.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.ToImmutableArray())));
    }

    private static Tensor Scaled(Tensor tensor, Func<int, float> factor) =>
        Tensor.Of(tensor.Shape, [.. tensor.Values<float>().Select((value, index) => value * factor(index))]);

    /// <summary>A channel of a layer.</summary>
    /// <param name="Producer">The layer's output.</param>
    /// <param name="Index">The channel.</param>
    /// <param name="Greatest">The greatest number seen, without its sign.</param>
    /// <param name="Bound">The layer's clamp.</param>
    private sealed record Channel(string Producer, int Index, double Greatest, double Bound)
    {
        /// <summary>Its greatest weight in a reader, as a share of that reader's greatest; <see langword="null"/> when only depthwise layers read it.</summary>
        public double? Share { get; set; }

        /// <summary>The factor that suits it, but for one that all of the group have in common.</summary>
        public double Wish(double strength) => Share is { } share ? Math.Pow(share, 1 - strength) / Math.Pow(Greatest, strength) : 1 / Greatest;
    }
}
