using System;
using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Where a tensor of truth values is true.</summary>
public static partial class NonZero
{
    /// <summary>Writes the coordinates of the true elements in row-major order, all those of one axis side by side, and how many there are.</summary>
    /// <param name="input">The tensor, row-major; whatever is not 0 is true.</param>
    /// <param name="indices">[rank, elements]: the first <paramref name="count"/> of each row are coordinates, the others 0.</param>
    /// <param name="count">One number: the true elements.</param>
    /// <param name="shape">The extents of the tensor.</param>
    /// <exception cref="ArgumentException">A span is too short, the rank is too high, or an extent is negative.</exception>
    public static void Run(ReadOnlySpan<byte> input, Span<long> indices, Span<long> count, ReadOnlySpan<int> shape)
    {
        ExtentGuard.Rank(shape, shape, nameof(shape));
        long elements = ExtentGuard.Elements(shape, nameof(shape));
        KernelGuard.Holds(input.Length, elements, nameof(input));
        KernelGuard.Holds(indices.Length, elements * shape.Length, nameof(indices));
        KernelGuard.Holds(count.Length, 1, nameof(count));
        indices[..((int)elements * shape.Length)].Clear();
        count[0] = Find(input[..(int)elements], indices, shape);
    }

    [MethodImpl(KernelOptions.Hot)]
    private static int Find(ReadOnlySpan<byte> input, Span<long> indices, ReadOnlySpan<int> shape)
    {
        int found = 0;
        for (int place = 0; place < input.Length; place++)
        {
            if (input[place] == 0)
            {
                continue;
            }

            int rest = place;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                (rest, int coordinate) = Math.DivRem(rest, shape[axis]);
                indices[(axis * input.Length) + found] = coordinate;
            }

            found++;
        }

        return found;
    }
}
