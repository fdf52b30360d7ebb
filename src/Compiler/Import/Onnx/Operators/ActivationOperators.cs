using System;
using System.Collections.Generic;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Activation functions: one expression each.</summary>
internal static class ActivationOperators
{
    private const double SqrtHalf = 0.70710678118654752;
    private const double SqrtTwoOverPi = 0.79788456080286536;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        Unary("Relu", 1, (x, _) => x.Maximum(0)),
        Unary("LeakyRelu", 1, (x, node) => (x < 0).Select(x * node.Number("alpha", 0.01f), x)),
        new("PRelu", 1, ParametricRelu),
        Unary("ThresholdedRelu", 1, (x, node) => (x > node.Number("alpha", 1)).Select(x, x.Like(0))),
        Unary("Elu", 1, (x, node) => Exponential(x, node.Number("alpha", 1))),
        Unary("Selu", 1, Selu),
        Unary("Celu", 12, Celu),
        Unary("Sigmoid", 1, (x, _) => x.Sigmoid()),
        Unary("HardSigmoid", 1, (x, node) => ((x * node.Number("alpha", 0.2f)) + node.Number("beta", 0.5f)).Clamp(0, 1)),
        Unary("HardSwish", 14, (x, _) => x * ((x / 6) + 0.5).Clamp(0, 1)),
        Unary("Swish", 24, (x, node) => x * (x * node.Number("alpha", 1)).Sigmoid()),
        Unary("Tanh", 1, (x, _) => x.Tanh()),
        Unary("Softplus", 1, (x, _) => Softplus(x)),
        Unary("Softsign", 1, (x, _) => x / (x.Abs() + 1)),
        Unary("Mish", 18, (x, _) => x * Softplus(x).Tanh()),
        Unary("Gelu", 20, Gelu),
        Unary("Shrink", 9, Shrink),
        new("SwiGLU", 28, SwishGatedLinearUnit),
    ];

    /// <summary>A function of one input.</summary>
    public static OperatorEntry Unary(string name, int first, Func<Term, OnnxNode, Term> function) =>
        new(name, first, (node, context) => context.Map(node[0], x => function(x, node)));

    private static Term Exponential(Term x, double alpha) => (x < 0).Select((x.Exp() - 1) * alpha, x);

    // Log(1 + Exp(x)), without overflow.
    private static Term Softplus(Term x) => x.Maximum(0) + ((-x.Abs()).Exp() + 1).Log();

    private static Term Selu(Term x, OnnxNode node)
    {
        float alpha = node.Number("alpha", node.Opset < 6 ? 1.6732f : 1.67326319217681884765625f);
        float gamma = node.Number("gamma", node.Opset < 6 ? 1.0507f : 1.05070102214813232421875f);
        return Exponential(x, alpha) * gamma;
    }

    private static Term Celu(Term x, OnnxNode node)
    {
        float alpha = node.Number("alpha", 1);
        return alpha != 0 ? (x < 0).Select(((x / alpha).Exp() - 1) * alpha, x) : throw ImportException.Invalid("attribute 'alpha' of Celu is 0");
    }

    private static Term Gelu(Term x, OnnxNode node) => node.Text("approximate", "none") switch
    {
        "none" => x * 0.5 * ((x * SqrtHalf).Erf() + 1),
        "tanh" => x * 0.5 * (((x + (x * x * x * 0.044715)) * SqrtTwoOverPi).Tanh() + 1),
        var other => throw ImportException.Invalid($"attribute 'approximate' of Gelu is '{other}'"),
    };

    private static Term Shrink(Term x, OnnxNode node)
    {
        float threshold = node.Number("lambd", 0.5f);
        float bias = node.Number("bias", 0);
        return (x < -threshold).Select(x + bias, (x > threshold).Select(x - bias, x.Like(0)));
    }

    private static string ParametricRelu(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        Shape slope = context.ShapeOf(node[1]);
        bool isByChannel = node.Opset < 7 && slope.Rank == 1 && slope[0] > 1 && shape.Rank > 1;
        string slopes = isByChannel ? context.Reshape(node[1], shape.PerChannel(slope[0])) : node[1];
        return context.Map(node[0], slopes, (x, y) => (x < 0).Select(x * y, x));
    }

    private static string SwishGatedLinearUnit(OnnxNode node, OnnxContext context)
    {
        float alpha = node.Number("alpha", 1);
        return context.Map(node[0], node[1], (x, y) => x * (x * alpha).Sigmoid() * y);
    }
}
