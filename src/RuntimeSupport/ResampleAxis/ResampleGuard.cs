using System;
using System.Diagnostics.CodeAnalysis;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The checks of <c>ResampleAxis…</c>.</summary>
internal static class ResampleGuard
{
    /// <summary>Throws unless the spans hold what the extents imply and every index names an input slice.</summary>
    internal static void Check(
        int inputElements,
        ReadOnlySpan<int> indices,
        int weights,
        int outputElements,
        int outer,
        int inputLength,
        int outputLength,
        int taps,
        int inner)
    {
        KernelGuard.Holds(inputElements, ExtentGuard.Elements([outer, inputLength, inner], "input"), "input");
        KernelGuard.Holds(outputElements, ExtentGuard.Elements([outer, outputLength, inner], "output"), "output");
        long pairs = ExtentGuard.Elements([outputLength, taps], nameof(taps));
        KernelGuard.Holds(indices.Length, pairs, nameof(indices));
        KernelGuard.Holds(weights, pairs, nameof(weights));
        foreach (int index in indices[..(int)pairs])
        {
            if (index < 0 || index >= inputLength)
            {
                ThrowIndex(index, inputLength);
            }
        }
    }

    [DoesNotReturn]
    private static void ThrowIndex(int index, int inputLength) =>
        throw new ArgumentException($"The index {index} is out of range: the axis has {inputLength} slices.", "indices");
}
