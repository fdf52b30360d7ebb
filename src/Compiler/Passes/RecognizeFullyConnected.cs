using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Passes;

/// <summary>
/// Makes fully connected layers of matrix products with constant weights. When the rows are a flattened transposed image, the weights are
/// reordered instead of the image.
/// </summary>
public static class RecognizeFullyConnected
{
    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph) => GraphRewriter.Rewrite(graph, Rewrite);

    private static bool Rewrite(GraphRewriter rewriter, Node node)
    {
        GraphBuilder target = rewriter.Target;
        if (node.Op is not MatMul || target.ConstantOf(rewriter.New(node.Inputs[1])) is not { Type: ElementType.Float32, Shape.Rank: 2 } weights)
        {
            return false;
        }

        string rows = rewriter.New(node.Inputs[0]);
        Shape shape = target.ShapeOf(rows);
        int depth = shape[^1];
        int count = (int)(shape.ElementCount / System.Math.Max(1, depth));
        if (depth == 0 || weights.Shape[1] == 0 || count == 0)
        {
            return false;
        }

        // [K, N] to one row of K for each of the N outputs.
        Tensor packed = new Transpose(new EquatableArray<int>([1, 0])).Evaluate([weights])[0];
        if (shape.Rank != 2)
        {
            rows = target.Add(node.Name, new Reshape([count, depth]), rows);
        }
        else if (FlattenedTranspose(target, rows) is { } transposed)
        {
            packed = ReorderColumns(packed, target.ShapeOf(transposed.Output), ((Transpose)transposed.Op).Permutation);
            rows = target.Add(node.Name, new Reshape(shape), transposed.Inputs[0]);
        }

        string weight = target.AddConstant(packed, node.Inputs[1]);
        string bias = target.AddConstant(Tensor.Zeros(new TensorType(ElementType.Float32, [packed.Shape[0]])), node.Name + ".bias");
        string result = target.AddNode(node.Name, new FullyConnected(), [rows, weight, bias], [node.Output])[0];
        Shape output = rewriter.Source.ShapeOf(node.Output);
        return rewriter.Replace(node, output.Rank == 2 ? result : target.Add(node.Name, new Reshape(output), result));
    }

    private static Node? FlattenedTranspose(GraphBuilder target, string rows) =>
        target.ProducerOf(rows) is { Op: Reshape } reshape
        && target.ProducerOf(reshape.Inputs[0]) is { Op: Transpose transpose } producer
        && transpose.Permutation[0] == 0
        && target.ShapeOf(producer.Output)[0] == target.ShapeOf(rows)[0]
            ? producer
            : null;

    // The columns are in the order of the transposed image; bring them into that of its source.
    private static Tensor ReorderColumns(Tensor weights, Shape transposed, EquatableArray<int> permutation)
    {
        int[] inverse = [.. Enumerable.Range(0, permutation.Count).Select(axis => permutation.ToList().IndexOf(axis))];
        Tensor image = weights.Reshape(transposed.With(0, weights.Shape[0]));
        return new Transpose(inverse.ToEquatableArray()).Evaluate([image])[0].Reshape(weights.Shape);
    }
}
