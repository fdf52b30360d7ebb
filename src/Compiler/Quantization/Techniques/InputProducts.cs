using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>For a layer, the products of each two of the numbers that one of its sums reads, averaged over places of its output on the calibration data.</summary>
internal sealed class InputProducts
{
    private const int Places = 2048;
    private const int Seed = 1;

    private readonly LayerPatches patches;
    private readonly int placesOfSample;
    private readonly int terms;
    private readonly double[][] sums;
    private readonly double[][] totals;
    private readonly double[] patch;
    private readonly Random random = new(Seed);
    private long added;

    /// <summary>Begins with none.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="samples">How many examples there will be.</param>
    public InputProducts(Graph graph, Node layer, int samples)
    {
        patches = new LayerPatches(graph, layer);
        Constants = LayerConstants.Of(graph, layer)!;
        Input = layer.Inputs[0];
        Output = layer.Output;
        placesOfSample = Math.Max(1, Places / Math.Max(1, samples));
        terms = Constants.Each;
        patch = new double[terms];
        sums = [.. Enumerable.Range(0, Groups).Select(_ => new double[terms * terms])];
        totals = [.. Enumerable.Range(0, Groups).Select(_ => new double[terms])];
    }

    /// <summary>The layer's constants.</summary>
    public LayerConstants Constants { get; }

    /// <summary>The value that the layer reads.</summary>
    public string Input { get; }

    /// <summary>The value that it makes.</summary>
    public string Output { get; }

    /// <summary>Groups of channels that have sums of their own.</summary>
    public int Groups => patches.Groups;

    /// <summary>Takes places of an example, chosen evenly over the image by chance that repeats.</summary>
    public void Add(ReadOnlySpan<float> elements)
    {
        for (int index = 0; index < Math.Min(placesOfSample, patches.Places); index++)
        {
            int place = placesOfSample >= patches.Places ? index : random.Next(patches.Places);
            for (int group = 0; group < Groups; group++)
            {
                patches.Read(elements, place, group, patch);
                Accumulate(sums[group], totals[group]);
            }

            added++;
        }
    }

    /// <summary>The mean inputs of a group.</summary>
    public double[] Means(int group) => Array.ConvertAll(totals[group], total => total / Math.Max(1, added));

    /// <summary>The mean products of what the inputs of a group differ from their means, row by row.</summary>
    public double[] Covariances(int group)
    {
        double[] sum = sums[group];
        double[] means = Means(group);
        double share = 1.0 / Math.Max(1, added);
        var products = new double[sum.Length];
        for (int row = 0; row < terms; row++)
        {
            for (int column = 0; column <= row; column++)
            {
                products[(row * terms) + column] = products[(column * terms) + row] = (sum[(row * terms) + column] * share) - (means[row] * means[column]);
            }
        }

        return products;
    }

    private void Accumulate(double[] sum, double[] total)
    {
        for (int row = 0; row < terms; row++)
        {
            double factor = patch[row];
            total[row] += factor;
            if (factor != 0)
            {
                Rows.Add(sum.AsSpan(row * terms, row + 1), patch, factor);
            }
        }
    }
}
