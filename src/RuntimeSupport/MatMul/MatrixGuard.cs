using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The checks of <c>MatMul…</c>.</summary>
internal static class MatrixGuard
{
    /// <summary>Throws unless a span holds every element of a batch of strided matrices.</summary>
    internal static void Operand(
        int length,
        ReadOnlySpan<int> batchShape,
        ReadOnlySpan<int> batchStrides,
        int rows,
        int columns,
        int rowStride,
        int columnStride,
        string name)
    {
        ExtentGuard.Rank(batchShape, batchStrides, name);
        int rank = batchShape.Length;
        Span<int> extents = stackalloc int[ExtentGuard.MaximumRank + 2];
        Span<int> strides = stackalloc int[ExtentGuard.MaximumRank + 2];
        batchShape.CopyTo(extents);
        batchStrides.CopyTo(strides);
        extents[rank] = rows;
        strides[rank] = rowStride;
        extents[rank + 1] = columns;
        strides[rank + 1] = columnStride;
        ExtentGuard.Strided(length, extents[..(rank + 2)], strides[..(rank + 2)], 0, name);
    }

    /// <summary>Throws unless a span holds a batch of row-major matrices.</summary>
    /// <returns>The number of elements.</returns>
    internal static long Output(int length, ReadOnlySpan<int> batchShape, int rows, int columns)
    {
        Span<int> extents = stackalloc int[ExtentGuard.MaximumRank + 2];
        batchShape.CopyTo(extents);
        extents[batchShape.Length] = rows;
        extents[batchShape.Length + 1] = columns;
        long elements = ExtentGuard.Elements(extents[..(batchShape.Length + 2)], "output");
        KernelGuard.Holds(length, elements, "output");
        return elements;
    }
}
