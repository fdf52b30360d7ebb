using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class PoolingTests
{
    private const int Seed = 1;

    [Fact]
    public void Every_path_of_the_uint8_maximum_is_the_formula()
    {
        foreach ((PoolingGeometry geometry, Random random) in Geometries(1))
        {
            byte[] input = TestNumbers.Bytes(random, InputLength(geometry));
            (byte minimum, byte maximum) = ((byte)random.Next(50), (byte)random.Next(200, 256));
            byte[] expected = Expected(geometry, (byte)77, taps => Math.Clamp(taps.Inside.Select(at => input[at]).DefaultIfEmpty((byte)0).Max(), minimum, maximum));
            AssertPath(expected, geometry, output => MaxPool2DUInt8.Run(input, output, geometry, minimum, maximum));
            AssertPath(expected, geometry, output => MaxPool2DUInt8.RunScalar(input, output, geometry, minimum, maximum));
            AssertPath(expected, geometry, output => MaxPool2DUInt8.RunHalfVector128(input, output, geometry, minimum, maximum), 8);
            AssertPath(expected, geometry, output => MaxPool2DUInt8.RunVector128(input, output, geometry, minimum, maximum), 16);
            AssertPath(expected, geometry, output => MaxPool2DUInt8.RunAvx2(input, output, geometry, minimum, maximum), 32, "Avx2");
        }
    }

    [Fact]
    public void The_uint8_maximum_of_two_by_two_pixels_that_share_none_is_that_of_the_scalar_path()
    {
        var random = new Random(9);
        for (int round = 0; round < 100; round++)
        {
            int channels = round % 3 == 0 ? 8 : random.Next(8, 70), height = random.Next(2, 12), width = random.Next(2, 40);
            int stride = channels + (round % 4 == 0 ? 3 : 0), gap = random.Next(3), outputStride = channels + random.Next(3);
            int outputHeight = random.Next(1, (height / 2) + 1), outputWidth = random.Next(1, (width / 2) + 1), batches = random.Next(1, 3);
            int rowStride = (width * stride) + gap, outputRowStride = (outputWidth * outputStride) + gap;
            var geometry = new PoolingGeometry(
                batches, height, width, outputHeight, outputWidth, channels, 2, 2, 2, 2, 1, 1, 0, 0, random.Next(2), random.Next(2),
                height * rowStride, rowStride, stride, outputHeight * outputRowStride, outputRowStride, outputStride);
            byte[] input = TestNumbers.Bytes(random, InputLength(geometry));
            (byte minimum, byte maximum) = ((byte)random.Next(50), (byte)random.Next(200, 256));
            byte[] expected = [.. Enumerable.Repeat((byte)77, batches * outputHeight * outputRowStride)], actual = [.. expected];
            MaxPool2DUInt8.RunScalar(input, expected, geometry, minimum, maximum);
            MaxPool2DUInt8.Run(input, actual, geometry, minimum, maximum);
            Assert.Equal(channels >= 16 || (channels == 8 && stride == 8), MaxPool2DUInt8.IsSquares(geometry));
            Assert.True(expected.AsSpan().SequenceEqual(actual), geometry.ToString());
        }
    }

    [Fact]
    public void Every_path_of_the_uint8_average_is_the_formula()
    {
        foreach ((PoolingGeometry geometry, Random random) in Geometries(1))
        {
            byte[] input = TestNumbers.Bytes(random, InputLength(geometry));
            bool countsPadding = random.Next(2) == 0;
            int zeroPoint = random.Next(256);
            float multiplier = random.NextSingle() * 2;
            Requantization.Target target = Requantization.Target.Of(random.Next(256), random.Next(50), random.Next(200, 256));
            int minimum = (int)target.Low + target.ZeroPoint, maximum = (int)target.High + target.ZeroPoint;
            byte[] expected = Expected(geometry, (byte)77, taps =>
            {
                int divisor = Math.Max(1, countsPadding ? taps.Padded : taps.Inside.Count);
                float value = taps.Inside.Sum(at => input[at] - zeroPoint) * (multiplier / divisor);
                return (byte)Math.Clamp(Math.Round((double)value, MidpointRounding.ToEven) + target.ZeroPoint, minimum, maximum);
            });
            AssertPath(expected, geometry, output => AveragePool2DUInt8.Run(input, output, geometry, countsPadding, zeroPoint, multiplier, target.ZeroPoint, minimum, maximum));
            AssertPath(expected, geometry, output => AveragePool2DUInt8.RunScalar(input, output, geometry, countsPadding, zeroPoint, multiplier, target));
            AssertPath(expected, geometry, output => AveragePool2DUInt8.RunVector128(input, output, geometry, countsPadding, zeroPoint, multiplier, target), 16);
            AssertPath(expected, geometry, output => AveragePool2DUInt8.RunAvx2(input, output, geometry, countsPadding, zeroPoint, multiplier, target), 16, "Avx2");
        }
    }

    [Fact]
    public void Every_path_of_the_average_in_integers_is_the_formula()
    {
        foreach ((PoolingGeometry geometry, Random random) in Geometries(1))
        {
            byte[] input = TestNumbers.Bytes(random, InputLength(geometry));
            bool countsPadding = random.Next(2) == 0;
            int zeroPoint = random.Next(256), origin = random.Next(256), outputOrigin = random.Next(256), minimum = random.Next(50), maximum = random.Next(200, 256);
            (int multiplier, int shift) = (random.Next(1 << 30, int.MaxValue), random.Next(-4, 3));
            byte[] expected = Expected(geometry, (byte)77, taps =>
            {
                int count = countsPadding ? taps.Padded : taps.Inside.Count;
                int sum = taps.Inside.Sum(at => input[at] - origin) + ((count - taps.Inside.Count) * (zeroPoint - origin));
                double scaled = FixedPointTests.Expected(sum, multiplier, shift, isSymmetric: true);
                return (byte)Math.Clamp((count == 0 ? 0 : Math.Round(scaled / count, MidpointRounding.AwayFromZero)) + outputOrigin, minimum, maximum);
            });
            var average = new AveragePool2DFixedPoint.Average(countsPadding, zeroPoint, origin, multiplier, shift, outputOrigin, minimum, maximum);
            AssertPath(expected, geometry, output => AveragePool2DFixedPoint.Run(
                input, output, geometry, countsPadding, zeroPoint, origin, multiplier, shift, outputOrigin, minimum, maximum));
            AssertPath(expected, geometry, output => AveragePool2DFixedPoint.RunScalar(input, output, geometry, average));
            AssertPath(expected, geometry, output => AveragePool2DFixedPoint.RunVector128(input, output, geometry, average), 16);
            AssertPath(expected, geometry, output => AveragePool2DFixedPoint.RunAvx2(input, output, geometry, average), 16, "Avx2");
        }
    }

    [Fact]
    public void An_average_of_many_bytes_stays_within_its_sums()
    {
        byte[] input = [.. Enumerable.Repeat((byte)255, 600 * 16)];
        var output = new byte[16];
        var geometry = new PoolingGeometry(1, 1, 600, 1, 1, 16, 1, 600, 1, 1, 1, 1, 0, 0, 0, 0, 600 * 16, 600 * 16, 16, 16, 16, 16);
        AveragePool2DFixedPoint.Run(input, output, geometry, false, 0, 0, 1 << 30, 1, 0, 0, 255);
        Assert.All(output, average => Assert.Equal(255, average));
    }

    [Fact]
    public void Every_path_of_the_float_maximum_is_the_formula_and_a_NaN_wins()
    {
        foreach ((PoolingGeometry geometry, Random random) in Geometries(1))
        {
            float[] input = TestNumbers.Floats(random, InputLength(geometry));
            input[random.Next(input.Length)] = float.NaN;
            float[] expected = Expected(geometry, -77f, taps =>
            {
                float largest = float.NegativeInfinity;
                foreach (int at in taps.Inside)
                {
                    // MathF.Max returns a NaN when either is one.
                    largest = MathF.Max(largest, input[at]);
                }

                return float.IsNaN(largest) ? largest : Math.Clamp(largest, -1f, 2f);
            });
            AssertPath(expected, geometry, output => MaxPool2DFloat32.Run(input, output, geometry, -1, 2));
            AssertPath(expected, geometry, output => MaxPool2DFloat32.RunScalar(input, output, geometry, -1, 2));
            AssertPath(expected, geometry, output => MaxPool2DFloat32.RunVector128(input, output, geometry, -1, 2), 4);
            AssertPath(expected, geometry, output => MaxPool2DFloat32.RunAvx(input, output, geometry, -1, 2), 8, "Avx");
            AssertPath(expected, geometry, output => MaxPool2DFloat32.RunAvx512(input, output, geometry, -1, 2), 16, "Avx512");
        }
    }

    [Fact]
    public void Every_path_of_the_float_average_sums_in_tap_order_and_divides_once()
    {
        foreach ((PoolingGeometry geometry, Random random) in Geometries(1))
        {
            float[] input = TestNumbers.Floats(random, InputLength(geometry));
            bool countsPadding = random.Next(2) == 0;
            float[] expected = Expected(geometry, -77f, taps =>
            {
                float sum = 0;
                taps.Inside.ForEach(at => sum += input[at]);
                return Math.Clamp(sum / Math.Max(1, countsPadding ? taps.Padded : taps.Inside.Count), -1f, float.PositiveInfinity);
            });
            AssertPath(expected, geometry, output => AveragePool2DFloat32.Run(input, output, geometry, countsPadding, -1, float.PositiveInfinity));
            AssertPath(expected, geometry, output => AveragePool2DFloat32.RunScalar(input, output, geometry, countsPadding, -1, float.PositiveInfinity));
            AssertPath(expected, geometry, output => AveragePool2DFloat32.RunVector128(input, output, geometry, countsPadding, -1, float.PositiveInfinity), 4);
            AssertPath(expected, geometry, output => AveragePool2DFloat32.RunAvx(input, output, geometry, countsPadding, -1, float.PositiveInfinity), 8, "Avx");
        }
    }

    [Fact]
    public void Short_spans_and_senseless_sizes_are_refused()
    {
        static PoolingGeometry Geometry(int kernelHeight, int padLeft) => new(1, 4, 4, 2, 2, 3, kernelHeight, 2, 2, 2, 1, 1, 0, padLeft, 0, 0, 48, 12, 3, 12, 6, 3);
        PoolingGeometry geometry = Geometry(2, 0);
        MaxPool2DUInt8.Run(new byte[48], new byte[12], geometry, 0, 255);
        Assert.Throws<ArgumentException>("input", () => MaxPool2DUInt8.Run(new byte[47], new byte[12], geometry, 0, 255));
        Assert.Throws<ArgumentException>("output", () => MaxPool2DFloat32.Run(new float[48], new float[11], geometry, 0, 255));
        Assert.Throws<ArgumentException>("input", () => AveragePool2DFloat32.Run(new float[47], new float[12], geometry, true, 0, 255));
        Assert.Throws<ArgumentException>("output", () => AveragePool2DUInt8.Run(new byte[48], new byte[11], geometry, true, 0, 1, 0, 0, 255));
        Assert.Throws<ArgumentException>("geometry", () => MaxPool2DUInt8.Run(new byte[48], new byte[12], Geometry(0, 0), 0, 255));
        Assert.Throws<ArgumentException>("geometry", () => MaxPool2DUInt8.Run(new byte[48], new byte[12], Geometry(2, -1), 0, 255));
        Assert.Throws<ArgumentException>(() => MaxPool2DUInt8.Run(new byte[48], new byte[12], geometry, 9, 8));
    }

    private static IEnumerable<(PoolingGeometry Geometry, Random Random)> Geometries(int smallestChannels)
    {
        var random = new Random(Seed);
        for (int round = 0; round < 200; round++)
        {
            (int height, int width, int channels) = (random.Next(1, 9), random.Next(1, 9), random.Next(smallestChannels, 70));
            bool global = round % 8 == 0, whole = round % 16 == 0;
            int inputGap = random.Next(3), outputGap = random.Next(3);
            int outputHeight = global ? 1 : random.Next(1, 6), outputWidth = global ? 1 : random.Next(1, 6);
            int inputPixel = channels + inputGap, outputPixel = channels + outputGap;
            yield return (new PoolingGeometry(
                whole ? 1 : random.Next(1, 3), height, width, outputHeight, outputWidth, channels,
                global ? height : random.Next(1, 4), global ? width : random.Next(1, 4), random.Next(1, 3), random.Next(1, 3), whole ? 1 : random.Next(1, 3), whole ? 1 : random.Next(1, 3),
                global ? 0 : random.Next(4), global ? 0 : random.Next(4), random.Next(3), random.Next(3),
                height * width * inputPixel, width * inputPixel, inputPixel,
                outputHeight * outputWidth * outputPixel, outputWidth * outputPixel, outputPixel), random);
        }
    }

    private static int InputLength(PoolingGeometry geometry) => geometry.Batches * geometry.InputBatchStride;

    private static void AssertPath<T>(T[] expected, PoolingGeometry geometry, Action<T[]> run, int smallestChannels = 1, string path = "Vector128")
        where T : struct
    {
        if (geometry.Channels < smallestChannels || InstructionSets.Supported(path).Count == 0)
        {
            return;
        }

        T[] output = Enumerable.Repeat(expected[^1], expected.Length).ToArray();
        run(output);
        for (int pixel = 0; pixel < expected.Length; pixel += geometry.OutputPixelStride)
        {
            Assert.Equal(expected.AsSpan(pixel, geometry.Channels).ToArray(), output.AsSpan(pixel, geometry.Channels).ToArray());
        }
    }

    private static T[] Expected<T>(PoolingGeometry g, T untouched, Func<(List<int> Inside, int Padded), T> pool)
    {
        T[] expected = Enumerable.Repeat(untouched, g.Batches * g.OutputBatchStride).ToArray();
        foreach (int batch in Enumerable.Range(0, g.Batches))
        {
            foreach ((int y, int x) in Enumerable.Range(0, g.OutputHeight * g.OutputWidth).Select(pixel => Math.DivRem(pixel, g.OutputWidth)))
            {
                for (int channel = 0; channel < g.Channels; channel++)
                {
                    var inside = new List<int>();
                    int padded = 0;
                    for (int tap = 0; tap < g.KernelHeight * g.KernelWidth; tap++)
                    {
                        int row = (y * g.StrideHeight) + (tap / g.KernelWidth * g.DilationHeight) - g.PadTop;
                        int column = (x * g.StrideWidth) + (tap % g.KernelWidth * g.DilationWidth) - g.PadLeft;
                        padded += row < g.InputHeight + g.PadBottom && column < g.InputWidth + g.PadRight ? 1 : 0;
                        if (row >= 0 && column >= 0 && row < g.InputHeight && column < g.InputWidth)
                        {
                            inside.Add((batch * g.InputBatchStride) + (row * g.InputRowStride) + (column * g.InputPixelStride) + channel);
                        }
                    }

                    expected[(batch * g.OutputBatchStride) + (y * g.OutputRowStride) + (x * g.OutputPixelStride) + channel] = pool((inside, padded));
                }
            }
        }

        return expected;
    }
}
