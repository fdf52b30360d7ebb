using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// For a layer, how what the quantised program feeds it hangs together: with itself, and with what the float program feeds it at the same places of the calibration data.
/// The data are in parts, so that what is fitted to some can be measured on the others.
/// </summary>
internal sealed class LayerMoments
{
    /// <summary>Parts of the calibration data.</summary>
    public const int Parts = 4;

    private const int MostPlaces = 4096;
    private const int Seed = 1;

    // What wide layers may take: so many products of each two inputs.
    private const long MostProducts = 1L << 31;

    private readonly LayerPatches patches;
    private readonly int placesOfSample;
    private readonly int terms;
    private readonly MomentSums[][] sums;
    private readonly int[] chosen;
    private readonly double[] patch;
    private readonly double[] realPatches;
    private readonly Random random = new(Seed);
    private bool isPending;

    /// <summary>Begins with no examples.</summary>
    /// <param name="real">The float graph.</param>
    /// <param name="quantized">The quantised graph.</param>
    /// <param name="layer">The layer in the quantised graph.</param>
    /// <param name="samples">How many examples there will be.</param>
    public LayerMoments(Graph real, Graph quantized, Node layer, int samples)
    {
        Node floating = real.Producer(layer.Output)!;
        Layer = floating;
        Constants = LayerConstants.Of(real, floating)!;
        (RealInput, QuantizedInput) = (floating.Inputs[0], layer.Inputs[0]);
        patches = new LayerPatches(real, floating);
        terms = patches.Terms;
        placesOfSample = Math.Min(patches.Places, (int)Math.Max(1, Math.Min(MostPlaces, MostProducts / Math.Max(1, (long)terms * terms)) / Math.Max(1, samples)));
        chosen = new int[placesOfSample];
        patch = new double[terms];
        realPatches = new double[placesOfSample * Groups * terms];
        sums = [.. Enumerable.Range(0, Groups).Select(_ => Enumerable.Range(0, Parts).Select(_ => new MomentSums(terms)).ToArray())];
    }

    /// <summary>How many products of inputs are kept of a layer.</summary>
    public static long Products(Graph graph, Node layer)
    {
        var patches = new LayerPatches(graph, layer);
        return 2L * Parts * patches.Groups * patches.Terms * patches.Terms;
    }

    /// <summary>The layer in the float graph.</summary>
    public Node Layer { get; }

    /// <summary>Its constants in the float graph.</summary>
    public LayerConstants Constants { get; }

    /// <summary>What the layer reads in the float program.</summary>
    public string RealInput { get; }

    /// <summary>What it reads in the quantised program.</summary>
    public string QuantizedInput { get; }

    /// <summary>Groups of channels that have sums of their own.</summary>
    public int Groups => patches.Groups;

    /// <summary>Whether any place was seen.</summary>
    public bool IsEmpty => sums[0].All(part => part.Count == 0);

    /// <summary>What was seen of a group in all parts.</summary>
    public MomentSums All(int group) => MomentSums.Total(sums[group]);

    /// <summary>What was seen of a group in one part.</summary>
    public MomentSums In(int group, int part) => sums[group][part];

    /// <summary>What was seen of a group in the other parts.</summary>
    public MomentSums Outside(int group, int part) => MomentSums.Total(sums[group].Where((_, index) => index != part));

    /// <summary>Takes places of an example in the float program, spread over the image by chance that repeats.</summary>
    public void AddReal(ReadOnlySpan<float> elements)
    {
        for (int index = 0; index < placesOfSample; index++)
        {
            chosen[index] = placesOfSample == patches.Places ? index : random.Next(patches.Places);
            for (int group = 0; group < Groups; group++)
            {
                patches.Read(elements, chosen[index], group, RealPatch(index, group));
            }
        }

        isPending = true;
    }

    /// <summary>Takes the same places of the same example in the quantised program.</summary>
    /// <param name="elements">The layer's input.</param>
    /// <param name="part">The part of the data that the example belongs to.</param>
    public void AddQuantized(ReadOnlySpan<float> elements, int part)
    {
        for (int index = 0; isPending && index < placesOfSample; index++)
        {
            for (int group = 0; group < Groups; group++)
            {
                patches.Read(elements, chosen[index], group, patch);
                sums[group][part].Add(patch, RealPatch(index, group));
            }
        }

        isPending = false;
    }

    private Span<double> RealPatch(int index, int group) => realPatches.AsSpan(((index * Groups) + group) * terms, terms);
}
