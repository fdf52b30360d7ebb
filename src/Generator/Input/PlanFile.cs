using System;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator.Input;

/// <summary>A plan that was read, or what is wrong with it.</summary>
/// <param name="Path">Of the file.</param>
/// <param name="Plan">The plan, or <see langword="null"/> when there is a problem.</param>
/// <param name="Problem">What is wrong.</param>
internal sealed record PlanFile(string Path, ModelPlan? Plan, DiagnosticInfo? Problem)
{
    public const string Extension = ".modelplan";

    public static PlanFile Read(AdditionalText file, CancellationToken cancellation)
    {
        string text = file.GetText(cancellation)?.ToString() ?? "";
        try
        {
            ModelPlan plan = PlanReader.Read(text);
            DiagnosticInfo? problem = ClassNameProblem(file.Path, plan);
            if (problem is null && PlanValidator.FindProblem(plan) is { } message)
            {
                problem = DiagnosticInfo.Of(DiagnosticDescriptors.UnreadablePlan, file.Path, 1, message);
            }

            return new PlanFile(file.Path, problem is null ? plan : null, problem);
        }
        catch (PlanFormatException exception)
        {
            return new PlanFile(file.Path, null, DiagnosticInfo.Of(DiagnosticDescriptors.UnreadablePlan, file.Path, exception.Line, exception.Message));
        }
    }

    /// <summary>The plan, unless another file makes the same class and comes first.</summary>
    public PlanFile UnlessTaken(EquatableArray<ClassOfFile> classes)
    {
        if (Plan is null)
        {
            return this;
        }

        string name = FullName(Plan);
        foreach (ClassOfFile other in classes)
        {
            if (string.Equals(other.FullName, name, StringComparison.OrdinalIgnoreCase) && string.CompareOrdinal(other.Path, Path) < 0)
            {
                return new PlanFile(Path, null, DiagnosticInfo.Of(DiagnosticDescriptors.SameClass, Path, 1, name));
            }
        }

        return this;
    }

    /// <summary>The plan, unless it is a classifier's and the project has a <c>Prediction</c> in its namespace.</summary>
    /// <param name="namespaces">The namespaces in which the project has one.</param>
    public PlanFile UnlessPredictionIsTaken(EquatableArray<string> namespaces) =>
        Plan?.Classifier is not null && namespaces.Contains(Plan.Namespace)
            ? new PlanFile(Path, null, DiagnosticInfo.Of(DiagnosticDescriptors.PredictionTaken, Path, 1, FullName(Plan)))
            : this;

    public static string FullName(ModelPlan plan) => plan.Namespace.Length == 0 ? plan.ClassName : plan.Namespace + "." + plan.ClassName;

    private static DiagnosticInfo? ClassNameProblem(string path, ModelPlan plan)
    {
        string? reason = Emission.ModelNames.ClassNameProblem(plan);
        return reason is null ? null : DiagnosticInfo.Of(DiagnosticDescriptors.UnusableClassName, path, 1, FullName(plan), reason);
    }
}

/// <summary>The class that a file makes.</summary>
/// <param name="FullName">With its namespace.</param>
/// <param name="Path">Of the file.</param>
internal sealed record ClassOfFile(string FullName, string Path);
