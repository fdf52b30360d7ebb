using System;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>Fits the weights of a group of a layer's channels, and rounds them, so that sums over quantised inputs are those over real ones.</summary>
internal sealed class LayerFit
{
    private readonly double[] products;
    private readonly double[] crossProducts;
    private readonly double[] means;
    private readonly double[] realMeans;
    private readonly NearestPlane plane;

    /// <summary>Prepares for the channels of a group.</summary>
    /// <param name="moments">What the layer reads.</param>
    /// <param name="group">The group.</param>
    /// <param name="damping">What holds weights to those they were, as a share of the mean square of the inputs.</param>
    public LayerFit(LayerMoments moments, int group, double damping)
    {
        products = moments.Covariances(group);
        crossProducts = moments.CrossCovariances(group);
        means = moments.Means(group);
        realMeans = moments.RealMeans(group);
        double trace = 0;
        for (int term = 0; term < means.Length; term++)
        {
            trace += products[(term * means.Length) + term];
        }

        plane = new NearestPlane(products, Math.Max(damping * trace / means.Length, 1e-12));
    }

    /// <summary>Rebuilds the weights of a channel.</summary>
    /// <param name="weights">The float weights.</param>
    /// <param name="bias">The float bias.</param>
    /// <param name="levels">Receives the int8 weights.</param>
    /// <returns>What a level stands for, and the bias.</returns>
    public (float Scale, float Bias) Rebuild(ReadOnlySpan<float> weights, float bias, Span<sbyte> levels)
    {
        int count = weights.Length;
        var lacking = new double[count];
        var fitted = new double[count];
        for (int term = 0; term < count; term++)
        {
            for (int other = 0; other < count; other++)
            {
                lacking[term] += (crossProducts[(term * count) + other] - products[(term * count) + other]) * weights[other];
            }
        }

        double mean = bias;
        double[] change = plane.Solve(lacking);
        for (int term = 0; term < count; term++)
        {
            fitted[term] = weights[term] + change[term];
            mean += weights[term] * realMeans[term];
        }

        float scale = plane.Round(fitted, levels);
        for (int term = 0; term < count; term++)
        {
            mean -= levels[term] * (double)scale * means[term];
        }

        return (scale, (float)mean);
    }
}
