using System;
using System.Diagnostics.CodeAnalysis;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The checks of kernels that walk over tensors of any rank: extents, strides and what they reach.</summary>
public static class ExtentGuard
{
    /// <summary>The highest rank of a tensor that a kernel walks over.</summary>
    public const int MaximumRank = 8;

    /// <summary>Throws when an extent or a count is negative.</summary>
    /// <param name="value">The extent.</param>
    /// <param name="name">Its parameter name.</param>
    /// <exception cref="ArgumentException">The extent is negative.</exception>
    public static void NotNegative(int value, string name)
    {
        if (value < 0)
        {
            ThrowNegative(value, name);
        }
    }

    /// <summary>Throws unless <paramref name="shape"/> has a rank of 0…<see cref="MaximumRank"/> and as many strides.</summary>
    /// <param name="shape">The extents.</param>
    /// <param name="strides">One stride an extent.</param>
    /// <param name="name">The parameter name of the strides.</param>
    /// <exception cref="ArgumentException">The rank is too high, or the lengths differ.</exception>
    public static void Rank(ReadOnlySpan<int> shape, ReadOnlySpan<int> strides, string name)
    {
        if (shape.Length > MaximumRank || strides.Length != shape.Length)
        {
            ThrowRank(shape.Length, strides.Length, name);
        }
    }

    /// <summary>The number of elements of a shape; beyond <see cref="int.MaxValue"/> it is <see cref="long.MaxValue"/>, which no span holds.</summary>
    /// <param name="extents">The extents; none means one element.</param>
    /// <param name="name">The parameter name of the shape.</param>
    /// <returns>The product of the extents.</returns>
    /// <exception cref="ArgumentException">An extent is negative.</exception>
    public static long Elements(ReadOnlySpan<int> extents, string name)
    {
        bool empty = false;
        foreach (int extent in extents)
        {
            NotNegative(extent, name);
            empty |= extent == 0;
        }

        if (empty)
        {
            return 0;
        }

        long product = 1;
        foreach (int extent in extents)
        {
            product *= extent;
            if (product > int.MaxValue)
            {
                return long.MaxValue;
            }
        }

        return product;
    }

    /// <summary>Throws unless every element that a strided walk visits lies inside a span. An empty walk visits nothing.</summary>
    /// <param name="length">Elements of the span.</param>
    /// <param name="shape">The extents of the walk.</param>
    /// <param name="strides">One stride an extent, in elements; any sign.</param>
    /// <param name="offset">The element of index 0, 0, ….</param>
    /// <param name="name">The span's parameter name.</param>
    /// <exception cref="ArgumentException">The walk leaves the span, or an extent is negative.</exception>
    public static void Strided(int length, ReadOnlySpan<int> shape, ReadOnlySpan<int> strides, int offset, string name)
    {
        if (Elements(shape, name) == 0)
        {
            return;
        }

        long lowest = offset;
        long highest = offset;
        Inside(length, lowest, highest, name);
        for (int dimension = 0; dimension < shape.Length; dimension++)
        {
            long reach = (shape[dimension] - 1L) * strides[dimension];
            lowest += Math.Min(reach, 0);
            highest += Math.Max(reach, 0);

            // Checked at every step: neither bound ever comes back, and the sums cannot overflow.
            Inside(length, lowest, highest, name);
        }
    }

    private static void Inside(int length, long lowest, long highest, string name)
    {
        if (lowest < 0 || highest >= length)
        {
            ThrowOutside(length, lowest, highest, name);
        }
    }

    [DoesNotReturn]
    private static void ThrowNegative(int value, string name) =>
        throw new ArgumentException($"The extent must not be negative, it is {value}.", name);

    [DoesNotReturn]
    private static void ThrowRank(int extents, int strides, string name) =>
        throw new ArgumentException($"There are {strides} strides for {extents} extents; as many of both are needed, at most {MaximumRank}.", name);

    [DoesNotReturn]
    private static void ThrowOutside(int length, long lowest, long highest, string name) =>
        throw new ArgumentException($"The span holds {length} elements, the kernel would reach from {lowest} to {highest}.", name);
}
