using System;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>Fits the weights of a group of a layer's channels so that sums over quantised inputs are those over real ones.</summary>
internal sealed class LayerFit
{
    private readonly double[] products;

    // Row by row of what the weights multiply, how much less the quantised inputs say of each real input than of themselves.
    private readonly double[] lacks;
    private readonly double meanSquare;

    /// <summary>Prepares for the channels of a group.</summary>
    /// <param name="seen">What they read.</param>
    public LayerFit(MomentSums seen)
    {
        Means = seen.Means;
        RealMeans = seen.RealMeans;
        products = seen.Products(Means);
        double[] crossProducts = seen.CrossProducts(Means, RealMeans);
        int count = Means.Length;
        lacks = new double[products.Length];
        for (int term = 0; term < count; term++)
        {
            meanSquare += products[(term * count) + term] / count;
            for (int other = 0; other < count; other++)
            {
                lacks[(other * count) + term] = crossProducts[(term * count) + other] - products[(term * count) + other];
            }
        }
    }

    /// <summary>The mean inputs in the quantised program.</summary>
    public double[] Means { get; }

    /// <summary>The mean inputs in the float program.</summary>
    public double[] RealMeans { get; }

    /// <summary>The products of the quantised inputs, with something that holds weights to what they were.</summary>
    /// <param name="damping">How strongly: as a share of the mean square of the inputs.</param>
    public NearestPlane Plane(double damping) => new(products, Math.Max(damping * meanSquare, 1e-12));

    /// <summary>The weights of a channel that fit best; not rounded.</summary>
    /// <param name="weights">The float weights.</param>
    /// <param name="plane">Says how strongly they are held.</param>
    public double[] Fit(ReadOnlySpan<float> weights, NearestPlane plane)
    {
        var lacking = new double[weights.Length];
        for (int other = 0; other < weights.Length; other++)
        {
            Rows.Add(lacking, lacks.AsSpan(other * weights.Length, weights.Length), weights[other]);
        }

        double[] fitted = plane.Solve(lacking);
        for (int term = 0; term < weights.Length; term++)
        {
            fitted[term] += weights[term];
        }

        return fitted;
    }

    /// <summary>The bias with which a channel's mean is that of the float program.</summary>
    /// <param name="weights">The float weights.</param>
    /// <param name="bias">The float bias.</param>
    /// <param name="levels">The int8 weights.</param>
    /// <param name="scale">What a level stands for.</param>
    public float Bias(ReadOnlySpan<float> weights, float bias, ReadOnlySpan<sbyte> levels, float scale)
    {
        double mean = bias;
        for (int term = 0; term < weights.Length; term++)
        {
            mean += (weights[term] * RealMeans[term]) - (levels[term] * (double)scale * Means[term]);
        }

        return (float)mean;
    }
}
