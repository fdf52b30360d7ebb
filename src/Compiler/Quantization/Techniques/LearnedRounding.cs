using System;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// Chooses for each weight whether it is rounded up or down, so that a layer's sums over what the quantised program really feeds it change least – the objective of AdaRound
/// (Nagel et al., 2020). With the products of a layer's inputs, averaged over places of the calibration data, that error is a quadratic form of the rounding errors, and is made
/// smaller weight by weight until no single change helps. That needs no step sizes or seeds of its own, ends, and never leaves the data's error greater than plain rounding does.
/// </summary>
public sealed class LearnedRounding() : QuantizationTechnique("LearnedRounding")
{
    // The products of so many terms are a few megabytes, and a layer some seconds; wider layers are rounded plainly.
    private const int MostTerms = 1152;

    // What counts against changes that only chance in the data rewards, as a share of the mean square of the inputs.
    private const double Damping = 0.01;

    /// <inheritdoc/>
    public override bool IsWanted(CompileOptions options) => options.LearnedRounding;

    /// <inheritdoc/>
    internal override QuantizationChoice? Improve(QuantizationTrials trials, QuantizationChoice choice)
    {
        QuantizedProgram program = trials.Build(choice);
        Graph unmoved = choice.Equalize(trials.Graph);
        InputProducts[] layers = [.. program.Graph.Nodes
            .Where(node => program.Graph.Values[node.Output].Quantization is not null && LayerConstants.Of(program.Graph, node) is { IsOfFile: false, Each: <= MostTerms })
            .Select(node => new InputProducts(program.Graph, node, trials.Samples.Length))];
        ILookup<string, InputProducts> byInput = layers.ToLookup(layer => layer.Input, StringComparer.Ordinal);
        var observer = new ProgramObserver(program.Model, byInput.Contains);
        foreach (Data.Sample sample in trials.Samples)
        {
            observer.Run(sample, (value, elements) =>
            {
                foreach (InputProducts layer in byInput[value])
                {
                    layer.Add(elements);
                }
            });
        }

        if (layers.Length == 0)
        {
            return null;
        }

        var levels = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<sbyte>>(StringComparer.Ordinal);
        ImmutableSortedDictionary<string, ImmutableArray<float>> biases = choice.Biases;
        foreach (InputProducts layer in layers)
        {
            ImmutableArray<sbyte> rounded = Round(layer);
            levels.Add(layer.Output, rounded);
            biases = biases.SetItem(layer.Output, Bias(layer, LayerConstants.Of(unmoved, unmoved.Producer(layer.Output)!)!, rounded));
        }

        return choice with { Levels = levels.ToImmutable(), Biases = biases };
    }

    private static ImmutableArray<sbyte> Round(InputProducts layer)
    {
        float[] weights = layer.Constants.Weights.Values<float>();
        float[] scales = layer.Constants.Scales();
        var levels = new sbyte[weights.Length];
        int each = layer.Constants.Each;
        int perGroup = scales.Length / layer.Groups;
        for (int group = 0; group < layer.Groups; group++)
        {
            double[] products = layer.Covariances(group);
            for (int channel = group * perGroup; channel < (group + 1) * perGroup; channel++)
            {
                Round(weights.AsSpan(channel * each, each), scales[channel], products, levels.AsSpan(channel * each, each));
            }
        }

        return [.. levels];
    }

    // What rounding does to the mean of a sum is a constant, which the bias takes off: so it is no part of what is to be made less.
    private static ImmutableArray<float> Bias(InputProducts layer, LayerConstants unmoved, ImmutableArray<sbyte> levels)
    {
        float[] weights = layer.Constants.Weights.Values<float>();
        float[] scales = layer.Constants.Scales();
        int each = layer.Constants.Each;
        int perGroup = scales.Length / layer.Groups;
        return [.. unmoved.Bias.Values<float>().Select((bias, channel) =>
        {
            double[] means = layer.Means(channel / perGroup);
            double shift = Enumerable.Range(0, each).Sum(term => ((levels[(channel * each) + term] * (double)scales[channel]) - weights[(channel * each) + term]) * means[term]);
            return (float)(bias - shift);
        })];
    }

    /// <summary>Rounds the weights of one output channel.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="scale">What a level stands for.</param>
    /// <param name="products">The mean product of each two of its inputs, less what is to be taken for constant; row by row.</param>
    /// <param name="levels">Receives the levels, in [−127, 127].</param>
    public static void Round(ReadOnlySpan<float> weights, float scale, double[] products, Span<sbyte> levels)
    {
        var exact = new double[weights.Length];
        for (int term = 0; term < exact.Length; term++)
        {
            exact[term] = weights[term] / (double)scale;
        }

        var search = new RoundingSearch(exact, products, Damping);
        search.Run();
        search.Levels.CopyTo(levels);
    }
}
