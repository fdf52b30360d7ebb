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
    public static void Methods(SourceWriter writer, EmissionContext context, IReadOnlyList<StepMethod> methods, int depth = 0)
    {
        foreach (StepMethod method in methods)
        {
            writer.Line();
            Note(writer, method.Step);
            string head = $"private void {method.Name}({Iterations(depth, "int ")})";
            switch (method.Step.Kernel)
            {
                case PlanStep.ElementwiseKernel:
                    writer.Line("[MethodImpl(Kernels.KernelOptions.Hot)]");
                    using (writer.Block(head))
                    {
                        new ElementwiseEmitter(context, method.Step, null).Write(writer);
                    }

                    break;
                case PlanStep.LoopKernel:
                    Loop(writer, context, method, head, depth);
                    break;
                default:
                    Call(writer, context, method.Step, head + " => ", null);
                    break;
            }
        }
    }

    /// <summary>Writes the calls of some steps.</summary>
    public static void Calls(SourceWriter writer, IReadOnlyList<StepMethod> methods, int depth = 0)
    {
        foreach (StepMethod method in methods)
        {
            writer.Line($"{method.Name}({Iterations(depth, "")});");
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

    private static void Loop(SourceWriter writer, EmissionContext context, StepMethod method, string head, int depth)
    {
        string iteration = ValueText.Iteration(depth);
        using (writer.Block(head))
        using (writer.Block($"for (int {iteration} = 0; {iteration} < {Literals.Integer(method.Step.Count)}; {iteration}++)"))
        {
            Calls(writer, method.Body, depth + 1);
        }

        Methods(writer, context, method.Body, depth + 1);
    }

    // The parameters of a step inside loops, or its arguments.
    private static string Iterations(int depth, string type) => string.Join(", ", Enumerable.Range(0, depth).Select(loop => type + ValueText.Iteration(loop)));

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
