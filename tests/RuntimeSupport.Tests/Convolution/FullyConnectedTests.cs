using System;
using System.Linq;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class FullyConnectedTests
{
    [Fact]
    public void Bytes_are_multiplied_as_the_formula_says()
    {
        var random = new Random(1);
        for (int round = 0; round < 60; round++)
        {
            (int rows, int inputs, int outputs) = (random.Next(1, 9), random.Next(1, 90), random.Next(1, 150));
            var layer = new ConvolutionCase { OutputWidth = rows, InputChannels = inputs, OutputChannels = outputs };

            // Half of the inputs end with their last row, the others have the 3 bytes behind it that spare a copy.
            byte[] input = TestNumbers.Bytes(random, (rows * inputs) + (random.Next(2) * 3));
            sbyte[] dense = TestNumbers.Weights(random, outputs * inputs);
            int[] bias = TestNumbers.Integers(random, layer.PaddedOutputChannels, 1000);
            float[] multipliers = TestNumbers.Floats(random, layer.PaddedOutputChannels).Select(value => MathF.Abs(value) * 0.05f / inputs).ToArray();
            var output = new byte[rows * outputs];
            FullyConnectedUInt8.Run(input, layer.Pack(dense, 4), bias, multipliers, output, rows, inputs, outputs, 100, 1, 254, []);
            for (int index = 0; index < output.Length; index++)
            {
                (int row, int column) = Math.DivRem(index, outputs);
                int sum = bias[column] + Enumerable.Range(0, inputs).Sum(k => input[(row * inputs) + k] * dense[(column * inputs) + k]);
                double rounded = Math.Round((double)(sum * multipliers[column]), MidpointRounding.ToEven);
                Assert.Equal((byte)Math.Clamp(rounded + 100, 1, 254), output[index]);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(40)]
    [InlineData(100)]
    public void A_row_of_large_and_small_bytes_is_multiplied_as_the_formula_says(int percentLarge)
    {
        var random = new Random(percentLarge);
        foreach (int inputs in new[] { 3, 20, 64, 128, 165, 340, 644 })
        {
            foreach (int outputs in new[] { 2, 12, 37, 64, 75, 128, 190 })
            {
                var layer = new ConvolutionCase { OutputWidth = 1, InputChannels = inputs, OutputChannels = outputs };
                byte[] input = [.. Enumerable.Range(0, inputs).Select(_ => (byte)(random.Next(100) < percentLarge ? 255 - random.Next(128) : random.Next(128)))];
                sbyte[] dense = [.. Enumerable.Range(0, outputs * inputs).Select(_ => (sbyte)(random.Next(4) == 0 ? random.Next(-128, 128) : random.Next(2) == 0 ? 127 : -128))];
                AssertRow(random, layer, input, dense);
            }
        }
    }

    // None, some or nearly all of the weights are too large for sums in an int16; the list says where, or is left out.
    [Theory]
    [InlineData(1000)]
    [InlineData(30)]
    [InlineData(2)]
    public void A_row_is_multiplied_as_the_formula_says_wherever_its_weights_are_large(int oneIn)
    {
        var random = new Random(oneIn);
        foreach ((int inputs, int outputs) in new[] { (35, 30), (64, 16), (128, 33), (700, 75), (2100, 40) })
        {
            var layer = new ConvolutionCase { OutputWidth = 1, InputChannels = inputs, OutputChannels = outputs };
            byte[] input = [.. Enumerable.Range(0, inputs).Select(_ => (byte)(255 - random.Next(3)))];
            sbyte[] dense = [.. Enumerable.Range(0, outputs * inputs).Select(_ => (sbyte)((random.Next(oneIn) == 0 ? 127 : 64) * (random.Next(2) == 0 ? 1 : -1)))];
            AssertRow(random, layer, input, dense);
        }
    }

    private static void AssertRow(Random random, ConvolutionCase layer, byte[] input, sbyte[] dense)
    {
        (int inputs, int outputs, int padded) = (layer.InputChannels, layer.OutputChannels, layer.PaddedOutputChannels);
        int[] bias = TestNumbers.Integers(random, padded, 1000);
        int[] multipliers = [.. Enumerable.Repeat(1 << 30, padded), .. Enumerable.Range(0, padded).Select(_ => random.Next(-20, -12))];
        foreach (int[] wideQuads in new[] { [], layer.WideQuads(dense) })
        {
            var output = new byte[outputs];
            FullyConnectedFixedPoint.Run(input, layer.Pack(dense, 4), bias, multipliers, output, 1, inputs, outputs, 100, 0, 255, wideQuads);
            for (int column = 0; column < outputs; column++)
            {
                int sum = bias[column] + Enumerable.Range(0, inputs).Sum(k => input[k] * dense[(column * inputs) + k]);
                int product = FixedPoint.Multiply(sum, 1 << 30, multipliers[padded + column], isSymmetric: false);
                Assert.Equal((byte)Math.Clamp(product + 100, 0, 255), output[column]);
            }
        }
    }

    [Fact]
    public void Floats_are_chains_of_128_fused_multiply_adds()
    {
        var random = new Random(2);
        for (int round = 0; round < 60; round++)
        {
            (int rows, int inputs, int outputs) = (random.Next(1, 30), random.Next(1, 600), random.Next(1, 150));
            var layer = new ConvolutionCase { OutputWidth = rows, InputChannels = inputs, OutputChannels = outputs };
            float[] input = TestNumbers.Floats(random, rows * inputs);
            float[] dense = TestNumbers.Floats(random, outputs * inputs);
            float[] bias = TestNumbers.Floats(random, layer.PaddedOutputChannels);
            var output = new float[rows * outputs];
            FullyConnectedFloat32.Run(input, layer.Pack(dense, 1), bias, output, rows, inputs, outputs, -5, float.PositiveInfinity);
            for (int index = 0; index < output.Length; index++)
            {
                (int row, int column) = Math.DivRem(index, outputs);
                float sum = -0f;
                for (int first = 0; first < inputs; first += 128)
                {
                    float chain = first == 0 ? bias[column] : 0;
                    for (int k = first; k < Math.Min(first + 128, inputs); k++)
                    {
                        chain = MathF.FusedMultiplyAdd(input[(row * inputs) + k], dense[(column * inputs) + k], chain);
                    }

                    sum += chain;
                }

                Assert.Equal(MathF.Max(sum, -5), output[index]);
            }
        }
    }

    [Fact]
    public void A_list_of_wide_quads_without_an_end_is_refused()
    {
        static void Call(int[] wideQuads) => FullyConnectedUInt8.Run(new byte[8], new sbyte[16 * 8], new int[16], new float[16], new byte[5], 1, 8, 5, 0, 0, 255, wideQuads);
        Call([]);
        Call([ByteConvolution.NoMoreWideQuads]);
        Call([1, ByteConvolution.NoMoreWideQuads]);
        Assert.Throws<ArgumentException>("wideQuads", () => Call([1]));
    }

    [Fact]
    public void Short_spans_are_refused()
    {
        var weights = new sbyte[16 * 8];
        FullyConnectedUInt8.Run(new byte[7], weights, new int[16], new float[16], new byte[5], 1, 7, 5, 0, 0, 255, []);
        Assert.Throws<ArgumentException>("input", () => FullyConnectedUInt8.Run(new byte[6], weights, new int[16], new float[16], new byte[5], 1, 7, 5, 0, 0, 255, []));
        Assert.Throws<ArgumentException>("weights", () => FullyConnectedUInt8.Run(new byte[7], weights[1..], new int[16], new float[16], new byte[5], 1, 7, 5, 0, 0, 255, []));
        Assert.Throws<ArgumentException>("output", () => FullyConnectedUInt8.Run(new byte[7], weights, new int[16], new float[16], new byte[4], 1, 7, 5, 0, 0, 255, []));
        Assert.Throws<ArgumentException>("rows", () => FullyConnectedUInt8.Run(new byte[7], weights, new int[16], new float[16], new byte[5], 0, 7, 5, 0, 0, 255, []));
        Assert.Throws<ArgumentException>("input", () => FullyConnectedFloat32.Run(new float[13], new float[16 * 7], new float[16], new float[10], 2, 7, 5, 0, 6));
        Assert.Throws<ArgumentException>("weights", () => FullyConnectedFloat32.Run(new float[14], new float[16 * 6], new float[16], new float[10], 2, 7, 5, 0, 6));
    }
}
