using System;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Evaluation;

public sealed class BudgetTests
{
    private static CompileOptions Digits { get; } = new() { ModelPath = Repository.Sample("digits.onnx"), ClassName = "Digits", Mean = [33.318421f], Scale = [0.012728f] };

    [Fact]
    public void A_model_within_its_limits_compiles()
    {
        CompileReport report = CompilerDriver.Compile(Digits).Report!;

        CompileResult result = CompilerDriver.Compile(Digits with { MaximumArenaBytes = report.ArenaBytes, MaximumWeightBytes = report.WeightBytes, MaximumMacs = report.MultiplyAccumulates });

        Assert.NotNull(result.Plan);
        Assert.Empty(result.Diagnostics);
    }

    [Fact]
    public void All_limits_that_are_exceeded_are_named_with_what_contributes_most()
    {
        CompileReport report = CompilerDriver.Compile(Digits).Report!;

        CompileResult result = CompilerDriver.Compile(Digits with { MaximumArenaBytes = 1000, MaximumWeightBytes = report.WeightBytes - 1, MaximumMacs = 842_655 });

        Assert.Null(result.Plan);
        Assert.Equal(["MC4010", "MC4011", "MC4012"], result.Diagnostics.Select(diagnostic => diagnostic.Kind.Code));
        Assert.All(result.Diagnostics, diagnostic => Assert.Equal(Severity.Error, diagnostic.Kind.Severity));
        Assert.Contains($"the arena has {report.ArenaBytes} bytes, more than MaximumArenaBytes=\"1000\"", result.Diagnostics[0].Message, StringComparison.Ordinal);
        Assert.Contains($"the weights have {report.WeightBytes} bytes", result.Diagnostics[1].Message, StringComparison.Ordinal);
        Assert.Contains(" and ", result.Diagnostics[1].Message, StringComparison.Ordinal);
        Assert.Contains("842656 multiply-accumulates, more than MaximumMacs=\"842655\"", result.Diagnostics[2].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_fullest_moment_of_the_arena_names_what_is_live_then()
    {
        CompileResult result = CompilerDriver.Compile(Digits with { MaximumArenaBytes = 1 });
        int arena = CompilerDriver.Compile(Digits).Report!.ArenaBytes;

        // Between them the named tensors fill the arena, but for gaps.
        string message = result.Diagnostics.Single().Message;
        string live = message[message.IndexOf("it holds", StringComparison.Ordinal)..message.IndexOf("; use", StringComparison.Ordinal)];
        long bytes = live.Split('\'').Where((_, index) => index > 0 && index % 2 == 0).Sum(text => long.Parse(text.Split(',', ' ').First(part => part.Length > 0), System.Globalization.CultureInfo.InvariantCulture));
        Assert.InRange(bytes, arena * 0.9, arena * 1.1);
    }

    [Theory]
    [InlineData(Precision.Float32)]
    [InlineData(Precision.DynamicInt8)]
    public void The_arena_is_hardly_larger_than_what_is_needed_at_one_time(Precision precision)
    {
        CompileReport report = CompilerDriver.Compile(Digits with { Precision = precision }).Report!;

        Assert.InRange(report.LiveBytes, report.ArenaBytes / 1.15, report.ArenaBytes);
    }

    [Fact]
    public void Fewer_bits_keep_a_limit_that_float_exceeds()
    {
        CompileReport report = CompilerDriver.Compile(Digits).Report!;
        CompileOptions limited = Digits with { MaximumWeightBytes = report.WeightBytes * 2 / 3 };

        Assert.Null(CompilerDriver.Compile(limited).Plan);
        Assert.NotNull(CompilerDriver.Compile(limited with { Precision = Precision.Float16Weights }).Plan);
        Assert.NotNull(CompilerDriver.Compile(limited with { Precision = Precision.WeightInt8, MaximumWeightBytes = report.WeightBytes * 2 / 5 }).Plan);
    }
}
