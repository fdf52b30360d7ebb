using System;
using System.Linq;
using ModelCompiler.Generator.Input;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Emission;

/// <summary>Elementwise expressions of floats as C# on vectors of 4, 8 or 16 of them, with the same bits as one by one.</summary>
/// <param name="width">Floats in a vector.</param>
/// <param name="input">How an input is read.</param>
internal sealed class VectorExpressionEmitter(int width, Func<InputExpression, string> input)
{
    /// <summary>Floats in the vectors that every processor has.</summary>
    public const int Narrow = 4;

    private const string Functions = "Kernels.ElementwiseMath.";

    /// <summary>Whether a step can be written with vectors: floats throughout, next to each other in the innermost dimension.</summary>
    public static bool Suits(ElementwiseStep step) =>
        step.Shape.Count > 0
        && step.Shape[step.Shape.Count - 1] >= 2 * Narrow
        && step.Output.Strides[step.Shape.Count - 1] == 1
        && step.Inputs.Values.All(operand => operand.Strides[step.Shape.Count - 1] is 0 or 1)
        && Suits(step.Expression);

    /// <summary>The class of a vector's operations.</summary>
    public static string Vector(int width) => "Vector" + Literals.Integer(width * sizeof(float) * 8);

    /// <summary>The expression; its type is a vector of floats.</summary>
    public string Write(Expression expression) => expression switch
    {
        InputExpression read => input(read),
        LiteralExpression literal => $"{Vector(width)}.Create({Literals.Of(literal.Value, literal.Type)})",
        SelectExpression select => $"{Vector(width)}.ConditionalSelect({Comparison((CallExpression)select.Condition)}, {Write(select.WhenTrue)}, {Write(select.WhenFalse)})",
        CallExpression call when Operator(call.Function) is { } symbol => $"{Operand(call.Operands[0])} {symbol} {Operand(call.Operands[1])}",
        CallExpression call => $"{Functions}{call.Function}({string.Join(", ", call.Operands.Select(Write))})",
        _ => throw new ArgumentOutOfRangeException(nameof(expression)),
    };

    private string Operand(Expression expression) =>
        expression is CallExpression call && Operator(call.Function) is not null ? $"({Write(expression)})" : Write(expression);

    private string Comparison(CallExpression call) => $"{Vector(width)}.{ComparisonName(call.Function)}({Write(call.Operands[0])}, {Write(call.Operands[1])})";

    private static bool Suits(Expression expression) => expression switch
    {
        InputExpression or LiteralExpression => expression.Type == ElementType.Float32,
        SelectExpression select => select.Condition is CallExpression condition && ComparisonName(condition.Function) is not null
            && condition.Operands.All(Suits) && Suits(select.WhenTrue) && Suits(select.WhenFalse),
        CallExpression call => (Operator(call.Function) is not null || HasVectorForm(call.Function)) && call.Operands.All(Suits),
        _ => false,
    };

    private static string? Operator(ElementwiseFunction function) => function switch
    {
        ElementwiseFunction.Add => "+",
        ElementwiseFunction.Subtract => "-",
        ElementwiseFunction.Multiply => "*",
        ElementwiseFunction.Divide => "/",
        _ => null,
    };

    private static string? ComparisonName(ElementwiseFunction function) => function switch
    {
        ElementwiseFunction.Equal => "Equals",
        ElementwiseFunction.Less => "LessThan",
        ElementwiseFunction.LessOrEqual => "LessThanOrEqual",
        ElementwiseFunction.Greater => "GreaterThan",
        ElementwiseFunction.GreaterOrEqual => "GreaterThanOrEqual",
        _ => null,
    };

    private static bool HasVectorForm(ElementwiseFunction function) => function is ElementwiseFunction.Minimum or ElementwiseFunction.Maximum
        or ElementwiseFunction.Negate or ElementwiseFunction.Abs or ElementwiseFunction.Sign or ElementwiseFunction.Sqrt or ElementwiseFunction.Floor or ElementwiseFunction.Ceiling
        or ElementwiseFunction.Exp or ElementwiseFunction.Sigmoid or ElementwiseFunction.Tanh;
}
