using System;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>The range for which rounding and saturation together change the elements least, in the mean square.</summary>
public sealed class MeanSquaredErrorCalibrator() : Calibrator("MeanSquaredError", needsDistribution: true)
{
    private const int Parts = 50;

    // Ends are moved in turn: one side's best place hardly depends on the other's.
    private const int Rounds = 2;

    /// <inheritdoc/>
    public override ValueRange Choose(ObservedValue value)
    {
        if (value.Distribution is not { } histogram)
        {
            return value.Range;
        }

        ValueRange best = value.Range;
        double least = Error(histogram, best);
        for (int round = 0; round < Rounds; round++)
        {
            foreach (bool isUpper in new[] { true, false })
            {
                ValueRange fixedEnd = best;
                for (int part = Parts - 1; part > 0 && (isUpper ? value.Range.Maximum > 0 : value.Range.Minimum < 0); part--)
                {
                    float share = (float)part / Parts;
                    ValueRange candidate = isUpper ? fixedEnd with { Maximum = value.Range.Maximum * share } : fixedEnd with { Minimum = value.Range.Minimum * share };
                    double error = Error(histogram, candidate);
                    (best, least) = error < least ? (candidate, error) : (best, least);
                }
            }
        }

        return best;
    }

    private static double Error(Histogram histogram, ValueRange range)
    {
        QuantizationParameters grid = range.Quantize();
        (double least, double greatest) = (-grid.ZeroPoint, 255 - grid.ZeroPoint);
        ReadOnlySpan<long> counts = histogram.Counts;
        double perStep = 1.0 / grid.Scale;
        double sum = 0;
        for (int bin = 0; bin < counts.Length; bin++)
        {
            if (counts[bin] > 0)
            {
                double level = (histogram.Boundary(bin) + (histogram.Width / 2)) * perStep;
                double difference = level - Math.Clamp(Math.Round(level), least, greatest);
                sum += counts[bin] * difference * difference;
            }
        }

        return sum * grid.Scale * grid.Scale;
    }
}
