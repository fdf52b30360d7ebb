using System;
using System.Collections.Generic;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>Functions of one number.</summary>
internal static class ActivationOperators
{
    private const double SqrtHalf = 0.70710678118654752;
    private const double SqrtTwoOverPi = 0.79788456080286536;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        Unary("ABS", (x, _) => x.Abs()),
        Real("CEIL", ElementwiseFunction.Ceiling),
        Real("COS", ElementwiseFunction.Cos),
        Unary("ELU", (x, _) => (x < 0).Select(x.Exp() - 1, x)),
        Real("EXP", ElementwiseFunction.Exp),
        Real("FLOOR", ElementwiseFunction.Floor),
        Unary("GELU", (x, node) => node.Flag(0)
            ? x * 0.5 * (((x + (x * x * x * 0.044715)) * SqrtTwoOverPi).Tanh() + 1)
            : x * 0.5 * ((x * SqrtHalf).Erf() + 1)),
        Unary("HARD_SWISH", (x, _) => x * ((x + 3).Clamp(0, 6) / 6)),
        Unary("LEAKY_RELU", (x, node) => (x < 0).Select(x * node.Number(0), x)),
        Real("LOG", ElementwiseFunction.Log),
        Unary("LOGICAL_NOT", (x, _) => x.Not()),
        Real("LOGISTIC", ElementwiseFunction.Sigmoid),
        Unary("NEG", (x, _) => -x),
        new("PRELU", (node, context) => context.Map(node[0], node[1], (x, slope) => (x < 0).Select(x * slope, x))),
        Unary("RELU", (x, _) => x.Maximum(0)),
        Unary("RELU6", (x, _) => x.Clamp(0, 6)),
        Unary("RELU_0_TO_1", (x, _) => x.Clamp(0, 1)),
        Unary("RELU_N1_TO_1", (x, _) => x.Clamp(-1, 1)),
        Real("ROUND", ElementwiseFunction.Round),
        Unary("RSQRT", (x, _) => 1 / x.Sqrt()),
        Unary("SIGN", (x, _) => x.Sign()),
        Real("SIN", ElementwiseFunction.Sin),
        Real("SQRT", ElementwiseFunction.Sqrt),
        Unary("SQUARE", (x, _) => x * x),
        Real("TANH", ElementwiseFunction.Tanh),
        new("LOG_SOFTMAX", LogSoftmax),
        new("SOFTMAX", (node, context) => context.Emit(new Softmax(), context.Map(node[0], x => node.Number(0) is var beta && beta is 0 or 1 ? x : x * beta))),
    ];

    private static LiteEntry Unary(string name, Func<Term, LiteOperator, Term> function) => new(name, (node, context) => context.Map(node[0], x => function(x, node)));

    private static LiteEntry Real(string name, ElementwiseFunction function) => Unary(name, (x, _) => x.Real(function));

    private static string LogSoftmax(LiteOperator node, LiteContext context)
    {
        int[] last = [context.ShapeOf(node[0]).Rank - 1];
        string shifted = context.Map(node[0], context.Reduce(ReduceKind.Maximum, node[0], last, keep: true), (x, greatest) => x - greatest);
        string sum = context.Reduce(ReduceKind.Sum, context.Map(shifted, x => x.Exp()), last, keep: true);
        return context.Map(shifted, sum, (x, total) => x - total.Log());
    }
}
