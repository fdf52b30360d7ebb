using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The different rows of a matrix of floats.</summary>
public static partial class UniqueFloat32
{
    /// <summary>Finds which rows are different, where each is first, and which of them every row is.</summary>
    /// <param name="input">[rows, columns].</param>
    /// <param name="first">Place of the first of each group of equal rows, 0 behind the last group; <paramref name="rows"/> elements.</param>
    /// <param name="inverse">The group of each row.</param>
    /// <param name="counts">The rows of each group, 0 behind the last one; <paramref name="rows"/> elements.</param>
    /// <param name="count">One number: the groups.</param>
    /// <param name="order">Scratch memory of <paramref name="rows"/> elements.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Elements of a row.</param>
    /// <param name="sorted">Groups in the order of their rows, compared element by element, NaN last, rather than as they come.</param>
    /// <exception cref="ArgumentException">A span is too short, or an extent is negative.</exception>
    public static void Run(
        ReadOnlySpan<float> input, Span<long> first, Span<long> inverse, Span<long> counts, Span<long> count, Span<int> order, int rows, int columns, bool sorted) =>
        UniqueRows.Run(input, first, inverse, counts, count, order, rows, columns, sorted);
}
