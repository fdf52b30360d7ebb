using System;
using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The best classes of a classifier. Made for a few of many: the work is scores × count at worst, scores + a little as a rule.</summary>
public static partial class TopKFloat32
{
    /// <summary>Writes the indices of the highest scores, highest first. Of equals the lower index comes first; NaN comes last.</summary>
    /// <param name="scores">The scores.</param>
    /// <param name="indices">The first <paramref name="count"/> are written, each 0…scores.Length − 1.</param>
    /// <param name="count">How many, 0…scores.Length.</param>
    /// <exception cref="ArgumentException">A span is shorter than the count, or the count is negative.</exception>
    public static void Run(ReadOnlySpan<float> scores, Span<int> indices, int count)
    {
        ExtentGuard.NotNegative(count, nameof(count));
        KernelGuard.Holds(scores.Length, count, nameof(scores));
        KernelGuard.Holds(indices.Length, count, nameof(indices));
        if (count > 0)
        {
            Select(scores, indices[..count]);
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void Select(ReadOnlySpan<float> scores, Span<int> best)
    {
        int found = 0;
        for (int index = 0; index < scores.Length; index++)
        {
            float score = scores[index];
            if (found == best.Length && !Precedes(score, scores[best[found - 1]]))
            {
                continue;
            }

            int place = found < best.Length ? found++ : found - 1;
            for (; place > 0 && Precedes(score, scores[best[place - 1]]); place--)
            {
                best[place] = best[place - 1];
            }

            best[place] = index;
        }
    }

    /// <summary>Whether a score comes before another of a lower index.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Precedes(float score, float other) => score > other || (float.IsNaN(other) && !float.IsNaN(score));
}
