using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Passes;

/// <summary>Takes zero padding of rows and columns in front of a convolution into the convolution's own.</summary>
public static class FoldPadding
{
    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph) => GraphRewriter.Rewrite(graph, Rewrite);

    private static bool Rewrite(GraphRewriter rewriter, Node node)
    {
        if (node.Op is not Conv2D convolution || rewriter.Producer<Pad>(node, 0) is not { Op: Pad pad } producer
            || pad.Value != 0 || pad.Between.Any(count => count != 0)
            || pad.Before[0] + pad.After[0] + pad.Before[3] + pad.After[3] != 0)
        {
            return false;
        }

        Window window = convolution.Window;
        Window padded = window with
        {
            PadTop = window.PadTop + pad.Before[1],
            PadLeft = window.PadLeft + pad.Before[2],
            PadBottom = window.PadBottom + pad.After[1],
            PadRight = window.PadRight + pad.After[2],
        };
        return rewriter.Replace(node, node.Name, convolution with { Window = padded }, [producer.Inputs[0], .. rewriter.InputsOf(node)[1..]]);
    }
}
