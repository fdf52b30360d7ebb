using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;
using static ModelCompiler.Compiler.Import.Onnx.Operators.ActivationOperators;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Functions of one, two or many numbers.</summary>
internal static class ArithmeticOperators
{
    // Inputs of one expression; sums of more are sums of sums, so that expressions stay shallow.
    private const int MaximumOperands = 8;

    // Integers up to here are literals.
    private const double GreatestExact = 1L << 53;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        Unary("Abs", 1, (x, _) => IsUnsigned(x.Type) ? x : x.Abs()),
        Unary("Neg", 1, (x, _) => -x),
        Unary("Sign", 9, (x, _) => IsUnsigned(x.Type) ? x.Minimum(1) : x.Sign()),
        Unary("Reciprocal", 1, (x, _) => 1 / x),
        Real("Exp", 1, ElementwiseFunction.Exp),
        Real("Log", 1, ElementwiseFunction.Log),
        Real("Sqrt", 1, ElementwiseFunction.Sqrt),
        Real("Floor", 1, ElementwiseFunction.Floor),
        Real("Ceil", 1, ElementwiseFunction.Ceiling),
        Real("Round", 11, ElementwiseFunction.Round),
        Real("Erf", 9, ElementwiseFunction.Erf),
        Real("Sin", 7, ElementwiseFunction.Sin),
        Real("Cos", 7, ElementwiseFunction.Cos),
        Real("Tan", 7, ElementwiseFunction.Tan),
        Real("Asin", 7, ElementwiseFunction.Asin),
        Real("Acos", 7, ElementwiseFunction.Acos),
        Real("Atan", 7, ElementwiseFunction.Atan),
        Real("Sinh", 9, ElementwiseFunction.Sinh),
        Real("Cosh", 9, ElementwiseFunction.Cosh),
        Real("Asinh", 9, ElementwiseFunction.Asinh),
        Real("Acosh", 9, ElementwiseFunction.Acosh),
        Real("Atanh", 9, ElementwiseFunction.Atanh),
        Binary("Add", 1, (x, y, _) => x + y),
        Binary("Sub", 1, (x, y, _) => x - y),
        Binary("Mul", 1, (x, y, _) => x * y),
        Binary("Div", 1, (x, y, _) => x / y),
        Binary("Mod", 10, (x, y, node) => x.Arithmetic(node.Flag("fmod") ? ElementwiseFunction.Remainder : ElementwiseFunction.Modulo, y)),
        new("Pow", 1, Power),
        Variadic("Sum", 1, (x, y) => x + y),
        Variadic("Min", 1, (x, y) => x.Minimum(y)),
        Variadic("Max", 1, (x, y) => x.Maximum(y)),
        new("Mean", 1, Mean),
        new("Clip", 1, Clip),
    ];

    /// <summary>A function of two inputs, which broadcast.</summary>
    public static OperatorEntry Binary(string name, int first, Func<Term, Term, OnnxNode, Term> function) =>
        new(name, first, (node, context) => context.Map(node[0], SecondOperand(node, context), (x, y) => function(x, y, node)));

    // Until version 6 broadcasting had to be asked for, and 'axis' said where the smaller operand's axes are in the greater's.
    private static string SecondOperand(OnnxNode node, OnnxContext context)
    {
        if (node.Opset >= 7 || !node.Flag("broadcast") || !node.Has("axis"))
        {
            return node[1];
        }

        Shape left = context.ShapeOf(node[0]);
        Shape right = context.ShapeOf(node[1]);
        int axis = left.Axis(node.Integer("axis"));
        int behind = left.Rank - axis - right.Rank;
        return behind > 0 ? context.Reshape(node[1], Shape.From([.. right, .. Enumerable.Repeat(1, behind)])) : node[1];
    }

    private static OperatorEntry Real(string name, int first, ElementwiseFunction function) => Unary(name, first, (x, _) => x.Real(function));

    private static OperatorEntry Variadic(string name, int first, Func<Term, Term, Term> function) =>
        new(name, first, (node, context) => Combine(node, context, function));

    private static string Combine(OnnxNode node, OnnxContext context, Func<Term, Term, Term> function)
    {
        ImmutableArray<string> operands = node.Variadic();
        while (operands.Length > 1)
        {
            operands = [.. operands.Chunk(MaximumOperands).Select(chunk => CombineFew(context, chunk, function))];
        }

        return operands[0];
    }

    private static string CombineFew(OnnxContext context, string[] operands, Func<Term, Term, Term> function) =>
        operands.Length == 1
            ? operands[0]
            : context.Emit(new Ops.Elementwise(operands.Select((operand, index) => Term.Input(index, context.ElementTypeOf(operand))).Aggregate(function)), operands);

    private static string Mean(OnnxNode node, OnnxContext context) => context.Map(Combine(node, context, (x, y) => x + y), x => x / node.Inputs.Length);

    private static string Power(OnnxNode node, OnnxContext context)
    {
        ElementType type = context.ElementTypeOf(node[0]);
        string second = SecondOperand(node, context);
        if (Literal(context, second) is not { } exponent || !type.IsFloat())
        {
            // Integers to a real power: the power is real, the result an integer again.
            return context.Map(node[0], second, (x, y) => x.Power(type.IsFloat() ? y.To(type) : y));
        }

        string result = exponent switch
        {
            1 => node[0],
            2 => context.Map(node[0], x => x * x),
            3 => context.Map(node[0], x => x * x * x),
            0.5 => context.Map(node[0], x => x.Sqrt()),
            _ => context.Map(node[0], x => x.Power(x.Like(exponent))),
        };
        return context.Expand(result, Shape.Broadcast(context.ShapeOf(node[0]), context.ShapeOf(second)));
    }

    private static string Clip(OnnxNode node, OnnxContext context)
    {
        if (node.Opset < 11)
        {
            float least = node.Number("min", float.NegativeInfinity);
            float greatest = node.Number("max", float.PositiveInfinity);
            return context.Map(node[0], x => Bounded(x, float.IsNegativeInfinity(least) ? null : x.Like(least), float.IsPositiveInfinity(greatest) ? null : x.Like(greatest)));
        }

        double? least11 = node.Optional(1) is { } first ? Literal(context, first) : null;
        double? greatest11 = node.Optional(2) is { } second ? Literal(context, second) : null;
        string value = context.Map(node[0], x => Bounded(x, least11 is { } low ? x.Like(low) : null, greatest11 is { } high ? x.Like(high) : null));
        value = least11 is null && node.Optional(1) is { } computedLeast ? context.Map(value, computedLeast, (x, y) => x.Maximum(y)) : value;
        return greatest11 is null && node.Optional(2) is { } computedGreatest ? context.Map(value, computedGreatest, (x, y) => x.Minimum(y)) : value;
    }

    private static Term Bounded(Term x, Term? least, Term? greatest)
    {
        Term raised = least is { } low ? x.Maximum(low) : x;
        return greatest is { } high ? raised.Minimum(high) : raised;
    }

    // A constant of one element, if a literal can say it exactly.
    private static double? Literal(OnnxContext context, string value) =>
        context.ConstantOf(value) is { Count: 1 } constant
        && constant.Type != ElementType.Boolean
        && constant.ToFloat64()[0] is var number
        && (constant.Type.IsFloat() || Math.Abs(number) < GreatestExact)
            ? number
            : null;

    private static bool IsUnsigned(ElementType type) => type is ElementType.UInt8 or ElementType.UInt16 or ElementType.UInt32 or ElementType.UInt64;
}
