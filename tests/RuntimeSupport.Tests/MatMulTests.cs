using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class MatMulTests
{
    private delegate void Path(ref float left, ref float right, ref float output, in MatMulFloat32.Tile tile);

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 300, 40)]
    [InlineData(9, 17, 77)]
    [InlineData(4, 5, 64)]
    [InlineData(7, 300, 3)]
    [InlineData(6, 0, 5)]
    [InlineData(0, 4, 5)]
    [InlineData(6, 4, 0)]
    [InlineData(13, 129, 33)]
    public void Multiplies_in_every_orientation_to_the_bit(int rows, int inner, int columns)
    {
        var random = new Random(700 + rows + inner + columns);
        foreach ((bool leftTransposed, bool rightTransposed) in new[] { (false, false), (false, true), (true, false), (true, true) })
        {
            float[] left = Floats(random, 3 * rows * inner);
            float[] right = Floats(random, 2 * inner * columns);
            (int leftRow, int leftColumn) = leftTransposed ? (1, rows) : (inner, 1);
            (int rightRow, int rightColumn) = rightTransposed ? (1, inner) : (columns, 1);
            int[] leftBatch = [0, rows * inner];
            int[] rightBatch = [inner * columns, 0];
            float[] output = Enumerable.Repeat(77f, (6 * rows * columns) + 1).ToArray();

            MatMulFloat32.Run(
                left, right, output, [2, 3], leftBatch, rightBatch, rows, inner, columns, leftRow, leftColumn, rightRow, rightColumn);

            int element = 0;
            foreach (int[] index in StridedNaive.Indices([2, 3, rows, columns]))
            {
                float before = 0;
                float sum = 0;
                for (int k = 0; k < inner; k++)
                {
                    if (k > 0 && k % 128 == 0)
                    {
                        (before, sum) = (k == 128 ? sum : before + sum, 0);
                    }

                    float leftValue = left[(index[1] * leftBatch[1]) + (index[2] * leftRow) + (k * leftColumn)];
                    float rightValue = right[(index[0] * rightBatch[0]) + (k * rightRow) + (index[3] * rightColumn)];
                    sum = MathF.FusedMultiplyAdd(leftValue, rightValue, sum);
                }

                sum = inner > 128 ? before + sum : sum;
                Assert.Equal(BitConverter.SingleToInt32Bits(sum), BitConverter.SingleToInt32Bits(output[element++]));
            }

            Assert.Equal(77f, output[element]);
        }
    }

    [Fact]
    public void Every_path_gives_the_bits_of_the_scalar_one()
    {
        var random = new Random(720);
        var paths = new List<Path>();
        if (Avx512F.IsSupported)
        {
            paths.Add(MatMulFloat32.RunAvx512);
        }

        if (Avx2.IsSupported && Fma.IsSupported)
        {
            paths.Add(MatMulFloat32.RunAvx2);
        }

        if (AdvSimd.IsSupported)
        {
            paths.Add(MatMulFloat32.RunAdvSimd);
        }

        paths.Add(MatMulFloat32.RunVector128);
        for (int repetition = 0; repetition < 200; repetition++)
        {
            int rows = random.Next(1, 11);
            int inner = random.Next(1, 40);
            int columns = random.Next(1, 80);
            int outputStride = columns + random.Next(3);
            var tile = new MatMulFloat32.Tile(rows, inner, columns, inner, 1, columns, outputStride, Accumulate: random.Next(2) == 0);
            float[] left = Floats(random, rows * inner);
            float[] right = Floats(random, inner * columns);
            float[] expected = Floats(random, ((rows - 1) * outputStride) + columns);
            float[] start = expected.ToArray();
            MatMulFloat32.RunScalar(ref left[0], ref right[0], ref expected[0], tile);
            foreach (Path path in paths)
            {
                float[] output = start.ToArray();
                path(ref left[0], ref right[0], ref output[0], tile);
                Assert.Equal(expected, output);
            }
        }
    }

    [Fact]
    public void Multiplies_doubles_and_integers()
    {
        const int Rows = 5;
        const int Inner = 7;
        const int Columns = 3;
        var random = new Random(730);
        int[] left = Enumerable.Range(0, 2 * Rows * Inner).Select(_ => random.Next(int.MinValue, int.MaxValue)).ToArray();
        int[] right = Enumerable.Range(0, Inner * Columns).Select(_ => random.Next(int.MinValue, int.MaxValue)).ToArray();
        long[] leftLongs = left.Select(value => (long)value << 20).ToArray();
        long[] rightLongs = right.Select(value => (long)value << 20).ToArray();
        double[] leftDoubles = left.Select(value => value / 3.0).ToArray();
        double[] rightDoubles = right.Select(value => value / 7.0).ToArray();
        int[] output = new int[2 * Rows * Columns];
        long[] outputLongs = new long[output.Length];
        double[] outputDoubles = new double[output.Length];

        // The right operand is stored transposed and shared by the batch.
        MatMulInt32.Run(left, right, output, [2], [Rows * Inner], [0], Rows, Inner, Columns, Inner, 1, 1, Inner);
        MatMulInt64.Run(leftLongs, rightLongs, outputLongs, [2], [Rows * Inner], [0], Rows, Inner, Columns, Inner, 1, 1, Inner);
        MatMulFloat64.Run(leftDoubles, rightDoubles, outputDoubles, [2], [Rows * Inner], [0], Rows, Inner, Columns, Inner, 1, 1, Inner);

        int element = 0;
        foreach (int[] index in StridedNaive.Indices([2 * Rows, Columns]))
        {
            int sum = 0;
            long sumOfLongs = 0;
            double sumOfDoubles = 0;
            for (int k = 0; k < Inner; k++)
            {
                sum += left[(index[0] * Inner) + k] * right[(index[1] * Inner) + k];
                sumOfLongs = unchecked(sumOfLongs + (leftLongs[(index[0] * Inner) + k] * rightLongs[(index[1] * Inner) + k]));
                sumOfDoubles += leftDoubles[(index[0] * Inner) + k] * rightDoubles[(index[1] * Inner) + k];
            }

            Assert.Equal(sum, output[element]);
            Assert.Equal(sumOfLongs, outputLongs[element]);
            Assert.Equal(sumOfDoubles, outputDoubles[element++]);
        }
    }

    [Fact]
    public void Columns_that_are_neighbours_give_what_columns_apart_give()
    {
        var random = new Random(731);
        for (int columns = 1; columns < 80; columns += random.Next(1, 6))
        {
            const int Rows = 2;
            const int Inner = 9;
            int[] left = Enumerable.Range(0, Rows * Inner).Select(_ => random.Next(int.MinValue, int.MaxValue)).ToArray();
            int[] right = Enumerable.Range(0, Inner * columns).Select(_ => random.Next(int.MinValue, int.MaxValue)).ToArray();
            int[] apart = Enumerable.Range(0, Inner * columns * 2).Select(index => right[index / 2]).ToArray();
            double[] leftDoubles = left.Select(value => value / 3.0).ToArray();
            int[] expected = new int[Rows * columns];
            int[] output = new int[Rows * columns];
            double[] expectedDoubles = new double[Rows * columns];
            double[] outputDoubles = new double[Rows * columns];

            MatMulInt32.Run(left, apart, expected, [], [], [], Rows, Inner, columns, Inner, 1, 2 * columns, 2);
            MatMulInt32.Run(left, right, output, [], [], [], Rows, Inner, columns, Inner, 1, columns, 1);
            MatMulFloat64.Run(leftDoubles, apart.Select(value => value / 7.0).ToArray(), expectedDoubles, [], [], [], Rows, Inner, columns, Inner, 1, 2 * columns, 2);
            MatMulFloat64.Run(leftDoubles, right.Select(value => value / 7.0).ToArray(), outputDoubles, [], [], [], Rows, Inner, columns, Inner, 1, columns, 1);

            Assert.Equal(expected, output);
            Assert.Equal(expectedDoubles, outputDoubles);
        }
    }

    [Fact]
    public void Nothing_to_add_up_gives_zeros()
    {
        int[] ints = [1, 2];
        double[] doubles = [1, 2];
        MatMulInt32.Run([], [], ints, [], [], [], 1, 0, 2, 0, 1, 2, 1);
        MatMulFloat64.Run([], [], doubles, [], [], [], 1, 0, 2, 0, 1, 2, 1);
        Assert.Equal([0, 0], ints);
        Assert.Equal([0.0, 0.0], doubles);
    }

    [Theory]
    [InlineData(23, 20, 30, 1)]
    [InlineData(24, 19, 30, 1)]
    [InlineData(24, 20, 29, 1)]
    [InlineData(24, 20, 30, -1)]
    [InlineData(24, 20, 30, 2)]
    public void Refuses_to_leave_a_span(int leftLength, int rightLength, int outputLength, int rightColumnStride)
    {
        // [6, 4] × [4, 5]
        Assert.Throws<ArgumentException>(
            () => MatMulFloat32.Run(
                new float[leftLength], new float[rightLength], new float[outputLength], [], [], [], 6, 4, 5, 4, 1, 5, rightColumnStride));
        Assert.Throws<ArgumentException>(
            () => MatMulInt32.Run(
                new int[leftLength], new int[rightLength], new int[outputLength], [], [], [], 6, 4, 5, 4, 1, 5, rightColumnStride));
    }

    [Fact]
    public void Refuses_what_is_no_batch()
    {
        Assert.Throws<ArgumentException>(() => MatMulFloat32.Run(new float[1], new float[1], new float[1], [1], [], [0], 1, 1, 1, 1, 1, 1, 1));
        Assert.Throws<ArgumentException>(() => MatMulFloat32.Run(new float[1], new float[1], new float[1], [-1], [0], [0], 1, 1, 1, 1, 1, 1, 1));
        Assert.Throws<ArgumentException>(
            () => MatMulFloat32.Run(new float[1], new float[1], new float[1], new int[9], new int[9], new int[9], 1, 1, 1, 1, 1, 1, 1));
    }

    private static float[] Floats(Random random, int count) => Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 4) - 2).ToArray();
}
