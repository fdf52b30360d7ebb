using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>What the kernels share that walk over tensors with strides.</summary>
internal static class StridedLayout
{
    /// <summary>
    /// Merges neighbouring dimensions that both layouts cross in even steps, and drops those of extent 1. The row-major order of
    /// the elements stays. The dimensions that are left are at the front of the spans.
    /// </summary>
    /// <param name="extents">The extents, none 0; changed in place.</param>
    /// <param name="first">The strides of one layout; changed in place.</param>
    /// <param name="second">The strides of the other layout; changed in place. All 0 when there is only one.</param>
    /// <returns>The number of dimensions left, 0 for a single element.</returns>
    internal static int Merge(Span<int> extents, Span<int> first, Span<int> second)
    {
        int rank = 0;
        for (int dimension = 0; dimension < extents.Length; dimension++)
        {
            int extent = extents[dimension];
            if (extent == 1)
            {
                continue;
            }

            bool joins = rank > 0
                && first[rank - 1] == (long)first[dimension] * extent
                && second[rank - 1] == (long)second[dimension] * extent
                && (long)extents[rank - 1] * extent <= int.MaxValue;
            if (!joins)
            {
                extents[rank] = 1;
                rank++;
            }

            extents[rank - 1] *= extent;
            first[rank - 1] = first[dimension];
            second[rank - 1] = second[dimension];
        }

        return rank;
    }

    /// <summary>Whether two layouts are the shape's own: element after element.</summary>
    /// <param name="shape">The extents.</param>
    /// <param name="first">The strides of one layout.</param>
    /// <param name="second">The strides of the other layout.</param>
    /// <returns>Whether neither leaves a gap or changes the order.</returns>
    internal static bool IsOneRun(ReadOnlySpan<int> shape, ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        long stride = 1;
        for (int dimension = shape.Length - 1; dimension >= 0; dimension--)
        {
            if (shape[dimension] != 1 && (first[dimension] != stride || second[dimension] != stride))
            {
                return false;
            }

            stride *= shape[dimension];
        }

        return true;
    }

    /// <summary>Steps to the next index in row-major order.</summary>
    /// <param name="index">The current index, all 0 at first; all 0 again after the last.</param>
    /// <param name="extents">The extents.</param>
    /// <param name="strides">The strides.</param>
    /// <param name="position">The element of the index; moved along.</param>
    /// <returns>Whether there is a next index.</returns>
    internal static bool Advance(Span<int> index, ReadOnlySpan<int> extents, ReadOnlySpan<int> strides, ref nint position)
    {
        for (int dimension = extents.Length - 1; dimension >= 0; dimension--)
        {
            position += strides[dimension];
            if (++index[dimension] < extents[dimension])
            {
                return true;
            }

            position -= (nint)strides[dimension] * extents[dimension];
            index[dimension] = 0;
        }

        return false;
    }
}
