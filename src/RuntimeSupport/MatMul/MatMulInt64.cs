using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Products of long matrices with strides, so that transposed and broadcast operands need no copy. Sums wrap around.</summary>
public static partial class MatMulInt64
{
    /// <summary><c>output[…, i, j] = Σₖ left[…, i, k] · right[…, k, j]</c>.</summary>
    /// <param name="left">The left matrices; index 0, 0, … is the first element.</param>
    /// <param name="right">The right matrices; index 0, 0, … is the first element.</param>
    /// <param name="output">[batchShape…, rows, columns], row-major; must not overlap the operands.</param>
    /// <param name="batchShape">Extents of the batch, rank 0…8.</param>
    /// <param name="leftBatchStrides">One an extent of the batch, in elements; 0 uses the same matrix again.</param>
    /// <param name="rightBatchStrides">One an extent of the batch, in elements; 0 uses the same matrix again.</param>
    /// <param name="rows">Rows of the left operand and the output.</param>
    /// <param name="inner">Columns of the left operand, rows of the right; 0 gives zeros.</param>
    /// <param name="columns">Columns of the right operand and the output.</param>
    /// <param name="leftRowStride">From a row of the left operand to the next, in elements.</param>
    /// <param name="leftColumnStride">From a column of the left operand to the next.</param>
    /// <param name="rightRowStride">From a row of the right operand to the next.</param>
    /// <param name="rightColumnStride">From a column of the right operand to the next.</param>
    /// <exception cref="ArgumentException">A span is too short, the rank is too high, or an extent is negative.</exception>
    public static void Run(
        ReadOnlySpan<long> left,
        ReadOnlySpan<long> right,
        Span<long> output,
        ReadOnlySpan<int> batchShape,
        ReadOnlySpan<int> leftBatchStrides,
        ReadOnlySpan<int> rightBatchStrides,
        int rows,
        int inner,
        int columns,
        int leftRowStride,
        int leftColumnStride,
        int rightRowStride,
        int rightColumnStride) =>
        MatrixProduct.Run(
            left,
            right,
            output,
            batchShape,
            leftBatchStrides,
            rightBatchStrides,
            rows,
            inner,
            columns,
            leftRowStride,
            leftColumnStride,
            rightRowStride,
            rightColumnStride);
}
