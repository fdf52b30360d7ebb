using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import;

/// <summary>
/// Sums of products over named axes: the operands are taken in one after the other, each time by a matrix product over the axes that nobody needs
/// any more, or, where there are none, by a multiplication.
/// </summary>
internal static class EinsumProduct
{
    /// <summary>Adds what computes the sum.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="text">The equation.</param>
    /// <param name="operands">The operands.</param>
    /// <exception cref="ImportException">The equation makes no sense, or the operands are no numbers.</exception>
    public static string Emit(NodeContext context, string text, ImmutableArray<string> operands)
    {
        ElementType type = context.ElementTypeOf(operands[0]);
        ElementType wide = type switch
        {
            ElementType.Boolean => throw ImportException.ElementType(operands[0], type.ToString()),
            ElementType.Float32 or ElementType.Float64 or ElementType.Int64 => type,
            ElementType.UInt64 => ElementType.Int64,
            _ => ElementType.Int32,
        };
        EinsumEquation equation = EinsumEquation.Parse(text, [.. operands.Select(context.ShapeOf)]);
        Factor[] factors = [.. operands.Zip(equation.Operands, (value, axes) => WithoutUnits(context, WithoutRepetition(context, new(context.Convert(value, wide), axes))))];
        Factor product = factors[0];
        for (int index = 1; index < factors.Length; index++)
        {
            HashSet<int> needed = [.. equation.Output, .. factors.Skip(index + 1).SelectMany(factor => factor.Axes)];
            product = Multiply(context, product, factors[index], needed);
        }

        product = Sum(context, product, equation.Output);
        string ordered = context.Transpose(product.Value, [.. equation.Output.Where(product.Axes.Contains).Select(axis => product.Axes.IndexOf(axis))]);
        return context.Convert(context.Reshape(ordered, Shape.From(equation.Output.Select(axis => equation.Extents[axis]))), type);
    }

    // An axis that appears twice is a diagonal: of the two merged into one, every (n + 1)-th element.
    private static Factor WithoutRepetition(NodeContext context, Factor factor)
    {
        (string value, ImmutableArray<int> axes) = factor;
        for (int first = 0; first < axes.Length; first++)
        {
            for (int second = axes.LastIndexOf(axes[first]); second > first; second = axes.LastIndexOf(axes[first]))
            {
                Shape shape = context.ShapeOf(value);
                if (shape[first] != shape[second])
                {
                    throw new ShapeException($"a diagonal of the axes {first} and {second} of {shape}");
                }

                string moved = context.MoveAxis(value, second, first + 1);
                Shape merged = Shape.From(shape.Extents.RemoveAt(second).SetItem(first, checked(shape[first] * shape[first])));
                value = context.Slice(context.Reshape(moved, merged), first, 0, shape[first], shape[first] + 1);
                axes = axes.RemoveAt(second);
            }
        }

        return new(value, axes);
    }

    // An extent of 1 broadcasts: the axis is as good as not there.
    private static Factor WithoutUnits(NodeContext context, Factor factor)
    {
        Shape shape = context.ShapeOf(factor.Value);
        return new(
            context.Reshape(factor.Value, Shape.From(shape.Where(extent => extent != 1))),
            [.. factor.Axes.Where((_, index) => shape[index] != 1)]);
    }

    private static Factor Sum(NodeContext context, Factor factor, IReadOnlyCollection<int> needed)
    {
        int[] summed = [.. Enumerable.Range(0, factor.Axes.Length).Where(index => !needed.Contains(factor.Axes[index]))];
        return summed.Length == 0
            ? factor
            : new(context.Reduce(ReduceKind.Sum, factor.Value, summed, keep: false), [.. factor.Axes.Where(needed.Contains)]);
    }

    private static Factor Multiply(NodeContext context, Factor left, Factor right, HashSet<int> needed)
    {
        left = Sum(context, left, [.. needed, .. right.Axes]);
        right = Sum(context, right, [.. needed, .. left.Axes]);
        int[] shared = [.. left.Axes.Intersect(right.Axes)];
        int[] batch = [.. shared.Where(needed.Contains)];
        int[] summed = [.. shared.Except(batch)];
        int[] rows = [.. left.Axes.Except(shared)];
        int[] columns = [.. right.Axes.Except(shared)];
        int[] batchExtents = Extents(context, left, batch);
        int[] rowExtents = Extents(context, left, rows);
        int[] columnExtents = Extents(context, right, columns);
        string one = Ordered(context, left, [.. batch, .. rows, .. summed]);
        string other = Ordered(context, right, [.. batch, .. summed, .. columns]);
        Shape result = Shape.From([.. batchExtents, .. rowExtents, .. columnExtents]);
        ImmutableArray<int> axes = [.. batch, .. rows, .. columns];
        if (summed.Length == 0)
        {
            string broadcast = context.Reshape(one, Shape.From([.. batchExtents, .. rowExtents, .. columns.Select(_ => 1)]));
            string across = context.Reshape(other, Shape.From([.. batchExtents, .. rows.Select(_ => 1), .. columnExtents]));
            return new(context.Map(broadcast, across, (x, y) => x * y), axes);
        }

        int inner = Shape.From(Extents(context, left, summed)).Count(..);
        int[] batches = batch.Length == 0 ? [] : [Shape.From(batchExtents).Count(..)];
        string product = context.Emit(
            new MatMul(),
            context.Reshape(one, Shape.From([.. batches, Shape.From(rowExtents).Count(..), inner])),
            context.Reshape(other, Shape.From([.. batches, inner, Shape.From(columnExtents).Count(..)])));
        return new(context.Reshape(product, result), axes);
    }

    private static string Ordered(NodeContext context, Factor factor, int[] axes) =>
        context.Transpose(factor.Value, Array.ConvertAll(axes, axis => factor.Axes.IndexOf(axis)));

    private static int[] Extents(NodeContext context, Factor factor, int[] axes)
    {
        Shape shape = context.ShapeOf(factor.Value);
        return Array.ConvertAll(axes, axis => shape[factor.Axes.IndexOf(axis)]);
    }

    // A tensor whose axes have names.
    private readonly record struct Factor(string Value, ImmutableArray<int> Axes);
}
