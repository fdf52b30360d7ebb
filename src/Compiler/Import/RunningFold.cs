using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import;

/// <summary>Running sums and products: in each round every element takes in the one so far before it, and the distance doubles.</summary>
internal static class RunningFold
{
    /// <summary>Adds what computes them.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="value">Of what.</param>
    /// <param name="axis">Along which axis.</param>
    /// <param name="exclusive">Whether an element does not take part in its own result.</param>
    /// <param name="reverse">Whether it goes from the last to the first.</param>
    /// <param name="neutral">The number that changes nothing.</param>
    /// <param name="combine">What is made of two.</param>
    public static string Emit(NodeContext context, string value, int axis, bool exclusive, bool reverse, double neutral, Func<Term, Term, Term> combine)
    {
        int length = context.ShapeOf(value)[axis];
        value = exclusive && length > 0 ? Shift(context, value, axis, 1, reverse, neutral) : value;
        for (long distance = 1; distance < length; distance *= 2)
        {
            value = context.Map(value, Shift(context, value, axis, (int)distance, reverse, neutral), combine);
        }

        return value;
    }

    // Every element moves so far along the axis; what comes in changes nothing.
    private static string Shift(NodeContext context, string value, int axis, int distance, bool backward, double neutral)
    {
        Shape shape = context.ShapeOf(value);
        int[] none = new int[shape.Rank];
        int[] coming = [.. shape.Select((_, other) => other == axis ? distance : 0)];
        string staying = context.Slice(value, axis, backward ? distance : 0, shape[axis] - distance);
        return backward ? context.Pad(staying, none, coming, neutral) : context.Pad(staying, coming, none, neutral);
    }
}
