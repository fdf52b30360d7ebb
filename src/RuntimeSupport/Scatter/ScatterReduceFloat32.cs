using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Combines rows of float elements with those at places that the model computes. The order is that of the updates: the same bits on every machine.</summary>
public static partial class ScatterReduceFloat32
{
    /// <summary><c>output[indices[u], n] = operation(output[indices[u], n], updates[u, n])</c>, row-major, for one u after the other.</summary>
    /// <param name="indices">The row of each update, −rows…rows − 1; negative ones count from the end.</param>
    /// <param name="updates">[count, width].</param>
    /// <param name="output">[rows, width].</param>
    /// <param name="count">Number of updates; the spans may hold more.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="width">Elements of a row.</param>
    /// <param name="operation">One of <see cref="ScatterOperation"/>.</param>
    /// <exception cref="ArgumentException">A span is too short, an extent is negative, an index is out of range, or the operation unknown; nothing is written then.</exception>
    public static void Run(ReadOnlySpan<long> indices, ReadOnlySpan<float> updates, Span<float> output, int count, int rows, int width, int operation) =>
        SliceScatter.Reduce(indices, updates, output, count, rows, width, operation);
}
