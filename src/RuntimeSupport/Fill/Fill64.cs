using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Fills a box of a tensor of 64-bit elements with one value.</summary>
public static partial class Fill64
{
    /// <summary>For every index of <paramref name="shape"/>: <c>output[outputOffset + Σ index·outputStride] = value</c>.</summary>
    /// <param name="output">Where to write. Elements that no index names stay.</param>
    /// <param name="shape">Extents, rank 0 (one element) to 8; an extent of 0 fills nothing.</param>
    /// <param name="outputStrides">One an extent, in elements.</param>
    /// <param name="outputOffset">The output's element of index 0, 0, ….</param>
    /// <param name="value">The value, as the bits of the element.</param>
    /// <exception cref="ArgumentException">The span is too short, the rank is too high, or an extent is negative.</exception>
    public static void Run(Span<long> output, ReadOnlySpan<int> shape, ReadOnlySpan<int> outputStrides, int outputOffset, long value)
    {
        // A copy that reads one element again and again.
        ExtentGuard.Rank(shape, outputStrides, nameof(outputStrides));
        Span<int> nowhere = stackalloc int[ExtentGuard.MaximumRank];
        nowhere.Clear();
        StridedCopy.Run(new ReadOnlySpan<long>(in value), output, shape, nowhere[..shape.Length], outputStrides, 0, outputOffset);
    }
}
