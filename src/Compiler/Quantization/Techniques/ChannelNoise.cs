using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>Measures how much of the outputs' error comes from rounding single channels of activations: the float program runs with these rounded and nothing else.</summary>
/// <param name="trials">Runs programs.</param>
/// <param name="graph">The float graph.</param>
/// <param name="choice">Says how activations are stored.</param>
internal sealed class ChannelNoise(QuantizationTrials trials, Graph graph, QuantizationChoice choice)
{
    private const int MostSamples = 24;

    // Sites whose channels together do less are not looked into.
    private const double LeastShare = 0.02;

    // Programs to make and run on the examples.
    private const int MostPrograms = 256;
    private const long MostWork = 1L << 38;

    /// <summary>For sites that matter, the squared error of the outputs that comes from each channel. The worst come first.</summary>
    public ImmutableArray<(SplitSite Site, double[] Errors)> Measure(IReadOnlyCollection<SplitSite> sites)
    {
        long programs = Math.Min(MostPrograms, trials.Runs(MostWork) / MostSamples) - sites.Count;
        (SplitSite Site, double Error)[] whole = [.. sites.Select(site => (site, Error(site, _ => true))).OrderByDescending(pair => pair.Item2)];
        double least = LeastShare * whole.Sum(pair => pair.Error);
        var measured = ImmutableArray.CreateBuilder<(SplitSite Site, double[] Errors)>();
        foreach ((SplitSite site, double error) in whole)
        {
            int channels = graph.ShapeOf(site.Producer.Output)[^1];
            programs -= channels;
            if (programs < 0 || !(error > least))
            {
                break;
            }

            measured.Add((site, [.. Enumerable.Range(0, channels).Select(channel => Error(site, other => other == channel))]));
        }

        return measured.ToImmutable();
    }

    private double Error(SplitSite site, Func<int, bool> isRounded)
    {
        Graph rounded = site.Values.Where(value => choice.Ranges.ContainsKey(value)).Aggregate(graph, (changed, value) => Round(changed, value, isRounded));
        double error = trials.FloatError(rounded, MostSamples);
        return error * error;
    }

    private Graph Round(Graph before, string value, Func<int, bool> isRounded)
    {
        TensorType type = before.Values[value].Type;
        float step = choice.Ranges[value].Quantize().Scale;
        Tensor part = Tensor.Of([type.Shape[^1]], [.. Enumerable.Range(0, type.Shape[^1]).Select(channel => isRounded(channel) ? 1f : 0)]);
        Term element = Term.Input(0, ElementType.Float32);
        Term levels = new(new CallExpression(ElementwiseFunction.Round, new Expression[] { element / step }.ToEquatableArray(), ElementType.Float32));
        Expression expression = element + (Term.Input(1, ElementType.Float32) * ((levels * step) - element));
        (string result, string mask) = (value + ".rounded", value + ".rounding");
        IEnumerable<Node> nodes = before.Nodes.SelectMany(node => (Node[])
        [
            node with { Inputs = [.. node.Inputs.Select(input => input == value ? result : input)] },
            .. node.Outputs.Contains(value) ? [new Node(result, new Elementwise(expression), [value, mask], [result])] : Array.Empty<Node>(),
        ]);
        var values = new Dictionary<string, Value>(before.Values, StringComparer.Ordinal) { [result] = new Value(result, type), [mask] = new Value(mask, part.TensorType) };
        var constants = new Dictionary<string, Tensor>(before.Constants, StringComparer.Ordinal) { [mask] = part };
        return new Graph(before.Inputs, before.Outputs, [.. nodes], values.ToFrozenDictionary(StringComparer.Ordinal), constants.ToFrozenDictionary(StringComparer.Ordinal))
        {
            HasFreeBatch = before.HasFreeBatch,
            State = before.State,
        };
    }
}
