using System;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>A positive real number as the integers that kernels multiply by: <c>Multiplier · 2^(Shift − 31)</c>, the multiplier in 2³⁰…2³¹ − 1.</summary>
/// <param name="Multiplier">31 significant bits; 0 for a number that no sum makes visible.</param>
/// <param name="Shift">To the left where positive, to the right where negative.</param>
public readonly record struct FixedPointMultiplier(int Multiplier, int Shift)
{
    // The kernels' limit.
    private const int LargestShift = 30;

    /// <summary>The nearest such number, halves away from zero.</summary>
    /// <param name="factor">The real number.</param>
    /// <param name="largest">The largest magnitude that it is multiplied with.</param>
    /// <returns><see langword="null"/> when the product could overflow, or the number is none that scales make.</returns>
    public static FixedPointMultiplier? Of(double factor, long largest)
    {
        if (!(factor > 0) || !double.IsFinite(factor))
        {
            return null;
        }

        int shift = Math.ILogB(factor) + 1;
        long multiplier = (long)Math.Round(Math.ScaleB(factor, 31 - shift), MidpointRounding.AwayFromZero);
        if (multiplier == 1L << 31)
        {
            multiplier /= 2;
            shift++;
        }

        return shift < -LargestShift ? new FixedPointMultiplier(0, 0)
            : shift > LargestShift || Overflows(largest, multiplier, shift) ? null
            : new FixedPointMultiplier((int)multiplier, shift);
    }

    // Neither the value shifted left nor the product before its second rounding may leave 32 bits.
    private static bool Overflows(long largest, long multiplier, int shift)
    {
        long shifted = largest << Math.Max(shift, 0);
        long half = (1L << Math.Max(-shift, 0)) / 2;
        return largest > int.MaxValue || shifted > int.MaxValue || ((shifted * multiplier) >> 31) + 1 + half > int.MaxValue;
    }
}
