using System;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Which int8 weights are small enough that sums of four products hold in an int16: <see cref="ByteConvolution.Int16SumLimit"/>.</summary>
public static class Int16SumWeights
{
    private const int QuadTerms = 4;
    private const int SumTerms = 2 * QuadTerms;

    /// <summary>Whether all sums of some channels hold.</summary>
    /// <param name="weights">The weights: <c>[channels][runs][runLength]</c>.</param>
    /// <param name="channels">Output channels.</param>
    /// <param name="runLength">Terms of a run, each of which is filled up to whole quads.</param>
    public static bool Hold(ReadOnlySpan<sbyte> weights, int channels, int runLength)
    {
        int each = weights.Length / Math.Max(1, channels);
        for (int channel = 0; channel < channels; channel++)
        {
            if (!Hold(weights.Slice(channel * each, each), runLength))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The least scale, at least <paramref name="scale"/>, with which the rounded weights of a channel hold.</summary>
    /// <param name="weights">The weights: <c>[runs][runLength]</c>.</param>
    /// <param name="runLength">Terms of a run.</param>
    /// <param name="scale">What a level would stand for: above 0.</param>
    public static float Scale(ReadOnlySpan<float> weights, int runLength, float scale)
    {
        // Rounding adds up to half a level to each of four weights: the finest scale is looked for in steps that no precision is lost by.
        const float step = 1 + (1f / 512);
        scale = Math.Max(scale, Greatest(weights, runLength) / ByteConvolution.Int16SumLimit);
        var levels = new sbyte[weights.Length];
        for (; ; scale *= step)
        {
            SymmetricWeights.Round(weights, scale, levels);
            if (Hold(levels, runLength))
            {
                return scale;
            }
        }
    }

    private static bool Hold(ReadOnlySpan<sbyte> weights, int runLength)
    {
        var exact = new float[weights.Length];
        for (int term = 0; term < exact.Length; term++)
        {
            exact[term] = weights[term];
        }

        return Greatest(exact, runLength) <= ByteConvolution.Int16SumLimit;
    }

    // The greatest sum of weights of one sign that are summed in an int16.
    private static float Greatest(ReadOnlySpan<float> weights, int runLength)
    {
        int quads = (runLength + QuadTerms - 1) / QuadTerms;
        int runs = weights.Length / Math.Max(1, runLength);
        var positive = new float[((runs * quads) + 1) / 2 * 2];
        var negative = new float[positive.Length];
        for (int term = 0; term < weights.Length; term++)
        {
            int place = (term / runLength * quads * QuadTerms) + (term % runLength);
            int sum = (place / SumTerms * 2) + (place % QuadTerms / 2);
            positive[sum] += Math.Max(0, weights[term]);
            negative[sum] -= Math.Min(0, weights[term]);
        }

        float greatest = 0;
        for (int sum = 0; sum < positive.Length; sum++)
        {
            greatest = Math.Max(greatest, Math.Max(positive[sum], negative[sum]));
        }

        return greatest;
    }
}
