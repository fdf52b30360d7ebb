extern alias generator;

using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using ModelCompiler.Plans;
using Xunit;
using TrackingNames = generator::ModelCompiler.Generator.TrackingNames;

namespace ModelCompiler.Generator.Tests;

/// <summary>An IDE runs the generator at every key press: what did not change must not be computed.</summary>
public class IncrementalityTests
{
    private static readonly string[] Stages =
    [
        TrackingNames.Plans, TrackingNames.Weights, TrackingNames.AllWeights, TrackingNames.AllClasses, TrackingNames.Models, TrackingNames.ModelWeights,
        TrackingNames.Predictions,
    ];

    [Fact]
    public void Editing_a_source_file_computes_nothing_anew()
    {
        CSharpCompilation project = GeneratorHarness.Project(["class A { }"]);
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        GeneratorDriver driver = GeneratorHarness.Driver(GeneratorHarness.Files(plan, weights)).RunGenerators(project);
        GeneratorRunResult result = driver.RunGenerators(project.AddSyntaxTrees(GeneratorHarness.Parse("class B { }"))).GetRunResult().Results.Single();

        foreach (string stage in Stages)
        {
            Assert.All(ReasonsOf(result, stage), reason => Assert.True(IsKept(reason), $"{stage}: {reason}"));
        }

        Assert.All(OutputReasons(result), reason => Assert.True(IsKept(reason), $"output: {reason}"));
    }

    [Fact]
    public void Saving_files_with_the_same_text_writes_no_code_anew()
    {
        CSharpCompilation project = GeneratorHarness.Project([]);
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        AdditionalText[] files = GeneratorHarness.Files(plan, weights);
        AdditionalText[] saved = GeneratorHarness.Files(plan, weights);
        GeneratorDriver driver = GeneratorHarness.Driver(files).RunGenerators(project);
        driver = driver.ReplaceAdditionalText(files[0], saved[0]).ReplaceAdditionalText(files[1], saved[1]);
        GeneratorRunResult result = driver.RunGenerators(project).GetRunResult().Results.Single();

        Assert.Equal([IncrementalStepRunReason.Unchanged], ReasonsOf(result, TrackingNames.Plans));
        Assert.Equal([IncrementalStepRunReason.Unchanged], ReasonsOf(result, TrackingNames.Weights));
        Assert.All(OutputReasons(result), reason => Assert.True(IsKept(reason), $"output: {reason}"));
    }

    [Fact]
    public void New_weights_do_not_write_the_class_and_its_kernels_anew()
    {
        CSharpCompilation project = GeneratorHarness.Project([]);
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        AdditionalText[] files = GeneratorHarness.Files(plan, weights);
        GeneratorDriver driver = GeneratorHarness.Driver(files).RunGenerators(project);
        string before = driver.Sources()["Samples.Digits.Digits.Weights.g.cs"];
        weights[^1] ^= 1;
        driver = driver.ReplaceAdditionalText(files[1], GeneratorHarness.Files(plan, weights)[1]).RunGenerators(project);
        GeneratorRunResult result = driver.GetRunResult().Results.Single();

        Assert.All(ReasonsOf(result, TrackingNames.Models), reason => Assert.True(IsKept(reason), $"{reason}"));
        Assert.Equal([IncrementalStepRunReason.Modified], ReasonsOf(result, TrackingNames.ModelWeights));
        Assert.Equal(1, OutputReasons(result).Count(reason => !IsKept(reason)));
        Assert.NotEqual(before, driver.Sources()["Samples.Digits.Digits.Weights.g.cs"]);
    }

    [Fact]
    public void A_changed_model_leaves_the_other_models_alone()
    {
        CSharpCompilation project = GeneratorHarness.Project([]);
        (ModelPlan first, byte[] firstWeights) = SamplePlans.Classifier();
        (ModelPlan second, byte[] secondWeights) = SamplePlans.Pair();
        AdditionalText[] changing = GeneratorHarness.Files(first, firstWeights);
        GeneratorDriver driver = GeneratorHarness.Driver([.. changing, .. GeneratorHarness.Files(second, secondWeights)]).RunGenerators(project);
        AdditionalText changed = GeneratorHarness.Files(first with { Source = "other.onnx" }, firstWeights)[0];
        GeneratorRunResult result = driver.ReplaceAdditionalText(changing[0], changed).RunGenerators(project).GetRunResult().Results.Single();

        Assert.Equal(1, ReasonsOf(result, TrackingNames.Models).Count(reason => reason == IncrementalStepRunReason.Modified));
        Assert.Equal(1, OutputReasons(result).Count(reason => !IsKept(reason)));
    }

    private static bool IsKept(IncrementalStepRunReason reason) => reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged;

    private static List<IncrementalStepRunReason> ReasonsOf(GeneratorRunResult result, string stage)
    {
        List<IncrementalStepRunReason> reasons = [.. result.TrackedSteps[stage].SelectMany(step => step.Outputs).Select(output => output.Reason)];
        Assert.NotEmpty(reasons);
        return reasons;
    }

    private static List<IncrementalStepRunReason> OutputReasons(GeneratorRunResult result)
    {
        List<IncrementalStepRunReason> reasons = [.. result.TrackedOutputSteps.SelectMany(stage => stage.Value).SelectMany(step => step.Outputs).Select(output => output.Reason)];
        Assert.NotEmpty(reasons);
        return reasons;
    }
}
