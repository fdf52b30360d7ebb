using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

/// <summary>Kernels that pick elements by their values.</summary>
public class SelectionTests
{
    [Theory]
    [InlineData(1, 10, 1, 3)]
    [InlineData(3, 17, 1, 17)]
    [InlineData(2, 9, 4, 5)]
    [InlineData(2, 100, 3, 1)]
    [InlineData(2, 5, 2, 0)]
    [InlineData(0, 5, 2, 2)]
    public void The_best_along_an_axis_come_first_and_of_equals_the_lower_place(int outer, int axisLength, int inner, int count)
    {
        var random = new Random(1200 + (outer * axisLength) + count);
        for (int repetition = 0; repetition < 20; repetition++)
        {
            bool largest = repetition % 2 == 0;
            int[] whole = [.. Enumerable.Range(0, outer * axisLength * inner).Select(_ => random.Next(-6, 7))];
            Check<float>([.. whole.Select(value => value == 6 ? float.NaN : value == 5 ? float.PositiveInfinity : value)], TopKAxisFloat32.Run);
            Check<double>([.. whole.Select(value => value == -6 ? double.NaN : value)], TopKAxisFloat64.Run);
            Check(whole, TopKAxisInt32.Run);
            Check<long>([.. whole.Select(value => value * 10_000_000_000L)], TopKAxisInt64.Run);
            Check<ulong>([.. whole.Select(value => ulong.MaxValue - (ulong)(value + 6))], TopKAxisUInt64.Run);

            void Check<T>(T[] input, TopKKernel<T> kernel)
                where T : INumber<T>
            {
                var values = new T[(outer * count * inner) + 1];
                var places = new long[values.Length];
                kernel(input, values, places, outer, axisLength, inner, count, largest);
                for (int lane = 0; lane < outer * inner; lane++)
                {
                    int first = (lane / inner * axisLength * inner) + (lane % inner);
                    IOrderedEnumerable<int> byNaN = Enumerable.Range(0, axisLength).OrderByDescending(place => T.IsNaN(input[first + (place * inner)]));
                    int[] expected = [.. (largest ? byNaN.ThenByDescending(place => input[first + (place * inner)]) : byNaN.ThenBy(place => input[first + (place * inner)])).Take(count)];
                    for (int rank = 0; rank < count; rank++)
                    {
                        int target = (((lane / inner * count) + rank) * inner) + (lane % inner);
                        Assert.Equal(expected[rank], places[target]);
                        Assert.Equal(input[first + (expected[rank] * inner)], values[target]);
                    }
                }

                Assert.Equal(default, values[^1]);
            }
        }
    }

    [Theory]
    [InlineData(5, 5, 5, 6)]
    [InlineData(4, 5, 5, 5)]
    [InlineData(5, 4, 5, 5)]
    [InlineData(5, 5, 4, 5)]
    [InlineData(5, 5, 5, -1)]
    public void More_of_an_axis_than_there_is_is_refused(int elements, int values, int places, int count) =>
        Assert.Throws<ArgumentException>(() => TopKAxisFloat32.Run(new float[elements], new float[values], new long[places], 1, 5, 1, count, true));

