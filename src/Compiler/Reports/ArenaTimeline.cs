using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Reports;

/// <summary>When each region of the arena is in use.</summary>
public static class ArenaTimeline
{
    /// <summary>The regions that steps or conversions touch, in the order of their offsets.</summary>
    public static ImmutableArray<ArenaBuffer> Of(ModelPlan plan)
    {
        var uses = new Dictionary<string, (int First, int Last)>(StringComparer.Ordinal);
        Touch(uses, plan.Inputs.SelectMany(port => port.Conversions).SelectMany(conversion => conversion.Steps), -1);
        for (int index = 0; index < plan.Steps.Count; index++)
        {
            Touch(uses, [plan.Steps[index]], index);
        }

        Touch(uses, plan.Outputs.SelectMany(port => port.Conversions).SelectMany(conversion => conversion.Steps), plan.Steps.Count);
        KeepAlways(uses, plan);
        return
        [
            .. plan.Tensors
                .Where(tensor => uses.ContainsKey(tensor.Name))
                .Select(tensor => new ArenaBuffer(tensor.Name, tensor.Offset, tensor.Length * tensor.Type.SizeOf(), uses[tensor.Name].First, uses[tensor.Name].Last))
                .OrderBy(buffer => buffer.Offset)
                .ThenBy(buffer => buffer.FirstStep)
                .ThenBy(buffer => buffer.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>The tensors and constants that a step names.</summary>
    public static IEnumerable<PlanValue> ValuesOf(PlanStep step) =>
        step.Arguments.SelectMany(argument => ValuesOf(argument.Value)).Concat(step.Body.SelectMany(ValuesOf));

    private static IEnumerable<PlanValue> ValuesOf(PlanValue value) => value switch
    {
        ListValue list => list.Items.SelectMany(ValuesOf),
        StructureValue structure => structure.Fields.SelectMany(field => ValuesOf(field.Value)),
        _ => [value],
    };

    // What one prediction leaves for the next.
    private static void KeepAlways(Dictionary<string, (int First, int Last)> uses, ModelPlan plan)
    {
        foreach (TensorValue tensor in plan.ResetSteps.SelectMany(ValuesOf).OfType<TensorValue>())
        {
            uses[tensor.Tensor] = (-1, plan.Steps.Count);
        }
    }

    private static void Touch(Dictionary<string, (int First, int Last)> uses, IEnumerable<PlanStep> steps, int time)
    {
        foreach (TensorValue tensor in steps.SelectMany(ValuesOf).OfType<TensorValue>())
        {
            uses[tensor.Tensor] = uses.TryGetValue(tensor.Tensor, out (int First, int Last) use) ? (use.First, time) : (time, time);
        }
    }
}
