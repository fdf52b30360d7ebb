using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>Functions of one, two or many numbers.</summary>
internal static class ArithmeticOperators
{
    // Inputs of one expression; sums of more are sums of sums, so that expressions stay shallow.
    private const int MaximumOperands = 8;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        ActivationOperators.Unary("Abs", (x, _) => x.Abs()),
        ActivationOperators.Unary("Neg", (x, _) => -x),
        ActivationOperators.Unary("Sign", (x, _) => x.Sign()),
        ActivationOperators.Unary("Square", (x, _) => x.Square()),
        ActivationOperators.Unary("Reciprocal", (x, _) => 1 / x),
        ActivationOperators.Unary("Inv", (x, _) => 1 / x),
        ActivationOperators.Unary("Rsqrt", (x, _) => 1 / x.Sqrt()),
        ActivationOperators.Unary("Expm1", (x, _) => Precisely(x, y => y.Exp() - 1)),
        ActivationOperators.Unary("Log1p", (x, _) => Precisely(x, y => (y + 1).Log())),
        ActivationOperators.Unary("Erfc", (x, _) => Precisely(x, y => 1 - y.Erf())),
        Real("Exp", ElementwiseFunction.Exp),
        Real("Log", ElementwiseFunction.Log),
        Real("Sqrt", ElementwiseFunction.Sqrt),
        Real("Ceil", ElementwiseFunction.Ceiling),
        ActivationOperators.Unary("Round", (x, _) => x.Type.IsFloat() ? x.Round() : x),
        Real("Rint", ElementwiseFunction.Round),
        Real("Erf", ElementwiseFunction.Erf),
        Real("Sin", ElementwiseFunction.Sin),
        Real("Cos", ElementwiseFunction.Cos),
        Real("Tan", ElementwiseFunction.Tan),
        Real("Asin", ElementwiseFunction.Asin),
        Real("Acos", ElementwiseFunction.Acos),
        Real("Atan", ElementwiseFunction.Atan),
        Real("Sinh", ElementwiseFunction.Sinh),
        Real("Cosh", ElementwiseFunction.Cosh),
        Real("Asinh", ElementwiseFunction.Asinh),
        Real("Acosh", ElementwiseFunction.Acosh),
        Real("Atanh", ElementwiseFunction.Atanh),
        RandomOperators.Floor(Real("Floor", ElementwiseFunction.Floor)),
        RandomOperators.Sum(Binary("Add", (x, y) => x + y)),
        RandomOperators.Sum(Binary("AddV2", (x, y) => x + y)),
        RandomOperators.Product(Binary("Mul", (x, y) => x * y)),
        Binary("Sub", (x, y) => x - y),
        Binary("Div", (x, y) => x / y),
        Binary("RealDiv", (x, y) => x / y),
        Binary("TruncateDiv", (x, y) => x / y),
        Binary("FloorDiv", (x, y) => x.Type.IsFloat() ? (x / y).Floor() : (x - x.Arithmetic(ElementwiseFunction.Modulo, y)) / y),
        Binary("DivNoNan", (x, y) => y.EqualTo(0).Select(x.Like(0), x / y)),
        Binary("MulNoNan", (x, y) => y.EqualTo(0).Select(x.Like(0), x * y)),
        Binary("Xdivy", (x, y) => x.EqualTo(0).Select(x.Like(0), x / y)),
        Binary("Xlogy", (x, y) => x.EqualTo(0).Select(x.Like(0), x * y.Log())),
        Binary("Mod", (x, y) => x.Arithmetic(ElementwiseFunction.Remainder, y)),
        Binary("TruncateMod", (x, y) => x.Arithmetic(ElementwiseFunction.Remainder, y)),
        Binary("FloorMod", (x, y) => x.Arithmetic(ElementwiseFunction.Modulo, y)),
        Binary("Maximum", (x, y) => x.Maximum(y)),
        Binary("Minimum", (x, y) => x.Minimum(y)),
        Binary("Pow", (x, y) => x.Power(y)),
        Binary("SquaredDifference", (x, y) => (x - y).Square()),
        new("AddN", Sum),
        new("AccumulateNV2", Sum),
        new("BiasAdd", Bias),
        new("BiasAddV1", Bias),
        new("ClipByValue", (node, context) => context.Map(node[0], node[1], node[2], (x, least, greatest) => x.Maximum(least).Minimum(greatest))),
    ];

    /// <summary>A function of two inputs, which broadcast.</summary>
    public static TensorFlowEntry Binary(string name, Func<Term, Term, Term> function) => new(name, (node, context) => context.Map(node[0], node[1], function));

    private static TensorFlowEntry Real(string name, ElementwiseFunction function) => ActivationOperators.Unary(name, (x, _) => x.Real(function));

    // Where float32 would lose what is left after subtracting.
    private static Term Precisely(Term x, Func<Term, Term> function) => function(x.To(ElementType.Float64)).To(x.Type);

    private static string Sum(TensorFlowNode node, TensorFlowContext context)
    {
        string[] operands = context.Variadic();
        while (operands.Length > 1)
        {
            operands = [.. operands.Chunk(MaximumOperands).Select(chunk => chunk.Length == 1 ? chunk[0] : context.Map(chunk, terms => terms.Aggregate((x, y) => x + y)))];
        }

        return operands[0];
    }

    private static string Bias(TensorFlowNode node, TensorFlowContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        Shape bias = context.ShapeOf(node[1]);
        int axis = context.IsChannelsFirst ? 1 : shape.Rank - 1;
        if (bias.Rank != 1 || shape.Rank < 2 || shape[axis] != bias[0])
        {
            throw new ShapeException($"a bias of shape {bias} for {shape}");
        }

        Shape perChannel = Shape.From([bias[0], .. Enumerable.Repeat(1, shape.Rank - 1 - axis)]);
        return context.Map(node[0], context.Reshape(node[1], perChannel), (x, y) => x + y);
    }
}
