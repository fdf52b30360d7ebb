using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>
/// Determinants by Laplace's expansion, row by row: the minors of the first rows over each choice of columns are made of those of one row less.
/// Nothing is divided, so no pivot has to be looked for.
/// </summary>
internal static class DeterminantOperators
{
    // The number of minors doubles with each row.
    private const int LargestMatrix = 10;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries => [new("Det", 11, Determinant)];

    private static string Determinant(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int size = shape.Rank < 2 ? 0 : shape[^1];
        if (size == 0 || shape[^2] != size)
        {
            throw new ShapeException($"the determinant of {shape}, which are not square matrices");
        }

        if (size > LargestMatrix)
        {
            throw ImportException.Attribute(node.Operator, $"a matrix of {size}×{size}", $"matrices up to {LargestMatrix}×{LargestMatrix} are");
        }

        string matrices = context.Reshape(node[0], [shape.Count(..^2), size, size]);
        string minors = context.Reshape(context.Slice(matrices, 1, 0, 1), [shape.Count(..^2), size]);
        for (int row = 1; row < size; row++)
        {
            minors = Expand(context, minors, context.Reshape(context.Slice(matrices, 1, row, 1), [shape.Count(..^2), size]), size, row + 1);
        }

        return context.Reshape(minors, Shape.From(shape.SkipLast(2)));
    }

    // The minors of one row more, expanded along that row.
    private static string Expand(OnnxContext context, string minors, string row, int size, int rows)
    {
        List<int> before = Choices(size, rows - 1), choices = Choices(size, rows);
        (int Column, int Minor, int Sign)[] terms = [.. choices.SelectMany(choice =>
            Enumerable.Range(0, size).Where(column => (choice >> column & 1) != 0).Select((column, place) =>
                (column, before.IndexOf(choice & ~(1 << column)), (rows - 1 - place) % 2 == 0 ? 1 : -1)))];
        string elements = context.Gather(row, 1, [.. terms.Select(term => (long)term.Column)]);
        string cofactors = context.Gather(minors, 1, [.. terms.Select(term => (long)term.Minor)]);
        string signs = context.Convert(context.Constant(Tensor.Of([1, terms.Length], [.. terms.Select(term => (long)term.Sign)])), context.ElementTypeOf(row));
        string products = context.Map(elements, cofactors, signs, (x, y, sign) => x * y * sign);
        return context.Reduce(ReduceKind.Sum, context.Reshape(products, [context.ShapeOf(row)[0], choices.Count, rows]), [2], keep: false);
    }

    // Choices of so many columns, as bits, ascending.
    private static List<int> Choices(int size, int count) => [.. Enumerable.Range(0, 1 << size).Where(bits => BitOperations.PopCount((uint)bits) == count)];
}
