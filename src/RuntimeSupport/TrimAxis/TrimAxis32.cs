using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Keeps the first slices along an axis of 32-bit elements, as many as the model counted.</summary>
public static partial class TrimAxis32
{
    /// <summary>Moves <c>data[o, a, n]</c> with a &lt; count together, so that they lie as [outer, count, inner], and clears what is behind them.</summary>
    /// <param name="data">[outer, axisLength, inner].</param>
    /// <param name="count">One number: the slices that are kept, 0…axisLength.</param>
    /// <param name="outer">Product of the extents before the axis.</param>
    /// <param name="axisLength">Extent of the axis.</param>
    /// <param name="inner">Product of the extents after the axis.</param>
    /// <exception cref="ArgumentException">A span is too short, an extent is negative, or the count is out of range.</exception>
    public static void Run(Span<int> data, ReadOnlySpan<long> count, int outer, int axisLength, int inner) =>
        AxisTrim.Run(data, count, outer, axisLength, inner);
}
