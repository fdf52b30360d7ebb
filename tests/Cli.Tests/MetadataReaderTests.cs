using System.Collections.Generic;
using System.Collections.Immutable;
using ModelCompiler.Compiler.Diagnostics;
using Xunit;

namespace ModelCompiler.Cli.Tests;

public sealed class MetadataReaderTests
{
    private readonly List<Diagnostic> diagnostics = [];
    private readonly MetadataReader reader;

    public MetadataReaderTests() => reader = new MetadataReader("x.onnx", diagnostics);

    [Theory]
    [InlineData("0.5", new[] { 0.5f })]
    [InlineData("-1.5, 2e-3;3", new[] { -1.5f, 2e-3f, 3f })]
    [InlineData(" ", new float[0])]
    [InlineData(null, new float[0])]
    public void Numbers_are_separated_by_commas_or_semicolons(string? text, float[] expected)
    {
        Assert.Equal(expected, reader.Numbers("Mean", text));
        Assert.Empty(diagnostics);
    }

    [Theory]
    [InlineData("0.99", 0.99)]
    [InlineData("99 %", 0.99)]
    [InlineData("99.5%", 0.995)]
    [InlineData("1", 1.0)]
    [InlineData("0", 0.0)]
    [InlineData(" ", null)]
    [InlineData(null, null)]
    public void A_share_may_be_a_percentage(string? text, double? expected)
    {
        Assert.Equal(expected, reader.Share("MinimumAgreement", text));
        Assert.Empty(diagnostics);
    }

    [Theory]
    [InlineData("99")]
    [InlineData("100.1 %")]
    [InlineData("-0.1")]
    [InlineData("%")]
    [InlineData("infinity")]
    public void A_wrong_share_is_reported(string text)
    {
        Assert.Null(reader.Share("MinimumAgreement", text));
        Assert.Equal("MC2001", Assert.Single(diagnostics).Kind.Code);
    }

    [Fact]
    public void Shapes_belong_to_inputs_whose_names_may_hold_colons()
    {
        ImmutableDictionary<string, ImmutableArray<int>> shapes = reader.Shapes("InputShape", "data:1,3, 224,224; serving:0:7;");

        Assert.Empty(diagnostics);
        Assert.Equal(2, shapes.Count);
        Assert.Equal<int>([1, 3, 224, 224], shapes["data"]);
        Assert.Equal<int>([7], shapes["serving:0"]);
    }

    [Theory]
    [InlineData("data")]
    [InlineData(":1,2")]
    [InlineData("data:")]
    [InlineData("data:1,x")]
    [InlineData("data:1;data:2")]
    public void A_wrong_shape_is_reported_once(string text)
    {
        reader.Shapes("InputShape", text);

        Assert.Equal("MC2001", Assert.Single(diagnostics).Kind.Code);
    }

    [Theory]
    [InlineData("public", "Public")]
    [InlineData("", null)]
    public void Choices_are_made_in_any_case(string text, string? expected) => Assert.Equal(expected, reader.Choice("Access", text, ["Internal", "Public"]));
}
