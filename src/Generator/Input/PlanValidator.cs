using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Generator.Kernels;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Input;

/// <summary>
/// Checks what the emitters rely on: every name is known, every region lies inside its memory. A plan that the compiler wrote passes; one that
/// was edited by hand or torn must not become wrong code.
/// </summary>
internal sealed class PlanValidator
{
    private const int LargestArena = int.MaxValue - 1024;

    private readonly Dictionary<string, PlanTensor> tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PlanConstant> constants = new(StringComparer.Ordinal);
    private readonly List<int> counts = [];
    private readonly ModelPlan plan;

    private PlanValidator(ModelPlan plan) => this.plan = plan;

    /// <summary>The first thing that is wrong, or <see langword="null"/>.</summary>
    public static string? FindProblem(ModelPlan plan)
    {
        var validator = new PlanValidator(plan);
        return validator.Regions() ?? validator.Ports() ?? validator.ClassifierProblem() ?? validator.Steps();
    }

    private string? Regions()
    {
        if (plan.ArenaBytes is < 0 or > LargestArena || plan.WeightBytes < 0 || plan.WeightBytes % sizeof(ulong) != 0)
        {
            return "the sizes of arena and weights are out of range";
        }

        foreach (PlanTensor tensor in plan.Tensors)
        {
            if (tensor.Offset < 0 || tensor.Length < 0 || tensor.Offset + ((long)tensor.Length * tensor.Type.SizeOf()) > plan.ArenaBytes)
            {
                return $"tensor '{tensor.Name}' lies outside the arena";
            }

            if (tensors.ContainsKey(tensor.Name))
            {
                return $"there are two tensors '{tensor.Name}'";
            }

            tensors.Add(tensor.Name, tensor);
        }

        foreach (PlanConstant constant in plan.Constants)
        {
            int memory = constant.Uniform is null ? plan.WeightBytes : LargestArena;
            if (constant.Offset < 0 || constant.Length < 0 || PlanConstants.End(constant) > memory)
            {
                return $"constant '{constant.Name}' lies outside the weights";
            }

            if (constant.Uniform is not null && constant.Uniform.Type != constant.Type)
            {
                return $"constant '{constant.Name}' is filled with another type than its own";
            }

            if (constants.ContainsKey(constant.Name))
            {
                return $"there are two constants '{constant.Name}'";
            }

            constants.Add(constant.Name, constant);
        }

        return null;
    }

    private string? Ports()
    {
        foreach (PlanPort port in PlanSteps.Ports(plan))
        {
            foreach (EquatableArray<int> shape in port.Conversions.Select(conversion => conversion.Shape).Prepend(port.Shape))
            {
                if (shape.Any(extent => extent < 0) || shape.Aggregate(1.0, (elements, extent) => elements * extent) > int.MaxValue)
                {
                    return $"'{port.Name}' has the impossible shape {shape}";
                }
            }

            if (port.Bound is { } bound && BoundProblem(port, bound) is { } problem)
            {
                return $"'{port.Name}': {problem}";
            }
        }

        return null;
    }

    private string? BoundProblem(PlanPort port, PlanBound bound) =>
        bound.Axis < 0 || bound.Axis >= port.Shape.Count ? $"there is no axis {bound.Axis}"
        : bound.Count is TensorValue { Type: ElementType.Int64 } or ConstantValue { Type: ElementType.Int64 } ? ValueProblem(bound.Count, null)
        : "its slices are not counted by an int64";

    private string? ClassifierProblem()
    {
        if (plan.Classifier is not { } classifier)
        {
            return null;
        }

        PlanPort? input = plan.Inputs.FirstOrDefault(port => port.Name == classifier.Input);
        PlanPort? output = plan.Outputs.FirstOrDefault(port => port.Name == classifier.Output);
        if (input is null || output is null)
        {
            return "the classifier names no input and output of the model";
        }

        if (output.Find(ConversionKind.Declared) is not { } scores || PlanSteps.Elements(scores.Shape) != classifier.Classes || classifier.Classes < 1)
        {
            return $"the output '{output.Name}' is not one row of {classifier.Classes} scores";
        }

        if (classifier.LabelOutput.Length > 0
            && (plan.Outputs.FirstOrDefault(port => port.Name == classifier.LabelOutput)?.Find(ConversionKind.Declared) is not { } label
                || PlanSteps.Elements(label.Shape) != 1
                || plan.Outputs.First(port => port.Name == classifier.LabelOutput).Type != ElementType.Int64))
        {
            return $"the output '{classifier.LabelOutput}' is not the label of a class";
        }

        if (classifier.LabelNumbers.Count > 0 && classifier.LabelNumbers.Count != classifier.Classes)
        {
            return $"there are {classifier.LabelNumbers.Count} numbers for {classifier.Classes} classes";
        }

        if (output.Bound is not null)
        {
            return $"the number of scores in '{output.Name}' depends on the data";
        }

        return plan.Labels.Count == 0 || plan.Labels.Count == classifier.Classes
            ? null
            : $"there are {plan.Labels.Count} labels for {classifier.Classes} classes";
    }

