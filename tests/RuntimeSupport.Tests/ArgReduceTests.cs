using System;
using System.Linq;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class ArgReduceTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(3, 50, 1)]
    [InlineData(2, 7, 5)]
    [InlineData(1, 9, 150)]
    [InlineData(0, 4, 3)]
    [InlineData(3, 4, 0)]
    [InlineData(3, 0, 0)]
    public void Finds_the_extreme_of_every_type(int outer, int axisLength, int inner)
    {
        var random = new Random(500 + outer + axisLength + inner);

        // Few values, so that there are many equals.
        byte[] input = Enumerable.Range(0, outer * axisLength * inner).Select(_ => (byte)random.Next(6)).ToArray();
        foreach ((bool maximum, bool lastIndex) in new[] { (true, false), (true, true), (false, false), (false, true) })
        {
            long[] expected = Expected(input, outer, axisLength, inner, maximum, lastIndex);
            long[][] outputs = Enumerable.Range(0, 4).Select(_ => new long[expected.Length]).ToArray();
            ArgReduceUInt8.Run(input, outputs[0], outer, axisLength, inner, maximum, lastIndex);
            ArgReduceInt32.Run(input.Select(value => value - 3).ToArray(), outputs[1], outer, axisLength, inner, maximum, lastIndex);
            ArgReduceInt64.Run(input.Select(value => value - 3L).ToArray(), outputs[2], outer, axisLength, inner, maximum, lastIndex);
            ArgReduceFloat32.Run(input.Select(value => value - 2.5f).ToArray(), outputs[3], outer, axisLength, inner, maximum, lastIndex);
            Assert.All(outputs, output => Assert.Equal(expected, output));
        }
    }

    [Theory]
    [InlineData(true, false, 1)]
    [InlineData(true, true, 3)]
    [InlineData(false, false, 1)]
    [InlineData(false, true, 3)]
    public void Nan_is_beyond_every_number(bool maximum, bool lastIndex, long expected)
    {
        float[] values = [5, float.NaN, float.PositiveInfinity, float.NaN, float.NegativeInfinity];
        long[] single = new long[1];
        long[] columns = new long[2];
        ArgReduceFloat32.Run(values, single, 1, 5, 1, maximum, lastIndex);
        ArgReduceFloat32.Run(values.SelectMany(value => new[] { value, value }).ToArray(), columns, 1, 5, 2, maximum, lastIndex);
        Assert.Equal([expected], single);
        Assert.Equal([expected, expected], columns);
    }

    [Fact]
    public void Refuses_short_spans_and_an_empty_axis()
    {
        Assert.Throws<ArgumentException>(() => ArgReduceUInt8.Run(new byte[5], new long[2], 1, 3, 2, true, false));
        Assert.Throws<ArgumentException>(() => ArgReduceUInt8.Run(new byte[6], new long[1], 1, 3, 2, true, false));
        Assert.Throws<ArgumentException>(() => ArgReduceUInt8.Run([], new long[1], 1, 0, 1, true, false));
        Assert.Throws<ArgumentException>(() => ArgReduceUInt8.Run(new byte[6], new long[2], -1, -3, 2, true, false));
    }

    private static long[] Expected(byte[] input, int outer, int axisLength, int inner, bool maximum, bool lastIndex)
    {
        long[] output = new long[outer * inner];
        for (int element = 0; element < output.Length; element++)
        {
            byte[] values = Enumerable.Range(0, axisLength)
                .Select(index => input[(((element / inner * axisLength) + index) * inner) + (element % inner)])
                .ToArray();
            byte extreme = maximum ? values.Max() : values.Min();
            output[element] = lastIndex ? Array.LastIndexOf(values, extreme) : Array.IndexOf(values, extreme);
        }

        return output;
    }
}
