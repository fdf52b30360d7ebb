using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class Conv2DUInt8Tests
{
    private delegate void Path(in ByteConvolution.Arguments arguments);

    public static TheoryData<string> Paths => InstructionSets.Supported("Vector128", "Portable", "Avx2", "Avx512", "AvxVnni", "EmulatedVnni", "ArmDp");

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_path_gives_the_bytes_of_the_scalar_one(string path)
    {
        var random = new Random(1);
        foreach (ConvolutionCase convolution in ConvolutionCase.Special().Concat(Enumerable.Range(0, 150).Select(_ => ConvolutionCase.Random(random))))
        {
            var operands = new Operands(convolution, random);
            Assert.True(operands.Run(ByteConvolution.RunScalar<FloatRequantizer>).AsSpan().SequenceEqual(operands.Run(Find(path))), $"{path} differs: {convolution}");
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void First_layers_have_the_bytes_of_the_scalar_path_however_activations_are_read(string path)
    {
        var random = new Random(5);
        foreach (ConvolutionCase convolution in Enumerable.Range(0, 150).Select(_ => ConvolutionCase.RandomFirstLayer(random)))
        {
            var operands = new Operands(convolution, random);
            byte[] expected = operands.Run(ByteConvolution.RunScalar<FloatRequantizer>);
            foreach (Path run in FindDirect(path, convolution.OutputChannels).Prepend(Find(path)))
            {
                Assert.True(expected.AsSpan().SequenceEqual(operands.Run(run)), $"{path} differs: {convolution}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Products_of_matrices_have_the_bytes_of_the_scalar_path_however_weights_are_read(string path)
    {
        var random = new Random(6);
        foreach (ConvolutionCase convolution in Enumerable.Range(0, 60).Select(_ => ConvolutionCase.RandomPointwise(random)))
        {
            var operands = new Operands(convolution, random);
            byte[] expected = operands.Run(ByteConvolution.RunScalar<FloatRequantizer>);
            foreach (Path run in FindTiles(path).Prepend(Find(path)))
            {
                Assert.True(expected.AsSpan().SequenceEqual(operands.Run(run)), $"{path} differs: {convolution}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Small_weights_have_the_bytes_of_the_scalar_path_summed_in_int16(string path)
    {
        var random = new Random(7);
        IEnumerable<ConvolutionCase> cases = Enumerable.Range(0, 60).Select(_ => ConvolutionCase.RandomPointwise(random)).Concat(Enumerable.Range(0, 60).Select(_ => ConvolutionCase.Random(random)))
            .Concat(Enumerable.Range(0, 60).Select(_ => ConvolutionCase.RandomFirstLayer(random)));
        foreach (ConvolutionCase convolution in cases.Append(new ConvolutionCase { OutputHeight = 7, OutputWidth = 7, KernelHeight = 3, KernelWidth = 3, InputChannels = 129, OutputChannels = 40 }))
        {
            var operands = new Operands(convolution, random, int16Sums: true);
            byte[] expected = operands.Run(ByteConvolution.RunScalar<FloatRequantizer>);
            foreach (Path run in FindInt16Tiles(path, convolution).Prepend(Find(path)))
            {
                Assert.True(expected.AsSpan().SequenceEqual(operands.Run(run)), $"{path} differs: {convolution}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Small_weights_by_few_inputs_have_the_bytes_of_the_scalar_path(string path)
    {
        const int seed = 8;
        var random = new Random(seed);
        int inRegisters = 0;
        foreach (ConvolutionCase convolution in Enumerable.Range(0, 150).Select(_ => ConvolutionCase.RandomShortPointwise(random)))
        {
            var operands = new Operands(convolution, random, int16Sums: true);
            byte[] expected = operands.Run(ByteConvolution.RunScalar<FloatRequantizer>);
            Assert.True(expected.AsSpan().SequenceEqual(operands.Run(Find(path))), $"{path} differs, seed {seed}: {convolution}");
            operands.Run((in ByteConvolution.Arguments arguments) => inRegisters += ByteConvolution.SumsPointwiseInt16(arguments) ? 1 : 0);
        }

        Assert.InRange(inRegisters, 50, 130);
    }

    [Theory]
    [InlineData(true, 56, 24, 144, true)]
    [InlineData(true, 4, 32, 16, true)]
    [InlineData(true, 56, 22, 17, true)]
    [InlineData(false, 56, 24, 144, false)]
    [InlineData(false, 56, 20, 144, true)]
    [InlineData(false, 56, 40, 144, true)]
    [InlineData(false, 56, 24, 15, true)]
    [InlineData(false, 3, 24, 144, true)]
    public void Weights_of_few_inputs_stay_in_registers(bool expected, int width, int inputChannels, int outputChannels, bool int16Sums)
    {
        var geometry = new ConvolutionGeometry(1, 1, width, 0, 0, 0, 0, 0, 0);
        var arguments = new ByteConvolution.Arguments(
            default, default, default, default, default, new int[1], geometry, inputChannels, 1, inputChannels, outputChannels, default, int16Sums);
        Assert.Equal(expected, ByteConvolution.SumsPointwiseInt16(arguments));
    }

    [Theory]
    [InlineData(true, 28, 3, 1, 16)]
    [InlineData(true, 112, 7, 3, 64)]
    [InlineData(true, 112, 3, 3, 32)]
    [InlineData(false, 11, 3, 1, 16)]
    [InlineData(false, 112, 3, 64, 16)]
    [InlineData(false, 112, 1, 128, 16)]
    [InlineData(false, 112, 1, 96, 576)]
    public void Wide_images_with_few_inputs_a_window_are_read_where_they_lie(bool expected, int width, int kernel, int inputChannels, int outputChannels)
    {
        int runLength = kernel * inputChannels;
        var geometry = new ConvolutionGeometry(1, 1, width, 0, 0, 0, 0, 0, 0);
        var arguments = new ByteConvolution.Arguments(
            default, default, default, default, default, new int[kernel], geometry, runLength, 1, inputChannels, outputChannels, default);
        Assert.Equal(expected, ByteConvolution.IsDirect<ByteConvolution.DotRow<EmulatedDot>>(arguments));
    }

    [Theory]
    [InlineData(true, 7, 1, 320, 1280, false)]
    [InlineData(true, 16, 3, 64, 64, false)]
    [InlineData(true, 28, 3, 1, 16, false)]
    [InlineData(false, 7, 1, 320, 1280, true)]
    [InlineData(false, 112, 1, 16, 96, false)]
    [InlineData(false, 48, 1, 8, 16, false)]
    [InlineData(false, 16, 3, 16, 32, false)]
    [InlineData(false, 112, 7, 3, 64, false)]
    public void Long_windows_are_left_to_dot_products_where_AVX512_is_too(bool expected, int width, int kernel, int inputChannels, int outputChannels, bool int16Sums)
    {
        var geometry = new ConvolutionGeometry(1, width, width, 0, 0, inputChannels, 0, 0, 0);
        var arguments = new ByteConvolution.Arguments(
            default, default, default, default, default, new int[kernel], geometry, kernel * inputChannels, 1, inputChannels, outputChannels, default, int16Sums);
        Assert.Equal(expected, ByteConvolution.IsFasterByDot<FloatRequantizer>(arguments));
    }

    [Fact]
    public void The_scalar_path_is_the_formula()
    {
        var random = new Random(2);
        foreach (ConvolutionCase convolution in Enumerable.Range(0, 40).Select(_ => ConvolutionCase.Random(random)))
        {
            var operands = new Operands(convolution, random);
            Assert.True(operands.Expected().AsSpan().SequenceEqual(operands.Run(ByteConvolution.RunScalar<FloatRequantizer>)), convolution.ToString());
        }
    }

    [Fact]
    public void Run_takes_a_path_that_agrees()
    {
        var random = new Random(3);
        var operands = new Operands(ConvolutionCase.Random(random), random);
        byte[] output = operands.NewOutput();
        operands.CallRun(operands.Input, operands.Weights, operands.Bias, operands.Multipliers, output);
        Assert.Equal(operands.Expected(), output);
    }

    [Fact]
    public void Short_spans_are_refused()
    {
        var random = new Random(4);
        var convolution = new ConvolutionCase { OutputWidth = 3, KernelHeight = 2, KernelWidth = 2, InputChannels = 5, OutputChannels = 20 };
        var o = new Operands(convolution, random);
        byte[] output = o.NewOutput();
        int needed = convolution.InputLength - 10 + 12;
        Assert.Throws<ArgumentException>("input", () => o.CallRun(o.Input[..(needed - 1)], o.Weights, o.Bias, o.Multipliers, output));
        o.CallRun(o.Input[..needed], o.Weights, o.Bias, o.Multipliers, output);
        Assert.Throws<ArgumentException>("weights", () => o.CallRun(o.Input, o.Weights[1..], o.Bias, o.Multipliers, output));
        Assert.Throws<ArgumentException>("bias", () => o.CallRun(o.Input, o.Weights, o.Bias[1..], o.Multipliers, output));
        Assert.Throws<ArgumentException>("multipliers", () => o.CallRun(o.Input, o.Weights, o.Bias, o.Multipliers[1..], output));
        Assert.Throws<ArgumentException>("output", () => o.CallRun(o.Input, o.Weights, o.Bias, o.Multipliers, output[..^1]));
    }

    [Fact]
    public void Offsets_sizes_and_ranges_that_make_no_sense_are_refused()
    {
        var geometry = new ConvolutionGeometry(1, 1, 1, 0, 0, 0, 0, 0, 0);
        static void Call(int[] offsets, ConvolutionGeometry geometry, int runLength, int maximum) => Conv2DUInt8.Run(
            new byte[100], new sbyte[1000], new int[16], new float[16], new byte[16], offsets, geometry, runLength, 1, 4, 16, false, 0, 0, maximum);
        Call([0], geometry, 4, 255);
        Assert.Throws<ArgumentException>(() => Call([-1], geometry, 4, 255));
        Assert.Throws<ArgumentException>(() => Call([], geometry, 4, 255));
        Assert.Throws<ArgumentException>(() => Call([0], new ConvolutionGeometry(1, 1, 0, 0, 0, 0, 0, 0, 0), 4, 255));
        Assert.Throws<ArgumentException>(() => Call([0], new ConvolutionGeometry(1, 1, 1, 0, -1, 0, 0, 0, 0), 4, 255));
        Assert.Throws<ArgumentException>(() => Call([0], geometry, 0, 255));
        Assert.Throws<ArgumentException>(() => Call([0], geometry, 4, 256));
    }

    private static Path Find(string path) => path switch
    {
        "Vector128" => ByteConvolution.RunVector128<FloatRequantizer>,
        "Portable" => ByteConvolution.RunTiled<ByteConvolution.Vector128Tile<ByteConvolution.PortablePairDot>, FloatRequantizer>,
        "Avx2" => ByteConvolution.RunAvx2<FloatRequantizer>,
        "Avx512" => ByteConvolution.RunAvx512<FloatRequantizer>,
        "AvxVnni" => ByteConvolution.RunAvxVnni<FloatRequantizer>,
        "EmulatedVnni" => ByteConvolution.RunDot<EmulatedDot, FloatRequantizer>,
        "ArmDp" => ByteConvolution.RunArmDp<FloatRequantizer>,
        _ => throw new ArgumentException(path, nameof(path)),
    };

    /// <summary>The tiles that a path chooses among.</summary>
    private static Path[] FindTiles(string path) => path == "Avx512"
        ? [
            ByteConvolution.RunTiled<ByteConvolution.Avx512Tile, FloatRequantizer>,
            (in ByteConvolution.Arguments arguments) => ByteConvolution.RunAvx512Panels<FloatRequantizer>(arguments, widens: false),
            (in ByteConvolution.Arguments arguments) => ByteConvolution.RunAvx512Panels<FloatRequantizer>(arguments, widens: true),
        ]
        : [];

    /// <summary>The tiles that a path has for small weights.</summary>
    private static Path[] FindInt16Tiles(string path, ConvolutionCase convolution) => path switch
    {
        "Avx2" => [ByteConvolution.RunQuantizedPanels<ByteConvolution.Avx2Int16Tile, FloatRequantizer>],
        "Avx512" when convolution.OutputWidth >= ByteConvolution.Avx512Int16Row.Pixels && convolution.Quads <= ByteConvolution.DirectQuads =>
            [ByteConvolution.RunQuantizedPanels<ByteConvolution.Avx512Int16Tile, FloatRequantizer>, ByteConvolution.RunDirect<ByteConvolution.Avx512Int16Row, FloatRequantizer>],
        "Avx512" => [ByteConvolution.RunQuantizedPanels<ByteConvolution.Avx512Int16Tile, FloatRequantizer>],
        _ => [],
    };

    /// <summary>The rows that a path reads where they lie if it chooses to.</summary>
    private static Path[] FindDirect(string path, int outputChannels) => path switch
    {
        "Avx2" when outputChannels <= 8 => [ByteConvolution.RunDirect<ByteConvolution.Avx2Row, FloatRequantizer>, ByteConvolution.RunDirect<ByteConvolution.Avx2HalfRow, FloatRequantizer>],
        "Avx2" => [ByteConvolution.RunDirect<ByteConvolution.Avx2Row, FloatRequantizer>],
        "Avx512" => [ByteConvolution.RunAvx512Rows<FloatRequantizer>],
        "AvxVnni" => [ByteConvolution.RunDirect<ByteConvolution.DotRow<ByteConvolution.AvxVnniDot>, FloatRequantizer>],
        "EmulatedVnni" => [ByteConvolution.RunDirect<ByteConvolution.DotRow<EmulatedDot>, FloatRequantizer>],
        _ => [],
    };

    /// <summary>The dot product of four bytes by instructions that every AVX2 machine has.</summary>
    internal readonly struct EmulatedDot : ByteConvolution.IDot
    {
        public static Vector256<int> Add(Vector256<int> sums, Vector256<byte> activations, Vector256<sbyte> weights)
        {
            Vector256<short> even = (activations.AsUInt16() & Vector256.Create((ushort)0xFF)).AsInt16();
            Vector256<short> odd = Vector256.ShiftRightLogical(activations.AsUInt16(), 8).AsInt16();
            Vector256<short> evenWeights = Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(weights.AsInt16(), 8), 8);
            Vector256<short> oddWeights = Vector256.ShiftRightArithmetic(weights.AsInt16(), 8);
            return sums + Avx2.MultiplyAddAdjacent(even, evenWeights) + Avx2.MultiplyAddAdjacent(odd, oddWeights);
        }
    }

    private sealed class Operands
    {
        private readonly ConvolutionCase convolution;
        private readonly sbyte[] dense;
        private readonly int[] denseBias;
        private readonly float[] denseMultipliers;
        private readonly int zeroPoint;
        private readonly int minimum;
        private readonly int maximum;
        private readonly bool int16Sums;

        /// <summary>Random operands; with <paramref name="int16Sums"/> weights that are as large as sums in int16 allow, by the greatest activations too.</summary>
        public Operands(ConvolutionCase convolution, Random random, bool int16Sums = false)
        {
            this.convolution = convolution;
            Input = TestNumbers.Bytes(random, convolution.InputLength + 3);
            dense = TestNumbers.Weights(random, convolution.WeightLength);
            denseBias = TestNumbers.Integers(random, convolution.Groups * convolution.OutputChannels, 100000);
            float largest = 255f * 127 * convolution.KernelHeight * convolution.KernelWidth * convolution.InputChannels;
            denseMultipliers = TestNumbers.Floats(random, denseBias.Length).Select(value => MathF.Abs(value) * 2000 / largest).ToArray();
            Weights = convolution.Pack(dense, 4);
            if (int16Sums)
            {
                Int16SumWeights.Limit(Weights, convolution.Quads);
                Array.Fill(Input, byte.MaxValue, 0, Input.Length / 2);
            }

            this.int16Sums = int16Sums;
            Bias = convolution.PackChannels(denseBias);
            Multipliers = convolution.PackChannels(denseMultipliers);
            zeroPoint = random.Next(256);
            minimum = random.Next(2) == 0 ? 0 : random.Next(100);
            maximum = random.Next(2) == 0 ? 255 : random.Next(100, 256);
        }

        public byte[] Input { get; }

        public sbyte[] Weights { get; }

        public int[] Bias { get; }

        public float[] Multipliers { get; }

        public byte[] NewOutput()
        {
            var output = new byte[convolution.OutputLength];
            Array.Fill(output, (byte)77);
            return output;
        }

        public byte[] Run(Path path)
        {
            byte[] output = NewOutput();
            var arguments = new ByteConvolution.Arguments(
                Input, Weights, Bias, MemoryMarshal.Cast<float, int>(Multipliers), output, convolution.RunOffsets, convolution.Geometry, convolution.RunLength, convolution.Groups,
                convolution.InputChannels, convolution.OutputChannels, FloatRequantizer.Target(zeroPoint, minimum, maximum), int16Sums);
            ByteConvolution.Check(arguments);
            path(arguments);
            return output;
        }

        public void CallRun(byte[] input, sbyte[] weights, int[] bias, float[] multipliers, byte[] output) => Conv2DUInt8.Run(
            input, weights, bias, multipliers, output, convolution.RunOffsets, convolution.Geometry, convolution.RunLength, convolution.Groups,
            convolution.InputChannels, convolution.OutputChannels, int16Sums, zeroPoint, minimum, maximum);

        public byte[] Expected()
        {
            var sums = new int[convolution.OutputLength];
            var channels = new int[convolution.OutputLength];
            Array.Fill(channels, -1);
            convolution.ForEachProduct((output, channel, activation, weight) =>
            {
                sums[output] += Input[activation] * dense[weight];
                channels[output] = channel;
            });
            byte[] expected = NewOutput();
            for (int output = 0; output < expected.Length; output++)
            {
                if (channels[output] >= 0)
                {
                    float scaled = (float)(sums[output] + denseBias[channels[output]]) * denseMultipliers[channels[output]];
                    double rounded = Math.Round(Math.Clamp((double)scaled, -300, 300), MidpointRounding.ToEven);
                    expected[output] = (byte)Math.Clamp(rounded + zeroPoint, minimum, maximum);
                }
            }

            return expected;
        }
    }
}
