using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Passes;

/// <summary>Takes a clamp – ReLU, ReLU6, Clip – behind a convolution or fully connected layer into the layer.</summary>
public static class FuseActivations
{
    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph) => GraphRewriter.Rewrite(graph, Rewrite);

    private static bool Rewrite(GraphRewriter rewriter, Node node)
    {
        if (node.Op is not Elementwise elementwise || node.Inputs.Length != 1 || !rewriter.IsOnlyUse(node, 0)
            || ExpressionRewriter.AsClamp(elementwise.Expression) is not { Operand: InputExpression } clamp
            || rewriter.Target.ProducerOf(rewriter.New(node.Inputs[0])) is not { } layer)
        {
            return false;
        }

        Op? fused = layer.Op switch
        {
            Conv2D convolution => convolution with
            {
                Minimum = Clamp(convolution.Minimum, clamp.Minimum, clamp.Maximum), Maximum = Clamp(convolution.Maximum, clamp.Minimum, clamp.Maximum),
            },
            FullyConnected dense => dense with
            {
                Minimum = Clamp(dense.Minimum, clamp.Minimum, clamp.Maximum), Maximum = Clamp(dense.Maximum, clamp.Minimum, clamp.Maximum),
            },
            _ => null,
        };
        return fused is not null && rewriter.Replace(node, layer.Name, fused, layer.Inputs);
    }

    // Applied as kernels apply it, maximum first, so that bounds in the wrong order mean what the model's nodes meant.
    private static float Clamp(float value, float minimum, float maximum) => float.Min(float.Max(value, minimum), maximum);
}
