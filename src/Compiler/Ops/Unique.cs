using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Numerics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>
/// The different rows of a matrix. Outputs, all int64: the place of the first of each group of equal rows, the group of each row, the rows of each
/// group – the first and the last padded with zeros – and the number of groups. NaN is equal to itself.
/// </summary>
/// <param name="Sorted">Groups in the order of their rows, compared element by element, NaN last, rather than as they come.</param>
public sealed record Unique(bool Sorted) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        TensorType input = inputs[0];
        Require(
            input.Type is ElementType.Float32 or ElementType.Float64 or ElementType.Int32 or ElementType.Int64 or ElementType.UInt64, $"the different rows of {input.Type}");
        Require(input.Shape.Rank == 2, $"the rows of {input.Shape}");
        var list = new TensorType(ElementType.Int64, [input.Shape[0]]);
        return [list, list, list, new TensorType(ElementType.Int64, Shape.Scalar)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs) => inputs[0].Type switch
    {
        ElementType.Float32 => Evaluate<float>(inputs[0]),
        ElementType.Float64 => Evaluate<double>(inputs[0]),
        ElementType.Int32 => Evaluate<int>(inputs[0]),
        ElementType.Int64 => Evaluate<long>(inputs[0]),
        _ => Evaluate<ulong>(inputs[0]),
    };

    private ImmutableArray<Tensor> Evaluate<T>(Tensor input)
        where T : INumber<T>
    {
        (int rows, int columns) = (input.Shape[0], input.Shape[1]);
        T[] elements = input.Values<T>();
        var order = Comparer<int>.Create((left, right) => Enumerable.Range(0, columns)
            .Select(column => Compare(elements[(left * columns) + column], elements[(right * columns) + column]))
            .FirstOrDefault(comparison => comparison != 0));
        var groups = new List<List<int>>();
        foreach (int row in Enumerable.Range(0, rows).Order(order))
        {
            if (groups.Count == 0 || order.Compare(groups[^1][0], row) != 0)
            {
                groups.Add([]);
            }

            groups[^1].Add(row);
        }

        groups = Sorted ? groups : [.. groups.OrderBy(group => group[0])];
        var inverse = new long[rows];
        for (int group = 0; group < groups.Count; group++)
        {
            groups[group].ForEach(row => inverse[row] = group);
        }

        return
        [
            Tensor.Of([rows], Padded(groups.Select(group => (long)group[0]), rows)),
            Tensor.Of([rows], inverse),
            Tensor.Of([rows], Padded(groups.Select(group => (long)group.Count), rows)),
            Tensor.Scalar((long)groups.Count),
        ];
    }

    private static int Compare<T>(T left, T right)
        where T : INumber<T> => T.IsNaN(left) || T.IsNaN(right) ? T.IsNaN(left).CompareTo(T.IsNaN(right)) : left.CompareTo(right);

    private static long[] Padded(IEnumerable<long> values, int length)
    {
        long[] padded = [.. values];
        Array.Resize(ref padded, length);
        return padded;
    }
}
