using System;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>What calibration has seen of a value: all that calibrators choose a range by.</summary>
public sealed class ObservedValue
{
    // How far an example moves the average: the latest ten have two thirds of the say.
    private const double AverageStep = 0.1;

    private double averageMinimum;
    private double averageMaximum;
    private Histogram? histogram;

    /// <summary>Least and greatest element of all examples.</summary>
    public ValueRange Range { get; private set; } = ValueRange.Empty;

    /// <summary>The extremes of the examples, averaged with less weight the longer ago; the one thing that depends on their order, which is that of the files' names.</summary>
    public ValueRange MovingAverage => new((float)averageMinimum, (float)averageMaximum);

    /// <summary>How the elements are distributed; <see langword="null"/> before the second pass, and where all are 0.</summary>
    public Histogram? Distribution => histogram;

    /// <summary>Takes the extremes of an example.</summary>
    public void Note(ValueRange example)
    {
        bool isFirst = Range == ValueRange.Empty;
        averageMinimum = isFirst ? example.Minimum : averageMinimum + (AverageStep * (example.Minimum - averageMinimum));
        averageMaximum = isFirst ? example.Maximum : averageMaximum + (AverageStep * (example.Maximum - averageMaximum));
        Range = Range.Union(example);
    }

    /// <summary>Takes the elements of an example; the range must be final.</summary>
    public void Count(ReadOnlySpan<float> elements)
    {
        histogram ??= Histogram.Of(Range);
        histogram?.Add(elements);
    }
}
