using System;
using System.Linq;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class CopyStridedTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(8)]
    public void Copies_any_layout_to_any_other_and_touches_nothing_else(int rank)
    {
        var random = new Random(100 + rank);
        int largest = rank switch { <= 1 => 100, 2 => 40, 3 => 12, 4 => 7, 5 => 5, _ => 3 };
        for (int repetition = 0; repetition < 200; repetition++)
        {
            int[] shape = StridedNaive.Shape(random, rank, largest);
            var from = StridedNaive.Layout(random, shape, backwards: true, repeats: true);
            var to = StridedNaive.Layout(random, shape, backwards: true, repeats: false);
            int[] input = Enumerable.Range(1, from.Length).ToArray();
            int[] expected = Enumerable.Repeat(-1, to.Length + 2).ToArray();
            int[] output = expected.ToArray();
            foreach (int[] index in StridedNaive.Indices(shape))
            {
                expected[StridedNaive.Position(index, to.Strides, to.Offset)] = input[StridedNaive.Position(index, from.Strides, from.Offset)];
            }

            CopyStrided32.Run(input, output, shape, from.Strides, to.Strides, from.Offset, to.Offset);

            Assert.Equal(expected, output);
        }
    }

    [Fact]
    public void Copies_one_run_behind_its_offset_and_touches_nothing_else()
    {
        int[] input = [.. Enumerable.Range(1, 20)], output = [.. Enumerable.Repeat(-1, 20)];
        CopyStrided32.Run(input, output, [2, 1, 5], [5, 77, 1], [5, -3, 1], 3, 7);
        Assert.Equal([.. Enumerable.Repeat(-1, 7), .. Enumerable.Range(4, 10), -1, -1, -1], output);
    }

    [Fact]
    public void Transposes_planes_larger_than_a_tile_in_every_width()
    {
        const int Rows = 37;
        const int Columns = 50;
        long[] input = Enumerable.Range(0, Rows * Columns).Select(value => (long)value).ToArray();
        long[] expected = new long[input.Length];
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                expected[(column * Rows) + row] = input[(row * Columns) + column];
            }
        }

        byte[] bytes = new byte[input.Length];
        CopyStrided8.Run(input.Select(value => (byte)value).ToArray(), bytes, [Columns, Rows], [1, Columns], [Rows, 1], 0, 0);
        short[] shorts = new short[input.Length];
        CopyStrided16.Run(input.Select(value => (short)value).ToArray(), shorts, [Columns, Rows], [1, Columns], [Rows, 1], 0, 0);
        int[] ints = new int[input.Length];
        CopyStrided32.Run(input.Select(value => (int)value).ToArray(), ints, [Columns, Rows], [1, Columns], [Rows, 1], 0, 0);
        long[] longs = new long[input.Length];
        CopyStrided64.Run(input, longs, [Columns, Rows], [1, Columns], [Rows, 1], 0, 0);

        Assert.Equal(expected.Select(value => (byte)value), bytes);
        Assert.Equal(expected.Select(value => (short)value), shorts);
        Assert.Equal(expected.Select(value => (int)value), ints);
        Assert.Equal(expected, longs);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(224)]
    [InlineData(1000)]
    public void Three_planes_of_bytes_become_pixels(int width)
    {
        const int Rows = 3;
        int plane = (width * Rows) + 5;
        byte[] input = Enumerable.Range(0, 3 * plane).Select(value => (byte)((value * 7) + (value / 256))).ToArray();
        byte[] output = Enumerable.Repeat((byte)99, (Rows * ((width * 3) + 4)) + 2).ToArray();
        byte[] expected = output.ToArray();
        for (int element = 0; element < Rows * width * 3; element++)
        {
            (int pixel, int channel) = Math.DivRem(element, 3);
            (int row, int column) = Math.DivRem(pixel, width);
            expected[2 + (row * ((width * 3) + 4)) + (column * 3) + channel] = input[(channel * plane) + pixel];
        }

        CopyStrided8.Run(input, output, [1, Rows, width, 3], [0, width, 1, plane], [0, (width * 3) + 4, 3, 1], 0, 2);

        Assert.Equal(expected, output);
    }

    [Fact]
    public void Channels_first_becomes_channels_last()
    {
        const int Channels = 3;
        const int Pixels = 1000;
        int[] input = Enumerable.Range(0, Channels * Pixels).ToArray();
        int[] output = new int[input.Length];

        CopyStrided32.Run(input, output, [1, 20, 50, Channels], [Channels * Pixels, 50, 1, Pixels], [Channels * Pixels, 150, 3, 1], 0, 0);

        Assert.Equal(Enumerable.Range(0, output.Length).Select(element => (element % Channels * Pixels) + (element / Channels)), output);
    }

    [Fact]
    public void Negative_strides_reverse()
    {
        int[] output = new int[10];
        CopyStrided32.Run(Enumerable.Range(0, 10).ToArray(), output, [10], [-1], [1], 9, 0);
        Assert.Equal(Enumerable.Range(0, 10).Reverse(), output);
    }

    [Fact]
    public void Stride_zero_expands()
    {
        byte[] output = new byte[6];
        CopyStrided8.Run([1, 2], output, [2, 3], [1, 0], [3, 1], 0, 0);
        Assert.Equal(new byte[] { 1, 1, 1, 2, 2, 2 }, output);
    }

    [Fact]
    public void Rank_zero_is_one_element()
    {
        short[] output = [7, 7, 7];
        CopyStrided16.Run([1, 2, 3], output, [], [], [], 2, 1);
        Assert.Equal(new short[] { 7, 3, 7 }, output);
    }

    [Fact]
    public void An_extent_of_zero_copies_nothing()
    {
        int[] output = [7];
        CopyStrided32.Run([], output, [5, 0, 1000000], [3, 1, 9], [1, 1, 9], 55, -3);
        Assert.Equal([7], output);
    }

    [Theory]
    [InlineData(5, 6, 0, 0, 1, 1)] // input too short
    [InlineData(6, 5, 0, 0, 1, 1)] // output too short
    [InlineData(6, 6, 1, 0, 1, 1)] // input left at its end
    [InlineData(6, 6, 0, -1, 1, 1)] // output left at its beginning
    [InlineData(6, 6, 4, 0, -1, 1)] // input left at its beginning
    [InlineData(6, 6, 0, 0, int.MaxValue, 1)]
    [InlineData(6, 6, 0, 0, 1, int.MinValue)]
    public void Refuses_to_leave_a_span(int inputLength, int outputLength, int inputOffset, int outputOffset, int inputStride, int outputStride) =>
        Assert.Throws<ArgumentException>(
            () => CopyStrided32.Run(new int[inputLength], new int[outputLength], [6], [inputStride], [outputStride], inputOffset, outputOffset));

    [Fact]
    public void Refuses_what_is_no_shape()
    {
        int[] two = new int[2];
        Assert.Throws<ArgumentException>(() => CopyStrided32.Run(two, two, [-1], [1], [1], 0, 0));
        Assert.Throws<ArgumentException>(() => CopyStrided32.Run(two, two, [1, 1], [1], [1, 1], 0, 0));
        Assert.Throws<ArgumentException>(() => CopyStrided32.Run(two, two, [1, 1], [1, 1], [1], 0, 0));
        Assert.Throws<ArgumentException>(() => CopyStrided32.Run(two, two, new int[9], new int[9], new int[9], 0, 0));
        Assert.Throws<ArgumentException>(
            () => CopyStrided32.Run(two, two, [int.MaxValue, int.MaxValue, int.MaxValue], [int.MaxValue, int.MaxValue, int.MaxValue], [1, 1, 1], 0, 0));
    }
}
