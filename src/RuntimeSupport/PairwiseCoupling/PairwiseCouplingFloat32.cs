using System;
using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Probabilities of classes from those of each pair of them: the p that minimises Σ (r_ji p_i − r_ij p_j)², by the iteration of Wu, Lin and Weng
/// ("Probability estimates for multi-class classification by pairwise coupling", algorithm 2), with libsvm's start and end.
/// </summary>
public static partial class PairwiseCouplingFloat32
{
    private const int MostRounds = 100;

    /// <summary>Couples the pairs of every row.</summary>
    /// <param name="pairs">[rows, classes · (classes − 1) / 2]: the probability of the first of (0, 1), (0, 2), …, (1, 2), …, between 0 and 1.</param>
    /// <param name="workspace">classes · (classes + 1) floats, for the kernel's use.</param>
    /// <param name="output">[rows, classes].</param>
    /// <param name="rows">The number of rows.</param>
    /// <param name="classes">The number of classes, at least 2.</param>
    /// <exception cref="ArgumentException">A span is too short, or there are too few classes.</exception>
    public static void Run(ReadOnlySpan<float> pairs, Span<float> workspace, Span<float> output, int rows, int classes)
    {
        if (classes < 2)
        {
            throw new ArgumentException("A pair needs two classes.", nameof(classes));
        }

        long pairCount = classes * (classes - 1L) / 2;
        KernelGuard.Holds(pairs.Length, rows * pairCount, nameof(pairs));
        KernelGuard.Holds(workspace.Length, classes * (classes + 1L), nameof(workspace));
        KernelGuard.Holds(output.Length, ExtentGuard.Elements([rows, classes], nameof(output)), nameof(output));
        Span<float> matrix = workspace[..(classes * classes)];
        Span<float> products = workspace.Slice(classes * classes, classes);
        for (int row = 0; row < rows; row++)
        {
            Quadratic(pairs.Slice(row * (int)pairCount, (int)pairCount), matrix, classes);
            Solve(matrix, products, output.Slice(row * classes, classes));
        }
    }

    /// <summary>The matrix of the sum of squares.</summary>
    private static void Quadratic(ReadOnlySpan<float> pairs, Span<float> matrix, int classes)
    {
        matrix.Clear();
        int pair = 0;
        for (int first = 0; first < classes; first++)
        {
            for (int second = first + 1; second < classes; second++)
            {
                float forFirst = pairs[pair++];
                float forSecond = 1 - forFirst;
                matrix[(first * classes) + first] += forSecond * forSecond;
                matrix[(second * classes) + second] += forFirst * forFirst;
                matrix[(first * classes) + second] = -forSecond * forFirst;
                matrix[(second * classes) + first] = -forSecond * forFirst;
            }
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void Solve(ReadOnlySpan<float> matrix, Span<float> products, Span<float> result)
    {
        int classes = result.Length;
        float tolerance = 0.005f / classes;
        result.Fill(1f / classes);
        for (int round = 0; round < MostRounds; round++)
        {
            float total = Multiply(matrix, products, result);
            float error = 0;
            foreach (float product in products)
            {
                error = Math.Max(error, Math.Abs(product - total));
            }

            if (error < tolerance)
            {
                break;
            }

            for (int index = 0; index < classes; index++)
            {
                ReadOnlySpan<float> row = matrix.Slice(index * classes, classes);
                float change = (total - products[index]) / row[index];
                result[index] += change;
                total = (total + (change * ((change * row[index]) + (2 * products[index])))) / (1 + change) / (1 + change);
                for (int other = 0; other < classes; other++)
                {
                    products[other] = (products[other] + (change * row[other])) / (1 + change);
                    result[other] /= 1 + change;
                }
            }
        }
    }

    /// <summary>Writes Q p, and gives pᵀ Q p.</summary>
    private static float Multiply(ReadOnlySpan<float> matrix, Span<float> products, ReadOnlySpan<float> vector)
    {
        float total = 0;
        for (int index = 0; index < vector.Length; index++)
        {
            float product = 0;
            for (int other = 0; other < vector.Length; other++)
            {
                product += matrix[(index * vector.Length) + other] * vector[other];
            }

            products[index] = product;
            total += vector[index] * product;
        }

        return total;
    }
}
