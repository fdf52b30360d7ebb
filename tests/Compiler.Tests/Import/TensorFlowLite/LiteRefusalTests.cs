using System.Linq;
using ModelCompiler.Plans;
using Xunit;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.LiteModels;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite;

/// <summary>What would be computed otherwise than the file means it is refused, with the reason.</summary>
public class LiteRefusalTests
{
    private static readonly LiteTensorSpecification Resource = new("v", ElementType.Int32, []) { Code = 13 };

    [Fact]
    public void A_loop_whose_end_the_data_decides() => AssertRefused("MC1020", File([
        new("n x", "y", [Integers("n", []), Floats("x", [1]), Integers("m", []), Floats("y", [1])], new LiteNodeSpecification("WHILE", "n x", "m y", new(0, 1), new(1, 2))),
        new("i a", "c", [Integers("i", []), Floats("a", [1]), Integers("most", [], 3), new("c", ElementType.Boolean, [])], new LiteNodeSpecification("LESS", "i most", "c")),
        new("i a", "j a", [Integers("i", []), Floats("a", [1]), Integers("one", [], 1), Integers("j", [])], new LiteNodeSpecification("ADD", "i one", "j"))]));

    [Fact]
    public void A_loop_that_never_ends() => AssertRefused("MC1020", File([
        new("x", "y", [Integers("n", [], 0), Floats("x", [1]), Integers("m", []), Floats("y", [1])], new LiteNodeSpecification("WHILE", "n x", "m y", new(0, 1), new(1, 2))),
        new("i a", "c", [Integers("i", []), Floats("a", [1]), Integers("most", [], 3), new("c", ElementType.Boolean, [])], new LiteNodeSpecification("LESS", "i most", "c")),
        new("i a", "i a", [Integers("i", []), Floats("a", [1])])]));

    [Fact]
    public void A_loop_inside_itself() => Assert.NotEmpty(Refuse(File([
        new("x", "y", [Integers("n", [], 0), Floats("x", [1]), Integers("m", []), Floats("y", [1])], new LiteNodeSpecification("WHILE", "n x", "m y", new(0, 1), new(1, 0))),
        new("i a", "c", [Integers("i", []), Floats("a", [1]), Integers("most", [], 3), new("c", ElementType.Boolean, [])], new LiteNodeSpecification("LESS", "i most", "c"))])));

    [Fact]
    public void A_variable_that_is_written_in_one_branch_only() => AssertRefused("MC1011", File([
        new("c x", "y", [new("c", ElementType.Boolean, []), Floats("x", [1]), Floats("y", [1])], new LiteNodeSpecification("IF", "c x", "y", new(0, 1), new(1, 2))),
        new("a", "a", [Floats("a", [1]), Resource], new LiteNodeSpecification("VAR_HANDLE", "", "v", new LiteOption(1, "kept")), new LiteNodeSpecification("ASSIGN_VARIABLE", "v a", "")),
        new("a", "a", [Floats("a", [1])])]));

    [Fact]
    public void Complex_numbers_where_they_are_not_expected()
    {
        LiteTensorSpecification complex = Floats("c", [1, 2, 2]) with { Code = 8 };
        LiteNodeSpecification spectrum = new("RFFT2D", "x n", "c");
        AssertRefused("MC1011", File("x", "y", [Floats("x", [1, 2, 2]), Vector("n", 2, 2), complex, Floats("y", [1, 2, 2])], spectrum, new LiteNodeSpecification("ABS", "c", "y")));
        AssertRefused("MC1012", File("x", "c", [Floats("x", [1, 2, 2]), Vector("n", 2, 2), complex], spectrum));
        AssertRefused("MC1013", File("x", "y", [Floats("x", [1, 2]), Floats("y", [1])], new LiteNodeSpecification("REAL", "x", "y")));
    }

    [Fact]
    public void The_extent_of_what_was_found_in_operators_that_cannot_follow_it() => AssertRefused(
        "MC1018",
        File("x", "y", [Floats("x", [4]), Floats("u", [4]), Integers("i", [4]), Floats("y", [4])], new LiteNodeSpecification("UNIQUE", "x", "u i"), new LiteNodeSpecification("RELU", "u", "y")));

    [Fact]
    public void Integers_in_recurrent_layers_that_have_no_rounding_of_their_own() => AssertRefused(
        "MC1011",
        File(
            "x",
            "y",
            [Bytes("x", [1, 2], 0.5f, 0), Bytes("w", [1, 2], 0.5f, 0, 1, 2), Bytes("r", [1, 1], 0.5f, 0, 1), Integers("b", [1], 1), Bytes("h", [1, 1], 0.5f, 0) with { IsVariable = true }, Bytes("y", [1, 1], 0.5f, 0)],
            new LiteNodeSpecification("RNN", "x w r b h", "y")));

    [Theory]
    [InlineData("UNIQUE", "x", "MC1014")]
    [InlineData("CONV_3D", "x x", "MC1014")]
    [InlineData("RFFT2D", "x x", "MC1017")]
    [InlineData("LSTM", "x", "MC1013")]
    [InlineData("BIDIRECTIONAL_SEQUENCE_LSTM", "x", "MC1013")]
    [InlineData("BIDIRECTIONAL_SEQUENCE_RNN", "x", "MC1013")]
    [InlineData("WHILE", "x", "MC1013")]
    [InlineData("STABLEHLO_COMPOSITE", "x", "MC1013")]
    [InlineData("STABLEHLO_SLICE", "x", "MC1004")]
    [InlineData("STABLEHLO_BROADCAST_IN_DIM", "x", "MC1004")]
    public void Nodes_without_what_they_need(string name, string inputs, string code) =>
        AssertRefused(code, File("x", "y", [Floats("x", [2, 2]), Floats("y", [2, 2])], new LiteNodeSpecification(name, inputs, "y", new LiteOption(0, 9), new LiteOption(1, 9))));

    private static void AssertRefused(string code, byte[] file) => Assert.Equal(code, Refuse(file).FirstOrDefault()?.Kind.Code);
}
