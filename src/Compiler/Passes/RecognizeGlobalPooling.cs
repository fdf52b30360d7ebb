using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Passes;

/// <summary>Makes a global average or maximum pooling of a reduction over the rows and columns of an image.</summary>
public static class RecognizeGlobalPooling
{
    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph) => GraphRewriter.Rewrite(graph, Rewrite);

    private static bool Rewrite(GraphRewriter rewriter, Node node)
    {
        if (node.Op is not Reduce { Kind: ReduceKind.Mean or ReduceKind.Maximum } reduce || !reduce.Axes.SequenceEqual([1, 2]))
        {
            return false;
        }

        string input = rewriter.New(node.Inputs[0]);
        (ElementType type, Shape shape) = rewriter.Target.ValueOf(input).Type;
        if (type != ElementType.Float32 || shape.Rank != 4 || shape.ElementCount == 0)
        {
            return false;
        }

        PoolKind kind = reduce.Kind == ReduceKind.Mean ? PoolKind.Average : PoolKind.Maximum;
        string pooled = rewriter.Target.AddNode(node.Name, new Pool2D(kind, new Window(shape[1], shape[2])), [input], [node.Output])[0];
        return rewriter.Replace(node, rewriter.Target.Add(node.Name, new Reshape([shape[0], shape[3]]), pooled));
    }
}
