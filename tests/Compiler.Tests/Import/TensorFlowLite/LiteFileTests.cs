using System;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;
using Xunit;
using Xunit.Abstractions;
using static ModelCompiler.Compiler.Tests.Import.TensorFlowLite.LiteModels;

namespace ModelCompiler.Compiler.Tests.Import.TensorFlowLite;

/// <summary>Files as they come: with open shapes, with operators that nobody knows, damaged.</summary>
public class LiteFileTests(ITestOutputHelper log)
{
    private static readonly byte[] Valid = File(
        "x",
        "y",
        [
            Bytes("x", [1, 2], 0.5f, 3), new("w", ElementType.Int8, [2, 2], new sbyte[] { 1, 2, 3, -4 }) { Scales = [0.1f, 0.2f], Zeros = [0, 0] },
            Integers("b", [2], 7, -7), Bytes("h", [1, 2], 0.25f, -128), Bytes("y", [1, 2], 0.25f, -128),
        ],
        new LiteNodeSpecification("FULLY_CONNECTED", "x w b", "h", new LiteOption(0, (sbyte)1)),
        new LiteNodeSpecification("LOGISTIC", "h", "y"));

    [Fact]
    public void A_file_is_imported() => Assert.Equal("x", Assert.Single(Accept(Valid).Inputs));

    [Fact]
    public void A_file_that_ends_early_is_refused_wherever_it_ends() => Assert.All(
        Enumerable.Range(0, Valid.Length),
        length => Assert.Contains(Refuse(Valid[..length]), finding => finding.Kind.Severity == Severity.Error));

    [Fact]
    public void A_file_that_ends_early_is_said_to_be_damaged() =>
        Assert.All(new[] { 0, 1, 7, 8, 40, Valid.Length / 2 }, length => Assert.Equal("MC1004", Refuse(Valid[..length])[0].Kind.Code));

    [Fact]
    public void Damage_anywhere_is_a_finding_or_another_model()
    {
        int seed = Environment.TickCount;
        log.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 4000; round++)
        {
            byte[] damaged = [.. Valid];
            for (int flip = random.Next(1, 4); flip > 0; flip--)
            {
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            }

            // Whatever is thrown but findings fails the test.
            _ = Refuse(damaged);
        }
    }

    [Fact]
    public void Operators_that_are_not_known_are_told_all_at_once()
    {
        byte[] file = File(
            "x",
            "y",
            [Floats("x", [1]), Floats("a", [1]), Floats("b", [1]), Floats("y", [1])],
            new LiteNodeSpecification("MULTINOMIAL", "x", "a"),
            new LiteNodeSpecification("MyOwn", "a", "b"),
            new LiteNodeSpecification("MULTINOMIAL", "b", "y"));
        ImmutableArray<Diagnostic> findings = Refuse(file);
        Assert.Equal(["MC1010", "MC1010"], findings.Select(finding => finding.Kind.Code));
        Assert.Contains("MyOwn", findings[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_open_batch_is_one_and_another_open_extent_must_be_set()
    {
        LiteTensorSpecification y = Floats("y", [1, 3]);
        Assert.Equal([1, 3], Accept(File("x", "y", [Floats("x", [1, 3]) with { Signature = [-1, 3] }, y], new LiteNodeSpecification("RELU", "x", "y"))).ShapeOf("x"));
        byte[] open = File("x", "y", [Floats("x", [1, 1]) with { Signature = [-1, -1] }, y], new LiteNodeSpecification("RELU", "x", "y"));
        Assert.Equal("MC1015", Refuse(open)[0].Kind.Code);
    }

    [Fact]
    public void A_tensor_that_nothing_makes_is_refused() =>
        Assert.Equal("MC1013", Refuse(File("", "y", [Floats("x", [1]), Floats("y", [1])], new LiteNodeSpecification("RELU", "x", "y")))[0].Kind.Code);

    [Fact]
    public void A_shape_that_depends_on_the_input_is_refused() => Assert.Equal(
        "MC1017",
        Refuse(File("x s", "y", [Floats("x", [2]), Integers("s", [1]), Floats("y", [2])], new LiteNodeSpecification("RESHAPE", "x s", "y")))[0].Kind.Code);

    [Fact]
    public void A_fused_activation_that_is_not_known_is_refused() => Assert.Equal(
        "MC1011",
        Refuse(File("x", "y", [Floats("x", [2]), Floats("y", [2])], new LiteNodeSpecification("ADD", "x x", "y", new LiteOption(0, (sbyte)5))))[0].Kind.Code);
}
