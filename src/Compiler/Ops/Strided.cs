using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

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
    public static Tensor Take(Tensor tensor, Shape shape, int[] offsets)
    {
        Array data = Array.CreateInstance(tensor.Type.NetType(), offsets.Length);
        switch (tensor.Data)
        {
            case float[] source:
                Take(source, (float[])data, offsets);
                break;
            case long[] source:
                Take(source, (long[])data, offsets);
                break;
            default:
                for (int index = 0; index < offsets.Length; index++)
                {
                    Array.Copy(tensor.Data, offsets[index], data, index, 1);
                }

                break;
        }

        return Tensor.Of(shape, data);
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

    private static void Take<T>(T[] source, T[] target, int[] offsets)
    {
        for (int index = 0; index < offsets.Length; index++)
        {
            target[index] = source[offsets[index]];
        }
    }
}
