using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import;

/// <summary>
/// The equation of an Einsum, applied to shapes. An axis is named by a number: letters by their code; the axes of an ellipsis by −1 for the last,
/// −2 for the one before, so that those of all operands align at the right.
/// </summary>
/// <param name="Operands">The axes of each operand.</param>
/// <param name="Output">The axes of the result.</param>
/// <param name="Extents">The extent of each axis.</param>
internal sealed record EinsumEquation(
    ImmutableArray<ImmutableArray<int>> Operands, ImmutableArray<int> Output, IReadOnlyDictionary<int, int> Extents)
{
    private const string Ellipsis = "...";

    /// <summary>Reads an equation.</summary>
    /// <exception cref="ImportException">It is none.</exception>
    /// <exception cref="ShapeException">The shapes do not fit it.</exception>
    public static EinsumEquation Parse(string text, ImmutableArray<Shape> shapes)
    {
        string[] sides = text.Replace(" ", "", System.StringComparison.Ordinal).Split("->");
        string[] terms = sides[0].Split(',');
        if (sides.Length > 2 || terms.Length != shapes.Length)
        {
            throw Invalid(text, $"for {shapes.Length} operands");
        }

        ImmutableArray<ImmutableArray<int>> operands = [.. terms.Zip(shapes, (term, shape) => Axes(text, term, shape))];
        int[] all = [.. operands.SelectMany(axes => axes)];
        int[] ellipsis = [.. all.Where(axis => axis < 0).Distinct().Order()];
        ImmutableArray<int> output = sides.Length == 1
            ? [.. ellipsis, .. all.Where(axis => axis >= 0).GroupBy(axis => axis).Where(group => group.Count() == 1).Select(group => group.Key).Order()]
            : Expand(text, sides[1], ellipsis);
        if (output.Distinct().Count() != output.Length || output.Except(all).Any())
        {
            throw Invalid(text, "whose output repeats an axis or has one of its own");
        }

        return output.Any(axis => axis < 0) || ellipsis.Length == 0
            ? new(operands, output, ExtentsOf(operands, shapes))
            : throw Invalid(text, "whose output lacks the ellipsis");
    }

    private static ImportException Invalid(string text, string what) => ImportException.Invalid($"attribute 'equation' of Einsum is '{text}', {what}");

    private static ImmutableArray<int> Axes(string text, string term, Shape shape)
    {
        int others = shape.Rank - Expand(text, term, []).Length;
        bool hasEllipsis = term.Contains(Ellipsis, System.StringComparison.Ordinal);
        return others == 0 || (others > 0 && hasEllipsis)
            ? Expand(text, term, [.. Enumerable.Range(-others, others)])
            : throw new ShapeException($"the term '{term}' of the equation '{text}' for an operand of {shape}");
    }

    private static ImmutableArray<int> Expand(string text, string term, int[] ellipsis)
    {
        string[] parts = term.Split(Ellipsis);
        return parts.Length <= 2 && parts.All(part => part.All(char.IsAsciiLetter))
            ? [.. parts[0].Select(letter => (int)letter), .. parts.Length == 2 ? ellipsis : [], .. parts[^1].Where(_ => parts.Length == 2).Select(letter => (int)letter)]
            : throw Invalid(text, "which has something else than letters and one ellipsis a term");
    }

    private static Dictionary<int, int> ExtentsOf(ImmutableArray<ImmutableArray<int>> operands, ImmutableArray<Shape> shapes)
    {
        var extents = new Dictionary<int, int>();
        foreach ((int axis, int extent) in operands.Zip(shapes).SelectMany(pair => pair.First.Zip(pair.Second)))
        {
            int known = extents.GetValueOrDefault(axis, 1);
            extents[axis] = known == 1 || known == extent ? extent
                : extent == 1 ? known
                : throw new ShapeException($"an axis of Einsum has the extents {known} and {extent}");
        }

        return extents;
    }
}
