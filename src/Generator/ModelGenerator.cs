using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Threading;
using Microsoft.CodeAnalysis;
using ModelCompiler.Generator.Emission;
using ModelCompiler.Generator.Input;
using ModelCompiler.Plans;

namespace ModelCompiler.Generator;

/// <summary>
/// Turns plans into classes. Reads the additional files <c>X.modelplan</c> and, beside each, <c>X.modelweights</c> (base64); writes
/// <c>Namespace.Class.g.cs</c>, <c>….Kernels.g.cs</c>, <c>….Weights.g.cs</c>, for classifiers <c>….Labels.g.cs</c>, and one
/// <c>Prediction</c> a namespace.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class ModelGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<PlanFile> plans = context.AdditionalTextsProvider
            .Where(static file => file.Path.EndsWith(PlanFile.Extension, StringComparison.OrdinalIgnoreCase))
            .Select(PlanFile.Read)
            .WithTrackingName(TrackingNames.Plans);

        IncrementalValueProvider<EquatableArray<WeightsFile>> weights = context.AdditionalTextsProvider
            .Where(static file => file.Path.EndsWith(WeightsFile.Extension, StringComparison.OrdinalIgnoreCase))
            .Select(WeightsFile.Read)
            .WithTrackingName(TrackingNames.Weights)
            .Collect()
            .Select(static (files, _) => files.ToEquatableArray())
            .WithTrackingName(TrackingNames.AllWeights);

        IncrementalValueProvider<EquatableArray<ClassOfFile>> classes = plans
            .Where(static file => file.Plan is not null)
            .Select(static (file, _) => new ClassOfFile(PlanFile.FullName(file.Plan!), file.Path))
            .Collect()
            .Select(static (all, _) => all.ToEquatableArray())
            .WithTrackingName(TrackingNames.AllClasses);

        IncrementalValueProvider<EquatableArray<string>> taken = context.CompilationProvider.Select(NamespacesWithPrediction);

        IncrementalValuesProvider<PlanFile> models = plans
            .Combine(classes)
            .Select(static (pair, _) => pair.Left.UnlessTaken(pair.Right))
            .Combine(taken)
            .Select(static (pair, _) => pair.Left.UnlessPredictionIsTaken(pair.Right))
            .WithTrackingName(TrackingNames.Models);

        IncrementalValuesProvider<ModelWeights> modelWeights = models
            .Where(static file => file.Plan is not null)
            .Combine(weights)
            .Select(static (pair, _) => ModelWeights.Pair(pair.Left.Path, pair.Left.Plan!, pair.Right))
            .WithTrackingName(TrackingNames.ModelWeights);

        IncrementalValuesProvider<PredictionType> predictions = models
            .Where(static file => file.Plan?.Classifier is not null)
            .Select(static (file, _) => new PredictionType(file.Plan!.Namespace, file.Plan.IsPublic))
            .Collect()
            .SelectMany(static (all, _) => OneEach(all))
            .WithTrackingName(TrackingNames.Predictions);

        context.RegisterSourceOutput(models, WriteModel);
        context.RegisterSourceOutput(modelWeights, WriteWeights);
        context.RegisterSourceOutput(
            predictions,
            static (output, type) => output.AddSource((type.Namespace.Length == 0 ? "" : type.Namespace + ".") + "Prediction.g.cs", PredictionEmitter.Write(type)));
    }

    // Where the project's own sources declare a type that ours would meet.
    private static EquatableArray<string> NamespacesWithPrediction(Compilation compilation, CancellationToken cancellation) => compilation
        .GetSymbolsWithName("Prediction", SymbolFilter.Type, cancellation)
        .OfType<INamedTypeSymbol>()
        .Where(type => type.ContainingType is null && type.Arity == 0)
        .Select(type => type.ContainingNamespace.IsGlobalNamespace ? "" : type.ContainingNamespace.ToDisplayString())
        .Distinct()
        .OrderBy(name => name, StringComparer.Ordinal)
        .ToEquatableArray();

    private static IEnumerable<PredictionType> OneEach(ImmutableArray<PredictionType> types) => types
        .GroupBy(type => type.Namespace, StringComparer.Ordinal)
        .OrderBy(group => group.Key, StringComparer.Ordinal)
        .Select(group => new PredictionType(group.Key, group.Any(type => type.IsPublic)));

    private static void WriteModel(SourceProductionContext output, PlanFile file)
    {
        if (file.Problem is { } problem)
        {
            output.ReportDiagnostic(problem.ToDiagnostic());
        }

        if (file.Plan is not { } plan)
        {
            return;
        }

        var context = new EmissionContext(plan);
        string name = PlanFile.FullName(plan);
        output.AddSource(name + ".g.cs", ClassEmitter.Write(context));
        output.AddSource(name + ".Kernels.g.cs", KernelSourceEmitter.Write(context));
        if (plan.Classifier is not null || plan.Labels.Count > 0)
        {
            output.AddSource(name + ".Labels.g.cs", PredictEmitter.Labels(context));
        }
    }

    private static void WriteWeights(SourceProductionContext output, ModelWeights weights)
    {
        if (weights.Problem is { } problem)
        {
            output.ReportDiagnostic(problem.ToDiagnostic());
        }

        // Without its weights the class is still written: one message about them says more than one at every use.
        string prefix = weights.Namespace.Length == 0 ? "" : weights.Namespace + ".";
        output.AddSource($"{prefix}{weights.ClassName}.Weights.g.cs", WeightsEmitter.Write(weights));
    }
}
