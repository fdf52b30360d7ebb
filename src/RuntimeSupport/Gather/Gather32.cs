using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Picks slices of 32-bit elements along an axis by indices that the model computes.</summary>
public static partial class Gather32
{
    /// <summary><c>output[o, i, n] = input[o, indices[i], n]</c>, both row-major.</summary>
    /// <param name="input">[outer, axisLength, inner].</param>
    /// <param name="indices">The slices to pick, each −axisLength…axisLength − 1; negative ones count from the end.</param>
    /// <param name="output">[outer, count, inner]; must not overlap the input.</param>
    /// <param name="count">Number of indices; the span may hold more.</param>
    /// <param name="outer">Product of the extents before the axis.</param>
    /// <param name="axisLength">Extent of the axis in the input.</param>
    /// <param name="inner">Product of the extents after the axis.</param>
    /// <exception cref="ArgumentException">A span is too short, an extent is negative, or an index is out of range; nothing is written then.</exception>
    public static void Run(ReadOnlySpan<int> input, ReadOnlySpan<long> indices, Span<int> output, int count, int outer, int axisLength, int inner) =>
        AxisGather.Run(input, AxisGather.First(indices, count), output, outer, axisLength, inner, fromEnd: true);
}
