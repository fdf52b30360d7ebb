using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Copies a tensor of 16-bit elements from one strided layout to another: transpose, slice, concatenate, expand, flip, pad.</summary>
public static partial class CopyStrided16
{
    /// <summary>
    /// For every index of <paramref name="shape"/>:
    /// <c>output[outputOffset + Σ index·outputStride] = input[inputOffset + Σ index·inputStride]</c>.
    /// </summary>
    /// <param name="input">Where to read.</param>
    /// <param name="output">Where to write; must not overlap the input. Elements that no index names stay.</param>
    /// <param name="shape">Extents, rank 0 (one element) to 8; an extent of 0 copies nothing.</param>
    /// <param name="inputStrides">One an extent, in elements; 0 repeats, negative walks backwards.</param>
    /// <param name="outputStrides">One an extent, in elements; two indices must not name one element.</param>
    /// <param name="inputOffset">The input's element of index 0, 0, ….</param>
    /// <param name="outputOffset">The output's element of index 0, 0, ….</param>
    /// <exception cref="ArgumentException">A span is too short, the rank is too high, or an extent is negative.</exception>
    public static void Run(
        ReadOnlySpan<short> input,
        Span<short> output,
        ReadOnlySpan<int> shape,
        ReadOnlySpan<int> inputStrides,
        ReadOnlySpan<int> outputStrides,
        int inputOffset,
        int outputOffset) =>
        StridedCopy.Run(input, output, shape, inputStrides, outputStrides, inputOffset, outputOffset);
}
