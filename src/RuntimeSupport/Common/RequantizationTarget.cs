using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The target of a requantisation, as an <see cref="IRequantizer"/> reads it.</summary>
/// <param name="ZeroPoint">Quantised value of zero, 0…255.</param>
/// <param name="Low">The smallest result, in the requantiser's own terms.</param>
/// <param name="High">The largest result, in the requantiser's own terms.</param>
/// <param name="ShiftDistance">Where a channel's shift lies behind its multiplier.</param>
public readonly record struct RequantizationTarget(int ZeroPoint, int Low, int High, int ShiftDistance)
{
    // Fields, because each property is a method that a cold process compiles, and inlines wherever it is asked.
    /// <summary>The parameter of this name.</summary>
    public readonly int ZeroPoint = ZeroPoint, Low = Low, High = High, ShiftDistance = ShiftDistance;

    /// <summary>The same target of multipliers whose shifts lie elsewhere.</summary>
    /// <param name="distance">Where a channel's shift lies behind its multiplier.</param>
    /// <returns>The target.</returns>
    public RequantizationTarget WithShiftDistance(int distance) => new(ZeroPoint, Low, High, distance);

    /// <summary>Throws unless the numbers fit a byte.</summary>
    /// <param name="zeroPoint">Quantised value of zero.</param>
    /// <param name="minimum">Smallest result.</param>
    /// <param name="maximum">Largest result.</param>
    /// <exception cref="ArgumentException">They do not.</exception>
    public static void Check(int zeroPoint, int minimum, int maximum)
    {
        if (zeroPoint is < 0 or > 255 || minimum < 0 || maximum > 255 || minimum > maximum)
        {
            throw new ArgumentException($"Zero point {zeroPoint} and range {minimum}…{maximum} do not fit a byte.", nameof(zeroPoint));
        }
    }
}
