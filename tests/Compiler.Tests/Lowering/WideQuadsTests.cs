using System;
using System.Linq;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.RuntimeSupport;
using Xunit;

namespace ModelCompiler.Compiler.Tests.Lowering;

/// <summary>Where weights of a fully connected layer are too large for two products to be summed in an int16.</summary>
public class WideQuadsTests
{
    private const int Inputs = 22;
    private const int Quads = 6;
    private const int Outputs = 70;

    [Fact]
    public void Small_weights_have_a_list_that_ends_at_once()
    {
        // 64 + 64 and −64 − 64 are just within the limit.
        Assert.Equal([ByteConvolution.NoMoreWideQuads], List((_, k) => (sbyte)(k % 4 < 2 ? 64 : -64)));
    }

    [Fact]
    public void Neighbours_of_one_sign_that_are_too_much_together_are_listed_by_quad_and_pair_of_blocks()
    {
        static bool IsAt(int output, int k, params (int Output, int Quad)[] places) => places.Contains((output, k / 4));
        int[] wide = List((output, k) => (sbyte)(IsAt(output, k, (69, 2), (3, 5), (15, 1), (16, 1), (31, 0)) ? 65 : 10));
        Assert.Equal([0, 1, 5, (2 * Quads) + 2, ByteConvolution.NoMoreWideQuads], wide);
    }

    [Fact]
    public void Neighbours_of_two_signs_are_small_however_large_they_are() =>
        Assert.Equal([ByteConvolution.NoMoreWideQuads], List((_, k) => k % 2 == 0 ? sbyte.MaxValue : sbyte.MinValue));

    [Fact]
    public void Weights_that_are_large_nearly_everywhere_have_no_list() => Assert.Empty(List((_, _) => sbyte.MinValue));

    private static int[] List(Func<int, int, sbyte> weight)
    {
        sbyte[] weights = [.. Enumerable.Range(0, Outputs * Inputs).Select(index => weight(index / Inputs, index % Inputs))];
        return WideQuads.List(WeightPacking.Int8(weights, 1, 1, Inputs), Inputs);
    }
}
