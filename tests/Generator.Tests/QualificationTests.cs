extern alias generator;

using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using ModelCompiler.Plans;
using Xunit;
using KernelSourceEmitter = generator::ModelCompiler.Generator.Emission.KernelSourceEmitter;
using KernelSources = generator::ModelCompiler.Generator.Kernels.KernelSources;

namespace ModelCompiler.Generator.Tests;

/// <summary>Types of the user's that are called like the framework's: generated code must not take one for the other.</summary>
public class QualificationTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void No_kernel_names_a_type_of_the_framework_without_its_namespace(bool isNet10)
    {
        string kernels = KernelSourceEmitter.Write(KernelSources.Shared, "Some.Where", "Model", KernelSources.Shared.Types).ToString();
        string names = ShortNames(GeneratorHarness.Project([kernels, "namespace Some.Where; internal static partial class Model { }"], isNet10));
        Assert.True(names.Length == 0, names);
    }

    [Fact]
    public void No_generated_class_names_a_type_of_the_framework_without_its_namespace()
    {
        foreach ((ModelPlan plan, byte[] weights) in Models())
        {
            string[] sources = [.. GeneratorHarness.Run(GeneratorHarness.Files(plan, weights)).Sources().Values];
            string names = ShortNames(GeneratorHarness.Project(sources));
            Assert.True(names.Length == 0, names);
        }
    }

    [Theory]
    [InlineData("Samples.Digits", true)]
    [InlineData("Samples.Digits", false)]
    [InlineData("Samples", true)]
    [InlineData("", true)]
    public void A_project_may_have_types_that_are_called_like_those_of_the_framework(string @namespace, bool isNet10)
    {
        string types = string.Concat(
            ((string[])["ArgumentException", "BitConverter", "GC", "Marshal", "Math", "MathF", "MemoryMarshal", "MethodImplOptions", "Stream", "Unsafe", "Vector128", "Vector256", "Avx2"])
                .Select(name => $"internal static class {name} {{ }} "))
            + "internal struct Span<T> { } internal struct ReadOnlySpan<T> { } internal struct Vector128<T> { } internal struct Vector256<T> { } ";
        string source = @namespace.Length == 0 ? types : $"namespace {@namespace} {{ {types} }}";
        foreach ((ModelPlan plan, byte[] weights) in Models())
        {
            Assert.Empty(GeneratorHarness.Compile(GeneratorHarness.Files(plan with { Namespace = @namespace }, weights), [source], isNet10, out _));
        }
    }

    [Theory]
    [InlineData("MemoryMarshal")]
    [InlineData("Unsafe")]
    [InlineData("GC")]
    [InlineData("Span")]
    [InlineData("Math")]
    [InlineData("Vector128")]
    [InlineData("FullyConnectedUInt8")]
    [InlineData("System")]
    public void A_model_may_be_called_like_a_type_of_the_framework(string className)
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier(className, "Samples." + className);
        Assert.Empty(GeneratorHarness.Compile(GeneratorHarness.Files(plan, weights), [], isNet10: true, out _));
    }

    [Theory]
    [InlineData("namespace Samples.Digits; internal sealed class Prediction { }", true)]
    [InlineData("namespace Samples.Digits { namespace Inner { enum Prediction { } } partial record struct Prediction; }", true)]
    [InlineData("namespace Samples; internal sealed class Prediction { }", false)]
    [InlineData("namespace Samples.Digits; internal sealed class Other { internal sealed class Prediction { } }", false)]
    [InlineData("namespace Samples.Digits; internal sealed class Prediction<T> { }", false)]
    public void A_project_s_own_prediction_in_the_namespace_of_a_classifier_is_reported(string source, bool isTaken)
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        GeneratorDriver driver = GeneratorHarness.Run([source], GeneratorHarness.Files(plan, weights));
        Assert.Equal((string[])(isTaken ? ["MC8005"] : []), driver.GetRunResult().Diagnostics.Select(diagnostic => diagnostic.Id));
        Assert.Equal(isTaken, driver.Sources().Count == 0);
    }

    private static IEnumerable<(ModelPlan Plan, byte[] Weights)> Models()
    {
        foreach (ScoreTransform transform in Enum.GetValues<ScoreTransform>())
        {
            yield return SamplePlans.Classifier(transform: transform);
        }

        (ModelPlan plan, byte[] weights) = SamplePlans.Pair();
        yield return (plan, weights);
        yield return (plan with { WeightStorage = WeightStorage.Resource, WeightResource = "weights" }, weights);
    }

    // "namespace.type" of each name in code that stands alone and means a type of another assembly, a line each.
    private static string ShortNames(CSharpCompilation project)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (SyntaxTree tree in project.SyntaxTrees)
        {
            SemanticModel meaning = project.GetSemanticModel(tree);
            foreach (IGrouping<string, SimpleNameSyntax> names in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>()
                .Where(name => char.IsUpper(name.Identifier.ValueText[0]) && !IsQualified(name)).GroupBy(name => name.Identifier.ValueText))
            {
                foreach (SimpleNameSyntax name in names)
                {
                    if (TypeOf(meaning.GetSymbolInfo(name).Symbol) is { } type && (names.Key == type.Name || names.Key + "Attribute" == type.Name)
                        && !SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, project.Assembly))
                    {
                        found.Add($"{type.ContainingNamespace}.{names.Key}: {name.FirstAncestorOrSelf<StatementSyntax>()?.ToString() ?? name.Parent!.ToString()}");
                        break;
                    }
                }
            }
        }

        return string.Join("\n", found);
    }

    private static INamedTypeSymbol? TypeOf(ISymbol? symbol) => symbol switch
    {
        INamedTypeSymbol type => type,
        IMethodSymbol { MethodKind: MethodKind.Constructor } constructor => constructor.ContainingType,
        _ => null,
    };

    private static bool IsQualified(SimpleNameSyntax name) => name.Parent switch
    {
        QualifiedNameSyntax qualified => qualified.Right == name,
        AliasQualifiedNameSyntax => true,
        MemberAccessExpressionSyntax access => access.Name == name,
        _ => false,
    };
}