    [Theory]
    [InlineData(new int[] { 3, 4, 5 })]
    [InlineData(new int[] { 60 })]
    [InlineData(new int[] { })]
    [InlineData(new int[] { 2, 0 })]
    public void True_elements_are_found_in_order_with_zeros_behind_them(int[] shape)
    {
        var random = new Random(77);
        int elements = shape.Aggregate(1, (product, extent) => product * extent);
        byte[] input = [.. Enumerable.Range(0, elements).Select(_ => (byte)(random.Next(3) == 0 ? random.Next(1, 256) : 0))];
        long[] indices = [.. Enumerable.Repeat(-1L, elements * shape.Length)];
        long[] count = [-1];
        NonZero.Run(input, indices, count, shape);
        int[] places = [.. Enumerable.Range(0, elements).Where(place => input[place] != 0)];
        Assert.Equal(places.Length, count[0]);
        for (int index = 0; index < elements; index++)
        {
            int place = index < places.Length ? places[index] : 0;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                Assert.Equal(place % shape[axis], indices[(axis * elements) + index]);
                place /= shape[axis];
            }
        }
    }

    [Theory]
    [InlineData(30, 1, true)]
    [InlineData(30, 1, false)]
    [InlineData(40, 3, true)]
    [InlineData(40, 3, false)]
    [InlineData(1, 4, true)]
    [InlineData(0, 4, false)]
    [InlineData(5, 0, true)]
    public void Different_rows_are_found_and_counted(int rows, int columns, bool sorted)
    {
        var random = new Random((rows * 10) + columns);
        for (int repetition = 0; repetition < 20; repetition++)
        {
            int[] whole = [.. Enumerable.Range(0, rows * columns).Select(_ => random.Next(columns == 1 ? 10 : 3))];
            Check<float>([.. whole.Select(value => value == 0 ? float.NaN : value)], UniqueFloat32.Run);
            Check<double>([.. whole.Select(value => (double)value)], UniqueFloat64.Run);
            Check(whole, UniqueInt32.Run);
            Check<long>([.. whole.Select(value => value - 1L)], UniqueInt64.Run);
            Check<ulong>([.. whole.Select(value => ulong.MaxValue - (ulong)value)], UniqueUInt64.Run);
        }

        void Check<T>(T[] input, UniqueKernel<T> kernel)
            where T : INumber<T>
        {
            long[] first = new long[rows], inverse = new long[rows], counts = new long[rows], count = new long[1];
            kernel(input, first, inverse, counts, count, new int[rows], rows, columns, sorted);
            T[][] matrix = [.. Enumerable.Range(0, rows).Select(row => input[(row * columns)..((row + 1) * columns)])];
            List<int> leaders = [.. Enumerable.Range(0, rows).Where(row => Enumerable.Range(0, row).All(other => Compare(matrix[row], matrix[other]) != 0))];
            if (sorted)
            {
                leaders.Sort((left, right) => Compare(matrix[left], matrix[right]));
            }

            Assert.Equal(leaders.Count, count[0]);
            Assert.Equal([.. leaders.Select(row => (long)row), .. new long[rows - leaders.Count]], first);
            Assert.Equal(Enumerable.Range(0, rows).Select(row => (long)leaders.FindIndex(leader => Compare(matrix[row], matrix[leader]) == 0)), inverse);
            Assert.Equal(Enumerable.Range(0, rows).Select(group => (long)inverse.Count(other => other == group)), counts);
        }

        static int Compare<T>(T[] left, T[] right)
            where T : INumber<T> => left
                .Zip(right, (x, y) => T.IsNaN(x) || T.IsNaN(y) ? T.IsNaN(x).CompareTo(T.IsNaN(y)) : x.CompareTo(y))
                .FirstOrDefault(comparison => comparison != 0);
    }

    [Theory]
    [InlineData(3, 5, 2, 2)]
    [InlineData(1, 5, 3, 4)]
    [InlineData(4, 5, 1, 5)]
    [InlineData(4, 5, 1, 0)]
    [InlineData(0, 5, 1, 2)]
    public void Slices_that_are_not_counted_are_taken_out(int outer, int axisLength, int inner, int count)
    {
        long[] input = [.. Enumerable.Range(1, outer * axisLength * inner).Select(value => (long)value)];
        long[] kept = [.. input.Where((_, place) => place / inner % axisLength < count)];
        long[] expected = [.. kept, .. new long[input.Length - kept.Length]];
        byte[] bytes = [.. input.Select(value => (byte)value)];
        short[] shorts = [.. input.Select(value => (short)value)];
        int[] ints = [.. input.Select(value => (int)value)];
        TrimAxis8.Run(bytes, [count], outer, axisLength, inner);
        TrimAxis16.Run(shorts, [count], outer, axisLength, inner);
        TrimAxis32.Run(ints, [count], outer, axisLength, inner);
        TrimAxis64.Run(input, [count], outer, axisLength, inner);
        Assert.Equal(expected.Select(value => (byte)value), bytes);
        Assert.Equal(expected.Select(value => (short)value), shorts);
        Assert.Equal(expected.Select(value => (int)value), ints);
        Assert.Equal(expected, input);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(6)]
    public void A_count_beyond_the_axis_is_refused(long count) =>
        Assert.Throws<ArgumentException>(() => TrimAxis32.Run(new int[5], [count], 1, 5, 1));

    [Theory]
    [InlineData(1, 1, 20, 20, false)]
    [InlineData(2, 3, 30, 5, false)]
    [InlineData(2, 3, 30, 30, true)]
    [InlineData(1, 2, 0, 0, true)]
    [InlineData(1, 2, 10, 0, true)]
    public void Boxes_that_overlap_a_better_one_are_left_out(int batches, int classes, int boxCount, int limit, bool isCentered)
    {
        var random = new Random(4000 + boxCount + limit);
        for (int repetition = 0; repetition < 20; repetition++)
        {
            float[] boxes = [.. Enumerable.Range(0, batches * boxCount * 4).Select(_ => random.Next(-2, 8) / 2f)];
            float[] scores = [.. Enumerable.Range(0, batches * classes * boxCount).Select(_ => random.Next(12) is var score && score == 11 ? float.NaN : score / 10f)];
            float overlap = random.Next(5) / 5f;
            float[] threshold = repetition % 3 == 0 ? [] : [0.3f];
            long[] indices = [.. Enumerable.Repeat(-1L, batches * classes * limit * 3)];
            long[] count = [-1];
            NonMaxSuppression.Run(
                boxes, scores, [repetition % 2 == 0 ? 4 : long.MaxValue], [overlap], threshold, indices, count, new int[boxCount], batches, classes, boxCount, limit, isCentered);
            long[] expected = Kept(boxes, scores, Math.Min(limit, repetition % 2 == 0 ? 4 : limit), overlap, threshold, batches, classes, boxCount, isCentered);
            Assert.Equal(expected.Length / 3, count[0]);
            Assert.Equal([.. expected, .. new long[indices.Length - expected.Length]], indices);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    [InlineData(long.MinValue)]
    public void Without_a_number_of_boxes_none_is_kept(long maximum)
    {
        long[] count = [7];
        NonMaxSuppression.Run([0, 0, 1, 1], [1], [maximum], [0.5f], [], new long[3], count, new int[1], 1, 1, 1, 1, false);
        Assert.Equal([0L], count);
    }

    [Fact]
    public void An_overlap_of_just_the_limit_is_allowed_and_equal_scores_go_by_their_place()
    {
        long[] indices = new long[9];
        long[] count = new long[1];
        NonMaxSuppression.Run([0, 0, 1, 1, 0, 0, 1, 2, 1, 2, 0, 0], [0.5f, 0.5f, 0.5f], [9], [0.5f], [], indices, count, new int[3], 1, 1, 3, 3, false);
        Assert.Equal(2, count[0]);
        Assert.Equal([0L, 0, 0, 0, 0, 1, 0, 0, 0], indices);
    }

    private delegate void TopKKernel<T>(ReadOnlySpan<T> input, Span<T> values, Span<long> indices, int outer, int axisLength, int inner, int count, bool largest);

    private delegate void UniqueKernel<T>(
        ReadOnlySpan<T> input, Span<long> first, Span<long> inverse, Span<long> counts, Span<long> count, Span<int> order, int rows, int columns, bool sorted);

    private static long[] Kept(float[] boxes, float[] scores, int most, float overlap, float[] threshold, int batches, int classes, int boxCount, bool isCentered)
    {
        var kept = new List<long>();
        for (int batch = 0; batch < batches; batch++)
        {
            for (int category = 0; category < classes; category++)
            {
                float Score(int box) => scores[(((batch * classes) + category) * boxCount) + box];
                var chosen = new List<int>();
                foreach (int box in Enumerable.Range(0, boxCount).Where(box => threshold.Length == 0 || Score(box) > threshold[0]).OrderByDescending(Score))
                {
                    if (chosen.Count < most && !chosen.Any(other => Overlaps((batch * boxCount) + box, (batch * boxCount) + other)))
                    {
                        chosen.Add(box);
                        kept.AddRange([batch, category, box]);
                    }
                }
            }
        }

        return [.. kept];

        bool Overlaps(int box, int other)
        {
            (float[] low, float[] high) = Corners(box);
            (float[] otherLow, float[] otherHigh) = Corners(other);
            float[] shared = [.. Enumerable.Range(0, 2).Select(axis => Math.Min(high[axis], otherHigh[axis]) - Math.Max(low[axis], otherLow[axis]))];
            float area = (high[0] - low[0]) * (high[1] - low[1]);
            float otherArea = (otherHigh[0] - otherLow[0]) * (otherHigh[1] - otherLow[1]);
            float both = shared[0] * shared[1];
            return shared[0] > 0 && shared[1] > 0 && area > 0 && otherArea > 0 && area + otherArea - both > 0 && both / (area + otherArea - both) > overlap;
        }

        (float[] Low, float[] High) Corners(int box)
        {
            float[] edges = boxes[(box * 4)..((box * 4) + 4)];
            return isCentered
                ? ([edges[1] - (edges[3] / 2), edges[0] - (edges[2] / 2)], [edges[1] + (edges[3] / 2), edges[0] + (edges[2] / 2)])
                : ([Math.Min(edges[0], edges[2]), Math.Min(edges[1], edges[3])], [Math.Max(edges[0], edges[2]), Math.Max(edges[1], edges[3])]);
        }
    }
}
