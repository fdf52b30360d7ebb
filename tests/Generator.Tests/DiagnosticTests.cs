using System;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Generator.Tests;

/// <summary>What the generator says of plans that it cannot turn into code; whatever they hold, it does not throw.</summary>
public class DiagnosticTests
{
    [Fact]
    public void A_plan_of_another_version_is_reported_at_its_line()
    {
        Diagnostic diagnostic = Single(new TextFile("obj/X.modelplan", "modelplan 0\n"));
        Assert.Equal("MC8001", diagnostic.Id);
        Assert.Equal(("obj/X.modelplan", 0), (diagnostic.Location.GetLineSpan().Path, diagnostic.Location.GetLineSpan().StartLinePosition.Line));
        Assert.Contains("rebuild", diagnostic.GetMessage(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_is_no_plan_is_reported_with_its_number()
    {
        Diagnostic diagnostic = Single(new TextFile("X.modelplan", "modelplan 1\nclass \"X\"\nnonsense 1\n"));
        Assert.Equal(("MC8001", 2), (diagnostic.Id, diagnostic.Location.GetLineSpan().StartLinePosition.Line));
    }

    [Fact]
    public void A_plan_torn_off_anywhere_never_makes_the_generator_throw()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        string text = PlanWriter.Write(plan);
        for (int length = 0; length < text.Length; length += 7)
        {
            GeneratorDriver driver = GeneratorHarness.Run(new TextFile("X.modelplan", text[..length]));
            Assert.Null(driver.GetRunResult().Results.Single().Exception);
        }
    }

    public static TheoryData<string, string, string> DamagedPlans => new()
    {
        { "kernel", "FullyConnectedUInt8", "Mystery" },
        { "tensor", "$\"dense.q\"", "$\"dense.x\"" },
        { "constant", "@\"dense.bias\"", "@\"dense.gone\"" },
        { "caller's span", "^\"image\":Float32", "^\"logits\":Float32" },
        { "expression", "Multiply(Sub", "Multiply(Sob" },
        { "input type", "x0:UInt8", "x0:Int8" },
        { "strides", "strides0 = [1]", "strides0 = [1, 1]" },
        { "arena", "arena 192", "arena 100" },
        { "weights", "bytes=896", "bytes=640" },
        { "weights", "bytes=896", "bytes=897" },
        { "classifier", "classes=3", "classes=4" },
        { "labels", "label \"one\"\n", "" },
        { "impossible shape", "[4, 4, 1]", "[4, -4, 1]" },
        { "impossible shape", "[4, 4, 1]", "[2000000, 2000000, 1]" },
        { "duplicate", "outputMinimum =", "outputMaximum =" },
        { "negative offset", "$\"dense.q\":UInt8", "$\"dense.q\":UInt8+-1" },
    };

    [Theory]
    [MemberData(nameof(DamagedPlans))]
    public void A_damaged_plan_is_reported_and_makes_no_code(string what, string from, string to)
    {
        (ModelPlan plan, _) = SamplePlans.Classifier();
        string text = PlanWriter.Write(plan);
        Assert.Contains(from, text, StringComparison.Ordinal);
        GeneratorDriver driver = GeneratorHarness.Run(new TextFile("X.modelplan", text.Replace(from, to, StringComparison.Ordinal)));
        Assert.True(driver.GetRunResult().Diagnostics is [{ Id: "MC8001" }], $"{what}: {string.Join("\n", driver.GetRunResult().Diagnostics)}");
        Assert.Empty(driver.Sources());
    }

    [Theory]
    [InlineData(null, "there is no .modelweights file")]
    [InlineData("AAAAAAAAAAA=", "they have 8 bytes, 896 are expected")]
    [InlineData("AAAA", "not a multiple of 8")]
    [InlineData("?", "not in base64")]
    public void Weights_that_do_not_belong_to_the_plan_are_reported_once(string? text, string expected)
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        AdditionalText[] files = GeneratorHarness.Files(plan, weights);
        AdditionalText[] wrong = text is null ? [files[0]] : [files[0], new TextFile(files[1].Path, text)];
        IReadOnlyList<Diagnostic> diagnostics = GeneratorHarness.Compile(wrong, [], isNet10: true, out _);
        Assert.Equal("MC8002", Assert.Single(diagnostics).Id);
        Assert.Contains(expected, diagnostics[0].GetMessage(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Digits")]
    [InlineData("DIGITS")]
    public void The_second_model_of_a_class_is_reported_and_the_first_is_made(string className)
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier();
        AdditionalText[] first = GeneratorHarness.Files(plan, weights);
        var second = new TextFile("obj/ModelCompiler/Other.modelplan", PlanWriter.Write(plan with { ClassName = className }));
        GeneratorDriver driver = GeneratorHarness.Run([.. first, second]);
        Assert.Equal("MC8003", Assert.Single(driver.GetRunResult().Diagnostics).Id);
        Assert.Equal(second.Path, driver.GetRunResult().Diagnostics[0].Location.GetLineSpan().Path);
        Assert.Contains("Samples.Digits.Digits.g.cs", driver.Sources().Keys);
    }

    [Theory]
    [InlineData("Scores", "Samples")]
    [InlineData("Prediction", "Samples")]
    [InlineData("var", "Samples")]
    [InlineData("System", "")]
    [InlineData("Two Words", "Samples")]
    [InlineData("A.B", "Samples")]
    [InlineData("Digits", "Samples.9")]
    public void A_class_name_that_cannot_be_is_reported(string className, string @namespace)
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier(className, @namespace);
        GeneratorDriver driver = GeneratorHarness.Run(GeneratorHarness.Files(plan, weights));
        Assert.Equal("MC8004", Assert.Single(driver.GetRunResult().Diagnostics).Id);
        Assert.Empty(driver.Sources());
    }

    [Fact]
    public void Keywords_are_good_names_for_classes_and_namespaces()
    {
        (ModelPlan plan, byte[] weights) = SamplePlans.Classifier("record", "event.namespace");
        Assert.Empty(GeneratorHarness.Compile(GeneratorHarness.Files(plan, weights), [], isNet10: false, out _));
    }

    private static Diagnostic Single(AdditionalText file) => Assert.Single(GeneratorHarness.Run(file).GetRunResult().Diagnostics);
}
