using System;
using System.Linq;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite;

/// <summary>TensorFlow Lite's integer arithmetic, written down from its documentation a second time.</summary>
internal static class LiteArithmetic
{
    /// <summary>A real number as a multiplier of 31 bits and an exponent.</summary>
    public static (int Multiplier, int Exponent) Split(double factor)
    {
        int exponent = 0;
        while (factor >= 1)
        {
            factor /= 2;
            exponent++;
        }

        while (factor < 0.5)
        {
            factor *= 2;
            exponent--;
        }

        long multiplier = (long)Math.Floor((factor * (1L << 31)) + 0.5);
        return multiplier == 1L << 31 ? (1 << 30, exponent + 1) : ((int)multiplier, exponent);
    }

    /// <summary>The doubled upper half of a product, then a shift; halves of the second rounding away from zero, or up as in matrix products.</summary>
    public static int Multiply(int value, double factor, bool roundsUp = false)
    {
        (int multiplier, int exponent) = Split(factor);
        long product = (long)(value << Math.Max(exponent, 0)) * multiplier;
        long nudge = product >= 0 ? 1L << 30 : 1 - (1L << 30);
        int high = (int)((product + nudge) / (1L << 31));
        int right = Math.Max(-exponent, 0);
        if (roundsUp)
        {
            return (int)Math.Floor((high / Math.Pow(2, right)) + 0.5);
        }

        int mask = (int)((1L << right) - 1);
        int threshold = (mask >> 1) + (high < 0 ? 1 : 0);
        return (high >> right) + ((high & mask) > threshold ? 1 : 0);
    }

    /// <summary>A sum of two int8 numbers.</summary>
    public static sbyte Add(int left, (float Scale, int Zero) leftGrid, int right, (float Scale, int Zero) rightGrid, (float Scale, int Zero) output, int sign)
    {
        double common = 2.0 * Math.Max(leftGrid.Scale, rightGrid.Scale);
        int first = Multiply((left - leftGrid.Zero) * (1 << 20), leftGrid.Scale / common);
        int second = Multiply((right - rightGrid.Zero) * (1 << 20), rightGrid.Scale / common);
        return Saturate(Multiply(first + (sign * second), common / ((1 << 20) * (double)output.Scale)) + output.Zero);
    }

    /// <summary>A product of two int8 numbers.</summary>
    public static sbyte Product(int left, (float Scale, int Zero) leftGrid, int right, (float Scale, int Zero) rightGrid, (float Scale, int Zero) output) =>
        Saturate(Multiply((left - leftGrid.Zero) * (right - rightGrid.Zero), leftGrid.Scale * rightGrid.Scale / output.Scale) + output.Zero);

    /// <summary>A mean of int8 numbers themselves, halves away from zero.</summary>
    public static sbyte Average(sbyte[] levels)
    {
        int sum = levels.Sum(level => level);
        return (sbyte)((sum > 0 ? sum + (levels.Length / 2) : sum - (levels.Length / 2)) / levels.Length);
    }

    public static sbyte Saturate(int value) => (sbyte)Math.Clamp(value, sbyte.MinValue, sbyte.MaxValue);
}
