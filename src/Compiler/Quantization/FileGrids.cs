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
    /// The grid of each value that the file puts on one, and of each value that is read for nothing but being put on one: what computes it may
    /// as well round itself.
    /// </summary>
    public static Dictionary<string, QuantizationParameters> Of(Graph graph)
    {
        var grids = new Dictionary<string, QuantizationParameters>(StringComparer.Ordinal);
        foreach (Node node in graph.Nodes)
        {
            if (node.Op is not Requantize { Target: { } grid })
            {
                continue;
            }

            grids[node.Output] = grid;
            string source = node.Inputs[0];
            if (graph.Producer(source)?.Op is not Requantize && !graph.IsOutput(source)
                && graph.Consumers(source).All(consumer => consumer.Op is Requantize other && Equals(other.Target, grid)))
            {
                grids[source] = grid;
            }
        }

        return grids;
    }
}
