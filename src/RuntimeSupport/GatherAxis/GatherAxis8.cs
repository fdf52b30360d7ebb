using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Picks slices of 8-bit elements along an axis by indices known when the model was compiled: reflected and edge padding, shuffles.
/// </summary>
public static partial class GatherAxis8
{
    /// <summary><c>output[o, i, n] = input[o, indices[i], n]</c>, both row-major.</summary>
    /// <param name="input">[outer, axisLength, inner].</param>
    /// <param name="indices">The slices to pick, each 0…axisLength − 1.</param>
    /// <param name="output">[outer, indices.Length, inner]; must not overlap the input.</param>
    /// <param name="outer">Product of the extents before the axis.</param>
    /// <param name="axisLength">Extent of the axis in the input.</param>
    /// <param name="inner">Product of the extents after the axis.</param>
    /// <exception cref="ArgumentException">A span is too short, an extent is negative, or an index is out of range.</exception>
    public static void Run(ReadOnlySpan<byte> input, ReadOnlySpan<int> indices, Span<byte> output, int outer, int axisLength, int inner) =>
        AxisGather.Run(input, indices, output, outer, axisLength, inner, fromEnd: false);
}
