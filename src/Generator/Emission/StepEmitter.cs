using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Emission;

/// <summary>Writes steps: each as a method of its own, named after the model's layer, so that a stack trace or profile speaks the model's language.</summary>
internal static class StepEmitter
{
    private const int LongestLine = 120;

    /// <summary>Writes the methods of some steps.</summary>
    public static void Methods(SourceWriter writer, EmissionContext context, EquatableArray<PlanStep> steps, IReadOnlyList<string> names)
    {
        for (int index = 0; index < steps.Count; index++)
        {
            PlanStep step = steps[index];
            writer.Line();
            Note(writer, step);
            if (step.Kernel == PlanStep.ElementwiseKernel)
            {
                writer.Line("[MethodImpl(Kernels.KernelOptions.Hot)]");
                using (writer.Block($"private void {names[index]}()"))
                {
                    new ElementwiseEmitter(context, step, null).Write(writer);
                }
            }
            else
            {
                Call(writer, context, step, $"private void {names[index]}() => ", null);
            }
        }
    }

    /// <summary>Writes steps one after the other, as statements of a conversion.</summary>
    public static void Statements(SourceWriter writer, EmissionContext context, EquatableArray<PlanStep> steps, ElementType callerType)
    {
        for (int index = 0; index < steps.Count; index++)
        {
            if (index > 0)
            {
                writer.Line();
            }

            Note(writer, steps[index]);
            if (steps[index].Kernel != PlanStep.ElementwiseKernel)
            {
                Call(writer, context, steps[index], "", callerType);
            }
            else if (steps.Count == 1)
            {
                new ElementwiseEmitter(context, steps[index], callerType).Write(writer);
            }
            else
            {
                using (writer.Block())
                {
                    new ElementwiseEmitter(context, steps[index], callerType).Write(writer);
                }
            }
        }
    }

    private static void Note(SourceWriter writer, PlanStep step)
    {
        if (step.Note.Length > 0)
        {
            writer.Line("// " + Literals.OneLine(step.Note));
        }
    }

    private static void Call(SourceWriter writer, EmissionContext context, PlanStep step, string head, ElementType? callerType)
    {
        string[] arguments = step.Arguments.Select(argument => $"{argument.Name}: {ValueText.Of(context, argument.Value, callerType)}").ToArray();
        string call = $"{head}Kernels.{step.Kernel}.Run(";
        string line = call + string.Join(", ", arguments) + ");";
        if (line.Length <= LongestLine)
        {
            writer.Line(line);
            return;
        }

        writer.Line(call);
        using (writer.Indent())
        {
            for (int index = 0; index < arguments.Length; index++)
            {
                string comment = ValueText.Comment(context, step.Arguments[index].Value);
                string end = index < arguments.Length - 1 ? "," : ");";
                Argument(writer, arguments[index] + end, comment.Length > 0 ? " // " + comment : "");
            }
        }
    }

    // Long lists go over several lines.
    private static void Argument(SourceWriter writer, string text, string comment)
    {
        int position = 0;
        while (text.Length - position > LongestLine && text.IndexOf(", ", position + LongestLine, StringComparison.Ordinal) is var comma and >= 0)
        {
            writer.Line((position > 0 ? "    " : "") + text.Substring(position, comma + 1 - position));
            position = comma + 2;
        }

        writer.Line((position > 0 ? "    " : "") + text.Substring(position) + comment);
    }
}
