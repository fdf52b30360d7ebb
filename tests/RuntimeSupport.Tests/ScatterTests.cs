using System;
using System.Linq;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class ScatterTests
{
    [Fact]
    public void Rows_are_replaced_and_the_last_update_stays()
    {
        long[] indices = [2, 0, -1, 99]; // the last is behind the count
        byte[] bytes = [1, 2, 3, 4, 5, 6];
        short[] shorts = [1, 2, 3, 4, 5, 6];
        int[] ints = [1, 2, 3, 4, 5, 6];
        long[] longs = [1, 2, 3, 4, 5, 6];
        Scatter8.Run(indices, [10, 11, 20, 21, 30, 31], bytes, 3, 3, 2);
        Scatter16.Run(indices, [10, 11, 20, 21, 30, 31], shorts, 3, 3, 2);
        Scatter32.Run(indices, [10, 11, 20, 21, 30, 31], ints, 3, 3, 2);
        Scatter64.Run(indices, [10, 11, 20, 21, 30, 31], longs, 3, 3, 2);
        int[] expected = [20, 21, 3, 4, 30, 31];
        Assert.Equal(expected, ints);
        Assert.Equal(expected.Select(value => (byte)value), bytes);
        Assert.Equal(expected.Select(value => (short)value), shorts);
        Assert.Equal(expected.Select(value => (long)value), longs);
    }

    [Theory]
    [InlineData(ScatterOperation.Add, 5, 8)]
    [InlineData(ScatterOperation.Multiply, 8, 8)]
    [InlineData(ScatterOperation.Minimum, 1, 8)]
    [InlineData(ScatterOperation.Maximum, 4, 8)]
    public void Updates_of_one_row_are_combined(int operation, int expected, int untouched)
    {
        float[] floats = [2, 8];
        double[] doubles = [2, 8];
        int[] ints = [2, 8];
        long[] longs = [2, 8];
        int[] updates = operation == ScatterOperation.Add ? [4, -1] : [4, 1];
        ScatterReduceFloat32.Run([0, -2], [.. updates.Select(value => (float)value)], floats, 2, 2, 1, operation);
        ScatterReduceFloat64.Run([0, -2], [.. updates.Select(value => (double)value)], doubles, 2, 2, 1, operation);
        ScatterReduceInt32.Run([0, -2], updates, ints, 2, 2, 1, operation);
        ScatterReduceInt64.Run([0, -2], [.. updates.Select(value => (long)value)], longs, 2, 2, 1, operation);
        Assert.Equal([expected, untouched], ints);
        Assert.Equal([expected, untouched], floats);
        Assert.Equal([expected, untouched], doubles);
        Assert.Equal([expected, untouched], longs);
    }

    [Fact]
    public void Integer_sums_wrap_around()
    {
        int[] output = [int.MaxValue];
        ScatterReduceInt32.Run([0], [1], output, 1, 1, 1, ScatterOperation.Add);
        Assert.Equal([int.MinValue], output);
    }

    [Theory]
    [InlineData(3L)]
    [InlineData(-4L)]
    [InlineData(long.MinValue)]
    [InlineData(1L << 32)]
    public void An_index_out_of_range_is_refused_and_nothing_written(long index)
    {
        int[] output = [1, 2, 3];
        Assert.Throws<ArgumentException>(() => Scatter32.Run([0, index], [7, 8], output, 2, 3, 1));
        Assert.Throws<ArgumentException>(() => ScatterReduceInt32.Run([0, index], [7, 8], output, 2, 3, 1, ScatterOperation.Add));
        Assert.Equal([1, 2, 3], output);
    }

    [Fact]
    public void Short_spans_negative_extents_and_unknown_operations_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Scatter8.Run([0], new byte[2], new byte[4], 2, 2, 2));
        Assert.Throws<ArgumentException>(() => Scatter8.Run([0, 1], new byte[3], new byte[4], 2, 2, 2));
        Assert.Throws<ArgumentException>(() => Scatter8.Run([0, 1], new byte[4], new byte[3], 2, 2, 2));
        Assert.Throws<ArgumentException>(() => Scatter8.Run([0, 1], new byte[4], new byte[4], -2, 2, 2));
        Assert.Throws<ArgumentException>(() => ScatterReduceInt64.Run([0], [1], new long[1], 1, 1, 1, 0));
        Assert.Throws<ArgumentException>(() => ScatterReduceInt64.Run([0], [1], new long[1], 1, 1, 1, 5));
    }
}
