using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>Which layers sum in int16, of those whose weights allow it.</summary>
public static class Int16SumSteps
{
    // A form of the kernels is compiled for these layers alone: a tenth of the time to a first prediction, which a layer or two of many do not make good.
    private const int LeastShare = 4;

    /// <summary>The steps, among which no layer sums in int16 unless a quarter of those that could be asked do.</summary>
    /// <param name="steps">Steps of a prediction.</param>
    public static EquatableArray<PlanStep> Worthwhile(EquatableArray<PlanStep> steps)
    {
        int asked = steps.Count(step => step.Find(ConvolutionLowering.Int16Sums) is BooleanValue);
        int holding = steps.Count(Sums);
        return holding * LeastShare >= asked ? steps : steps.Select(step => Sums(step) ? Without(step) : step).ToEquatableArray();
    }

    private static bool Sums(PlanStep step) => step.Find(ConvolutionLowering.Int16Sums) is BooleanValue { Value: true };

    private static PlanStep Without(PlanStep step) => step with
    {
        Arguments = step.Arguments.Select(argument => argument.Name == ConvolutionLowering.Int16Sums ? argument with { Value = false.Plan() } : argument).ToEquatableArray(),
    };
}
