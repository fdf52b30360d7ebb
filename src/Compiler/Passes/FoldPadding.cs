using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Passes;

/// <summary>Takes zero padding of rows and columns in front of a convolution into the convolution's own.</summary>
public static class FoldPadding
{
    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph) => GraphRewriter.Rewrite(graph, Rewrite);

    private static bool Rewrite(GraphRewriter rewriter, Node node)
    {
        if (node.Op is not Conv2D convolution || Padded(rewriter, node) is not { } padded || padded.Pad.Value != 0
            || padded.Pad.Between.Any(count => count != 0) || padded.Before[0] + padded.After[0] + padded.Before[3] + padded.After[3] != 0)
        {
            return false;
        }

        Window window = convolution.Window;
        Window wider = window with
        {
            PadTop = window.PadTop + padded.Before[1],
            PadLeft = window.PadLeft + padded.Before[2],
            PadBottom = window.PadBottom + padded.After[1],
            PadRight = window.PadRight + padded.After[2],
        };
        return rewriter.Replace(node, node.Name, convolution with { Window = wider }, [padded.Image, .. rewriter.InputsOf(node)[1..]]);
    }

    // The padding in front of a convolution and the image before it. At the model's input a transpose may stand between the two:
    // it has nothing above it that would have let it sink below the padding.
    private static (Pad Pad, EquatableArray<int> Before, EquatableArray<int> After, string Image)? Padded(GraphRewriter rewriter, Node node)
    {
        if (rewriter.Producer<Pad>(node, 0) is { Op: Pad direct } producer)
        {
            return (direct, direct.Before, direct.After, producer.Inputs[0]);
        }

        if (rewriter.Producer<Transpose>(node, 0) is not { Op: Transpose transpose } moved
            || rewriter.Target.ProducerOf(moved.Inputs[0]) is not { Op: Pad pad } source)
        {
            return null;
        }

        string image = rewriter.Target.Add(moved.Name, transpose, source.Inputs[0]);
        return (pad, Permute(pad.Before), Permute(pad.After), image);

        EquatableArray<int> Permute(EquatableArray<int> perAxis) => transpose.Permutation.Select(axis => perAxis[axis]).ToEquatableArray();
    }
}
