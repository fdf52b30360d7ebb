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
        if (type != ElementType.Float32 || shape.ElementCount == 0 || Pooled(reduce, shape, IsQuantized(rewriter, node)) is not { } pooling)
        {
            return false;
        }

        GraphBuilder target = rewriter.Target;
        string image = shape == pooling.Image ? input : target.Add(node.Name, new Reshape(pooling.Image), input);
        PoolKind kind = reduce.Kind == ReduceKind.Mean ? PoolKind.Average : PoolKind.Maximum;
        string pooled = target.AddNode(node.Name, new Pool2D(kind, pooling.Window), [image], [node.Output])[0];
        return rewriter.Replace(node, target.Add(node.Name, new Reshape(rewriter.Source.ShapeOf(node.Output)), pooled));
    }

    // The image whose pooling over a window is the reduction.
    private static (Shape Image, Window Window)? Pooled(Reduce reduce, Shape shape, bool isQuantized)
    {
        int[] axes = [.. reduce.Axes];
        if (shape.Rank == 4 && axes.Length > 0 && axes.All(axis => axis is 1 or 2))
        {
            return (shape, new Window(axes.Contains(1) ? shape[1] : 1, axes.Contains(2) ? shape[2] : 1));
        }

        if (shape.Rank == 3 && axes.SequenceEqual([1]))
        {
            return ([shape[0], 1, shape[1], shape[2]], new Window(1, shape[1]));
        }

        // Channels first: of one row for each channel. In float a reduction of contiguous elements is as good.
        bool isLast = shape.Rank > axes.Length && axes.Length > 0 && axes.SequenceEqual(Enumerable.Range(shape.Rank - axes.Length, axes.Length));
        int inner = isLast ? axes.Aggregate(1, (product, axis) => product * shape[axis]) : 0;
        return isLast && isQuantized ? ([(int)(shape.ElementCount / inner), 1, inner, 1], new Window(1, inner)) : null;
    }

    // On a grid before and after, perhaps in another shape.
    private static bool IsQuantized(GraphRewriter rewriter, Node node) => rewriter.Producer<Requantize>(node, 0) is not null
        && rewriter.Source.Consumers(node.Output).SelectMany(reader => reader.Op is Reshape ? rewriter.Source.Consumers(reader.Output) : [reader]).All(reader => reader.Op is Requantize);
}
