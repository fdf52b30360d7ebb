using System;
using ModelCompiler.Cli.Output;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Evaluation;
using ModelCompiler.Compiler.Quantization;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Cli.Tests;

public sealed class SummaryTests
{
    private static readonly ModelPlan Plan = new() { ClassName = "Digits", Precision = "Int8" };

    private static readonly CompileReport Report = new(30000, 520_000, 23_961, 14_438, 7, [], 100, null, null);

    [Fact]
    public void A_float_model_is_its_sizes() =>
        Assert.Equal("Digits: Float32, 23.4 KB weights, 14.1 KB arena, 0.52 MMAC", Summary.Line(Plan with { Precision = "Float32" }, Report));

    [Fact]
    public void An_int8_classifier_is_also_its_agreement() =>
        Assert.Equal(
            "Digits: Int8, 23.4 KB weights, 14.1 KB arena, 0.52 MMAC, int8 agrees with float on 97 of 100 calibration files",
            Summary.Line(Plan, Report with { Agreement = 0.97, OutputError = 0.01 }));

    [Fact]
    public void Another_int8_model_is_also_its_error() =>
        Assert.EndsWith(", int8 outputs differ from float by 0.81 % (root mean square, 100 calibration files)", Summary.Line(Plan, Report with { OutputError = 0.0081 }));

    [Fact]
    public void Other_precisions_are_named_as_they_are_set() =>
        Assert.EndsWith(", WeightInt8 agrees with float on 97 of 100 calibration files", Summary.Line(Plan with { Precision = "WeightInt8" }, Report with { Agreement = 0.97 }), StringComparison.Ordinal);

    [Fact]
    public void Weights_that_are_rounded_to_compress_have_two_sizes() =>
        Assert.StartsWith("Digits: Rounded256, 23.4 KB weights (5.0 KB deflated), ", Summary.Line(Plan with { Precision = "Rounded256" }, Report with { DeflatedWeightBytes = 5120 }), StringComparison.Ordinal);

    [Fact]
    public void Layers_that_are_kept_in_float_are_counted_with_what_they_are_kept_for()
    {
        CompileReport report = Report with { Agreement = 0.99, Bar = new QualityBar(0.99, null), Layers = 31, FloatLayers = [new LayerSensitivity("a", "a", 0.1, 5), new LayerSensitivity("b", "b", null, 5)] };

        Assert.EndsWith(", int8 agrees with float on 99 of 100 calibration files, 2 of 31 layers in float32 to reach 99 % agreement", Summary.Line(Plan, report), StringComparison.Ordinal);
    }

    [Fact]
    public void Labelled_files_give_the_accuracy_of_both_programs()
    {
        CompileReport report = Report with { Evaluation = new LabelledEvaluation(1000, 972, 981, [], []) };

        Assert.EndsWith(", accuracy 97.2 % (float 98.1 %) on 1000 labelled files", Summary.Line(Plan, report), StringComparison.Ordinal);
        Assert.EndsWith(", accuracy 97.2 % on 1000 labelled files", Summary.Line(Plan with { Precision = "Float32" }, report), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(1023, "1023 bytes")]
    [InlineData(1024, "1.0 KB")]
    [InlineData(5 << 20, "5.0 MB")]
    public void Sizes_are_short(long bytes, string expected) => Assert.Equal(expected, Summary.Bytes(bytes));

    [Theory]
    [InlineData(1234, "0.001 MMAC")]
    [InlineData(2_700_000, "2.7 MMAC")]
    [InlineData(12_500_000, "12.5 MMAC")]
    [InlineData(300_400_000, "300 MMAC")]
    public void Work_is_short(long operations, string expected) => Assert.Equal(expected, Summary.Operations(operations));
}
