using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Where along an axis the largest or the smallest byte is.</summary>
public static partial class ArgReduceUInt8
{
    /// <summary><c>output[o, n]</c> is the index a of the extreme <c>input[o, a, n]</c>, both row-major.</summary>
    /// <param name="input">[outer, axisLength, inner].</param>
    /// <param name="output">[outer, inner], each 0…axisLength − 1.</param>
    /// <param name="outer">Product of the extents before the axis.</param>
    /// <param name="axisLength">Extent of the axis, at least 1 where there is an output.</param>
    /// <param name="inner">Product of the extents after the axis.</param>
    /// <param name="maximum">The largest rather than the smallest.</param>
    /// <param name="lastIndex">Of equals the last rather than the first.</param>
    /// <exception cref="ArgumentException">A span is too short, an extent is negative, or the axis is empty.</exception>
    public static void Run(ReadOnlySpan<byte> input, Span<long> output, int outer, int axisLength, int inner, bool maximum, bool lastIndex) =>
        ArgReduction.Run(input, output, outer, axisLength, inner, maximum, lastIndex);
}
