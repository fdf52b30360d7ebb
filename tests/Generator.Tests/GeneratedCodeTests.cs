using System;
using System.Linq;
using System.Reflection;
using Microsoft.CodeAnalysis;
using ModelCompiler.Plans;
using Snapshooter.Xunit;
using Xunit;

namespace ModelCompiler.Generator.Tests;

public class GeneratedCodeTests
{
    [Fact]
    public void The_class_of_a_classifier_reads_as_recorded()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        Snapshot.Match(GeneratorHarness.Run(GeneratorHarness.Files(plan, weights)).Sources()["Samples.Digits.Digits.g.cs"]);
    }

    [Fact]
    public void The_class_of_a_model_with_odd_names_reads_as_recorded()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Pair();
        Snapshot.Match(GeneratorHarness.Run(GeneratorHarness.Files(plan, weights)).Sources()["Pair.g.cs"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_model_compiles_without_a_warning_in_a_strict_project(bool isNet10)
    {
        foreach ((ModelPlan plan, byte[] weights) in new[]
        {
            SamplePlans.Classifier(), SamplePlans.Classifier(@namespace: "", isPublic: false, transform: ScoreTransform.Exponential), SamplePlans.Pair(),
        })
        {
            Assert.Empty(GeneratorHarness.Compile(GeneratorHarness.Files(plan, weights), [], isNet10, out _));
        }
    }
}
