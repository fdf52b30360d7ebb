using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// For a layer, how what the quantised program feeds it hangs together: with itself, and with what the float program feeds it at the same places of the calibration data.
/// </summary>
internal sealed class LayerMoments
{
    private const int MostPlaces = 4096;
    private const int Seed = 1;

    // What wide layers may take: so many products of each two inputs.
    private const long MostProducts = 1L << 31;

    private readonly LayerPatches patches;
    private readonly int placesOfSample;
    private readonly int terms;
    private readonly double[][] sums;
    private readonly double[][] crossSums;
    private readonly double[][] totals;
    private readonly double[][] realTotals;
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
        (sums, crossSums) = (Each(terms * terms), Each(terms * terms));
        (totals, realTotals) = (Each(terms), Each(terms));
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

    /// <summary>Places seen.</summary>
    public long Count { get; private set; }

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
    public void AddQuantized(ReadOnlySpan<float> elements)
    {
        if (!isPending)
        {
            return;
        }

        for (int index = 0; index < placesOfSample; index++)
        {
            for (int group = 0; group < Groups; group++)
            {
                patches.Read(elements, chosen[index], group, patch);
                Accumulate(group, RealPatch(index, group));
            }
        }

        Count += placesOfSample;
        isPending = false;
    }

    /// <summary>The mean inputs of a group in the quantised program.</summary>
    public double[] Means(int group) => Array.ConvertAll(totals[group], total => total / Count);

    /// <summary>The mean inputs of a group in the float program.</summary>
    public double[] RealMeans(int group) => Array.ConvertAll(realTotals[group], total => total / Count);

    /// <summary>Mean products of each two quantised inputs' differences from their means; row by row.</summary>
    public double[] Covariances(int group)
    {
        double[] means = Means(group);
        double[] covariances = Centred(sums[group], means, means);
        for (int row = 0; row < terms; row++)
        {
            for (int column = 0; column < row; column++)
            {
                covariances[(column * terms) + row] = covariances[(row * terms) + column];
            }
        }

        return covariances;
    }

    /// <summary>The same of a quantised input, the row, and a real one, the column.</summary>
    public double[] CrossCovariances(int group) => Centred(crossSums[group], Means(group), RealMeans(group));

    private double[] Centred(double[] products, double[] rows, double[] columns)
    {
        double[] centred = Array.ConvertAll(products, product => product / Count);
        for (int row = 0; row < terms; row++)
        {
            Rows.Add(centred.AsSpan(row * terms, terms), columns, -rows[row]);
        }

        return centred;
    }

    private Span<double> RealPatch(int index, int group) => realPatches.AsSpan(((index * Groups) + group) * terms, terms);

    // Of the products among quantised inputs, which are symmetric, the lower half.
    private void Accumulate(int group, ReadOnlySpan<double> real)
    {
        Rows.Add(totals[group], patch, 1);
        Rows.Add(realTotals[group], real, 1);
        for (int row = 0; row < terms; row++)
        {
            if (patch[row] != 0)
            {
                Rows.Add(sums[group].AsSpan(row * terms, row + 1), patch, patch[row]);
                Rows.Add(crossSums[group].AsSpan(row * terms, terms), real, patch[row]);
            }
        }
    }

    private double[][] Each(int length) => [.. Enumerable.Range(0, Groups).Select(_ => new double[length])];
}
