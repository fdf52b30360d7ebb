using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// Finds few layers whose float form brings a quantised program up to a bar. Layers are taken in the order of what int8 costs in them: the shortest beginning of
/// that order that reaches the bar is searched by doubling and halving, and what proves unnecessary in it goes back to int8. Every step executes the mixed program.
/// With the measurement of the layers that is less than 120 programs for a thousand layers; most often it is a dozen, and one a layer.
/// </summary>
internal sealed class MixedPrecision
{
    private const int MostRemovals = 24;
    private const long MostWork = 1L << 36;
    private const int FewestSamples = 16;

    private readonly QuantizationTrials trials;
    private readonly QualityBar bar;
    private readonly QuantizationChoice choice;
    private readonly ImmutableArray<LayerSensitivity> order;
    private readonly int samples;

    /// <summary>Prepares the search.</summary>
    /// <param name="trials">Executes programs.</param>
    /// <param name="bar">What is to be reached.</param>
    /// <param name="choice">The program without float layers, which misses it.</param>
    /// <param name="order">Its layers, those that int8 hurts most first.</param>
    public MixedPrecision(QuantizationTrials trials, QualityBar bar, QuantizationChoice choice, ImmutableArray<LayerSensitivity> order)
    {
        this.trials = trials;
        this.bar = bar;
        this.choice = choice;
        this.order = order;
        samples = trials.Affordable(MostWork, FewestSamples);
    }

    /// <summary>
    /// Choices to be measured on all examples until one reaches the bar: the one with the fewest float layers that does in trials, which may see only some of the examples,
    /// and then more and more. The last one has all layers in float.
    /// </summary>
    public IEnumerable<QuantizationChoice> Choices()
    {
        if (order.IsEmpty)
        {
            yield break;
        }

        ImmutableArray<LayerSensitivity> kept = WithoutUnnecessary(order[..Shortest()]);
        yield return Keep(kept);
        ImmutableArray<LayerSensitivity> others = [.. order.Except(kept)];
        for (int added = 1; added / 2 < others.Length; added = (added * 2) + 1)
        {
            yield return Keep([.. kept, .. others.Take(added)]);
        }
    }

    private int Shortest()
    {
        (int below, int reaching) = (0, 1);
        while (reaching < order.Length && !Reaches(order[..reaching]))
        {
            (below, reaching) = (reaching, int.Min(order.Length, reaching * 2));
        }

        while (reaching - below > 1)
        {
            int middle = (below + reaching) / 2;
            (below, reaching) = Reaches(order[..middle]) ? (below, middle) : (middle, reaching);
        }

        return reaching;
    }

    // The last layer is the one that reached the bar; of those before it, whole groups are tried first, the ones that matter least before others.
    private ImmutableArray<LayerSensitivity> WithoutUnnecessary(ImmutableArray<LayerSensitivity> kept)
    {
        int removals = 0;
        for (int group = kept.Length / 2; group > 0; group /= 2)
        {
            for (int end = kept.Length - 1; end > 0 && removals < MostRemovals; end -= group, removals++)
            {
                int start = int.Max(0, end - group);
                ImmutableArray<LayerSensitivity> fewer = kept.RemoveRange(start, end - start);
                kept = Reaches(fewer) ? fewer : kept;
            }
        }

        return kept;
    }

    private bool Reaches(ImmutableArray<LayerSensitivity> kept)
    {
        Comparison comparison = trials.Compare(Keep(kept), samples);
        return bar.IsReached(comparison.Agreement, comparison.OutputError);
    }

    // Where no layer is int8 there are no channels to even out, and the file's own numbers give float32's results to the bit.
    private QuantizationChoice Keep(ImmutableArray<LayerSensitivity> kept)
    {
        QuantizationChoice scaled = kept.Length < order.Length ? choice : choice with { IsEqualized = false, Factors = QuantizationChoice.Empty<ImmutableArray<float>>() };
        return scaled.KeepFloat(kept.Select(layer => KeyValuePair.Create(layer.Output, layer.Error)));
    }
}
