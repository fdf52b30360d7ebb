using System.Collections.Generic;
using System.Globalization;

namespace ModelCompiler.Cli.Execution;

/// <summary>Times of many runs of the same thing.</summary>
/// <param name="MedianMicroseconds">The median.</param>
/// <param name="MinimumMicroseconds">The least.</param>
/// <param name="Runs">How many.</param>
internal sealed record Measurement(double MedianMicroseconds, double MinimumMicroseconds, int Runs)
{
    /// <summary>The times in a sentence.</summary>
    public string Line => string.Create(
        CultureInfo.InvariantCulture, $"{MedianMicroseconds:0.0} µs a prediction (median; least {MinimumMicroseconds:0.0} µs; {Runs} runs after warming up; one thread)");

    /// <summary>Makes sense of times.</summary>
    /// <param name="microseconds">At least one; sorted in place.</param>
    public static Measurement Of(List<double> microseconds)
    {
        microseconds.Sort();
        int middle = microseconds.Count / 2;
        double median = microseconds.Count % 2 == 1 ? microseconds[middle] : (microseconds[middle - 1] + microseconds[middle]) / 2;
        return new Measurement(median, microseconds[0], microseconds.Count);
    }
}
