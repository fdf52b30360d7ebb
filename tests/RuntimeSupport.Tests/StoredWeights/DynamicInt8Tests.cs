using System;
using System.Linq;
using System.Runtime.InteropServices;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class DynamicInt8Tests
{
    private delegate void Path(in ByteConvolution.Arguments arguments);

    public static TheoryData<string> Paths => InstructionSets.Supported("Vector128", "Portable", "Avx2", "Avx512", "AvxVnni", "ArmDp");

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_path_gives_the_integers_of_the_scalar_one(string path)
    {
        var random = new Random(1);
        foreach (ConvolutionCase layer in ConvolutionCase.Special().Concat(Enumerable.Range(0, 60).Select(_ => ConvolutionCase.Random(random))))
        {
            byte[] input = [.. TestNumbers.Bytes(random, layer.InputLength), 0, 0, 0];
            sbyte[] weights = layer.Pack(TestNumbers.Weights(random, layer.WeightLength), 4);
            int[] start = layer.PackChannels(TestNumbers.Integers(random, layer.Groups * layer.OutputChannels, 100_000));
            Assert.True(Sums(layer, input, weights, start, Conv2DDynamicInt8.RunScalar).SequenceEqual(Sums(layer, input, weights, start, Find(path))), $"{path}: {layer}");
        }
    }

    [Fact]
    public void Activations_are_put_on_the_grid_that_covers_them_and_zero()
    {
        var random = new Random(2);
        for (int round = 0; round < 60; round++)
        {
            ConvolutionCase layer = ConvolutionCase.Random(random);
            float[] input = [.. TestNumbers.Floats(random, layer.InputLength).Select(value => round % 3 == 0 ? MathF.Abs(value) : value)];
            sbyte[] dense = TestNumbers.Weights(random, layer.WeightLength);
            int channels = layer.Groups * layer.OutputChannels;
            float[] scales = [.. TestNumbers.Floats(random, channels).Select(MathF.Abs)], bias = TestNumbers.Floats(random, channels);
            float[] output = Run(layer, input, dense, scales, bias);

            double scale = (float)((Math.Max(0, (double)input.Max()) - Math.Min(0, (double)input.Min())) / 255);
            double zero = Math.Round(-Math.Min(0, (double)input.Min()) / scale);
            double[] expected = new double[layer.OutputLength], magnitude = new double[layer.OutputLength];
            layer.ForEachProduct((at, channel, activation, weight) =>
            {
                double level = Math.Round(Math.Clamp((double)(input[activation] * (1f / (float)scale)), -zero, 255 - zero));
                expected[at] += level * dense[weight] * scale * scales[channel];
                magnitude[at] += Math.Abs(level * dense[weight]) * scale * scales[channel];
            });
            for (int at = 0; at < output.Length; at++)
            {
                int channel = at % layer.OutputPixelStride;
                if (channel < channels)
                {
                    Assert.True(Math.Abs(expected[at] + bias[channel] - output[at]) <= 1e-6 * (magnitude[at] + Math.Abs(bias[channel]) + 1), $"{layer}, {at}");
                }
                else
                {
                    Assert.Equal(-77, output[at]);
                }
            }
        }
    }

    [Fact]
    public void Range_and_zero_point_are_the_same_on_every_path()
    {
        var random = new Random(3);
        for (int length = 0; length < 50; length++)
        {
            float[] values = TestNumbers.Floats(random, length);
            Assert.Equal(DynamicRange.RunScalar(values), DynamicRange.RunVector128(values));
            foreach (float special in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
            {
                float[] damaged = [.. values, special];
                random.Shuffle(damaged);
                Assert.True(float.IsNaN(DynamicRange.RunScalar(damaged).Scale) && float.IsNaN(DynamicRange.RunVector128(damaged).Scale));
            }
        }

        Assert.Equal((1f, 0), DynamicRange.Of(new float[9]));
        Assert.Equal((1f, 0), DynamicRange.Of([1e-40f, -1e-40f, 0, 0, 0]));
        Assert.Equal((1f, 255), DynamicRange.Of([-255f, -1]));
        Assert.True(float.IsFinite(DynamicRange.Of([float.MaxValue, float.MinValue]).Scale));
    }

    [Fact]
    public void Zeros_give_the_bias_and_what_has_no_scale_gives_NaN()
    {
        var layer = new ConvolutionCase { OutputWidth = 3, KernelHeight = 2, InputChannels = 5, OutputChannels = 20 };
        sbyte[] dense = TestNumbers.Weights(new Random(4), layer.WeightLength);
        float[] bias = TestNumbers.Floats(new Random(5), 20), ones = [.. Enumerable.Repeat(1f, 20)];
        float[] input = new float[layer.InputLength];
        Assert.Equal(Enumerable.Repeat(bias, 3).SelectMany(row => row), Run(layer, input, dense, ones, bias));
        input[7] = float.NegativeInfinity;
        Assert.All(Run(layer, input, dense, ones, bias), value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        static void Run(int input = 7, int weights = 128, int sums = 16, int scales = 16, int bias = 16, int output = 5, int quantized = 10, int start = 16, int inputs = 7) => FullyConnectedDynamicInt8.Run(
            new float[input], new sbyte[weights], new int[sums], new float[scales], new float[bias], new float[output], new byte[quantized], new int[start], 1, inputs, 5, 0, 1);

        Run();
        Assert.Throws<ArgumentException>("input", () => Run(input: 6));
        Assert.Throws<ArgumentException>("weights", () => Run(weights: 127));
        Assert.Throws<ArgumentException>("weightSums", () => Run(sums: 15));
        Assert.Throws<ArgumentException>("scales", () => Run(scales: 15));
        Assert.Throws<ArgumentException>("bias", () => Run(bias: 15));
        Assert.Throws<ArgumentException>("output", () => Run(output: 4));
        Assert.Throws<ArgumentException>("quantized", () => Run(quantized: 9));
        Assert.Throws<ArgumentException>("start", () => Run(start: 15));
        Assert.Throws<ArgumentException>("runLength", () => Run(input: 40_000, weights: 16 * 40_000, quantized: 40_003, inputs: 40_000));
    }

    private static float[] Run(ConvolutionCase layer, float[] input, sbyte[] dense, float[] scales, float[] bias)
    {
        float[] output = Enumerable.Repeat(-77f, layer.OutputLength).ToArray();
        int[] sums = layer.PackChannels([.. dense.Chunk(dense.Length / scales.Length).Select(row => row.Sum(weight => (int)weight))]);
        Conv2DDynamicInt8.Run(
            input, layer.Pack(dense, 4), sums, layer.PackChannels(scales), layer.PackChannels(bias), output, new byte[input.Length + 3], new int[sums.Length],
            layer.RunOffsets, layer.Geometry, layer.RunLength, layer.Groups, layer.InputChannels, layer.OutputChannels, float.NegativeInfinity, float.PositiveInfinity);
        return output;
    }

    private static int[] Sums(ConvolutionCase layer, byte[] input, sbyte[] weights, int[] start, Path path)
    {
        var output = new int[layer.OutputLength];
        var arguments = new ByteConvolution.Arguments(
            input, weights, start, new int[start.Length], MemoryMarshal.AsBytes(output.AsSpan()), layer.RunOffsets, layer.Geometry, layer.RunLength, layer.Groups,
            layer.InputChannels, layer.OutputChannels, default);
        ByteConvolution.Check(arguments);
        path(arguments);
        return output;
    }

    private static Path Find(string path) => path switch
    {
        "Vector128" => Conv2DDynamicInt8.RunVector128,
        "Portable" => ByteConvolution.Run<ByteConvolution.Vector128Tile<ByteConvolution.PortablePairDot>, Conv2DDynamicInt8.Accumulators>,
        "Avx2" => ByteConvolution.Run<ByteConvolution.Avx2Tile, Conv2DDynamicInt8.Accumulators>,
        "Avx512" => ByteConvolution.Run<ByteConvolution.Avx512Tile, Conv2DDynamicInt8.Accumulators>,
        "AvxVnni" => ByteConvolution.Run<ByteConvolution.DotTile<ByteConvolution.AvxVnniDot>, Conv2DDynamicInt8.Accumulators>,
        "ArmDp" => ByteConvolution.Run<ByteConvolution.ArmDpTile, Conv2DDynamicInt8.Accumulators>,
        _ => throw new ArgumentException(path, nameof(path)),
    };
}
