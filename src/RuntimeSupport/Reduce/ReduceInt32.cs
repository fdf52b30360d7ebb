using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Reduces dimensions of a int tensor. Each output is one chain from the operation's neutral value over the inner shape in row-major order,
/// the same bits on every machine. Sums and products wrap around.
/// </summary>
public static partial class ReduceInt32
{
    /// <summary>For every index of <paramref name="outerShape"/>, reduces all indices of <paramref name="innerShape"/>.</summary>
    /// <param name="input">The elements; index 0, 0, … is the first.</param>
    /// <param name="output">One value an outer index, row-major; must not overlap the input.</param>
    /// <param name="outerShape">The extents that stay, rank 0…8.</param>
    /// <param name="outerStrides">Their strides in the input, in elements.</param>
    /// <param name="innerShape">The extents that are reduced, rank 0…8; an extent of 0 gives the values of <see cref="ReduceOperation"/>.</param>
    /// <param name="innerStrides">Their strides in the input, in elements.</param>
    /// <param name="operation">One of <see cref="ReduceOperation"/>.</param>
    /// <exception cref="ArgumentException">A span is too short, a rank too high, an extent negative, or the operation unknown.</exception>
    public static void Run(
        ReadOnlySpan<int> input,
        Span<int> output,
        ReadOnlySpan<int> outerShape,
        ReadOnlySpan<int> outerStrides,
        ReadOnlySpan<int> innerShape,
        ReadOnlySpan<int> innerStrides,
        int operation) =>
        Reduction.Run(
            input,
            output,
            outerShape,
            outerStrides,
            innerShape,
            innerStrides,
            operation,
            lowest: int.MinValue,
            highest: int.MaxValue,
            meanOfNothing: 0);
}
