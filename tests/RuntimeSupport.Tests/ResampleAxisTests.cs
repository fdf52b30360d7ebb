using System;
using System.Linq;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class ResampleAxisTests
{
    [Theory]
    [InlineData(1, 5, 9, 2, 3)]
    [InlineData(2, 8, 4, 4, 37)]
    [InlineData(3, 1, 2, 1, 4)]
    [InlineData(2, 6, 6, 3, 1)]
    [InlineData(2, 6, 5, 0, 9)]
    [InlineData(0, 6, 5, 2, 9)]
    [InlineData(2, 6, 0, 2, 9)]
    [InlineData(2, 6, 5, 2, 0)]
    public void Weighs_slices_in_the_order_of_the_taps(int outer, int inputLength, int outputLength, int taps, int inner)
    {
        var random = new Random(600 + outer + inputLength + inner);
        int[] indices = Enumerable.Range(0, outputLength * taps).Select(_ => random.Next(inputLength)).ToArray();
        float[] weights = indices.Select(_ => (random.NextSingle() * 1.4f) - 0.3f).ToArray();
        byte[] bytes = new byte[outer * inputLength * inner];
        random.NextBytes(bytes);
        float[] floats = bytes.Select(value => (value / 7f) - 10).ToArray();
        float[] output = Enumerable.Repeat(77f, outer * outputLength * inner).ToArray();
        byte[] byteOutput = Enumerable.Repeat((byte)77, output.Length).ToArray();

        ResampleAxisFloat32.Run(floats, indices, weights, output, outer, inputLength, outputLength, taps, inner);
        ResampleAxisUInt8.Run(bytes, indices, weights, byteOutput, outer, inputLength, outputLength, taps, inner);

        for (int element = 0; element < output.Length; element++)
        {
            int column = element % inner;
            int slice = element / inner % outputLength;
            int block = element / inner / outputLength;
            float sum = 0;
            float byteSum = 0;
            for (int tap = 0; tap < taps; tap++)
            {
                int position = (((block * inputLength) + indices[(slice * taps) + tap]) * inner) + column;
                float weight = weights[(slice * taps) + tap];
                float product = weight * floats[position];
                sum += product;
                float byteProduct = weight * bytes[position];
                byteSum += byteProduct;
            }

            Assert.Equal(BitConverter.SingleToInt32Bits(sum), BitConverter.SingleToInt32Bits(output[element]));
            Assert.Equal((byte)MathF.Round(Math.Clamp(byteSum, 0, 255), MidpointRounding.ToEven), byteOutput[element]);
        }
    }

    [Theory]
    [InlineData(1)] // one by one
    [InlineData(8)] // a vector
    public void Bytes_round_ties_to_even_and_stay_in_range(int inner)
    {
        float[] weights = [0.5f, 1.5f, 2.5f, -1f, 255.5f, 254.5f, 1e20f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0.49999997f];
        byte[] expected = [0, 2, 2, 0, 255, 254, 255, 0, 255, 0, 0];
        byte[] output = new byte[weights.Length * inner];
        ResampleAxisUInt8.Run(
            Enumerable.Repeat((byte)1, inner).ToArray(), new int[weights.Length], weights, output, 1, 1, weights.Length, 1, inner);
        Assert.Equal(expected.SelectMany(value => Enumerable.Repeat(value, inner)), output);
    }

    [Fact]
    public void Refuses_short_spans_and_foreign_slices()
    {
        float[] six = new float[6];
        Assert.Throws<ArgumentException>(() => ResampleAxisFloat32.Run(six, [0, 1, 2, 3], new float[4], new float[4], 1, 3, 2, 2, 2));
        Assert.Throws<ArgumentException>(() => ResampleAxisFloat32.Run(six, [0, 1, 2, -1], new float[4], new float[4], 1, 3, 2, 2, 2));
        Assert.Throws<ArgumentException>(() => ResampleAxisFloat32.Run(six, [0, 1, 2], new float[4], new float[4], 1, 3, 2, 2, 2));
        Assert.Throws<ArgumentException>(() => ResampleAxisFloat32.Run(six, [0, 1, 2, 0], new float[3], new float[4], 1, 3, 2, 2, 2));
        Assert.Throws<ArgumentException>(() => ResampleAxisFloat32.Run(six, [0, 1, 2, 0], new float[4], new float[3], 1, 3, 2, 2, 2));
        Assert.Throws<ArgumentException>(() => ResampleAxisFloat32.Run(new float[5], [0, 1, 2, 0], new float[4], new float[4], 1, 3, 2, 2, 2));
        Assert.Throws<ArgumentException>(() => ResampleAxisUInt8.Run(new byte[5], [0, 1, 2, 0], new float[4], new byte[4], 1, 3, 2, 2, 2));
        Assert.Throws<ArgumentException>(() => ResampleAxisUInt8.Run(new byte[6], [0, 1, 2, 3], new float[4], new byte[4], 1, 3, 2, 2, 2));
    }
}
