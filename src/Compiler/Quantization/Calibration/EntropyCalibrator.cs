using System;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// The range whose quantised distribution tells most of the real one: least Kullback-Leibler divergence over thresholds, as TensorRT describes it – what lies
/// outside is added to the outermost bins of the reference, and levels spread their share over the bins that are not empty. TensorRT's grid is symmetric with
/// 128 levels a side; ours has 255 steps wherever they are needed, so the threshold cuts whichever side reaches it.
/// </summary>
public sealed class EntropyCalibrator() : Calibrator("Entropy", needsDistribution: true)
{
    private const int Levels = 255;

    // With a threshold below, there would be fewer bins than levels.
    private const int LeastThreshold = 256;
    private const int ThresholdStep = 16;

    // What an empty bin of the quantised distribution counts for where the reference has something.
    private const double Smoothing = 1e-4;

    /// <inheritdoc/>
    public override ValueRange Choose(ObservedValue value)
    {
        if (value.Distribution is not { } histogram)
        {
            return value.Range;
        }

        int best = Histogram.BinsOfLongerSide;
        double least = Divergence(histogram, best);
        for (int threshold = best - ThresholdStep; threshold >= LeastThreshold; threshold -= ThresholdStep)
        {
            double divergence = Divergence(histogram, threshold);
            if (divergence < least)
            {
                (best, least) = (threshold, divergence);
            }
        }

        float limit = (float)(best * histogram.Width);
        return new ValueRange(Math.Max(value.Range.Minimum, -limit), Math.Min(value.Range.Maximum, limit));
    }

    private static double Divergence(Histogram histogram, int threshold)
    {
        int first = Math.Max(0, histogram.FirstPositive - threshold);
        int end = Math.Min(histogram.Counts.Length, histogram.FirstPositive + threshold);
        ReadOnlySpan<long> inside = histogram.Counts[first..end];
        double[] reference = new double[inside.Length];
        double total = 0;
        for (int bin = 0; bin < histogram.Counts.Length; bin++)
        {
            reference[Math.Clamp(bin - first, 0, reference.Length - 1)] += histogram.Counts[bin];
            total += histogram.Counts[bin];
        }

        double[] quantized = Quantized(inside, out double kept);
        double divergence = 0;
        for (int bin = 0; bin < reference.Length; bin++)
        {
            if (reference[bin] > 0)
            {
                double share = reference[bin] / total;
                divergence += share * Math.Log(share / Math.Max(kept > 0 ? quantized[bin] / kept : 0, Smoothing / total));
            }
        }

        return divergence;
    }

    private static double[] Quantized(ReadOnlySpan<long> counts, out double kept)
    {
        var quantized = new double[counts.Length];
        kept = 0;
        for (int level = 0; level < Levels; level++)
        {
            int begin = (int)((long)level * counts.Length / Levels);
            int end = (int)((level + 1L) * counts.Length / Levels);
            (long sum, int filled) = (0, 0);
            foreach (long count in counts[begin..end])
            {
                sum += count;
                filled += count > 0 ? 1 : 0;
            }

            for (int bin = begin; bin < end; bin++)
            {
                quantized[bin] = counts[bin] > 0 ? (double)sum / filled : 0;
            }

            kept += sum;
        }

        return quantized;
    }
}
