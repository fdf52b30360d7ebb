using System;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>The range that holds a share of all elements; of what is left out, half is at either end where numbers lie on both sides of 0.</summary>
/// <param name="name">As <c>Calibrator</c> names it.</param>
/// <param name="share">The share, 0…1.</param>
public sealed class PercentileCalibrator(string name, double share) : Calibrator(name, needsDistribution: true)
{
    /// <inheritdoc/>
    public override ValueRange Choose(ObservedValue value)
    {
        if (value.Distribution is not { } histogram)
        {
            return value.Range;
        }

        bool hasBothSides = value.Range.Minimum < 0 && value.Range.Maximum > 0;
        double outside = histogram.Total * (1 - share) / (hasBothSides ? 2 : 1);
        ReadOnlySpan<long> counts = histogram.Counts;
        (int first, int last) = (0, counts.Length);
        for (long left = 0; first < histogram.FirstPositive && (left += counts[first]) <= outside; first++)
        {
        }

        for (long left = 0; last > histogram.FirstPositive && (left += counts[last - 1]) <= outside; last--)
        {
        }

        return new ValueRange(
            (float)Math.Max(value.Range.Minimum, histogram.Boundary(first)), (float)Math.Min(value.Range.Maximum, histogram.Boundary(last)));
    }
}
