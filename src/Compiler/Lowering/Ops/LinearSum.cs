using System;
using System.Collections.Generic;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>
/// One linear function in 32 bits for a sum of two quantised values: a sixth of the work of TensorFlow Lite's three roundings. Scales being arbitrary
/// numbers, there is one that agrees on all 65536 pairs for nearly all of them; where halves go away from zero it is a little steeper.
/// </summary>
internal static class LinearSum
{
    private const int Levels = 256;

    // How far factors may be from the nearest ones.
    private const int Reach = 12;

    /// <summary>The arguments of <c>AddLinearUInt8</c>; <see langword="null"/> where no linear function is the sum.</summary>
    /// <param name="left">How the first operand is stored.</param>
    /// <param name="right">How the second operand is stored.</param>
    /// <param name="output">How the sum is stored.</param>
    /// <param name="sign">1, or −1 for a difference.</param>
    /// <param name="results">The sum of each pair of bytes, the second one's index running first.</param>
    /// <param name="range">The smallest and the largest result.</param>
    public static IReadOnlyList<(string, PlanValue)>? Find(
        QuantizationParameters left, QuantizationParameters right, QuantizationParameters output, int sign, ReadOnlySpan<byte> results, (int Minimum, int Maximum) range)
    {
        double leftSteps = (double)left.Scale / output.Scale, rightSteps = sign * (double)right.Scale / output.Scale;
        int shift = 30 - Math.ILogB(Math.Max(Magnitude(left, leftSteps, 0), Magnitude(left, leftSteps, byte.MaxValue)) + Math.Max(Magnitude(right, rightSteps, 0), Magnitude(right, rightSteps, byte.MaxValue)) + byte.MaxValue);
        if (shift is < 0 or > 30)
        {
            return null;
        }

        int leftNearest = (int)Math.Round(Math.ScaleB(leftSteps, shift)), rightNearest = (int)Math.Round(Math.ScaleB(rightSteps, shift));
        const int tried = (2 * Reach) + 1;
        for (int attempt = 0; attempt < tried * tried; attempt++)
        {
            int leftFactor = leftNearest + Near(attempt % tried), rightFactor = rightNearest + Near(attempt / tried);
            if (Offset(results, leftFactor, rightFactor, shift, range) is { } offset)
            {
                return [("leftFactor", leftFactor.Plan()), ("rightFactor", rightFactor.Plan()), ("offset", offset.Plan()), ("shift", shift.Plan())];
            }
        }

        return null;
    }

    private static double Magnitude(QuantizationParameters operand, double steps, int level) => Math.Abs((level - operand.ZeroPoint) * steps);

    // 0, 1, −1, 2, −2, ….
    private static int Near(int index) => index % 2 == 0 ? -index / 2 : (index + 1) / 2;

    /// <summary>An offset with which every pair is rounded down to its result, from the middle of those that do; <see langword="null"/> where there is none.</summary>
    private static int? Offset(ReadOnlySpan<byte> results, int leftFactor, int rightFactor, int shift, (int Minimum, int Maximum) range)
    {
        long least = long.MinValue, greatest = long.MaxValue;
        for (int left = 0; left < Levels; left++)
        {
            for (int right = 0; right < Levels; right++)
            {
                int result = results[(left * Levels) + right];
                long products = ((long)left * leftFactor) + ((long)right * rightFactor);
                least = result > range.Minimum ? Math.Max(least, ((long)result << shift) - products) : least;
                greatest = result < range.Maximum ? Math.Min(greatest, ((result + 1L) << shift) - 1 - products) : greatest;
            }

            if (least > greatest)
            {
                return null;
            }
        }

        // Where all results are at an end of the range, any offset beyond will do: such a sum is left to the other kernel.
        return least == long.MinValue || greatest == long.MaxValue ? null : Fitting(least + ((greatest - least) / 2), leftFactor, rightFactor);
    }

    private static int? Fitting(long offset, int leftFactor, int rightFactor)
    {
        long least = offset + (byte.MaxValue * (Math.Min(leftFactor, 0L) + Math.Min(rightFactor, 0L)));
        long greatest = offset + (byte.MaxValue * (Math.Max(leftFactor, 0L) + Math.Max(rightFactor, 0L)));
        return least >= int.MinValue && greatest <= int.MaxValue && offset is >= int.MinValue and <= int.MaxValue ? (int)offset : null;
    }
}
