using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Passes;

/// <summary>
/// Moves reshapes behind the elementwise operations that read them, so that biases, batch norms and activations become neighbours of the layer
/// before them: matrix products of more than two axes and convolutions of signals are layers between reshapes.
/// </summary>
public static class SinkReshapes
{
    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph) => GraphRewriter.Rewrite(graph, Rewrite);

    private static bool Rewrite(GraphRewriter rewriter, Node node)
    {
        if (node.Op is not Elementwise || rewriter.InputsOf(node) is var inputs && SourceShape(rewriter, node, inputs) is not { } source)
        {
            return false;
        }

        Shape output = rewriter.Source.ShapeOf(node.Output);
        string?[] operands = [.. inputs.Select(input => Operand(rewriter.Target, node, input, source, output))];
        if (operands.Contains(null))
        {
            return false;
        }

        string result = rewriter.Target.AddNode(node.Name, node.Op, [.. operands.OfType<string>()], [node.Output])[0];
        return rewriter.Replace(node, rewriter.Target.Add(node.Name, new Reshape(output), result));
    }

    // The one shape that all operands computed at run time have been reshaped from, for this node alone.
    private static Shape? SourceShape(GraphRewriter rewriter, Node node, ImmutableArray<string> inputs)
    {
        GraphBuilder target = rewriter.Target;
        Shape? source = null;
        for (int index = 0; index < inputs.Length; index++)
        {
            if (target.ConstantOf(inputs[index]) is not null)
            {
                continue;
            }

            if (target.ProducerOf(inputs[index]) is not { Op: Reshape } reshape || !rewriter.IsOnlyUse(node, index)
                || target.ShapeOf(inputs[index]) != rewriter.Source.ShapeOf(node.Output)
                || (source is { } known && known != target.ShapeOf(reshape.Inputs[0]))
                || target.ProducerOf(reshape.Inputs[0])?.Op is not (Conv2D or FullyConnected or Elementwise))
            {
                return null;
            }

            source = target.ShapeOf(reshape.Inputs[0]);
        }

        return source;
    }

    // An operand as the source's shape wants it: a constant may be one number, one a channel, or one an element.
    private static string? Operand(GraphBuilder target, Node node, string input, Shape source, Shape output)
    {
        if (target.ConstantOf(input) is not { } constant)
        {
            return target.ProducerOf(input)!.Inputs[0];
        }

        Shape? shape = constant.Count == 1 ? Shape.Scalar
            : constant.Shape == output ? source
            : source.Rank > 0 && source[^1] == output[^1] && constant.Count == output[^1] && constant.Shape[^1] == output[^1] ? [output[^1]]
            : null;
        return shape is { } wanted ? target.AddConstant(constant.Reshape(wanted), input) : null;
    }
}
