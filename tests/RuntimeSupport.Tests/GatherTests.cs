using System;
using System.Linq;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class GatherTests
{
    [Theory]
    [InlineData(1, 7, 1, 5)]
    [InlineData(3, 7, 1, 9)]
    [InlineData(2, 4, 6, 5)]
    [InlineData(2, 1, 33, 3)]
    [InlineData(0, 3, 2, 2)]
    [InlineData(2, 3, 0, 2)]
    [InlineData(2, 3, 2, 0)]
    public void Picks_slices_by_index(int outer, int axisLength, int inner, int picks)
    {
        var random = new Random(300 + (outer * axisLength) + inner);
        long[] input = Enumerable.Range(1, outer * axisLength * inner).Select(value => (long)value).ToArray();
        int[] indices = Enumerable.Range(0, picks).Select(_ => random.Next(axisLength)).ToArray();
        long[] expected = Expected(input, indices, outer, axisLength, inner);

        byte[] bytes = new byte[expected.Length];
        short[] shorts = new short[expected.Length];
        int[] ints = new int[expected.Length];
        long[] longs = new long[expected.Length];
        GatherAxis8.Run(input.Select(value => (byte)value).ToArray(), indices, bytes, outer, axisLength, inner);
        GatherAxis16.Run(input.Select(value => (short)value).ToArray(), indices, shorts, outer, axisLength, inner);
        GatherAxis32.Run(input.Select(value => (int)value).ToArray(), indices, ints, outer, axisLength, inner);
        GatherAxis64.Run(input, indices, longs, outer, axisLength, inner);

        Assert.Equal(expected.Select(value => (byte)value), bytes);
        Assert.Equal(expected.Select(value => (short)value), shorts);
        Assert.Equal(expected.Select(value => (int)value), ints);
        Assert.Equal(expected, longs);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Computed_indices_may_count_from_the_end(int inner)
    {
        const int Outer = 2;
        const int AxisLength = 4;
        long[] input = Enumerable.Range(1, Outer * AxisLength * inner).Select(value => (long)value).ToArray();
        long[] indices = [0, -1, 3, -4, 2, 99]; // the last is behind the count
        long[] expected = Expected(input, [0, 3, 3, 0, 2], Outer, AxisLength, inner);

        byte[] bytes = new byte[expected.Length];
        short[] shorts = new short[expected.Length];
        int[] ints = new int[expected.Length];
        long[] longs = new long[expected.Length];
        Gather8.Run(input.Select(value => (byte)value).ToArray(), indices, bytes, 5, Outer, AxisLength, inner);
        Gather16.Run(input.Select(value => (short)value).ToArray(), indices, shorts, 5, Outer, AxisLength, inner);
        Gather32.Run(input.Select(value => (int)value).ToArray(), indices, ints, 5, Outer, AxisLength, inner);
        Gather64.Run(input, indices, longs, 5, Outer, AxisLength, inner);

        Assert.Equal(expected.Select(value => (byte)value), bytes);
        Assert.Equal(expected.Select(value => (short)value), shorts);
        Assert.Equal(expected.Select(value => (int)value), ints);
        Assert.Equal(expected, longs);
    }

    [Theory]
    [InlineData(4L)]
    [InlineData(-5L)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(1L << 32)]
    [InlineData((1L << 32) - 1)]
    public void An_index_out_of_range_is_refused_and_nothing_written(long index)
    {
        int[] output = [7, 7];
        Assert.Throws<ArgumentException>(() => Gather32.Run(new int[4], [0, index], output, 2, 1, 4, 1));
        Assert.Equal([7, 7], output);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public void A_compiled_index_does_not_count_from_the_end(int index) =>
        Assert.Throws<ArgumentException>(() => GatherAxis32.Run(new int[4], [index], new int[1], 1, 4, 1));

    [Fact]
    public void Short_spans_are_refused()
    {
        Assert.Throws<ArgumentException>(() => GatherAxis8.Run(new byte[23], [0], new byte[6], 2, 4, 3));
        Assert.Throws<ArgumentException>(() => GatherAxis8.Run(new byte[24], [0], new byte[5], 2, 4, 3));
        Assert.Throws<ArgumentException>(() => GatherAxis8.Run(new byte[24], [0], new byte[6], -2, 4, -3));
        Assert.Throws<ArgumentException>(() => Gather8.Run(new byte[1], [0], new byte[1], 1, int.MaxValue, int.MaxValue, int.MaxValue));
        Assert.Throws<ArgumentException>(() => Gather8.Run(new byte[4], [0], new byte[2], 2, 1, 4, 1));
        Assert.Throws<ArgumentException>(() => Gather8.Run(new byte[4], [0], new byte[2], -1, 1, 4, 1));
        Assert.Throws<ArgumentException>(() => Gather8.Run([], [0], [], 1, 1, 0, 0));
    }

    private static long[] Expected(long[] input, int[] indices, int outer, int axisLength, int inner)
    {
        long[] output = new long[outer * indices.Length * inner];
        for (int block = 0; block < outer; block++)
        {
            for (int slice = 0; slice < indices.Length; slice++)
            {
                for (int element = 0; element < inner; element++)
                {
                    output[(((block * indices.Length) + slice) * inner) + element] = input[(((block * axisLength) + indices[slice]) * inner) + element];
                }
            }
        }

        return output;
    }
}
