using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The largest or the smallest 32-bit integers along an axis, and where they are.</summary>
public static partial class TopKAxisInt32
{
    /// <summary><c>values[o, r, n]</c> is the element of rank r among <c>input[o, …, n]</c>, the best first, and <c>indices[o, r, n]</c> its place.
    /// Of equals the lower place comes first; NaN is beyond every number, in both directions.</summary>
    /// <param name="input">[outer, axisLength, inner].</param>
    /// <param name="values">[outer, count, inner].</param>
    /// <param name="indices">[outer, count, inner], each 0…axisLength − 1.</param>
    /// <param name="outer">Product of the extents before the axis.</param>
    /// <param name="axisLength">Extent of the axis.</param>
    /// <param name="inner">Product of the extents after the axis.</param>
    /// <param name="count">How many, 0…axisLength.</param>
    /// <param name="largest">The largest rather than the smallest.</param>
    /// <exception cref="ArgumentException">A span is too short, an extent is negative, or the count is greater than the axis.</exception>
    public static void Run(
        ReadOnlySpan<int> input, Span<int> values, Span<long> indices, int outer, int axisLength, int inner, int count, bool largest) =>
        AxisTopK.Run(input, values, indices, outer, axisLength, inner, count, largest);
}
