using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis.Text;
using ModelCompiler.Generator.Input;
using ModelCompiler.Generator.Kernels;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Emission;

/// <summary>Writes the kernels that a model uses into its class, and what these use, and nothing else.</summary>
internal static class KernelSourceEmitter
{
    /// <summary>The file <c>Class.Kernels.g.cs</c>.</summary>
    public static SourceText Write(EmissionContext context) =>
        Write(KernelSources.Shared, context.Plan.Namespace, context.ClassName, Roots(context));

    /// <summary>Writes some kernels into a class.</summary>
    /// <param name="sources">Where the kernels are.</param>
    /// <param name="namespace">Namespace of the class.</param>
    /// <param name="className">The class.</param>
    /// <param name="roots">The types that the class itself mentions.</param>
    public static SourceText Write(KernelSources sources, string @namespace, string className, IEnumerable<string> roots)
    {
        IReadOnlyList<KernelFile> files = sources.Closure(roots);
        IEnumerable<string> usings = files.SelectMany(file => file.Usings).Distinct().OrderBy(line => line.TrimEnd(';'), StringComparer.Ordinal);
        SourceWriter writer = EmissionContext.BeginFile("", "enable", []);
        writer.Line("// The project's own warnings are not for this code.");
        writer.Line("#pragma warning disable");
        writer.Line();
        foreach (string line in usings)
        {
            writer.Line(line);
        }

        writer.Line();
        if (@namespace.Length > 0)
        {
            writer.Line($"namespace {Identifiers.EscapeDotted(@namespace)};");
            writer.Line();
        }

        using (writer.Block($"partial class {className}"))
        {
            writer.Line("private static class Kernels");
            writer.Line("{");
            foreach (KernelFile file in files)
            {
                // As it is, without indentation: raw strings and directives stay valid, and the compiler reads less.
                writer.Verbatim($"\n// {file.Path}\n{file.Body}");
            }

            writer.Line("}");
        }

        return writer.ToSource();
    }

    /// <summary>The types of RuntimeSupport that the generated class mentions.</summary>
    private static IEnumerable<string> Roots(EmissionContext context)
    {
        foreach (PlanStep step in PlanSteps.All(context.Plan).Where(step => step.Kernel != PlanStep.LoopKernel))
        {
            if (step.Kernel == PlanStep.ElementwiseKernel)
            {
                yield return "KernelOptions";
                if (new ElementwiseEmitter(context, step, null).CallsFunctions)
                {
                    yield return "ElementwiseMath";
                }

                continue;
            }

            yield return step.Kernel;
            foreach (PlanArgument argument in step.Arguments)
            {
                if (argument.Value is StructureValue structure)
                {
                    yield return structure.Type;
                }
            }
        }

        if (context.Plan.Classifier is { } classifier)
        {
            foreach (string kernel in PredictEmitter.Kernels(classifier))
            {
                yield return kernel;
            }
        }
    }
}
