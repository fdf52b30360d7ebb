using System;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Graphs;

/// <summary>
/// How the model's file stores a constant that is float32 in the graph: whole numbers, the zero point taken off, with a scale for all of them
/// or one for each slice of an axis. Element = level × scale.
/// </summary>
/// <param name="Levels">int8 or int32, in the shape of the constant.</param>
/// <param name="Scales">One, or one for each slice of <paramref name="Axis"/>.</param>
/// <param name="Axis">The axis of the slices; of no meaning when there is one scale.</param>
public sealed record StoredIntegers(Tensor Levels, ImmutableArray<float> Scales, int Axis)
{
    /// <summary>Whether each slice of the first axis has one scale.</summary>
    public bool IsPerFirstAxis => Scales.Length == 1 || Axis == 0;

    /// <summary>The scale of a slice.</summary>
    public float ScaleOf(int slice) => Scales[Scales.Length == 1 ? 0 : slice];

    /// <summary>Makes it of what the file has; <see langword="null"/> when the levels do not fit int8, or int32 for int32, or a scale makes no sense.</summary>
    /// <param name="integers">The file's integers.</param>
    /// <param name="scales">One, or one for each slice of the axis.</param>
    /// <param name="zeros">As many zero points as scales, or one; empty for none.</param>
    /// <param name="axis">The axis.</param>
    public static StoredIntegers? Of(Tensor integers, float[] scales, long[] zeros, int axis)
    {
        bool isPerSlice = scales.Length > 1 || zeros.Length > 1;
        int slices = isPerSlice ? integers.Shape[axis] : 1;
        if (integers.Type is not (ElementType.Int8 or ElementType.UInt8 or ElementType.Int32) || integers.Count == 0
            || scales.Any(scale => !(scale > 0) || !float.IsFinite(scale))
            || (scales.Length != 1 && scales.Length != slices) || (zeros.Length > 1 && zeros.Length != slices))
        {
            return null;
        }

        int inner = isPerSlice ? integers.Shape.Extents[(axis + 1)..].Aggregate(1, (product, extent) => product * extent) : integers.Count;
        long[] levels = integers.ToInt64();
        for (int index = 0; zeros.Length > 0 && index < levels.Length; index++)
        {
            levels[index] -= zeros[zeros.Length == 1 ? 0 : index / inner % slices];
        }

        bool isWide = integers.Type == ElementType.Int32;
        (long least, long greatest) = isWide ? (int.MinValue, int.MaxValue) : (sbyte.MinValue, sbyte.MaxValue);
        if (levels.Any(level => level < least || level > greatest))
        {
            return null;
        }

        Tensor narrow = isWide
            ? Tensor.Of(integers.Shape, Array.ConvertAll(levels, level => (int)level))
            : Tensor.Of(integers.Shape, Array.ConvertAll(levels, level => (sbyte)level));
        ImmutableArray<float> perSlice = scales.Length == slices ? [.. scales] : [.. Enumerable.Repeat(scales[0], slices)];
        return new StoredIntegers(narrow, perSlice, isPerSlice ? axis : 0);
    }

    /// <summary>Of the same constant in another shape; <see langword="null"/> when the slices are no longer those of one axis.</summary>
    public StoredIntegers? Reshape(Shape shape)
    {
        if (Scales.Length == 1)
        {
            return new StoredIntegers(Levels.Reshape(shape), Scales, 0);
        }

        long before = Shape.From(Levels.Shape.Extents[..Axis]).ElementCount;
        int axis = Enumerable.Range(0, shape.Rank).FirstOrDefault(
            candidate => shape[candidate] == Scales.Length && Shape.From(shape.Extents[..candidate]).ElementCount == before, -1);
        return axis < 0 ? null : new StoredIntegers(Levels.Reshape(shape), Scales, axis);
    }
}
