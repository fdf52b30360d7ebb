using System;
using System.Linq;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class FillTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Fills_a_box_and_nothing_else(int rank)
    {
        var random = new Random(200 + rank);
        for (int repetition = 0; repetition < 100; repetition++)
        {
            int[] shape = StridedNaive.Shape(random, rank, 9);
            var to = StridedNaive.Layout(random, shape, backwards: true, repeats: false);
            long[] expected = Enumerable.Repeat(-1L, to.Length + 2).ToArray();
            long[] output = expected.ToArray();
            foreach (int[] index in StridedNaive.Indices(shape))
            {
                expected[StridedNaive.Position(index, to.Strides, to.Offset)] = 5;
            }

            Fill64.Run(output, shape, to.Strides, to.Offset, 5);

            Assert.Equal(expected, output);
        }
    }

    [Fact]
    public void Fills_every_width()
    {
        byte[] bytes = new byte[5];
        short[] shorts = new short[5];
        int[] ints = new int[5];
        Fill8.Run(bytes, [2, 2], [2, 1], 1, 200);
        Fill16.Run(shorts, [2, 2], [2, 1], 1, -200);
        Fill32.Run(ints, [2, 2], [2, 1], 1, 70000);
        Assert.Equal(new byte[] { 0, 200, 200, 200, 200 }, bytes);
        Assert.Equal(new short[] { 0, -200, -200, -200, -200 }, shorts);
        Assert.Equal([0, 70000, 70000, 70000, 70000], ints);
    }

    [Fact]
    public void Filling_refuses_to_leave_the_span()
    {
        Assert.Throws<ArgumentException>(() => Fill8.Run(new byte[3], [4], [1], 0, 1));
        Assert.Throws<ArgumentException>(() => Fill8.Run(new byte[3], [2], [-1], 0, 1));
        Assert.Throws<ArgumentException>(() => Fill8.Run(new byte[3], [2, 1], [1], 0, 1));
        Fill8.Run([], [0], [1], 9, 1);
    }

    [Theory]
    [InlineData(1, 4, 12, 1, 2, 1, 2, 2)]
    [InlineData(2, 3, 9, 0, 3, 2, 0, 2)]
    [InlineData(3, 1, 1, 0, 0, 0, 0, 2)]
    [InlineData(1, 0, 5, 2, 1, 1, 1, 2)]
    [InlineData(2, 2, 6, 1, 3, 1, 3, 2)]
    [InlineData(1, 4, 12, 1, 2, 1, 2, 0)]
    [InlineData(2, 3, 9, 0, 3, 2, 0, 0)]
    [InlineData(3, 1, 1, 0, 0, 0, 0, 0)]
    [InlineData(1, 0, 5, 2, 1, 1, 1, 0)]
    [InlineData(2, 2, 6, 1, 3, 1, 3, 0)]
    [InlineData(2, 5, 400, 1, 33, 2, 40, 0)]
    public void Fills_the_border_and_keeps_the_interior(int batches, int height, int rowLength, int top, int left, int bottom, int right, int gap)
    {
        int rows = top + height + bottom;
        int rowStride = rowLength + gap;
        int batchStride = (rows * rowStride) + 3;
        byte[] buffer = Enumerable.Repeat((byte)1, batches * batchStride).ToArray();
        int[] wide = Enumerable.Repeat(1, buffer.Length).ToArray();
        byte[] expected = buffer.ToArray();
        for (int batch = 0; batch < batches; batch++)
        {
            for (int row = 0; row < rows; row++)
            {
                for (int element = 0; element < rowLength; element++)
                {
                    bool inside = row >= top && row < top + height && element >= left && element < rowLength - right;
                    expected[(batch * batchStride) + (row * rowStride) + element] = (byte)(inside ? 1 : 9);
                }
            }
        }

        FillBorder8.Run(buffer, batches, batchStride, rowStride, height, rowLength, top, left, bottom, right, 9);
        FillBorder32.Run(wide, batches, batchStride, rowStride, height, rowLength, top, left, bottom, right, 9);

        Assert.Equal(expected, buffer);
        Assert.Equal(expected.Select(value => (int)value), wide);
    }

    [Fact]
    public void The_border_must_fit()
    {
        FillBorder8.Run(new byte[12], 1, 12, 4, 1, 4, 1, 1, 1, 1, 0);
        Assert.Throws<ArgumentException>(() => FillBorder8.Run(new byte[11], 1, 12, 4, 1, 4, 1, 1, 1, 1, 0));
        Assert.Throws<ArgumentException>(() => FillBorder8.Run(new byte[12], 1, 12, 4, 1, 4, 1, 3, 1, 2, 0));
        Assert.Throws<ArgumentException>(() => FillBorder8.Run(new byte[12], 1, 12, 4, 1, 4, 1, -1, 1, 1, 0));
        Assert.Throws<ArgumentException>(() => FillBorder8.Run(new byte[12], 1, 12, 4, int.MaxValue, 4, 1, 1, 1, 1, 0));
        Assert.Throws<ArgumentException>(() => FillBorder8.Run(new byte[12], 2, -4, 4, 1, 4, 1, 1, 1, 1, 0));
    }
}
