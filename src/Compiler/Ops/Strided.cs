using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>Index arithmetic that the reference evaluations share.</summary>
public static class Strided
{
    /// <summary>The element offset of every place of <paramref name="shape"/>, in row-major order.</summary>
    public static int[] Offsets(Shape shape, IReadOnlyList<int> strides, int first = 0)
    {
        var offsets = new int[checked((int)shape.ElementCount)];
        if (offsets.Length == 0)
        {
            return offsets;
        }

        var index = new int[shape.Rank];
        int offset = first;
        for (int position = 0; ; position++)
        {
            offsets[position] = offset;
            int axis = shape.Rank - 1;
            for (; axis >= 0; axis--)
            {
                offset += strides[axis];
                if (++index[axis] < shape[axis])
                {
                    break;
                }

                offset -= strides[axis] * shape[axis];
                index[axis] = 0;
            }

            if (axis < 0)
            {
                return offsets;
            }
        }
    }

    /// <summary>The elements at given offsets.</summary>
    public static Tensor TakeAt(Tensor tensor, Shape shape, int[] offsets) => TakeRows(tensor, shape, offsets, 1, 0);

    /// <summary>The elements that strides step through.</summary>
    public static Tensor Take(Tensor tensor, Shape shape, IReadOnlyList<int> strides, int first = 0)
    {
        // Offsets of rows, not of elements: weights are large.
        (int[] extents, int[][] merged) = Merge(shape.Extents, strides);
        int[] rows = tensor.IsUniform ? [] : Offsets(Shape.From(extents[..^1]), merged[0][..^1], first);
        return TakeRows(tensor, shape, rows, extents[^1], merged[0][^1]);
    }

    /// <summary>Merges neighbouring axes that all the given strides step through as one, so that loops are as few and long as can be.</summary>
    /// <returns>The extents and, in the order given, the strides; rank at least 1.</returns>
    public static (int[] Extents, int[][] Strides) Merge(IReadOnlyList<int> extents, params IReadOnlyList<int>[] strides)
    {
        var mergedExtents = new List<int>();
        List<int>[] merged = [.. strides.Select(_ => new List<int>())];
        for (int axis = 0; axis < extents.Count; axis++)
        {
            if (extents[axis] == 1)
            {
                continue;
            }

            bool joins = mergedExtents.Count > 0
                && Enumerable.Range(0, strides.Length).All(index => merged[index][^1] == strides[index][axis] * extents[axis]);
            if (joins)
            {
                mergedExtents[^1] *= extents[axis];
                for (int index = 0; index < strides.Length; index++)
                {
                    merged[index][^1] = strides[index][axis];
                }

                continue;
            }

            mergedExtents.Add(extents[axis]);
            for (int index = 0; index < strides.Length; index++)
            {
                merged[index].Add(strides[index][axis]);
            }
        }

        if (mergedExtents.Count == 0)
        {
            mergedExtents.Add(1);
            Array.ForEach(merged, list => list.Add(1));
        }

        return ([.. mergedExtents], [.. merged.Select(list => list.ToArray())]);
    }

    private static Tensor TakeRows(Tensor tensor, Shape shape, int[] rows, int length, int step)
    {
        if (shape.ElementCount > 0 && tensor.IsUniform)
        {
            return Tensor.Uniform(tensor, shape);
        }

        Tensor taken = Tensor.Zeros(new TensorType(tensor.Type, shape));
        if (taken.Count > 0)
        {
            switch (tensor.Type.SizeOf())
            {
                case 1:
                    Copy<byte>(tensor.Data, taken.Data, rows, length, step);
                    break;
                case 2:
                    Copy<short>(tensor.Data, taken.Data, rows, length, step);
                    break;
                case 4:
                    Copy<int>(tensor.Data, taken.Data, rows, length, step);
                    break;
                default:
                    Copy<long>(tensor.Data, taken.Data, rows, length, step);
                    break;
            }
        }

        return taken;
    }

    private static void Copy<T>(Array from, Array to, int[] rows, int length, int step)
        where T : unmanaged
    {
        ReadOnlySpan<T> source = Elements<T>(from);
        Span<T> target = Elements<T>(to);
        int position = 0;
        foreach (int row in rows)
        {
            for (int index = 0; index < length; index++)
            {
                target[position++] = source[row + (index * step)];
            }
        }
    }

    // By size, whatever the elements are.
    private static Span<T> Elements<T>(Array array)
        where T : unmanaged =>
        MemoryMarshal.Cast<byte, T>(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(array), Buffer.ByteLength(array)));
}
