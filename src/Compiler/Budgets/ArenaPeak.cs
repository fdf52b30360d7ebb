using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Budgets;

/// <summary>When most of the arena is in use, and for what.</summary>
internal static class ArenaPeak
{
    /// <summary>The step at which the tensors that are needed have most bytes together, and these tensors with their bytes.</summary>
    public static (string Step, IEnumerable<(string Name, long Bytes)> Live) Of(ModelPlan plan)
    {
        var lives = new Dictionary<string, (int First, int Last)>(StringComparer.Ordinal);
        Touch(lives, plan.Inputs.SelectMany(Steps), 0);
        for (int index = 0; index < plan.Steps.Count; index++)
        {
            Touch(lives, [plan.Steps[index]], index);
        }

        Touch(lives, plan.Outputs.SelectMany(Steps), Math.Max(0, plan.Steps.Count - 1));

        // What one prediction leaves for the next is needed all the time.
        foreach (string state in plan.ResetSteps.SelectMany(Tensors))
        {
            lives[state] = (0, int.MaxValue);
        }

        int peak = Enumerable.Range(0, Math.Max(1, plan.Steps.Count)).MaxBy(index => Live(plan, lives, index).Sum(tensor => tensor.Bytes));
        return (plan.Steps.Count > 0 ? plan.Steps[peak].Name : "", Live(plan, lives, peak));
    }

    private static IEnumerable<(string Name, long Bytes)> Live(ModelPlan plan, Dictionary<string, (int First, int Last)> lives, int step) => plan.Tensors
        .Where(tensor => lives.TryGetValue(tensor.Name, out (int First, int Last) life) && life.First <= step && step <= life.Last)
        .Select(tensor => (tensor.Name, (long)tensor.Length * tensor.Type.SizeOf()));

    private static IEnumerable<PlanStep> Steps(PlanPort port) => port.Conversions.SelectMany(conversion => conversion.Steps);

    private static void Touch(Dictionary<string, (int First, int Last)> lives, IEnumerable<PlanStep> steps, int index)
    {
        foreach (string tensor in steps.SelectMany(Tensors))
        {
            lives[tensor] = lives.TryGetValue(tensor, out (int First, int Last) life) ? (Math.Min(life.First, index), Math.Max(life.Last, index)) : (index, index);
        }
    }

    private static IEnumerable<string> Tensors(PlanStep step) =>
        step.Arguments.Select(argument => argument.Value).OfType<TensorValue>().Select(value => value.Tensor).Concat(step.Body.SelectMany(Tensors));
}
