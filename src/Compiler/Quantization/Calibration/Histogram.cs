using System;
using System.Linq;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// Exact counts of numbers in bins of one width over a range that is known beforehand. Memory does not grow with the numbers, and sums of counts do not
/// depend on their order. 0 is a boundary of bins, and numbers that are 0 are counted apart: every grid holds 0 exactly, so they cost nothing wherever
/// the range ends.
/// </summary>
public sealed class Histogram
{
    /// <summary>Bins of the side of 0 that reaches farther.</summary>
    public const int BinsOfLongerSide = 2048;

    private readonly long[] counts;
    private readonly int negativeBins;

    private Histogram(double width, int negativeBins, int positiveBins)
    {
        Width = width;
        this.negativeBins = negativeBins;
        counts = new long[negativeBins + positiveBins];
    }

    /// <summary>Width of a bin.</summary>
    public double Width { get; }

    /// <summary>Numbers in each bin, from the least.</summary>
    public ReadOnlySpan<long> Counts => counts;

    /// <summary>Numbers that are 0.</summary>
    public long Zeros { get; private set; }

    /// <summary>Of all numbers.</summary>
    public long Total => Zeros + counts.Sum();

    /// <summary>Where a bin begins; that of the bin behind the last is the end.</summary>
    public double Boundary(int bin) => (bin - negativeBins) * Width;

    /// <summary>Index of the bin that begins at 0.</summary>
    public int FirstPositive => negativeBins;

    /// <summary>An empty histogram of a range; <see langword="null"/> when it is only 0, or too small to divide.</summary>
    public static Histogram? Of(ValueRange range)
    {
        (double below, double above) = (Math.Max(0, -(double)range.Minimum), Math.Max(0, (double)range.Maximum));
        double width = Math.Max(below, above) / BinsOfLongerSide;
        return width < 1e-35 ? null : new Histogram(width, (int)Math.Ceiling(below / width), (int)Math.Ceiling(above / width));
    }

    /// <summary>Counts numbers of the range.</summary>
    public void Add(ReadOnlySpan<float> numbers)
    {
        double perWidth = 1 / Width;
        foreach (float number in numbers)
        {
            if (number == 0)
            {
                Zeros++;
                continue;
            }

            // The greatest number is the end of the last bin, or a rounding error behind it.
            int bin = (int)Math.Floor(number * perWidth) + negativeBins;
            counts[Math.Clamp(bin, 0, counts.Length - 1)]++;
        }
    }
}
