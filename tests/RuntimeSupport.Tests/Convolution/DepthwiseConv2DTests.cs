using System;
using System.Linq;
using System.Runtime.InteropServices;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class DepthwiseConv2DTests
{
    private delegate void BytePath(in ByteDepthwiseConvolution.Arguments arguments);

    private delegate void FloatPath(in DepthwiseConv2DFloat32.Arguments arguments);

    public static TheoryData<string> BytePaths => InstructionSets.Supported("Vector128", "Avx2", "Avx512");

    public static TheoryData<string> FloatPaths => InstructionSets.Supported("Vector128", "Avx2", "Avx512");

    [Theory]
    [MemberData(nameof(BytePaths))]
    public void Every_uint8_path_gives_the_bytes_of_the_scalar_one(string path)
    {
        var random = new Random(1);
        for (int round = 0; round < 200; round++)
        {
            ConvolutionCase convolution = ConvolutionCase.RandomDepthwise(random, path == "Avx512" ? 16 : 8);
            var operands = new ByteOperands(convolution, random);
            Assert.True(operands.Run(ByteDepthwiseConvolution.RunScalar<FloatRequantizer>).AsSpan().SequenceEqual(operands.Run(FindBytes(path))), $"{path} differs: {convolution}");
        }
    }

    [Theory]
    [MemberData(nameof(BytePaths))]
    public void Windows_of_three_by_three_taps_have_the_bytes_of_the_scalar_path(string path)
    {
        var random = new Random(7);
        for (int round = 0; round < 100; round++)
        {
            ConvolutionCase convolution = round % 3 == 0 ? ConvolutionCase.RandomHighGrid(random) : ConvolutionCase.RandomGrid(random);
            var operands = new ByteOperands(convolution, random);
            Assert.True(operands.Run(ByteDepthwiseConvolution.RunScalar<FloatRequantizer>).AsSpan().SequenceEqual(operands.Run(FindBytes(path))), $"{path} differs: {convolution}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void Pixels_of_few_channels_that_are_convolved_together_have_the_bytes_of_the_scalar_path(int channels)
    {
        var random = new Random(8 + channels);
        for (int round = 0; round < 50; round++)
        {
            var convolution = new ConvolutionCase
            {
                Batches = random.Next(1, 3),
                OutputHeight = random.Next(1, 5),
                OutputWidth = random.Next(1, 100),
                KernelHeight = random.Next(1, 5),
                KernelWidth = random.Next(1, 5),
                StrideHeight = random.Next(1, 3),
                DilationWidth = random.Next(1, 3),
                Groups = channels,
                OutputGap = round % 5 == 0 ? 1 : 0,
            };
            var operands = new ByteOperands(convolution, random);
            byte[] output = operands.NewOutput();
            operands.CallRun(operands.Input, operands.Weights, operands.Bias, operands.Multipliers, output);
            Assert.True(operands.Run(ByteDepthwiseConvolution.RunScalar<FloatRequantizer>).AsSpan().SequenceEqual(output), convolution.ToString());
        }
    }

    [Fact]
    public void The_scalar_uint8_path_is_the_formula_and_Run_agrees()
    {
        var random = new Random(2);
        for (int round = 0; round < 60; round++)
        {
            ConvolutionCase convolution = ConvolutionCase.RandomDepthwise(random, 1);
            var operands = new ByteOperands(convolution, random);
            byte[] expected = operands.Expected();
            Assert.Equal(expected, operands.Run(ByteDepthwiseConvolution.RunScalar<FloatRequantizer>));
            byte[] output = operands.NewOutput();
            operands.CallRun(operands.Input, operands.Weights, operands.Bias, operands.Multipliers, output);
            Assert.Equal(expected, output);
        }
    }

    [Fact]
    public void Short_spans_are_refused_by_the_uint8_kernel()
    {
        var convolution = new ConvolutionCase { OutputWidth = 3, KernelHeight = 2, KernelWidth = 2, Groups = 20 };
        var o = new ByteOperands(convolution, new Random(3));
        byte[] output = o.NewOutput();
        o.CallRun(o.Input, o.Weights, o.Bias, o.Multipliers, output);
        Assert.Throws<ArgumentException>("input", () => o.CallRun(o.Input[1..], o.Weights, o.Bias, o.Multipliers, output));
        Assert.Throws<ArgumentException>("weights", () => o.CallRun(o.Input, o.Weights[1..], o.Bias, o.Multipliers, output));
        Assert.Throws<ArgumentException>("bias", () => o.CallRun(o.Input, o.Weights, o.Bias[1..], o.Multipliers, output));
        Assert.Throws<ArgumentException>("multipliers", () => o.CallRun(o.Input, o.Weights, o.Bias, o.Multipliers[1..], output));
        Assert.Throws<ArgumentException>("output", () => o.CallRun(o.Input, o.Weights, o.Bias, o.Multipliers, output[1..]));
    }

    [Theory]
    [MemberData(nameof(FloatPaths))]
    public void Every_float_path_gives_the_bits_of_the_scalar_one(string path)
    {
        (FloatPath run, int smallest) = path switch
        {
            "Avx512" => ((FloatPath)DepthwiseConv2DFloat32.RunAvx512, 16),
            "Avx2" => (DepthwiseConv2DFloat32.RunAvx2, 8),
            _ => (DepthwiseConv2DFloat32.RunVector128, 4),
        };
        var random = new Random(4);
        for (int round = 0; round < 200; round++)
        {
            ConvolutionCase convolution = ConvolutionCase.RandomDepthwise(random, smallest);
            var operands = new FloatOperands(convolution, random);
            AssertSameBits(operands.Run(DepthwiseConv2DFloat32.RunScalar), operands.Run(run), $"{path} differs: {convolution}");
        }
    }

    [Fact]
    public void The_scalar_float_path_is_one_chain_of_fused_multiply_adds_and_Run_agrees()
    {
        var random = new Random(5);
        for (int round = 0; round < 60; round++)
        {
            ConvolutionCase convolution = ConvolutionCase.RandomDepthwise(random, 1);
            var operands = new FloatOperands(convolution, random);
            float[] expected = operands.Expected();
            AssertSameBits(expected, operands.Run(DepthwiseConv2DFloat32.RunScalar), convolution.ToString());
            float[] output = operands.NewOutput();
            operands.CallRun(operands.Input, operands.Weights, operands.Bias, output);
            AssertSameBits(expected, output, convolution.ToString());
        }
    }

    [Fact]
    public void Short_spans_are_refused_by_the_float_kernel()
    {
        var convolution = new ConvolutionCase { OutputWidth = 3, KernelHeight = 2, KernelWidth = 2, Groups = 20 };
        var o = new FloatOperands(convolution, new Random(6));
        float[] output = o.NewOutput();
        o.CallRun(o.Input, o.Weights, o.Bias, output);
        Assert.Throws<ArgumentException>("input", () => o.CallRun(o.Input[1..], o.Weights, o.Bias, output));
        Assert.Throws<ArgumentException>("weights", () => o.CallRun(o.Input, o.Weights[1..], o.Bias, output));
        Assert.Throws<ArgumentException>("bias", () => o.CallRun(o.Input, o.Weights, o.Bias[1..], output));
        Assert.Throws<ArgumentException>("output", () => o.CallRun(o.Input, o.Weights, o.Bias, output[1..]));
    }

    private static BytePath FindBytes(string path) => path switch
    {
        "Avx512" => ByteDepthwiseConvolution.RunAvx512<FloatRequantizer>,
        "Avx2" => ByteDepthwiseConvolution.RunAvx2<FloatRequantizer>,
        _ => ByteDepthwiseConvolution.RunVector128<FloatRequantizer>,
    };

    private static void AssertSameBits(float[] expected, float[] actual, string message) =>
        Assert.True(MemoryMarshal.Cast<float, int>(expected).SequenceEqual(MemoryMarshal.Cast<float, int>(actual)), message);

    private sealed class ByteOperands
    {
        private readonly ConvolutionCase convolution;
        private readonly sbyte[] dense;
        private readonly int zeroPoint;

        public ByteOperands(ConvolutionCase convolution, Random random)
        {
            this.convolution = convolution;
            int padded = TestNumbers.RoundUp(convolution.Groups, 16);
            float largest = 255f * 127 * convolution.KernelHeight * convolution.KernelWidth;
            Input = TestNumbers.Bytes(random, convolution.InputLength);
            dense = TestNumbers.Weights(random, convolution.WeightLength);
            Weights = convolution.PackDepthwise(dense);
            Bias = TestNumbers.Integers(random, padded, 100000);
            Multipliers = TestNumbers.Floats(random, padded).Select(value => MathF.Abs(value) * 2000 / largest).ToArray();
            zeroPoint = random.Next(256);
        }

        public byte[] Input { get; }

        public sbyte[] Weights { get; }

        public int[] Bias { get; }

        public float[] Multipliers { get; }

        public byte[] NewOutput() => Enumerable.Repeat((byte)77, convolution.OutputLength - convolution.OutputGap).ToArray();

        public byte[] Run(BytePath path)
        {
            byte[] output = NewOutput();
            var arguments = new ByteDepthwiseConvolution.Arguments(
                Input, Weights, Bias, MemoryMarshal.Cast<float, int>(Multipliers), output, convolution.TapOffsets, convolution.Geometry, convolution.Groups, FloatRequantizer.Target(zeroPoint, 3, 250));
            ByteDepthwiseConvolution.Check(arguments);
            path(arguments);
            return output;
        }

        public void CallRun(byte[] input, sbyte[] weights, int[] bias, float[] multipliers, byte[] output) => DepthwiseConv2DUInt8.Run(
            input, weights, bias, multipliers, output, convolution.TapOffsets, convolution.Geometry, convolution.Groups, zeroPoint, 3, 250);

        public byte[] Expected()
        {
            byte[] expected = NewOutput();
            var sums = new int?[expected.Length];
            convolution.ForEachProduct((output, channel, activation, weight) => sums[output] = (sums[output] ?? Bias[channel]) + (Input[activation] * dense[weight]));
            for (int output = 0; output < expected.Length; output++)
            {
                if (sums[output] is int sum)
                {
                    double rounded = Math.Round((double)(sum * Multipliers[output % convolution.OutputPixelStride]), MidpointRounding.ToEven);
                    expected[output] = (byte)Math.Clamp(rounded + zeroPoint, 3, 250);
                }
            }

            return expected;
        }
    }

    private sealed class FloatOperands
    {
        private readonly ConvolutionCase convolution;
        private readonly float[] dense;

        public FloatOperands(ConvolutionCase convolution, Random random)
        {
            this.convolution = convolution;
            Input = TestNumbers.Floats(random, convolution.InputLength);
            dense = TestNumbers.Floats(random, convolution.WeightLength);
            Weights = convolution.PackDepthwise(dense);
            Bias = TestNumbers.Floats(random, TestNumbers.RoundUp(convolution.Groups, 16));
        }

        public float[] Input { get; }

        public float[] Weights { get; }

        public float[] Bias { get; }

        public float[] NewOutput() => Enumerable.Repeat(-77f, convolution.OutputLength - convolution.OutputGap).ToArray();

        public float[] Run(FloatPath path)
        {
            float[] output = NewOutput();
            var arguments = new DepthwiseConv2DFloat32.Arguments(Input, Weights, Bias, output, convolution.TapOffsets, convolution.Geometry, convolution.Groups, 0, 6);
            DepthwiseConv2DFloat32.Check(arguments);
            path(arguments);
            return output;
        }

        public void CallRun(float[] input, float[] weights, float[] bias, float[] output) =>
            DepthwiseConv2DFloat32.Run(input, weights, bias, output, convolution.TapOffsets, convolution.Geometry, convolution.Groups, 0, 6);

        public float[] Expected()
        {
            float[] expected = NewOutput();
            var sums = new float?[expected.Length];
            convolution.ForEachProduct((output, channel, activation, weight) =>
                sums[output] = MathF.FusedMultiplyAdd(Input[activation], dense[weight], sums[output] ?? Bias[channel]));
            for (int output = 0; output < expected.Length; output++)
            {
                expected[output] = sums[output] is float sum ? (sum < 0 ? 0 : sum > 6 ? 6 : sum) : expected[output];
            }

            return expected;
        }
    }
}
