using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>For a layer, the products of each two of the numbers that one of its sums reads, averaged over places of its output on the calibration data.</summary>
internal sealed class InputProducts
{
    private const int Places = 2048;
    private const int Seed = 1;

    private readonly Conv2D? convolution;
    private readonly Shape input;
    private readonly Shape output;
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
        convolution = layer.Op as Conv2D;
        Constants = LayerConstants.Of(graph, layer)!;
        Input = layer.Inputs[0];
        Output = layer.Output;
        input = graph.ShapeOf(Input);
        output = graph.ShapeOf(Output);
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
    public int Groups => convolution?.Groups ?? 1;

    /// <summary>Takes places of an example, chosen evenly over the image by chance that repeats.</summary>
    public void Add(ReadOnlySpan<float> elements)
    {
        int places = (int)(output.ElementCount / output[^1]);
        for (int index = 0; index < Math.Min(placesOfSample, places); index++)
        {
            int place = placesOfSample >= places ? index : random.Next(places);
            for (int group = 0; group < Groups; group++)
            {
                ReadPatch(elements, place, group);
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
            Span<double> target = sum.AsSpan(row * terms, row + 1);
            for (int column = 0; factor != 0 && column < target.Length; column++)
            {
                target[column] += factor * patch[column];
            }
        }
    }

    private void ReadPatch(ReadOnlySpan<float> elements, int place, int group)
    {
        if (convolution is null)
        {
            for (int term = 0; term < terms; term++)
            {
                patch[term] = elements[(place * terms) + term];
            }

            return;
        }

        Window window = convolution.Window;
        int channels = input[3] / Groups;
        (int column, int row, int batch) = (place % output[2], place / output[2] % output[1], place / output[2] / output[1]);
        for (int term = 0; term < terms; term++)
        {
            int tap = term / channels;
            int y = (row * window.StrideHeight) + (tap / window.KernelWidth * window.DilationHeight) - window.PadTop;
            int x = (column * window.StrideWidth) + (tap % window.KernelWidth * window.DilationWidth) - window.PadLeft;
            bool isInside = y >= 0 && y < input[1] && x >= 0 && x < input[2];
            patch[term] = isInside ? elements[(((((batch * input[1]) + y) * input[2]) + x) * input[3]) + (group * channels) + (term % channels)] : 0;
        }
    }
}
