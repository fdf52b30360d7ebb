using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;

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
    private const int MostSweeps = 16;

    // What counts against changes that only chance in the data rewards, as a share of the mean square of the inputs.
    private const double Damping = 0.01;

    /// <inheritdoc/>
    public override bool IsWanted(CompileOptions options) => options.LearnedRounding;

    /// <inheritdoc/>
    internal override QuantizationChoice? Improve(QuantizationTrials trials, QuantizationChoice choice)
    {
        QuantizedProgram program = trials.Build(choice);
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

        IEnumerable<KeyValuePair<string, ImmutableArray<sbyte>>> levels = layers.Select(layer => KeyValuePair.Create(layer.Output, Round(layer)));
        return layers.Length == 0 ? null : choice with { Levels = QuantizationChoice.Empty<ImmutableArray<sbyte>>().AddRange(levels) };
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
            double[] products = layer.Products(group);
            for (int channel = group * perGroup; channel < (group + 1) * perGroup; channel++)
            {
                Round(weights.AsSpan(channel * each, each), scales[channel], products, levels.AsSpan(channel * each, each));
            }
        }

        return [.. levels];
    }

    /// <summary>Rounds the weights of one output channel.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="scale">What a level stands for.</param>
    /// <param name="products">The mean product of each two of its inputs, row by row.</param>
    /// <param name="levels">Receives the levels, in [−127, 127].</param>
    public static void Round(ReadOnlySpan<float> weights, float scale, ReadOnlySpan<double> products, Span<sbyte> levels)
    {
        int count = weights.Length;
        var errors = new double[count];
        double ridge = 0;
        for (int term = 0; term < count; term++)
        {
            double exact = weights[term] / (double)scale;
            levels[term] = (sbyte)Math.Clamp(Math.Round(exact, MidpointRounding.ToEven), -127, 127);
            errors[term] = levels[term] - exact;
            ridge += products[(term * count) + term] * Damping / count;
        }

        // Half the derivative of the error by each rounding error.
        var slopes = new double[count];
        for (int term = 0; term < count; term++)
        {
            slopes[term] = ridge * errors[term];
            for (int other = 0; other < count; other++)
            {
                slopes[term] += products[(term * count) + other] * errors[other];
            }
        }

        for (int sweep = 0, changes = 1; sweep < MostSweeps && changes > 0; sweep++)
        {
            changes = 0;
            for (int term = 0; term < count; term++)
            {
                // The other neighbour of the exact number.
                int step = errors[term] > 0 ? -1 : 1;
                double gain = (2 * step * slopes[term]) + products[(term * count) + term] + ridge;
                if (gain < 0 && errors[term] != 0 && Math.Abs(levels[term] + step) <= 127)
                {
                    levels[term] = (sbyte)(levels[term] + step);
                    errors[term] += step;
                    slopes[term] += step * ridge;
                    for (int other = 0; other < count; other++)
                    {
                        slopes[other] += step * products[(term * count) + other];
                    }

                    changes++;
                }
            }
        }
    }
}
