using System;
using ModelCompiler.Conformance.Cases;
using ModelCompiler.Conformance.Comparing;
using ModelCompiler.Plans;
using Xunit;

namespace ModelCompiler.Conformance;

public sealed class ComparerTests
{
    [Theory]
    [InlineData(1f, 1.0009f, true)]
    [InlineData(1f, 1.0011f, false)]
    [InlineData(0f, 9e-8f, true)]
    [InlineData(0f, 2e-7f, false)]
    [InlineData(0f, -0f, true)]
    [InlineData(float.NaN, float.NaN, true)]
    [InlineData(float.NaN, 1f, false)]
    [InlineData(1f, float.NaN, false)]
    [InlineData(float.PositiveInfinity, float.PositiveInfinity, true)]
    [InlineData(float.PositiveInfinity, float.NegativeInfinity, false)]
    [InlineData(float.PositiveInfinity, float.MaxValue, false)]
    [InlineData(1f, float.PositiveInfinity, false)]
    public void Floats_may_be_off_by_a_share_and_a_little(float expected, float actual, bool isEqual) =>
        Assert.Equal(isEqual, Difference<float>([expected], [actual]) is null);

    [Fact]
    public void Integers_are_exact_unless_they_are_quantised()
    {
        Assert.NotNull(Difference<sbyte>([5], [6]));
        Assert.Null(Difference<sbyte>([5], [6], isQuantized: true));
        Assert.NotNull(Difference<long>([(1L << 60) + 1], [1L << 60]));
        Assert.NotNull(Difference<bool>([true], [false]));
    }

    [Fact]
    public void Quantised_elements_beyond_one_step_are_counted_and_the_greatest_stays_the_greatest()
    {
        var expected = new TestTensor("y", ElementType.Int8, [4], new sbyte[] { 5, 1, 2, 3 }, IsQuantized: true);
        var close = new TestTensor("y", ElementType.Int8, [4], new sbyte[] { 5, 1, 2, 4 }, IsQuantized: true);

        Assert.Equal(0, Comparer.Beyond(expected, new sbyte[] { 6, 0, 2, 3 }, Tolerance.OfGolden));
        Assert.Equal(2, Comparer.Beyond(expected, new sbyte[] { 7, 1, 0, 3 }, Tolerance.OfGolden));
        Assert.Null(Difference<sbyte>([9, 1, 2, 3], [7, 1, 5, 3], isQuantized: true));
        Assert.NotNull(Difference<sbyte>([9, 1, 2, 3], [7, 8, 2, 3], isQuantized: true));
        Assert.Null(Comparer.Difference(close, ElementType.Int8, [4], new sbyte[] { 4, 1, 2, 5 }, Tolerance.OfGolden));
    }

    [Fact]
    public void Half_precision_may_be_off_by_its_last_place()
    {
        float next = (float)BitConverter.UInt16BitsToHalf(0x3C01);
        float afterNext = (float)BitConverter.UInt16BitsToHalf(0x3C02);

        Assert.Null(Difference<float>([1], [next], Storage.Half));
        Assert.NotNull(Difference<float>([1], [afterNext], Storage.Half));
        Assert.Null(Difference<float>([float.PositiveInfinity], [1e6f], Storage.Half));
        Assert.Null(Difference<float>([1], [1.0078125f], Storage.Brain));
        Assert.NotNull(Difference<float>([1], [1.015625f], Storage.Brain));
    }

    [Fact]
    public void Types_and_shapes_count()
    {
        var expected = new TestTensor("y", ElementType.Float32, [1, 2], new float[] { 1, 2 });

        Assert.Null(Comparer.Difference(expected, ElementType.Float32, [1, 2], new float[] { 1, 2 }, Tolerance.OfOnnx));
        Assert.NotNull(Comparer.Difference(expected, ElementType.Float32, [2, 1], new float[] { 1, 2 }, Tolerance.OfOnnx));
        Assert.NotNull(Comparer.Difference(expected, ElementType.Float64, [1, 2], new double[] { 1, 2 }, Tolerance.OfOnnx));
        Assert.NotNull(Comparer.Difference(expected, ElementType.Float32, [1, 2], new float[] { 1 }, Tolerance.OfOnnx));
    }

    [Fact]
    public void Int8_is_judged_by_the_whole_output()
    {
        var expected = new TestTensor("y", ElementType.Float32, [4], new float[] { 1, -1, 1, -1 });

        Assert.Null(Comparer.Difference(expected, ElementType.Float32, [4], new[] { 1.15f, -1, 1, -1 }, Tolerance.OfInt8));
        Assert.NotNull(Comparer.Difference(expected, ElementType.Float32, [4], new[] { 1.25f, -1, 1, -1 }, Tolerance.OfInt8));
        Assert.NotNull(Comparer.Difference(expected, ElementType.Float32, [4], new[] { float.NaN, -1, 1, -1 }, Tolerance.OfInt8));
    }

    private static string? Difference<T>(T[] expected, T[] actual, Storage storage = Storage.Full, bool isQuantized = false)
    {
        ElementType type = Compiler.Graphs.Tensor.ElementTypeOf(typeof(T));
        Tolerance tolerance = isQuantized ? Tolerance.OfGolden : Tolerance.OfOnnx;
        return Comparer.Difference(new TestTensor("y", type, [expected.Length], expected, storage, isQuantized), type, [actual.Length], actual, tolerance);
    }
}
