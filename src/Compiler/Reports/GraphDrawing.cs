using System;
using System.Collections.Immutable;
using System.Linq;

namespace ModelCompiler.Compiler.Reports;

/// <summary>Places the nodes of a graph in layers, each below what it reads; within a layer below the middle of what it reads (the barycentre heuristic).</summary>
internal static class GraphDrawing
{
    /// <summary>Column and row of each node; columns may be fractions.</summary>
    public static ImmutableArray<(double Column, int Row)> Place(ImmutableArray<NodeReport> nodes)
    {
        var rows = new int[nodes.Length];
        for (int index = 0; index < nodes.Length; index++)
        {
            rows[index] = nodes[index].Inputs.Select(input => rows[input] + 1).DefaultIfEmpty(0).Max();
        }

        var columns = new double[nodes.Length];
        foreach (IGrouping<int, int> layer in Enumerable.Range(0, nodes.Length).GroupBy(index => rows[index]).OrderBy(group => group.Key))
        {
            double least = double.NegativeInfinity;
            foreach ((int index, double wish) in layer
                .Select(index => (index, Wish: nodes[index].Inputs.Select(input => columns[input]).DefaultIfEmpty(0).Average()))
                .OrderBy(pair => pair.Wish)
                .ThenBy(pair => pair.index))
            {
                columns[index] = Math.Max(wish, least);
                least = columns[index] + 1;
            }
        }

        double left = columns.DefaultIfEmpty(0).Min();
        return [.. columns.Zip(rows, (column, row) => (column - left, row))];
    }
}
