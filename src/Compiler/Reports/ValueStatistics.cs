using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Reports;

/// <summary>Gathers what is to know of one value, example by example, in memory that does not grow with their number. Their order does not matter.</summary>
internal sealed class ValueStatistics
{
    private const int Bins = 64;

    // Of the grid's width, on either side: what was cut off should be seen.
    private const double Margin = 0.25;

    private readonly QuantizationParameters? grid;
    private readonly float[] least;
    private readonly float[] greatest;
    private readonly long[] counts = new long[Bins];
    private decimal signal;
    private decimal noise;
    private long elements;
    private long saturated;

    /// <summary>Prepares for a value of some shape, whose last axis is that of the channels.</summary>
    public ValueStatistics(Shape shape, QuantizationParameters? grid)
    {
        this.grid = grid;
        int channels = shape.Rank == 0 ? 1 : shape[^1];
        least = [.. Enumerable.Repeat(float.PositiveInfinity, channels)];
        greatest = [.. Enumerable.Repeat(float.NegativeInfinity, channels)];
    }

    private double RangeMinimum => -grid!.ZeroPoint * (double)grid.Scale;

    private double RangeMaximum => (byte.MaxValue - grid!.ZeroPoint) * (double)grid.Scale;

    /// <summary>Adds an example.</summary>
    /// <param name="reference">The elements in the float program, row-major.</param>
    /// <param name="actual">What is stored in the compiled one, as real numbers.</param>
    public void Add(ReadOnlySpan<float> reference, ReadOnlySpan<float> actual)
    {
        (double exampleSignal, double exampleNoise) = (0, 0);
        for (int index = 0; index < reference.Length; index++)
        {
            double difference = (double)reference[index] - actual[index];
            exampleSignal += (double)reference[index] * reference[index];
            exampleNoise += difference * difference;
            int channel = index % least.Length;
            least[channel] = Math.Min(least[channel], actual[index]);
            greatest[channel] = Math.Max(greatest[channel], actual[index]);
            if (grid is not null)
            {
                Count(reference[index]);
            }
        }

        // Sums of decimals do not depend on their order.
        signal += Exact(exampleSignal);
        noise += Exact(exampleNoise);
        elements += reference.Length;
    }

    /// <summary>What came of it.</summary>
    public MeasuredValue Measured => new(
        noise > 0 && signal > 0 ? Math.Round(10 * Math.Log10((double)signal / (double)noise), 2) : null,
        elements == 0 ? 0 : (double)saturated / elements,
        least.Zip(greatest).Count(channel => channel.First == channel.Second),
        least.Length,
        grid is null ? null : new RangeHistogram(HistogramMinimum, HistogramMaximum, RangeMinimum, RangeMaximum, [.. counts]));

    private double HistogramMinimum => RangeMinimum - (Margin * (RangeMaximum - RangeMinimum));

    private double HistogramMaximum => RangeMaximum + (Margin * (RangeMaximum - RangeMinimum));

    private static decimal Exact(double value) => value < (double)decimal.MaxValue / 1e9 ? (decimal)value : decimal.MaxValue / 1_000_000_000;

    private void Count(float value)
    {
        double place = (value - HistogramMinimum) / (HistogramMaximum - HistogramMinimum) * Bins;
        counts[(int)Math.Clamp(place, 0, Bins - 1)]++;
        double step = grid!.Scale / 2.0;
        saturated += value < RangeMinimum - step || value > RangeMaximum + step ? 1 : 0;
    }
}
