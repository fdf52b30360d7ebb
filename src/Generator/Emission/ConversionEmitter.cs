using ModelCompiler.Generator.Input;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Emission;

/// <summary>Writes the ways in and out: one method for each form in which a caller may give an input or take an output.</summary>
internal static class ConversionEmitter
{
    public static void Methods(SourceWriter writer, EmissionContext context)
    {
        Methods(writer, context, context.Plan.Inputs, "ReadOnlySpan");
        Methods(writer, context, context.Plan.Outputs, "Span");
    }

    private static void Methods(SourceWriter writer, EmissionContext context, EquatableArray<PlanPort> ports, string span)
    {
        foreach (PlanPort port in ports)
        {
            foreach (PlanConversion conversion in port.Conversions)
            {
                ElementType type = PlanSteps.CallerType(port, conversion);
                writer.Line();
                using (writer.Block($"private void {context.Names.Conversion(conversion)}({span}<{type.Keyword()}> {ValueText.Caller})"))
                {
                    StepEmitter.Statements(writer, context, conversion.Steps, type);
                }
            }
        }
    }
}
