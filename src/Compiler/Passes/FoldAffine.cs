using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Passes;

/// <summary>
/// Folds an affine function per channel of a layer's output – batch norm, whole or exploded into multiplications and additions, scales, biases –
/// into the layer's weights and bias.
/// </summary>
public static class FoldAffine
{
    /// <summary>Runs the pass.</summary>
    public static Graph Run(Graph graph) => GraphRewriter.Rewrite(graph, Rewrite);

    private static bool Rewrite(GraphRewriter rewriter, Node node)
    {
        if (node.Op is not Elementwise elementwise || elementwise.Expression.Type != ElementType.Float32)
        {
            return false;
        }

        GraphBuilder target = rewriter.Target;
        ImmutableArray<string> inputs = rewriter.InputsOf(node);
        int variable = inputs.ToList().FindIndex(input => target.ConstantOf(input) is null);
        if (variable < 0 || inputs.Where(input => target.ConstantOf(input) is null).Count() != 1
            || !rewriter.IsOnlyUse(node, variable)
            || target.ShapeOf(inputs[variable]) != rewriter.Source.ShapeOf(node.Output)
            || target.ProducerOf(inputs[variable]) is not { } layer || !IsLinear(layer.Op)
            || target.ConstantOf(layer.Inputs[1]) is not { } weights
            || ExpressionRewriter.AsAffine(elementwise.Expression, variable) is not { Factor: { } factorExpression } affine)
        {
            return false;
        }

        int channels = weights.Shape[0];
        if (PerChannel(factorExpression, inputs, target, channels) is not { } factor
            || PerChannel(affine.Term ?? new LiteralExpression(0, ElementType.Float32), inputs, target, channels) is not { } term)
        {
            return false;
        }

        if (layer.Inputs.Length > 2 && target.ConstantOf(layer.Inputs[2]) is null)
        {
            return false;
        }

        float[] bias = layer.Inputs.Length > 2 ? target.ConstantOf(layer.Inputs[2])!.Values<float>() : new float[channels];
        float[] shifted = [.. bias.Select((value, channel) => (float)(((double)value * factor[channel]) + term[channel]))];
        string name = layer.Inputs[1];
        return rewriter.Replace(
            node, layer.Name, layer.Op, [layer.Inputs[0], target.AddConstant(Scaled(weights, factor), name), target.AddConstant(Tensor.Of([channels], shifted), layer.Name + ".bias")]);
    }

    private static bool IsLinear(Op op) =>
        op is Conv2D { Minimum: float.NegativeInfinity, Maximum: float.PositiveInfinity } or FullyConnected { Minimum: float.NegativeInfinity, Maximum: float.PositiveInfinity };

    // A bias alone leaves the weights, and the integers that the file has for them, as they are.
    private static Tensor Scaled(Tensor weights, float[] factor)
    {
        if (factor.All(value => value == 1))
        {
            return weights;
        }

        if (weights.IsUniform && factor.All(other => BitConverter.SingleToInt32Bits(other) == BitConverter.SingleToInt32Bits(factor[0])))
        {
            return Tensor.Uniform(Tensor.Scalar((float)((double)weights.Element.Values<float>()[0] * factor[0])), weights.Shape);
        }

        float[] values = weights.Values<float>();
        var scaled = new float[values.Length];
        int each = scaled.Length / factor.Length;
        for (int index = 0; index < scaled.Length; index++)
        {
            scaled[index] = (float)((double)values[index] * factor[index / each]);
        }

        return Tensor.Of(weights.Shape, scaled);
    }

    // The values of an expression of constants, one a channel (the last axis); null when it varies along another axis.
    private static float[]? PerChannel(Expression expression, IReadOnlyList<string> names, GraphBuilder target, int channels)
    {
        (Expression renumbered, ImmutableArray<string> inputs) = ExpressionRewriter.Deduplicate(expression, names);
        Tensor value = inputs.Length == 0
            ? ElementwiseEvaluator.Evaluate(new ConvertExpression(renumbered, ElementType.Float32), [Tensor.Scalar(0f)])
            : ElementwiseEvaluator.Evaluate(renumbered, [.. inputs.Select(input => target.ConstantOf(input)!)]);
        return value.Count == 1 ? [.. Enumerable.Repeat(value.Values<float>()[0], channels)]
            : value.Count == channels && value.Shape[^1] == channels ? value.Values<float>()
            : null;
    }
}
