using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Passes;

/// <summary>Rebuilding and reading of elementwise expressions, for the passes.</summary>
public static class ExpressionRewriter
{
    /// <summary>The expression with its inputs replaced.</summary>
    public static Expression ReplaceInputs(Expression expression, Func<InputExpression, Expression> replacement) => expression switch
    {
        InputExpression input => replacement(input),
        CallExpression call => call with { Operands = call.Operands.Select(operand => ReplaceInputs(operand, replacement)).ToEquatableArray() },
        ConvertExpression convert => convert with { Operand = ReplaceInputs(convert.Operand, replacement) },
        SelectExpression select => new SelectExpression(
            ReplaceInputs(select.Condition, replacement), ReplaceInputs(select.WhenTrue, replacement), ReplaceInputs(select.WhenFalse, replacement)),
        _ => expression,
    };

    /// <summary>Number of nodes of an expression.</summary>
    public static int Size(Expression expression) => expression switch
    {
        CallExpression call => 1 + call.Operands.Sum(Size),
        ConvertExpression convert => 1 + Size(convert.Operand),
        SelectExpression select => 1 + Size(select.Condition) + Size(select.WhenTrue) + Size(select.WhenFalse),
        _ => 1,
    };

    /// <summary>
    /// Makes one list of inputs out of several uses of the same values: an expression over <paramref name="inputs"/> with repetitions
    /// becomes one over the distinct ones.
    /// </summary>
    public static (Expression Expression, ImmutableArray<string> Inputs) Deduplicate(Expression expression, IReadOnlyList<string> inputs)
    {
        int[] used = [.. Ops.Elementwise.InputsOf(expression).Select(input => input.Index).Distinct().Order()];
        string[] distinct = [.. used.Select(index => inputs[index]).Distinct(StringComparer.Ordinal)];
        Expression renumbered = ReplaceInputs(expression, input => input with { Index = Array.IndexOf(distinct, inputs[input.Index]) });
        return (renumbered, [.. distinct]);
    }

    /// <summary>Recognises min(max(x, a), b) in either order and alone; x is any expression of float32.</summary>
    /// <param name="expression">The expression.</param>
    /// <returns>x and the bounds, or <see langword="null"/>.</returns>
    public static (Expression Operand, float Minimum, float Maximum)? AsClamp(Expression expression)
    {
        if (expression is not CallExpression { Type: ElementType.Float32, Function: ElementwiseFunction.Maximum or ElementwiseFunction.Minimum } call)
        {
            return null;
        }

        int literal = call.Operands[1] is LiteralExpression ? 1 : 0;
        if (call.Operands[literal] is not LiteralExpression { Value: var limit } || double.IsNaN(limit))
        {
            return null;
        }

        Expression operand = call.Operands[1 - literal];
        (Expression inner, float minimum, float maximum) = AsClamp(operand) ?? (operand, float.NegativeInfinity, float.PositiveInfinity);
        return call.Function == ElementwiseFunction.Maximum
            ? (inner, MathF.Max(minimum, (float)limit), MathF.Max(maximum, (float)limit))
            : (inner, MathF.Min(minimum, (float)limit), MathF.Min(maximum, (float)limit));
    }

    /// <summary>
    /// Writes an expression of float32 as <c>Factor · x + Term</c> for its input <paramref name="variable"/>; <see langword="null"/> when it is not affine in it.
    /// A <see langword="null"/> factor is 0, a <see langword="null"/> term too.
    /// </summary>
    public static (Expression? Factor, Expression? Term)? AsAffine(Expression expression, int variable)
    {
        switch (expression)
        {
            case InputExpression input when input.Index == variable:
                return (new LiteralExpression(1, ElementType.Float32), null);
            case not CallExpression:
                return Ops.Elementwise.InputsOf(expression).Any(input => input.Index == variable) ? null : (null, expression);
        }

        var call = (CallExpression)expression;
        if (Ops.Elementwise.InputsOf(call).All(input => input.Index != variable))
        {
            return (null, expression);
        }

        (Expression? Factor, Expression? Term)?[] parts = [.. call.Operands.Select(operand => AsAffine(operand, variable))];
        if (parts.Any(part => part is null))
        {
            return null;
        }

        (Expression? factor, Expression? term) = parts[0]!.Value;
        (Expression? otherFactor, Expression? otherTerm) = parts.Length > 1 ? parts[1]!.Value : default;
        return call.Function switch
        {
            ElementwiseFunction.Negate => (Negate(factor), Negate(term)),
            ElementwiseFunction.Add => (Sum(factor, otherFactor), Sum(term, otherTerm)),
            ElementwiseFunction.Subtract => (Sum(factor, Negate(otherFactor)), Sum(term, Negate(otherTerm))),
            ElementwiseFunction.Multiply when otherFactor is null => (Product(factor, otherTerm), Product(term, otherTerm)),
            ElementwiseFunction.Multiply when factor is null => (Product(otherFactor, term), Product(otherTerm, term)),
            ElementwiseFunction.Divide when otherFactor is null => (Quotient(factor, otherTerm), Quotient(term, otherTerm)),
            _ => null,
        };
    }

    private static CallExpression Call(ElementwiseFunction function, params Expression[] operands) =>
        new(function, operands.ToEquatableArray(), ElementType.Float32);

    private static Expression? Negate(Expression? value) => value is null ? null : Call(ElementwiseFunction.Negate, value);

    private static Expression? Sum(Expression? left, Expression? right) =>
        left is null ? right : right is null ? left : Call(ElementwiseFunction.Add, left, right);

    private static Expression? Product(Expression? left, Expression? right) =>
        left is null || right is null ? null : Call(ElementwiseFunction.Multiply, left, right);

    private static Expression? Quotient(Expression? left, Expression? right) =>
        left is null ? null : Call(ElementwiseFunction.Divide, left, right ?? new LiteralExpression(0, ElementType.Float32));
}
