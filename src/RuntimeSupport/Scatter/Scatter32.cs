using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Puts rows of 32-bit elements at places that the model computes.</summary>
public static partial class Scatter32
{
    /// <summary><c>output[indices[u], n] = updates[u, n]</c>, row-major, for one u after the other: of several updates of one row the last stays.</summary>
    /// <param name="indices">The row of each update, −rows…rows − 1; negative ones count from the end.</param>
    /// <param name="updates">[count, width].</param>
    /// <param name="output">[rows, width].</param>
    /// <param name="count">Number of updates; the spans may hold more.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="width">Elements of a row.</param>
    /// <exception cref="ArgumentException">A span is too short, an extent is negative, or an index is out of range; nothing is written then.</exception>
    public static void Run(ReadOnlySpan<long> indices, ReadOnlySpan<int> updates, Span<int> output, int count, int rows, int width) =>
        SliceScatter.Run(indices, updates, output, count, rows, width);
}
