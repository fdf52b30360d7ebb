using System;
using System.Collections.Generic;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>Activation functions: one expression each.</summary>
internal static class ActivationOperators
{
    private const double SeluAlpha = 1.6732632423543772;
    private const double SeluScale = 1.0507009873554805;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        Unary("Relu", (x, _) => x.Maximum(0)),
        Unary("Relu6", (x, _) => x.Clamp(0, 6)),
        Unary("LeakyRelu", (x, node) => (x < 0).Select(x * node.Number("alpha", 0.2f), x)),
        Unary("Elu", (x, _) => (x < 0).Select(x.Exp() - 1, x)),
        Unary("Selu", (x, _) => (x < 0).Select((x.Exp() - 1) * SeluAlpha, x) * SeluScale),
        Unary("Sigmoid", (x, _) => x.Sigmoid()),
        Unary("Tanh", (x, _) => x.Tanh()),
        Unary("Softplus", (x, _) => x.Maximum(0) + ((-x.Abs()).Exp() + 1).Log()),
        Unary("Softsign", (x, _) => x / (x.Abs() + 1)),
        new("Softmax", (node, context) => Distributions.Softmax(context, node[0], LastAxis(node, context))),
        new("LogSoftmax", (node, context) => Distributions.LogSoftmax(context, node[0], LastAxis(node, context))),
    ];

    /// <summary>A function of one input.</summary>
    public static TensorFlowEntry Unary(string name, Func<Term, TensorFlowNode, Term> function) =>
        new(name, (node, context) => context.Map(node[0], x => function(x, node)));

    private static int LastAxis(TensorFlowNode node, TensorFlowContext context) => context.ShapeOf(node[0]).Axis(-1);
}
