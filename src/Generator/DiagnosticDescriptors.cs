using Microsoft.CodeAnalysis;

namespace ModelCompiler.Generator;

/// <summary>What the generator can find wrong. The compiler's own messages (MC1…MC7) come from the build before.</summary>
internal static class DiagnosticDescriptors
{
    public static readonly DiagnosticDescriptor UnreadablePlan = new(
        "MC8001",
        "The plan is not readable",
        "The plan is not readable, rebuild the project: {0}",
        "ModelCompiler",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true);

    public static readonly DiagnosticDescriptor WrongWeights = new(
        "MC8002",
        "The weights do not belong to the plan",
        "The weights of '{0}' do not belong to its plan, rebuild the project: {1}",
        "ModelCompiler",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true);

    public static readonly DiagnosticDescriptor SameClass = new(
        "MC8003",
        "Two models make the same class",
        "The class '{0}' is made by another model, too (case is not told apart): give one of them another ClassName",
        "ModelCompiler",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true);

    public static readonly DiagnosticDescriptor PredictionTaken = new(
        "MC8005",
        "The project has a type 'Prediction' of its own",
        "The classifier '{0}' returns a type 'Prediction' in its namespace, where the project has one of that name: rename that, or set another Namespace on the ModelFile item",
        "ModelCompiler",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true);

    public static readonly DiagnosticDescriptor UnusableClassName = new(
        "MC8004",
        "The class name is not usable",
        "A model's class cannot be called '{0}': {1}",
        "ModelCompiler",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true);
}
