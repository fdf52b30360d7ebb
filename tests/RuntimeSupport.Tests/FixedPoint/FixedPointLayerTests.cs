using System;
using System.Linq;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class FixedPointLayerTests
{
    private delegate void ConvolutionPath(in ByteConvolution.Arguments arguments);

    private delegate void DepthwisePath(in ByteDepthwiseConvolution.Arguments arguments);

    public static TheoryData<string> Paths => InstructionSets.Supported("Vector128", "Portable", "Avx2", "Avx512", "AvxVnni", "EmulatedVnni", "ArmDp");

    public static TheoryData<string> DepthwisePaths => InstructionSets.Supported("Vector128", "Avx2", "Avx512");

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_path_of_a_convolution_gives_the_bytes_of_the_scalar_one(string path)
    {
        var random = new Random(1);
        foreach (ConvolutionCase convolution in ConvolutionCase.Special().Concat(Enumerable.Range(0, 100).Select(_ => random.Next(3) == 0 ? ConvolutionCase.RandomPointwise(random) : ConvolutionCase.Random(random))))
        {
            var operands = new Operands(convolution, random, convolution.Pack, 4);
            byte[] expected = operands.Run(ByteConvolution.RunScalar<FixedPointRequantizer>);
            Assert.True(expected.AsSpan().SequenceEqual(operands.Run(Find(path))), $"{path} differs: {convolution}");
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void First_layers_have_the_bytes_of_the_scalar_path(string path)
    {
        var random = new Random(2);
        foreach (ConvolutionCase convolution in Enumerable.Range(0, 100).Select(_ => ConvolutionCase.RandomFirstLayer(random)))
        {
            var operands = new Operands(convolution, random, convolution.Pack, 4);
            byte[] expected = operands.Run(ByteConvolution.RunScalar<FixedPointRequantizer>);
            foreach (ConvolutionPath run in (operands.HasLeftShifts ? [] : FindDirect(path, convolution.OutputChannels)).Prepend(Find(path)))
            {
                Assert.True(expected.AsSpan().SequenceEqual(operands.Run(run)), $"{path} differs: {convolution}");
            }
        }
    }

    [Fact]
    public void Sums_in_registers_are_rounded_as_the_scalar_path_does()
    {
        if (!Avx512BW.IsSupported)
        {
            return;
        }

        var random = new Random(7);
        foreach (ConvolutionCase convolution in Enumerable.Range(0, 60).Select(_ => ConvolutionCase.RandomPointwise(random)))
        {
            var operands = new Operands(convolution, random, convolution.Pack, 4, hasLeftShifts: false);
            byte[] expected = operands.Run(ByteConvolution.RunScalar<FixedPointRequantizer>);
            Assert.True(expected.AsSpan().SequenceEqual(operands.Run((in ByteConvolution.Arguments arguments) => ByteConvolution.RunAvx512Panels<FixedPointRequantizer>(arguments, widens: false))), $"bytes: {convolution}");
            Assert.True(expected.AsSpan().SequenceEqual(operands.Run((in ByteConvolution.Arguments arguments) => ByteConvolution.RunAvx512Panels<FixedPointRequantizer>(arguments, widens: true))), $"widened: {convolution}");
        }
    }

    [Fact]
    public void Sums_of_few_inputs_are_rounded_as_the_scalar_path_does()
    {
        if (!Avx512BW.IsSupported)
        {
            return;
        }

        const int seed = 9;
        var random = new Random(seed);
        int compared = 0;
        foreach (ConvolutionCase convolution in Enumerable.Range(0, 150).Select(_ => ConvolutionCase.RandomShortPointwise(random)))
        {
            var operands = new Operands(convolution, random, (dense, depth) => Small(convolution.Pack(dense, depth), convolution), 4, hasLeftShifts: false, int16Sums: true);
            compared += Compare<FixedPointRequantizer>(operands) + Compare<SymmetricRequantizer>(operands);

            static sbyte[] Small(sbyte[] packed, ConvolutionCase convolution)
            {
                Int16SumWeights.Limit(packed, convolution.Quads);
                return packed;
            }

            int Compare<TRequantizer>(Operands operands)
                where TRequantizer : struct, IRequantizer
            {
                bool suits = false;
                byte[] expected = operands.Run(ByteConvolution.RunScalar<TRequantizer>);
                byte[] actual = operands.Run((in ByteConvolution.Arguments arguments) =>
                {
                    suits = ByteConvolution.SumsPointwiseInt16(arguments)
                        && TRequantizer.HasAvx512Products(ref MemoryMarshal.GetReference(arguments.Multipliers), arguments.Groups * arguments.Blocks * 16, arguments.Target);
                    if (suits)
                    {
                        ByteConvolution.RunAvx512Pointwise<TRequantizer>(arguments);
                    }
                });
                Assert.True(!suits || expected.AsSpan().SequenceEqual(actual), $"{typeof(TRequantizer).Name} differs, seed {seed}: {convolution}");
                return suits ? 1 : 0;
            }
        }

        Assert.InRange(compared, 60, 250);
    }

    [Fact]
    public void Shifts_to_the_left_are_for_sums_outside_registers_unless_the_multiplier_is_0()
    {
        if (!Avx512BW.IsSupported)
        {
            return;
        }

        int[] multipliers = [.. Enumerable.Repeat(1 << 30, 16), .. Enumerable.Repeat(-1, 16)];
        Assert.True(FixedPoint.HasRightShifts(ref multipliers[0], 16, 16));
        multipliers[16 + 11] = 0;
        Assert.False(FixedPoint.HasRightShifts(ref multipliers[0], 16, 16));
        Assert.True(FixedPoint.HasRightShifts(ref multipliers[0], 8, 16));
        multipliers[11] = 0;
        Assert.True(FixedPoint.HasRightShifts(ref multipliers[0], 16, 16));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Columns_that_are_taken_for_rows_have_the_bytes_of_the_scalar_path(string path)
    {
        var random = new Random(8);
        foreach (ConvolutionCase convolution in Enumerable.Range(0, 100).Select(_ => ConvolutionCase.RandomHighLayer(random)))
        {
            var operands = new Operands(convolution, random, convolution.Pack, 4);
            byte[] expected = operands.Run(ByteConvolution.RunScalar<FixedPointRequantizer>);
            Assert.True(expected.AsSpan().SequenceEqual(operands.Run(Find(path))), $"{path} differs: {convolution}");
        }
    }

    [Theory]
    [MemberData(nameof(DepthwisePaths))]
    public void Every_path_of_a_depthwise_convolution_gives_the_bytes_of_the_scalar_one(string path)
    {
        var random = new Random(3);
        for (int round = 0; round < 200; round++)
        {
            ConvolutionCase convolution = round % 4 == 0 ? ConvolutionCase.RandomGrid(random) : round % 4 == 1 ? ConvolutionCase.RandomHighGrid(random) : ConvolutionCase.RandomDepthwise(random, path == "Avx512" ? 16 : 8);
            var operands = new Operands(convolution, random, (dense, _) => convolution.PackDepthwise(dense), 1);
            DepthwisePath run = path switch
            {
                "Avx512" => ByteDepthwiseConvolution.RunAvx512<SymmetricRequantizer>,
                "Avx2" => ByteDepthwiseConvolution.RunAvx2<SymmetricRequantizer>,
                _ => ByteDepthwiseConvolution.RunVector128<SymmetricRequantizer>,
            };
            byte[] expected = operands.RunDepthwise(ByteDepthwiseConvolution.RunScalar<SymmetricRequantizer>);
            Assert.True(expected.AsSpan().SequenceEqual(operands.RunDepthwise(run)), $"{path} differs: {convolution}");
        }
    }

    [Fact]
    public void A_fully_connected_layer_is_the_formula()
    {
        var random = new Random(4);
        for (int round = 0; round < 60; round++)
        {
            int rows = random.Next(1, 4), inputs = random.Next(1, 90), outputs = random.Next(1, 40), padded = TestNumbers.RoundUp(outputs, 16);
            var layer = new ConvolutionCase { OutputWidth = rows, InputChannels = inputs, OutputChannels = outputs };
            byte[] input = TestNumbers.Bytes(random, rows * inputs);
            sbyte[] dense = TestNumbers.Weights(random, outputs * inputs);
            int[] bias = TestNumbers.Integers(random, padded, 100000);
            int[] multipliers = [.. Enumerable.Range(0, padded).Select(_ => random.Next(1 << 30, int.MaxValue)), .. Enumerable.Range(0, padded).Select(_ => random.Next(-14, 1))];
            var output = new byte[rows * outputs];
            FullyConnectedFixedPoint.Run(input, layer.Pack(dense, 4), bias, multipliers, output, rows, inputs, outputs, 100, 1, 254, []);
            for (int index = 0; index < output.Length; index++)
            {
                int column = index % outputs;
                int sum = bias[column] + Enumerable.Range(0, inputs).Sum(k => input[(index / outputs * inputs) + k] * dense[(column * inputs) + k]);
                long scaled = FixedPointTests.Expected(sum, multipliers[column], multipliers[padded + column], isSymmetric: false) + 100L;
                Assert.Equal((byte)Math.Clamp(scaled, 1, 254), output[index]);
            }
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 33)]
    [InlineData(640, 128)]
    [InlineData(130, 200)]
    [InlineData(2100, 70)]
    [InlineData(4096, 20)]
    [InlineData(4099, 20)]
    public void A_single_row_is_the_formula_whatever_its_bytes(int inputs, int outputs)
    {
        var random = new Random(5);
        int padded = TestNumbers.RoundUp(outputs, 16);
        var layer = new ConvolutionCase { OutputWidth = 1, InputChannels = inputs, OutputChannels = outputs };
        foreach (int least in new[] { 0, 127, 200, 255 })
        {
            byte[] input = [.. Enumerable.Range(0, inputs).Select(k => (byte)(random.Next(20) == 0 ? random.Next(256) : random.Next(Math.Min(least, 100), least + 1)))];
            sbyte[] dense = [.. Enumerable.Range(0, outputs * inputs).Select(_ => (sbyte)(least == 255 ? -128 : random.Next(-128, 128)))];
            int[] bias = TestNumbers.Integers(random, padded, 100000);
            int[] multipliers = [.. Enumerable.Range(0, padded).Select(_ => random.Next(1 << 30, int.MaxValue)), .. Enumerable.Range(0, padded).Select(_ => random.Next(-18, -8))];
            var output = new byte[outputs];
            FullyConnectedFixedPoint.Run(input, layer.Pack(dense, 4), bias, multipliers, output, 1, inputs, outputs, 100, 1, 254, []);
            for (int column = 0; column < outputs; column++)
            {
                int sum = bias[column] + Enumerable.Range(0, inputs).Sum(k => input[k] * dense[(column * inputs) + k]);
                long scaled = FixedPointTests.Expected(sum, multipliers[column], multipliers[padded + column], isSymmetric: false) + 100L;
                Assert.Equal((byte)Math.Clamp(scaled, 1, 254), output[column]);
            }
        }
    }

    [Fact]
    public void Missing_shifts_are_refused()
    {
        static void Call(int multipliers) => FullyConnectedFixedPoint.Run(new byte[8], new sbyte[128], new int[16], new int[multipliers], new byte[5], 1, 8, 5, 0, 0, 255, []);
        Call(32);
        Assert.Throws<ArgumentException>("multipliers", () => Call(31));
        Assert.Throws<ArgumentException>("multipliers", () => Call(16));
    }

    private static ConvolutionPath Find(string path) => path switch
    {
        "Vector128" => ByteConvolution.RunVector128<FixedPointRequantizer>,
        "Portable" => ByteConvolution.RunTiled<ByteConvolution.Vector128Tile<ByteConvolution.PortablePairDot>, FixedPointRequantizer>,
        "Avx2" => ByteConvolution.RunAvx2<FixedPointRequantizer>,
        "Avx512" => ByteConvolution.RunAvx512<FixedPointRequantizer>,
        "AvxVnni" => ByteConvolution.RunAvxVnni<FixedPointRequantizer>,
        "EmulatedVnni" => ByteConvolution.RunDot<Conv2DUInt8Tests.EmulatedDot, FixedPointRequantizer>,
        "ArmDp" => ByteConvolution.RunArmDp<FixedPointRequantizer>,
        _ => throw new ArgumentException(path, nameof(path)),
    };

    private static ConvolutionPath[] FindDirect(string path, int outputChannels) => path switch
    {
        "Avx2" when outputChannels <= 8 => [ByteConvolution.RunDirect<ByteConvolution.Avx2Row, FixedPointRequantizer>, ByteConvolution.RunDirect<ByteConvolution.Avx2HalfRow, FixedPointRequantizer>],
        "Avx2" => [ByteConvolution.RunDirect<ByteConvolution.Avx2Row, FixedPointRequantizer>],
        "Avx512" => [ByteConvolution.RunAvx512Rows<FixedPointRequantizer>],
        "AvxVnni" => [ByteConvolution.RunDirect<ByteConvolution.DotRow<ByteConvolution.AvxVnniDot>, FixedPointRequantizer>],
        "EmulatedVnni" => [ByteConvolution.RunDirect<ByteConvolution.DotRow<Conv2DUInt8Tests.EmulatedDot>, FixedPointRequantizer>],
        _ => [],
    };

    private sealed class Operands
    {
        private readonly ConvolutionCase convolution;
        private readonly byte[] input;
        private readonly sbyte[] weights;
        private readonly int[] bias;
        private readonly int[] multipliers;
        private readonly RequantizationTarget target;
        private readonly bool int16Sums;

        public Operands(ConvolutionCase convolution, Random random, Func<sbyte[], int, sbyte[]> pack, int alignment, bool hasLeftShifts = true, bool int16Sums = false)
        {
            this.int16Sums = int16Sums;
            this.convolution = convolution;
            input = TestNumbers.Bytes(random, convolution.InputLength + 3);
            weights = pack(TestNumbers.Weights(random, convolution.WeightLength), alignment);
            bool isDepthwise = alignment == 1;
            int channels = isDepthwise ? TestNumbers.RoundUp(convolution.Groups, 16) : convolution.Groups * convolution.PaddedOutputChannels;
            bias = TestNumbers.Integers(random, channels, 100000);

            // Few layers have a channel that is shifted to the left; those that have are another path's.
            HasLeftShifts = hasLeftShifts && random.Next(3) == 0;
            multipliers = [.. Enumerable.Range(0, channels).Select(_ => random.Next(1 << 30, int.MaxValue)), .. Enumerable.Range(0, channels).Select(_ => random.Next(-16, HasLeftShifts ? 2 : 0))];
            multipliers[random.Next(channels)] = 0;
            int minimum = random.Next(50);

            // A fused activation often keeps what is below zero.
            target = FixedPointRequantizer.Target(random.Next(2) == 0 ? random.Next(minimum + 1) : random.Next(256), minimum, random.Next(200, 256), channels);
        }

        public bool HasLeftShifts { get; }

        public byte[] Run(ConvolutionPath path)
        {
            var output = new byte[convolution.OutputLength];
            var arguments = new ByteConvolution.Arguments(
                input, weights, bias, multipliers, output, convolution.RunOffsets, convolution.Geometry, convolution.RunLength, convolution.Groups,
                convolution.InputChannels, convolution.OutputChannels, target, int16Sums);
            ByteConvolution.Check(arguments);
            path(arguments);
            return output;
        }

        public byte[] RunDepthwise(DepthwisePath path)
        {
            var output = new byte[convolution.OutputLength];
            var arguments = new ByteDepthwiseConvolution.Arguments(
                input, weights, bias, multipliers, output, convolution.TapOffsets, convolution.Geometry, convolution.Groups, target);
            ByteDepthwiseConvolution.Check(arguments);
            path(arguments);
            return output;
        }
    }
}
