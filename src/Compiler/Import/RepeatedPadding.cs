using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import;

/// <summary>Padding by elements of the value itself.</summary>
internal static class RepeatedPadding
{
    /// <summary>Adds what computes it.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="value">Of what.</param>
    /// <param name="before">Elements before, one an axis; negative to cut.</param>
    /// <param name="after">Elements behind, one an axis; negative to cut.</param>
    /// <param name="mode">edge, wrap, reflect (without the edge) or symmetric (with it).</param>
    /// <exception cref="ImportException">The mode is none of these.</exception>
    public static string Emit(NodeContext context, string value, int[] before, int[] after, string mode)
    {
        Func<int, int, int> rule = IndexRule(mode);
        Shape shape = context.ShapeOf(value);
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            if ((before[axis] | after[axis]) == 0)
            {
                continue;
            }

            int length = shape[axis];
            int size = length + before[axis] + after[axis];
            if (length == 0 || size < 0)
            {
                throw new ShapeException($"padding of {before[axis]} and {after[axis]} around axis {axis} of {shape}");
            }

            int first = -before[axis];
            value = context.Gather(value, axis, [.. Enumerable.Range(first, size).Select(index => (long)rule(index, length))]);
        }

        return value;
    }

    // Where in an axis of that length the element beyond its ends comes from.
    private static Func<int, int, int> IndexRule(string mode) => mode switch
    {
        "edge" => (index, length) => Math.Clamp(index, 0, length - 1),
        "wrap" => Wrap,
        "reflect" => (index, length) => length == 1 ? 0 : length - 1 - Math.Abs(Wrap(index, 2 * (length - 1)) - (length - 1)),
        "symmetric" => (index, length) => Wrap(index, 2 * length) is var place && place < length ? place : (2 * length) - 1 - place,
        _ => throw ImportException.Invalid($"attribute 'mode' of Pad is '{mode}'"),
    };

    private static int Wrap(int index, int length) => ((index % length) + length) % length;
}