    private string? Steps()
    {
        foreach (PlanPort port in PlanSteps.Ports(plan))
        {
            foreach (PlanStep step in port.Conversions.SelectMany(conversion => conversion.Steps))
            {
                if (StepProblem(step, port.Name) is { } problem)
                {
                    return $"step '{step.Name}': {problem}";
                }
            }
        }

        return StepsProblem(plan.InitialSteps.Concat(plan.Steps).Concat(plan.ResetSteps));
    }

    private string? StepsProblem(IEnumerable<PlanStep> steps)
    {
        foreach (PlanStep step in steps)
        {
            if ((step.Kernel == PlanStep.LoopKernel ? LoopProblem(step) : StepProblem(step, null)) is { } problem)
            {
                return $"step '{step.Name}': {problem}";
            }
        }

        return null;
    }

    private string? LoopProblem(PlanStep step)
    {
        if (step.Find("count") is not IntegerValue { Value: >= 1 and <= int.MaxValue } || step.Arguments.Count != 1 || counts.Count == PlanStep.DeepestLoops)
        {
            return "a loop has one count and is not nested too deeply";
        }

        counts.Add(step.Count);
        string? problem = StepsProblem(step.Body);
        counts.RemoveAt(counts.Count - 1);
        return problem;
    }

    private string? StepProblem(PlanStep step, string? port)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (PlanArgument argument in step.Arguments)
        {
            if (!names.Add(argument.Name))
            {
                return $"there are two arguments '{argument.Name}'";
            }

            if (ValueProblem(argument.Value, port) is { } problem)
            {
                return problem;
            }
        }

        return step.Body.Count > 0 ? $"'{step.Kernel}' takes no steps"
            : step.Kernel == PlanStep.ElementwiseKernel
            ? ElementwiseStep.FindProblem(step)
            : KernelSources.Shared.Contains(step.Kernel) ? null : $"there is no kernel '{step.Kernel}'";
    }

    // In the first iteration as in the last, whichever way the loops go.
    private bool IsInside(TensorValue tensor, long bytes)
    {
        if (tensor.Strides.Count > counts.Count)
        {
            return false;
        }

        decimal least = tensor.Offset, greatest = tensor.Offset;
        for (int loop = 0; loop < tensor.Strides.Count; loop++)
        {
            decimal moved = (decimal)tensor.Strides[loop] * (counts[loop] - 1);
            least += Math.Min(moved, 0);
            greatest += Math.Max(moved, 0);
        }

        return least >= 0 && greatest * tensor.Type.SizeOf() <= bytes;
    }

    private string? ValueProblem(PlanValue value, string? port)
    {
        switch (value)
        {
            case TensorValue tensor:
                return !tensors.TryGetValue(tensor.Tensor, out PlanTensor region)
                    ? $"there is no tensor '{tensor.Tensor}'"
                    : !IsInside(tensor, (long)region.Length * region.Type.SizeOf())
                        ? $"the offset into '{tensor.Tensor}' is out of range"
                        : null;
            case ConstantValue constant:
                return constants.ContainsKey(constant.Constant) ? null : $"there is no constant '{constant.Constant}'";
            case PortValue caller:
                return caller.Port == port ? null : $"'{caller.Port}' is not at hand here";
            case ListValue list:
                return list.Items.All(item => item is IntegerValue or FloatValue) ? null : "a list holds something else than numbers";
            case StructureValue structure:
                return !KernelSources.Shared.Contains(structure.Type)
                    ? $"there is no structure '{structure.Type}'"
                    : structure.Fields.Select(field => ValueProblem(field.Value, port)).FirstOrDefault(problem => problem is not null);
            default:
                return null;
        }
    }
}
