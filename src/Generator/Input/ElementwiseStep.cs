using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Input;

/// <summary>A step of <see cref="PlanStep.ElementwiseKernel"/>, taken apart.</summary>
/// <param name="Shape">Extents of the loops, outermost first.</param>
/// <param name="Expression">What is stored.</param>
/// <param name="Inputs">The memory of x0, x1, … by their number: those that the expression reads.</param>
/// <param name="Output">The memory that is written.</param>
internal sealed record ElementwiseStep(
    IReadOnlyList<int> Shape, Expression Expression, SortedDictionary<int, StridedOperand> Inputs, StridedOperand Output)
{
    /// <summary>Takes a step apart that <see cref="FindProblem"/> found nothing wrong with.</summary>
    public static ElementwiseStep Of(PlanStep step)
    {
        Expression expression = ExpressionText.Read(((TextValue)step.Find("expression")!).Value);
        var inputs = new SortedDictionary<int, StridedOperand>();
        foreach (int index in InputsOf(expression).Select(input => input.Index))
        {
            inputs[index] = new StridedOperand(step.Find("x" + Number(index))!, Integers(step.Find("strides" + Number(index)))!);
        }

        return new ElementwiseStep(
            Integers(step.Find("shape"))!,
            expression,
            inputs,
            new StridedOperand(step.Find("output")!, Integers(step.Find("outputStrides"))!));
    }

    /// <summary>What is wrong with the step's arguments, or <see langword="null"/>.</summary>
    public static string? FindProblem(PlanStep step)
    {
        if (Integers(step.Find("shape")) is not { } shape || step.Find("expression") is not TextValue text)
        {
            return "shape or expression are missing";
        }

        Expression expression;
        try
        {
            expression = ExpressionText.Read(text.Value);
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }

        if (step.Find("output") is TensorValue or PortValue
            && OperandProblem(step, "output", "outputStrides", shape.Count, expression.Type) is { } outputProblem)
        {
            return outputProblem;
        }

        foreach (InputExpression input in InputsOf(expression))
        {
            string number = Number(input.Index);
            if (OperandProblem(step, "x" + number, "strides" + number, shape.Count, input.Type) is { } problem)
            {
                return problem;
            }
        }

        return step.Find("output") is TensorValue or PortValue ? null : "there is no output";
    }

    /// <summary>Every reading of an input in an expression.</summary>
    public static IEnumerable<InputExpression> InputsOf(Expression expression) => expression switch
    {
        InputExpression input => [input],
        CallExpression call => call.Operands.SelectMany(InputsOf),
        ConvertExpression convert => InputsOf(convert.Operand),
        SelectExpression select => InputsOf(select.Condition).Concat(InputsOf(select.WhenTrue)).Concat(InputsOf(select.WhenFalse)),
        _ => [],
    };

    private static string? OperandProblem(PlanStep step, string name, string strides, int rank, ElementType type)
    {
        ElementType? actual = step.Find(name) switch
        {
            TensorValue tensor => tensor.Type,
            ConstantValue constant => constant.Type,
            PortValue port => port.Type,
            _ => null,
        };
        return actual != type ? $"'{name}' is not a tensor of {type}"
            : Integers(step.Find(strides))?.Count != rank ? $"'{strides}' has not one stride a dimension"
            : null;
    }

    private static string Number(int index) => index.ToString(CultureInfo.InvariantCulture);

    private static IReadOnlyList<int>? Integers(PlanValue? value)
    {
        if (value is not ListValue list || list.Items.Any(item => item is not IntegerValue { Value: >= int.MinValue and <= int.MaxValue }))
        {
            return null;
        }

        return list.Items.Select(item => (int)((IntegerValue)item).Value).ToList();
    }
}

/// <summary>Memory and the strides in it.</summary>
/// <param name="Memory">A tensor, a constant or the caller's span.</param>
/// <param name="Strides">One a dimension, in elements.</param>
internal sealed record StridedOperand(PlanValue Memory, IReadOnlyList<int> Strides)
{
    /// <summary>The type of the elements.</summary>
    public ElementType Type => Memory switch
    {
        TensorValue tensor => tensor.Type,
        ConstantValue constant => constant.Type,
        _ => ((PortValue)Memory).Type,
    };
}
