using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Finds what a plan computes in float. Conversions at the edge, which belong to inputs and outputs, do not count.</summary>
internal static class IntegerOnly
{
    /// <summary>The names of the steps that compute in float.</summary>
    public static ImmutableArray<string> FloatSteps(ModelPlan plan) => [.. plan.Steps.SelectMany(WithBody).Where(IsFloat).Select(step => $"{step.Name} ({step.Kernel})").Distinct()];

    private static IEnumerable<PlanStep> WithBody(PlanStep step) => step.Body.SelectMany(WithBody).Prepend(step);

    private static bool IsFloat(PlanStep step) => step.Arguments.Any(argument => IsFloat(argument.Value));

    private static bool IsFloat(PlanValue value) => value switch
    {
        FloatValue => true,
        TensorValue tensor => tensor.Type.IsFloat(),
        ConstantValue constant => constant.Type.IsFloat(),
        PortValue port => port.Type.IsFloat(),
        ListValue list => list.Items.Any(IsFloat),
        TextValue text => IsFloat(ExpressionText.Read(text.Value)),
        _ => false,
    };

    private static bool IsFloat(Expression expression) => expression.Type.IsFloat() || expression switch
    {
        ConvertExpression conversion => IsFloat(conversion.Operand),
        CallExpression call => call.Operands.Any(IsFloat),
        SelectExpression select => IsFloat(select.Condition) || IsFloat(select.WhenTrue) || IsFloat(select.WhenFalse),
        _ => false,
    };
}
