using System;
using System.Collections.Generic;
using System.Linq;

namespace ModelCompiler.RuntimeSupport.Tests;

/// <summary>The plainest way to walk over tensors, to hold kernels against.</summary>
internal static class StridedNaive
{
    internal static int Elements(IReadOnlyList<int> shape) => shape.Aggregate(1, (product, extent) => product * extent);

    internal static int[] RowMajor(IReadOnlyList<int> shape)
    {
        int[] strides = new int[shape.Count];
        int stride = 1;
        for (int dimension = shape.Count - 1; dimension >= 0; dimension--)
        {
            strides[dimension] = stride;
            stride *= shape[dimension];
        }

        return strides;
    }

    /// <summary>All indices of a shape in row-major order.</summary>
    internal static IEnumerable<int[]> Indices(IReadOnlyList<int> shape)
    {
        int elements = Elements(shape);
        for (int element = 0; element < elements; element++)
        {
            int rest = element;
            int[] index = new int[shape.Count];
            for (int dimension = shape.Count - 1; dimension >= 0; dimension--)
            {
                index[dimension] = rest % shape[dimension];
                rest /= shape[dimension];
            }

            yield return index;
        }
    }

    internal static int Position(int[] index, IReadOnlyList<int> strides, int offset) =>
        offset + index.Select((value, dimension) => value * strides[dimension]).Sum();

    /// <summary>A random layout of a shape in memory: dimensions in any order, perhaps gaps, perhaps backwards.</summary>
    internal static (int[] Strides, int Offset, int Length) Layout(Random random, int[] shape, bool backwards, bool repeats)
    {
        int[] order = Enumerable.Range(0, shape.Length).ToArray();
        random.Shuffle(order);
        int[] strides = new int[shape.Length];
        int offset = random.Next(3);
        int span = 1 + (random.Next(4) == 0 ? random.Next(3) : 0);
        foreach (int dimension in order)
        {
            if (repeats && random.Next(5) == 0)
            {
                continue;
            }

            strides[dimension] = span;
            if (backwards && random.Next(4) == 0)
            {
                strides[dimension] = -span;
                offset += (shape[dimension] - 1) * span;
            }

            span *= shape[dimension];
            span += random.Next(4) == 0 ? random.Next(3) : 0;
        }

        int highest = offset + shape.Select((extent, dimension) => Math.Max(0, (extent - 1) * strides[dimension])).Sum();
        return (strides, offset, highest + 1);
    }

    internal static int[] Shape(Random random, int rank, int largest) =>
        Enumerable.Range(0, rank).Select(_ => random.Next(1, largest + 1)).ToArray();
}
