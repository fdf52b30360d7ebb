using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>The grids that the model's file puts values on.</summary>
public static class FileGrids
{
    /// <summary>Whether the file quantises anything.</summary>
    public static bool Any(Graph graph) => graph.Nodes.Any(node => node.Op is Requantize);

    /// <summary>
    /// The grid of each value that the file puts on one, and of each value that is read for nothing but being put on one, as it is or moved:
    /// what computes it may as well round itself.
    /// </summary>
    public static Dictionary<string, QuantizationParameters> Of(Graph graph)
    {
        var grids = new Dictionary<string, QuantizationParameters>(StringComparer.Ordinal);

        // From the last to the first: a value's readers are known when it comes.
        foreach (Node node in graph.Nodes.Reverse())
        {
            if ((node.Op is Requantize { Target: { } own } ? own : Wanted(graph, node.Output, grids)) is { } grid)
            {
                grids.Add(node.Output, grid);
            }
        }

        foreach (string input in graph.Inputs)
        {
            if (Wanted(graph, input, grids) is { } grid)
            {
                grids.Add(input, grid);
            }
        }

        return grids;
    }

    // The one grid that all readers of a value put it on.
    private static QuantizationParameters? Wanted(Graph graph, string value, Dictionary<string, QuantizationParameters> grids)
    {
        if (graph.IsOutput(value))
        {
            return null;
        }

        QuantizationParameters?[] wanted = [.. graph.Consumers(value)
            .Select(consumer => IsMovement(consumer.Op) || consumer.Op is Requantize ? grids.GetValueOrDefault(consumer.Output) : null).Distinct()];
        return wanted is [{ } grid] ? grid : null;
    }

    // Rounding commutes with these; the greatest of rounded numbers is the greatest, rounded.
    private static bool IsMovement(Op op) => op is Reshape or Transpose or Slice or Expand or Gather or Concat or Pool2D { Kind: PoolKind.Maximum };
}
