using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>Part of a tensor as NumPy's indexing has it: axes may be added, dropped, stepped through backwards, or left as they are.</summary>
internal static class StridedSlice
{
    /// <summary>Imports the operator.</summary>
    public static string Import(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] begin = context.IntegerInput(1), end = context.IntegerInput(2), steps = context.IntegerInput(3);
        if (begin.Length != end.Length || begin.Length != steps.Length || begin.Length > 32)
        {
            throw ImportException.Invalid($"begin, end and strides of {node.Operator} differ in length");
        }

        int[] starts = new int[shape.Rank], sizes = [.. shape], by = [.. shape.Select(_ => 1)];
        var kept = new List<int>();
        int axis = 0;
        for (int index = 0; index < begin.Length; index++)
        {
            if (Has(node, 2, index))
            {
                // All axes that the entries behind do not speak of.
                int spoken = Enumerable.Range(index + 1, begin.Length - index - 1).Count(other => !Has(node, 3, other));
                for (; axis < shape.Rank - spoken; axis++)
                {
                    kept.Add(shape[axis]);
                }
            }
            else if (Has(node, 3, index))
            {
                kept.Add(1);
            }
            else
            {
                int extent = axis < shape.Rank ? shape[axis] : throw new ShapeException($"{node.Operator} of {begin.Length} axes of {shape}");
                long last = node.Flag(5) ? begin[index] + end[index] : end[index];
                (starts[axis], sizes[axis], by[axis]) = Has(node, 4, index)
                    ? (Single(begin[index], extent), 1, 1)
                    : Range(Has(node, 0, index) ? null : begin[index], Has(node, 1, index) ? null : last, steps[index], extent);
                if (!Has(node, 4, index))
                {
                    kept.Add(sizes[axis]);
                }

                axis++;
            }
        }

        return context.Reshape(context.Slice(node[0], starts, sizes, by), Shape.From(kept.Concat(shape.Skip(axis))));
    }

    private static bool Has(LiteOperator node, int mask, int index) => (node.Integer(mask) & (1 << index)) != 0;

    private static int Single(long place, int extent) =>
        place >= -extent && place < extent ? (int)(place < 0 ? place + extent : place) : throw new ShapeException($"element {place} of {extent}");

    private static (int Start, int Size, int Step) Range(long? begin, long? end, long step, int extent)
    {
        if (step is 0 or > int.MaxValue or < -int.MaxValue)
        {
            throw ImportException.Invalid($"a stride of {step}");
        }

        (long least, long greatest) = step > 0 ? (0, extent) : (-1, extent - 1);
        long from = begin is { } first ? Math.Clamp(first < 0 ? first + extent : first, least, greatest) : step > 0 ? 0 : extent - 1;
        long to = end is { } last ? Math.Clamp(last < 0 ? last + extent : last, least, greatest) : step > 0 ? extent : -1;
        long size = Math.Max(0, (to - from + step - Math.Sign(step)) / step);
        return (size == 0 ? 0 : (int)from, (int)size, (int)step);
    }
}
