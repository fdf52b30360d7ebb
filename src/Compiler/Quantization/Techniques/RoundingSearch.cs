using System;
using System.Linq;
using System.Numerics;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// Finds levels for the weights of one output channel, each the nearest or the next to it, for which the error of the sums – a quadratic form of the rounding errors – is least: among all
/// choices where the terms are few, as those of depthwise layers are; else by changing one weight, or two where they are not too many, for as long as that helps.
/// </summary>
internal sealed class RoundingSearch
{
    // 4,096 choices.
    private const int MostExact = 12;
    private const int MostSweeps = 16;

    // Pairs are as many as the square of the terms.
    private const int MostPaired = 256;

    private readonly double[] products;
    private readonly int count;
    private readonly double ridge;
    private readonly sbyte[] levels;
    private readonly double[] errors;

    // Half the derivative of the error by each rounding error.
    private readonly double[] slopes;

    /// <summary>Rounds to the nearest.</summary>
    /// <param name="exact">The weights in steps.</param>
    /// <param name="products">The mean product of each two of its inputs, row by row.</param>
    /// <param name="damping">What counts against changes that only chance in the data rewards, as a share of the mean square of the inputs.</param>
    public RoundingSearch(double[] exact, double[] products, double damping)
    {
        this.products = products;
        count = exact.Length;
        ridge = Enumerable.Range(0, count).Sum(term => products[(term * count) + term]) * damping / count;
        levels = [.. exact.Select(number => (sbyte)Math.Clamp(Math.Round(number, MidpointRounding.ToEven), -127, 127))];
        errors = [.. levels.Zip(exact, (level, number) => level - number)];
        slopes = new double[count];
        for (int term = 0; term < count; term++)
        {
            slopes[term] = ridge * errors[term];
            for (int other = 0; other < count; other++)
            {
                slopes[term] += products[(term * count) + other] * errors[other];
            }
        }
    }

    /// <summary>The levels.</summary>
    public ReadOnlySpan<sbyte> Levels => levels;

    /// <summary>Searches.</summary>
    public void Run()
    {
        int[] open = [.. Enumerable.Range(0, count).Where(term => errors[term] != 0 && Math.Abs(levels[term] + Step(term)) <= 127)];
        if (open.Length <= MostExact)
        {
            TryAll(open);
            return;
        }

        for (int sweep = 0, changes = 1; sweep < MostSweeps && changes > 0; sweep++)
        {
            changes = open.Count(TryOne);
            changes += changes == 0 && count <= MostPaired ? open.Where((_, index) => TryTwo(open.AsSpan(index))).Count() : 0;
        }
    }

    // Each choice differs from the one before in one weight: the sequence is Gray's.
    private void TryAll(int[] open)
    {
        (uint best, double least, double change) = (0, 0, 0);
        for (uint index = 1; index < 1u << open.Length; index++)
        {
            int term = open[BitOperations.TrailingZeroCount(index)];
            change += Gain(term);
            Flip(term);
            (best, least) = change < least ? (index, change) : (best, least);
        }

        uint last = (1u << open.Length) - 1;
        for (uint differences = last ^ (last >> 1) ^ best ^ (best >> 1); differences != 0; differences &= differences - 1)
        {
            Flip(open[BitOperations.TrailingZeroCount(differences)]);
        }
    }

    private bool TryOne(int term)
    {
        bool helps = Gain(term) < -1e-12 * ridge;
        if (helps)
        {
            Flip(term);
        }

        return helps;
    }

    private bool TryTwo(ReadOnlySpan<int> terms)
    {
        int term = terms[0];
        double gain = Gain(term);
        (int partner, double least) = (-1, -1e-12 * ridge);
        foreach (int other in terms[1..])
        {
            double both = gain + Gain(other) + (2 * Step(term) * Step(other) * products[(term * count) + other]);
            (partner, least) = both < least ? (other, both) : (partner, least);
        }

        if (partner >= 0)
        {
            Flip(term);
            Flip(partner);
        }

        return partner >= 0;
    }

    // To the other neighbour of the exact number.
    private int Step(int term) => errors[term] > 0 ? -1 : 1;

    private double Gain(int term) => (2 * Step(term) * slopes[term]) + products[(term * count) + term] + ridge;

    private void Flip(int term)
    {
        int step = Step(term);
        levels[term] = (sbyte)(levels[term] + step);
        errors[term] += step;
        slopes[term] += step * ridge;
        Rows.Add(slopes, products.AsSpan(term * count, count), step);
    }
}
