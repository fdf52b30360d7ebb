using System;
using System.Linq;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// Rounds weights one after the other, each so that it makes good for what those before it did to the sums: the order and arithmetic of GPTQ (Frantar et al., 2022), which is Babai's
/// nearest plane. The inputs that matter most come first, when there are still others to make good with.
/// </summary>
internal sealed class NearestPlane
{
    // Where weights are few and large, levels that the largest cannot have may still serve the others better.
    private static readonly double[] Clips = [1, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6];

    private readonly int count;
    private readonly int[] order;

    // The lower factor of the products, last term of the order first.
    private readonly double[] factor;
    private readonly double[] pulls;

    /// <summary>Prepares for sums of the same inputs.</summary>
    /// <param name="products">The mean product of each two inputs; row by row.</param>
    /// <param name="ridge">What counts for the weights themselves, whatever the inputs: above 0.</param>
    public NearestPlane(double[] products, double ridge)
    {
        count = (int)Math.Round(Math.Sqrt(products.Length));
        order = [.. Enumerable.Range(0, count).OrderBy(term => products[(term * count) + term]).ThenByDescending(term => term)];
        factor = new double[products.Length];
        for (int row = 0; row < count; row++)
        {
            for (int column = 0; column <= row; column++)
            {
                factor[(row * count) + column] = products[(order[row] * count) + order[column]] + (row == column ? ridge : 0);
            }
        }

        Factorise(ridge);
        pulls = new double[count];
    }

    /// <summary>Finds what times the products, with the ridge, gives a vector.</summary>
    public double[] Solve(double[] vector)
    {
        double[] permuted = [.. order.Select(term => vector[term])];
        for (int row = 0; row < count; row++)
        {
            double sum = permuted[row];
            for (int column = 0; column < row; column++)
            {
                sum -= factor[(row * count) + column] * permuted[column];
            }

            permuted[row] = sum / factor[(row * count) + row];
        }

        for (int row = count - 1; row >= 0; row--)
        {
            permuted[row] /= factor[(row * count) + row];
            Rows.Add(permuted.AsSpan(0, row), factor.AsSpan(row * count, row), -permuted[row]);
        }

        var solved = new double[count];
        for (int row = 0; row < count; row++)
        {
            solved[order[row]] = permuted[row];
        }

        return solved;
    }

    /// <summary>Rounds the weights of a sum.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="levels">Receives the levels, in [−127, 127].</param>
    /// <returns>What a level stands for.</returns>
    public float Round(double[] weights, Span<sbyte> levels)
    {
        double greatest = weights.Max(Math.Abs);
        if (!(greatest >= 1e-30))
        {
            levels.Clear();
            return 1;
        }

        var tried = new sbyte[count];
        (float best, double least) = (0, double.PositiveInfinity);
        foreach (double clip in Clips)
        {
            float scale = (float)(greatest * clip / 127);
            double error = Round(weights, scale, tried, least);
            if (error < least)
            {
                (best, least) = (scale, error);
                tried.CopyTo(levels);
            }
        }

        return best;
    }

    // The error is a sum of squares, of which each level decides the one in which those after it have no part.
    private double Round(double[] weights, float scale, sbyte[] levels, double least)
    {
        Array.Clear(pulls);
        double error = 0;
        for (int row = count - 1; row >= 0 && error < least; row--)
        {
            double pivot = factor[(row * count) + row];
            double weight = weights[order[row]];
            double level = Math.Clamp(Math.Round((weight - (pulls[row] / pivot)) / scale, MidpointRounding.ToEven), -127, 127);
            levels[order[row]] = (sbyte)level;
            double difference = (level * scale) - weight;
            double left = pulls[row] + (pivot * difference);
            error += left * left;
            Rows.Add(pulls.AsSpan(0, row), factor.AsSpan(row * count, row), difference);
        }

        return error;
    }

    // Cholesky's factor, column by column; what rounding of the arithmetic leaves negative is as good as the ridge.
    private void Factorise(double ridge)
    {
        var column = new double[count];
        for (int pivot = 0; pivot < count; pivot++)
        {
            double root = Math.Sqrt(Math.Max(factor[(pivot * count) + pivot], ridge));
            factor[(pivot * count) + pivot] = root;
            for (int row = pivot + 1; row < count; row++)
            {
                column[row] = factor[(row * count) + pivot] /= root;
            }

            for (int row = pivot + 1; row < count; row++)
            {
                Rows.Add(factor.AsSpan((row * count) + pivot + 1, row - pivot), column.AsSpan(pivot + 1, row - pivot), -column[row]);
            }
        }
    }
}
