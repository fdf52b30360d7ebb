using System;
using System.Collections.Immutable;
using System.Linq;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// How strongly a layer's weights are held to those they were when they are fitted: what is fitted to all parts of the calibration data but one is measured on that one, for each part and
/// each of some strengths, and the strength with the least error on what it was not fitted to is taken. A layer whose fit helps nothing but the examples that it was made on keeps its weights.
/// </summary>
internal static class CrossValidation
{
    /// <summary>What is tried, as shares of the mean square of the inputs. Weights that are held by the last hardly move.</summary>
    public static readonly ImmutableArray<double> Dampings = [0.1, 1, 10, 100];

    // Enough to tell strengths apart; each takes a solution for each part and strength.
    private const int MostChannels = 32;

    /// <summary>The strength for a layer; the greatest where there is nothing to measure on.</summary>
    public static double Damping(LayerMoments moments)
    {
        var errors = new double[Dampings.Length];
        for (int group = 0; group < moments.Groups; group++)
        {
            for (int part = 0; part < LayerMoments.Parts; part++)
            {
                if (moments.In(group, part) is { Count: > 0 } held && moments.Outside(group, part) is { Count: > 0 } others)
                {
                    Add(errors, moments, group, others, held);
                }
            }
        }

        return Dampings[Array.LastIndexOf(errors, errors.Min())];
    }

    // What the weights have no part in is left out: it is the same for all strengths.
    private static void Add(double[] errors, LayerMoments moments, int group, MomentSums others, MomentSums held)
    {
        var fit = new LayerFit(others);
        double[] products = held.Products(fit.Means);
        double[] crossProducts = held.CrossProducts(fit.Means, fit.RealMeans);
        float[] weights = moments.Constants.Weights.Values<float>();
        (int each, int channels) = (moments.Constants.Each, moments.Constants.Bias.Count / moments.Groups);
        int stride = Math.Max(1, channels / Math.Max(1, MostChannels / moments.Groups));
        for (int strength = 0; strength < Dampings.Length; strength++)
        {
            NearestPlane plane = fit.Plane(Dampings[strength]);
            for (int channel = group * channels; channel < (group + 1) * channels; channel += stride)
            {
                ReadOnlySpan<float> own = weights.AsSpan(channel * each, each);
                double[] fitted = fit.Fit(own, plane);
                double[] real = [.. own.ToArray().Select(weight => (double)weight)];
                errors[strength] += held.Count * (Product(products, fitted, fitted) - (2 * Product(crossProducts, fitted, real)));
            }
        }
    }

    private static double Product(double[] matrix, double[] left, double[] right)
    {
        var row = new double[right.Length];
        for (int index = 0; index < left.Length; index++)
        {
            Rows.Add(row, matrix.AsSpan(index * right.Length, right.Length), left[index]);
        }

        double sum = 0;
        for (int index = 0; index < right.Length; index++)
        {
            sum += row[index] * right[index];
        }

        return sum;
    }
}
