using System;
using System.Collections.Immutable;
using System.Linq;
using System.Numerics;
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
        Func<int, long> zero = index => zeros.Length == 0 ? 0 : zeros[zeros.Length == 1 ? 0 : index / inner % slices];
        Tensor? levels = integers.Type switch
        {
            ElementType.Int32 => Centred<int, int>(integers, zero),
            ElementType.UInt8 => Centred<byte, sbyte>(integers, zero),
            _ => Centred<sbyte, sbyte>(integers, zero),
        };
        ImmutableArray<float> perSlice = scales.Length == slices ? [.. scales] : [.. Enumerable.Repeat(scales[0], slices)];
        return levels is null ? null : new StoredIntegers(levels, perSlice, isPerSlice ? axis : 0);
    }

    // The integers less their zero points; null when one does not fit.
    private static Tensor? Centred<TFrom, TTo>(Tensor integers, Func<int, long> zero)
        where TFrom : IBinaryInteger<TFrom>
        where TTo : IBinaryInteger<TTo>, IMinMaxValue<TTo>
    {
        TFrom[] source = integers.Values<TFrom>();
        var levels = new TTo[source.Length];
        (long least, long greatest) = (long.CreateChecked(TTo.MinValue), long.CreateChecked(TTo.MaxValue));
        for (int index = 0; index < levels.Length; index++)
        {
            long level = long.CreateChecked(source[index]) - zero(index);
            if (level < least || level > greatest)
            {
                return null;
            }

            levels[index] = TTo.CreateChecked(level);
        }

        return Tensor.Of(integers.Shape, levels);
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
