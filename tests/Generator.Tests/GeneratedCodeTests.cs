using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
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

    [Fact]
    public void Loops_of_floats_are_written_with_vectors_as_recorded()
    {
        var builder = new PlanBuilder();
        TensorValue first = builder.Tensor("first", ElementType.Float32, 2, 21);
        TensorValue second = builder.Tensor("second", ElementType.Float32, 21);
        builder.Steps.Add(PlanBuilder.Step(
            "swish",
            PlanStep.ElementwiseKernel,
            "(x0 + x1) · sigmoid x0",
            ("shape", PlanBuilder.List(2, 21)),
            ("expression", new TextValue("Multiply(Add(x0:Float32, x1:Float32), Sigmoid(x0:Float32))")),
            ("x0", first),
            ("strides0", PlanBuilder.List(21, 1)),
            ("x1", second),
            ("strides1", PlanBuilder.List(0, 1)),
            ("output", first),
            ("outputStrides", PlanBuilder.List(21, 1))));
        Snapshot.Match(GeneratorHarness.Run(GeneratorHarness.Files(builder.Build("Swish"), builder.Weights)).Sources()["Swish.g.cs"]);
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

    [Fact]
    public void Two_classifiers_of_a_namespace_share_one_prediction_type()
    {
        (ModelPlan first, byte[] firstWeights) = SamplePlans.Classifier("First", isPublic: false);
        (ModelPlan second, byte[] secondWeights) = SamplePlans.Classifier("Second", isPublic: true);
        AdditionalText[] files = [.. GeneratorHarness.Files(first, firstWeights), .. GeneratorHarness.Files(second, secondWeights)];
        Assert.Empty(GeneratorHarness.Compile(files, [], isNet10: true, out _));
        Assert.Contains("public readonly record struct Prediction", GeneratorHarness.Run(files).Sources()["Samples.Digits.Prediction.g.cs"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_project_may_have_a_namespace_called_Math()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier(transform: ScoreTransform.Exponential);
        Assert.Empty(GeneratorHarness.Compile(GeneratorHarness.Files(plan, weights), ["namespace Samples.Math { }", "namespace Samples.Digits.Math { }"], isNet10: true, out _));
    }

    [Fact]
    public void The_same_plan_gives_the_same_text_in_every_culture()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            // Invariant globalisation knows no cultures: one with a comma for a point is made by hand.
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            culture.NumberFormat.NumberDecimalSeparator = ",";
            culture.NumberFormat.NegativeSign = "minus ";
            CultureInfo.CurrentCulture = culture;
            Dictionary<string, string> there = GeneratorHarness.Run(GeneratorHarness.Files(plan, weights)).Sources();
            CultureInfo.CurrentCulture = before;
            Assert.Equal(GeneratorHarness.Run(GeneratorHarness.Files(plan, weights)).Sources(), there);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Layer_names_and_notes_cannot_become_code()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Pair();
        const string Evil = "x\n*/ #error \u2028 } \" <b> &";
        ModelPlan evil = plan with
        {
            Source = Evil,
            Remarks = new([Evil]),
            Steps = plan.Steps.Select(step => step with { Name = Evil, Note = Evil }).ToEquatableArray(),
            Inputs = plan.Inputs.Select(port => port with { Name = port.Name + Evil, Conversions = Renamed(port, Evil) }).ToEquatableArray(),
        };
        Assert.Empty(GeneratorHarness.Compile(GeneratorHarness.Files(evil, weights), [], isNet10: true, out _));
    }

    private static EquatableArray<PlanConversion> Renamed(PlanPort port, string suffix) => port.Conversions
        .Select(conversion => conversion with
        {
            Steps = conversion.Steps.Select(step => step with
            {
                Arguments = step.Arguments
                    .Select(argument => argument.Value is PortValue value ? argument with { Value = value with { Port = port.Name + suffix } } : argument)
                    .ToEquatableArray(),
            }).ToEquatableArray(),
        })
        .ToEquatableArray();
}
