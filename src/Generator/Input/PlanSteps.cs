using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Input;

/// <summary>Walks over a plan.</summary>
internal static class PlanSteps
{
    /// <summary>Every step of a plan: initial ones, those of one prediction and of its loops, those of resetting, those of the conversions.</summary>
    public static IEnumerable<PlanStep> All(ModelPlan plan) => plan.InitialSteps
        .Concat(plan.Steps)
        .Concat(plan.ResetSteps)
        .Concat(Ports(plan).SelectMany(port => port.Conversions).SelectMany(conversion => conversion.Steps))
        .SelectMany(WithBody);

    /// <summary>A step, and when it is a loop, the steps inside.</summary>
    public static IEnumerable<PlanStep> WithBody(PlanStep step) => step.Body.SelectMany(WithBody).Prepend(step);

    /// <summary>The inputs, then the outputs.</summary>
    public static IEnumerable<PlanPort> Ports(ModelPlan plan) => plan.Inputs.Concat(plan.Outputs);

    /// <summary>The zero point of a port's integers, as they are declared.</summary>
    public static int DeclaredZero(PlanPort port) => port.ZeroPoint - (port.Type == ElementType.Int8 ? 128 : 0);

    /// <summary>The conversion of a kind, or <see langword="null"/>.</summary>
    public static PlanConversion? Find(this PlanPort port, ConversionKind kind) => port.Conversions.FirstOrDefault(conversion => conversion.Kind == kind);

    /// <summary>The type of the elements of a caller's span.</summary>
    public static ElementType CallerType(PlanPort port, PlanConversion conversion) => conversion.Kind switch
    {
        ConversionKind.Quantized => ElementType.Int8,
        ConversionKind.Pixels => ElementType.UInt8,
        _ => port.Type,
    };

    /// <summary>The number of elements of a shape.</summary>
    public static long Elements(EquatableArray<int> shape)
    {
        long elements = 1;
        foreach (int extent in shape)
        {
            elements = checked(elements * extent);
        }

        return elements;
    }
}
