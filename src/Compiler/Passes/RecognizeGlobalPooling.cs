using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Passes;

/// <summary>Makes a global average or maximum pooling of a reduction over the rows and columns of an image, one of the two, or the length of a signal.</summary>
public static class RecognizeGlobalPooling
{
    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph) => GraphRewriter.Rewrite(graph, Rewrite);

    private static bool Rewrite(GraphRewriter rewriter, Node node)
    {
        if (node.Op is not Reduce { Kind: ReduceKind.Mean or ReduceKind.Maximum } reduce)
        {
            return false;
        }

        string input = rewriter.New(node.Inputs[0]);
        (ElementType type, Shape shape) = rewriter.Target.ValueOf(input).Type;
        bool isImage = shape.Rank == 4 && reduce.Axes.Count > 0 && reduce.Axes.All(axis => axis is 1 or 2);
        bool isSignal = shape.Rank == 3 && reduce.Axes.SequenceEqual([1]);
        if (type != ElementType.Float32 || shape.ElementCount == 0 || !(isImage || isSignal))
        {
            return false;
        }

        GraphBuilder target = rewriter.Target;
        string image = isSignal ? target.Add(node.Name, new Reshape([shape[0], 1, shape[1], shape[2]]), input) : input;
        var window = new Window(isImage && reduce.Axes.Contains(1) ? shape[1] : 1, isSignal ? shape[1] : reduce.Axes.Contains(2) ? shape[2] : 1);
        PoolKind kind = reduce.Kind == ReduceKind.Mean ? PoolKind.Average : PoolKind.Maximum;
        string pooled = target.AddNode(node.Name, new Pool2D(kind, window), [image], [node.Output])[0];
        return rewriter.Replace(node, target.Add(node.Name, new Reshape(rewriter.Source.ShapeOf(node.Output)), pooled));
    }
}
