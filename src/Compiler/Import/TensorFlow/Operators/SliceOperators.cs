using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>What takes a part of each axis.</summary>
internal static class SliceOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        new("Slice", Slice),
        new("StridedSlice", StridedSlice),
    ];

    private static string Slice(TensorFlowNode node, TensorFlowContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] starts = context.IntegerInput(1), sizes = context.IntegerInput(2);
        if (starts.Length != shape.Rank || sizes.Length != shape.Rank
            || shape.Where((extent, axis) => starts[axis] < 0 || starts[axis] > extent || sizes[axis] < -1 || sizes[axis] > extent - starts[axis]).Any())
        {
            throw new ShapeException($"{string.Join('×', sizes)} elements from {string.Join(',', starts)} on of {shape}");
        }

        int[] extents = [.. sizes.Select((size, axis) => size < 0 ? shape[axis] - (int)starts[axis] : (int)size)];
        int[] first = [.. starts.Select((start, axis) => extents[axis] == 0 ? 0 : (int)start)];
        return context.Slice(node[0], first, extents, [.. shape.Select(_ => 1)]);
    }

    // Numbers i of begin, end and strides belong to one axis each, unless the masks' bits i say that they are an ellipsis or a new axis.
    private static string StridedSlice(TensorFlowNode node, TensorFlowContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] begin = context.IntegerInput(1), end = context.IntegerInput(2), strides = context.IntegerInput(3);
        if (end.Length != begin.Length || strides.Length != begin.Length || begin.Length > 63)
        {
            throw new ShapeException($"StridedSlice with {begin.Length}, {end.Length} and {strides.Length} numbers");
        }

        bool[] isEllipsis = Mask(node, "ellipsis_mask", begin.Length), isNew = Mask(node, "new_axis_mask", begin.Length), shrinks = Mask(node, "shrink_axis_mask", begin.Length);
        bool[] fromFirst = Mask(node, "begin_mask", begin.Length), toLast = Mask(node, "end_mask", begin.Length);
        int own = Enumerable.Range(0, begin.Length).Count(index => !isEllipsis[index] && !isNew[index]);
        if (own > shape.Rank || isEllipsis.Count(set => set) > 1)
        {
            throw new ShapeException($"StridedSlice of {own} axes of {shape}");
        }

        int[] starts = new int[shape.Rank], sizes = [.. shape], steps = [.. shape.Select(_ => 1)];
        var result = new List<int>();
        int axis = 0;
        for (int index = 0; index < begin.Length; index++)
        {
            if (isEllipsis[index])
            {
                int skipped = shape.Rank - own;
                result.AddRange(shape.Skip(axis).Take(skipped));
                axis += skipped;
            }
            else if (isNew[index])
            {
                result.Add(1);
            }
            else if (shrinks[index])
            {
                starts[axis] = Element(begin[index], fromFirst[index], shape[axis]);
                sizes[axis++] = 1;
            }
            else
            {
                (starts[axis], sizes[axis], steps[axis]) = Range(begin[index], end[index], strides[index], fromFirst[index], toLast[index], shape[axis]);
                result.Add(sizes[axis++]);
            }
        }

        return context.Reshape(context.Slice(node[0], starts, sizes, steps), Shape.From([.. result, .. shape.Skip(axis)]));
    }

    private static int Element(long begin, bool isFirst, int length)
    {
        long place = isFirst ? 0 : begin < 0 ? begin + length : begin;
        return place >= 0 && place < length ? (int)place : throw new ShapeException($"element {begin} of an axis of {length}");
    }

    private static (int Start, int Size, int Step) Range(long begin, long end, long step, bool fromFirst, bool toLast, int length) => SliceRange.Of(
        fromFirst ? (step > 0 ? 0 : int.MaxValue) : begin,
        toLast ? (step > 0 ? int.MaxValue : -(long)int.MaxValue) : end,
        step,
        length);

    private static bool[] Mask(TensorFlowNode node, string attribute, int count)
    {
        long bits = node.Integer(attribute, 0);
        return [.. Enumerable.Range(0, count).Select(index => ((bits >> index) & 1) != 0)];
    }
}
