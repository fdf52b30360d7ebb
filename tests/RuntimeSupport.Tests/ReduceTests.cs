using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class ReduceTests
{
    public static TheoryData<int> Operations => new(Enumerable.Range(0, 7));

    [Theory]
    [MemberData(nameof(Operations))]
    public void Reduces_float32_in_row_major_order_to_the_bit(int operation)
    {
        var random = new Random(400 + operation);
        for (int repetition = 0; repetition < 300; repetition++)
        {
            Case layout = Case.Next(random);
            float[] input = Enumerable.Range(0, layout.InputLength).Select(_ => (random.NextSingle() * 4) - 2).ToArray();
            if (repetition % 5 == 0)
            {
                input[random.Next(input.Length)] = float.NaN;
            }

            float[] output = new float[layout.Outputs + 1];
            output[^1] = 77;
            ReduceFloat32.Run(input, output, layout.OuterShape, layout.OuterStrides, layout.InnerShape, layout.InnerStrides, operation);

            float[] expected = layout.Outer.Select(outer => Fold(layout.Inner(outer).Select(position => input[position]), operation)).Append(77f).ToArray();
            Assert.Equal(expected, output);
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Reduces_float64_in_row_major_order_to_the_bit(int operation)
    {
        var random = new Random(410 + operation);
        for (int repetition = 0; repetition < 100; repetition++)
        {
            Case layout = Case.Next(random);
            double[] input = Enumerable.Range(0, layout.InputLength).Select(_ => (random.NextDouble() * 4) - 2).ToArray();
            double[] output = new double[layout.Outputs];
            ReduceFloat64.Run(input, output, layout.OuterShape, layout.OuterStrides, layout.InnerShape, layout.InnerStrides, operation);
            Assert.Equal(layout.Outer.Select(outer => Fold(layout.Inner(outer).Select(position => input[position]), operation)), output);
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Reduces_integers_and_wraps_around(int operation)
    {
        var random = new Random(420 + operation);
        for (int repetition = 0; repetition < 100; repetition++)
        {
            Case layout = Case.Next(random);
            int[] input = Enumerable.Range(0, layout.InputLength).Select(_ => random.Next(int.MinValue, int.MaxValue)).ToArray();
            long[] wide = input.Select(value => value * 5_000_000_000L).ToArray();
            int[] output = new int[layout.Outputs];
            long[] wideOutput = new long[layout.Outputs];
            ReduceInt32.Run(input, output, layout.OuterShape, layout.OuterStrides, layout.InnerShape, layout.InnerStrides, operation);
            ReduceInt64.Run(wide, wideOutput, layout.OuterShape, layout.OuterStrides, layout.InnerShape, layout.InnerStrides, operation);
            Assert.Equal(layout.Outer.Select(outer => Fold32(layout.Inner(outer).Select(position => input[position]), operation)), output);
            Assert.Equal(layout.Outer.Select(outer => Fold64(layout.Inner(outer).Select(position => wide[position]), operation)), wideOutput);
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Reduces_nothing_to_the_neutral_value(int operation)
    {
        float[] floats = new float[3];
        int[] ints = new int[3];
        ReduceFloat32.Run([], floats, [3], [0], [4, 0], [0, 1], operation);
        ReduceInt32.Run([], ints, [3], [0], [4, 0], [0, 1], operation);
        float expected = operation switch
        {
            ReduceOperation.Mean => float.NaN,
            ReduceOperation.Maximum => float.NegativeInfinity,
            ReduceOperation.Minimum => float.PositiveInfinity,
            ReduceOperation.Product => 1,
            _ => 0,
        };
        int expectedInteger = operation switch
        {
            ReduceOperation.Maximum => int.MinValue,
            ReduceOperation.Minimum => int.MaxValue,
            ReduceOperation.Product => 1,
            _ => 0,
        };
        Assert.Equal([expected, expected, expected], floats);
        Assert.Equal([expectedInteger, expectedInteger, expectedInteger], ints);
    }

    [Theory]
    [InlineData(ReduceOperation.Maximum)]
    [InlineData(ReduceOperation.Minimum)]
    public void Extremes_propagate_nan_wherever_it_stands(int operation)
    {
        // 24 neighbouring outputs (vectors of both kinds), then the same with a stride (one by one).
        for (int place = 0; place < 3; place++)
        {
            float[] input = Enumerable.Range(0, 3 * 48).Select(value => (float)value).ToArray();
            input.AsSpan(place * 48, 48).Fill(float.NaN);
            float[] output = new float[24];
            ReduceFloat32.Run(input, output, [24], [1], [3], [48], operation);
            Assert.All(output, value => Assert.Equal(float.NaN, value));
            ReduceFloat32.Run(input, output, [24], [2], [3], [48], operation);
            Assert.All(output, value => Assert.Equal(float.NaN, value));
        }
    }

    [Theory]
    [InlineData(ReduceOperation.Maximum)]
    [InlineData(ReduceOperation.Minimum)]
    public void Extremes_of_neighbours_have_the_bits_of_those_one_by_one(int operation)
    {
        var random = new Random(430 + operation);
        for (int repetition = 0; repetition < 400; repetition++)
        {
            // Zeros of both signs and NaNs are where the order shows.
            int length = random.Next(1, 90), sign = operation == ReduceOperation.Maximum ? -1 : 1, nans = random.Next(4) == 0 ? 8 : int.MaxValue;
            float[] input = Enumerable.Range(0, 3 * length).Select(_ => random.Next(nans) == 0 ? Quiet(random) : random.Next(5) == 0 ? sign * random.NextSingle() : random.Next(2) == 0 ? 0f : -0f).ToArray();
            float[] apart = input.SelectMany(value => new[] { value, sign * -9f }).ToArray();
            float[] output = new float[3], expected = new float[3];
            ReduceFloat32.Run(input, output, [3], [length], [length], [1], operation);
            ReduceFloat32.Run(apart, expected, [3], [2 * length], [length], [2], operation);
            Assert.Equal(expected.Select(BitConverter.SingleToInt32Bits), output.Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Fact]
    public void Rank_zero_reduces_one_element()
    {
        float[] output = new float[1];
        ReduceFloat32.Run([3f], output, [], [], [], [], ReduceOperation.SumOfSquares);
        Assert.Equal([9f], output);
    }

    [Fact]
    public void No_output_reads_nothing()
    {
        ReduceFloat32.Run([], [], [0], [1], [5], [1], ReduceOperation.Sum);
    }

    [Fact]
    public void Refuses_bad_arguments()
    {
        Assert.Throws<ArgumentException>(() => ReduceFloat32.Run(new float[11], new float[3], [3], [4], [4], [1], 0));
        Assert.Throws<ArgumentException>(() => ReduceFloat32.Run(new float[12], new float[2], [3], [4], [4], [1], 0));
        Assert.Throws<ArgumentException>(() => ReduceFloat32.Run(new float[12], new float[3], [3], [4], [4], [-1], 0));
        Assert.Throws<ArgumentException>(() => ReduceFloat32.Run(new float[12], new float[3], [3], [], [4], [1], 0));
        Assert.Throws<ArgumentException>(() => ReduceFloat32.Run(new float[12], new float[3], [3], [4], new int[9], new int[9], 0));
        Assert.Throws<ArgumentException>(() => ReduceFloat32.Run(new float[12], new float[3], [3], [4], [4], [1], 7));
        Assert.Throws<ArgumentException>(() => ReduceFloat32.Run(new float[12], new float[3], [3], [4], [4], [1], -1));
    }

    private static float Quiet(Random random) => BitConverter.Int32BitsToSingle(0x7FC00000 | random.Next(1000));

    private static float Fold(IEnumerable<float> values, int operation)
    {
        int count = 0;
        float total = operation switch
        {
            ReduceOperation.Maximum => float.NegativeInfinity,
            ReduceOperation.Minimum => float.PositiveInfinity,
            ReduceOperation.Product => 1,
            _ => 0,
        };
        foreach (float value in values)
        {
            count++;
            total = operation switch
            {
                ReduceOperation.Sum or ReduceOperation.Mean => total + value,
                ReduceOperation.Maximum => MathF.Max(total, value),
                ReduceOperation.Minimum => MathF.Min(total, value),
                ReduceOperation.Product => total * value,
                ReduceOperation.SumOfSquares => total + (value * value),
                _ => total + MathF.Abs(value),
            };
        }

        return operation == ReduceOperation.Mean ? total / count : total;
    }

    private static double Fold(IEnumerable<double> values, int operation)
    {
        double[] all = values.ToArray();
        return operation switch
        {
            ReduceOperation.Sum => all.Aggregate(0.0, (total, value) => total + value),
            ReduceOperation.Mean => all.Aggregate(0.0, (total, value) => total + value) / all.Length,
            ReduceOperation.Maximum => all.Max(),
            ReduceOperation.Minimum => all.Min(),
            ReduceOperation.Product => all.Aggregate(1.0, (total, value) => total * value),
            ReduceOperation.SumOfSquares => all.Aggregate(0.0, (total, value) => total + (value * value)),
            _ => all.Aggregate(0.0, (total, value) => total + Math.Abs(value)),
        };
    }

    private static int Fold32(IEnumerable<int> values, int operation) => operation switch
    {
        // Sums and products in 64 bits agree with those in 32 bits in the lower half; a mean divides the wrapped sum.
        ReduceOperation.Mean => Fold32(values, ReduceOperation.Sum) / values.Count(),
        _ => unchecked((int)Fold64(values.Select(value => (long)value), operation)),
    };

    private static long Fold64(IEnumerable<long> values, int operation) => operation switch
    {
        ReduceOperation.Sum => values.Aggregate(0L, (total, value) => total + value),
        ReduceOperation.Mean => values.Aggregate(0L, (total, value) => total + value) / values.Count(),
        ReduceOperation.Maximum => values.Max(),
        ReduceOperation.Minimum => values.Min(),
        ReduceOperation.Product => values.Aggregate(1L, (total, value) => total * value),
        ReduceOperation.SumOfSquares => values.Aggregate(0L, (total, value) => total + (value * value)),
        _ => values.Aggregate(0L, (total, value) => value < 0 ? total - value : total + value),
    };

    /// <summary>A tensor in memory, and which of its dimensions stay and which are reduced.</summary>
    private sealed record Case(int[] OuterShape, int[] OuterStrides, int[] InnerShape, int[] InnerStrides, int InputLength)
    {
        internal int Outputs => StridedNaive.Elements(OuterShape);

        internal IEnumerable<int> Outer => StridedNaive.Indices(OuterShape).Select(index => StridedNaive.Position(index, OuterStrides, 0));

        internal IEnumerable<int> Inner(int outer) => StridedNaive.Indices(InnerShape).Select(index => StridedNaive.Position(index, InnerStrides, outer));

        internal static Case Next(Random random)
        {
            int rank = random.Next(0, 6);
            int[] shape = StridedNaive.Shape(random, rank, rank < 3 ? 40 : 5);
            var layout = StridedNaive.Layout(random, shape, backwards: false, repeats: false);
            bool[] reduced = shape.Select(_ => random.Next(2) == 0).ToArray();
            int[] Pick(int[] values, bool which) => values.Where((_, dimension) => reduced[dimension] == which).ToArray();
            return new Case(Pick(shape, false), Pick(layout.Strides, false), Pick(shape, true), Pick(layout.Strides, true), layout.Length);
        }
    }
}
