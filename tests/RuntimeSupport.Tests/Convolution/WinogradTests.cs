using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class WinogradTests
{
    private const int Seed = 20;

    private delegate void Path(in ByteWinogradConvolution.Arguments arguments);

    public static TheoryData<string> Paths => InstructionSets.Supported("Vector128", "Portable", "Avx2", "Avx512");

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_path_gives_the_bytes_of_the_scalar_one(string path)
    {
        foreach (Operands operands in Cases(150))
        {
            Assert.True(
                operands.Run(ByteWinogradConvolution.RunScalar<FloatRequantizer>, isFixedPoint: false).AsSpan().SequenceEqual(operands.Run(Find<FloatRequantizer>(path), isFixedPoint: false)),
                $"{path} differs: {operands}");
            Assert.True(
                operands.Run(ByteWinogradConvolution.RunScalar<FixedPointRequantizer>, isFixedPoint: true).AsSpan().SequenceEqual(operands.Run(Find<FixedPointRequantizer>(path), isFixedPoint: true)),
                $"{path} in integers differs: {operands}");
        }
    }

    [Fact]
    public void The_transforms_give_the_bytes_of_the_direct_convolution()
    {
        foreach (Operands operands in Cases(60))
        {
            Assert.True(operands.Direct(isFixedPoint: false).AsSpan().SequenceEqual(operands.Run(ByteWinogradConvolution.RunScalar<FloatRequantizer>, isFixedPoint: false)), operands.ToString());
            Assert.True(operands.Direct(isFixedPoint: true).AsSpan().SequenceEqual(operands.Run(ByteWinogradConvolution.RunScalar<FixedPointRequantizer>, isFixedPoint: true)), operands.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Sums_are_exact_up_to_the_limit(string path)
    {
        const int channels = 114;
        foreach (sbyte weight in new sbyte[] { -128, 127 })
        {
            var operands = new Operands(new Random(Seed), 1, 5, 6, channels, 16);
            Array.Fill(operands.Input, (byte)255);
            Array.Fill(operands.Dense, weight);
            Assert.InRange(Math.Abs(9 * channels * 255 * weight), ByteWinogradConvolution.SumLimit * 0.99, ByteWinogradConvolution.SumLimit - 1);
            Assert.Equal(operands.Direct(isFixedPoint: false), operands.Run(Find<FloatRequantizer>(path), isFixedPoint: false));
        }
    }

    [Fact]
    public void Run_gives_the_bytes_of_the_direct_kernels()
    {
        var random = new Random(Seed);
        foreach (int channels in new[] { 3, 20, 64 })
        {
            var operands = new Operands(random, 2, 9, 7, channels, 40);
            Assert.Equal(operands.Direct(isFixedPoint: false), operands.CallRun());
            Assert.Equal(operands.Direct(isFixedPoint: true), operands.CallFixedPoint());
            Assert.Equal(operands.Direct(isFixedPoint: false), operands.Run(ByteWinogradConvolution.RunDirect<FloatRequantizer>, isFixedPoint: false));
        }
    }

    [Fact]
    public void Short_spans_are_refused()
    {
        var o = new Operands(new Random(Seed), 1, 5, 6, 18, 20);
        Assert.Throws<ArgumentException>("input", () => o.CallRun(input: o.Input[1..]));
        Assert.Throws<ArgumentException>("weights", () => o.CallRun(weights: o.Packed()[1..]));
        Assert.Throws<ArgumentException>("bias", () => o.CallRun(bias: o.Bias[1..]));
        Assert.Throws<ArgumentException>("multipliers", () => o.CallRun(multipliers: o.Multipliers[1..]));
        Assert.Throws<ArgumentException>("output", () => o.CallRun(output: o.NewOutput()[1..]));
        Assert.Throws<ArgumentException>("scratch", () => o.CallRun(scratch: o.Scratch()[1..]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(-4)]
    public void Tiles_are_computed_in_groups_of_four(int tilesTogether)
    {
        var operands = new Operands(new Random(Seed), 1, 5, 6, 18, 20);
        Assert.Throws<ArgumentException>("tilesTogether", () => operands.CallRun(tilesTogether: tilesTogether));
    }

    private static IEnumerable<Operands> Cases(int count)
    {
        var random = new Random(Seed);
        yield return new Operands(random, 1, 1, 1, 1, 1);
        yield return new Operands(random, 1, 20, 20, 32, 16);
        yield return new Operands(random, 2, 8, 8, 64, 32);
        yield return new Operands(random, 1, 7, 13, 100, 33);

        // More inputs than weights are transformed for together, and more than without vectors lie beside those of 16 outputs.
        yield return new Operands(random, 1, 9, 6, 300, 17);
        yield return new Operands(random, 1, 3, 4, 2100, 2);
        for (int index = 0; index < count; index++)
        {
            yield return new Operands(random, random.Next(1, 3), random.Next(1, 21), random.Next(1, 21), random.Next(1, random.Next(2) == 0 ? 10 : 70), random.Next(1, 50));
        }
    }

    private static Path Find<TRequantizer>(string path)
        where TRequantizer : struct, IRequantizer => path switch
        {
            "Vector128" => ByteWinogradConvolution.RunVector128<TRequantizer>,
            "Portable" => ByteWinogradConvolution.RunTiles<ByteWinogradConvolution.Vector128Tile<ByteWinogradConvolution.WidePairDot>, TRequantizer>,
            "Avx2" => ByteWinogradConvolution.RunAvx2<TRequantizer>,
            "Avx512" => ByteWinogradConvolution.RunAvx512<TRequantizer>,
            _ => throw new ArgumentException(path, nameof(path)),
        };

    private sealed class Operands
    {
        private readonly int inputChannels;
        private readonly int outputChannels;
        private readonly int tilesTogether;
        private readonly int[] fixedPoint;
        private readonly int zeroPoint;
        private readonly int minimum;
        private readonly int maximum;

        public Operands(Random random, int batches, int height, int width, int inputChannels, int outputChannels)
        {
            this.inputChannels = inputChannels;
            this.outputChannels = outputChannels;
            int inputPixel = inputChannels + random.Next(3), inputRow = ((width + 2) * inputPixel) + random.Next(9);
            int outputPixel = outputChannels + random.Next(3), outputRow = (width * outputPixel) + random.Next(9);
            Geometry = new ConvolutionGeometry(
                batches, height, width, (height + 2) * inputRow, inputRow, inputPixel, height * outputRow, outputRow, outputPixel);
            int window = (2 * inputRow) + (2 * inputPixel) + TestNumbers.RoundUp(inputChannels, 4);
            Input = TestNumbers.Bytes(random, (int)ConvolutionExtents.LastWindow(Geometry) + window);
            Dense = TestNumbers.Weights(random, outputChannels * 9 * inputChannels);
            int padded = TestNumbers.RoundUp(outputChannels, 16);
            Bias = TestNumbers.Integers(random, padded, 100000);
            Multipliers = TestNumbers.Floats(random, padded).Select(value => MathF.Abs(value) * 2000 / (255f * 127 * 9 * inputChannels)).ToArray();
            fixedPoint = [.. Enumerable.Range(0, padded).Select(_ => random.Next(1 << 30, int.MaxValue)), .. Enumerable.Range(0, padded).Select(_ => -random.Next(8, 16))];
            tilesTogether = 4 * random.Next(1, 9);
            zeroPoint = random.Next(256);
            minimum = random.Next(2) == 0 ? 0 : random.Next(100);
            maximum = random.Next(2) == 0 ? 255 : random.Next(100, 256);
        }

        public ConvolutionGeometry Geometry { get; }

        public byte[] Input { get; }

        /// <summary><c>[output channel][9][input channel]</c>.</summary>
        public sbyte[] Dense { get; }

        public int[] Bias { get; }

        public float[] Multipliers { get; }

        public sbyte[] Packed()
        {
            int quads = (inputChannels + 3) / 4;
            var packed = new sbyte[TestNumbers.RoundUp(outputChannels, 16) * 9 * quads * 4];
            for (int index = 0; index < Dense.Length; index++)
            {
                (int output, int k) = Math.DivRem(index, 9 * inputChannels);
                (int tap, int input) = Math.DivRem(k, inputChannels);
                packed[(((((output / 16 * 9) + tap) * quads) + (input / 4)) * 64) + (output % 16 * 4) + (input % 4)] = Dense[index];
            }

            return packed;
        }

        /// <summary>Memory with anything in it.</summary>
        public int[] Scratch() => TestNumbers.Integers(new Random(Seed), (int)ByteWinogradConvolution.ScratchLength(tilesTogether, inputChannels), int.MaxValue - 1);

        public byte[] NewOutput()
        {
            var output = new byte[ConvolutionExtents.LastOutput(Geometry) + outputChannels];
            Array.Fill(output, (byte)77);
            return output;
        }

        public byte[] Run(Path path, bool isFixedPoint)
        {
            byte[] output = NewOutput();
            var arguments = new ByteWinogradConvolution.Arguments(
                Input, Packed(), Bias, isFixedPoint ? fixedPoint : MemoryMarshal.Cast<float, int>(Multipliers), output, Scratch(), Geometry, tilesTogether,
                inputChannels, outputChannels, Target(isFixedPoint));
            ByteWinogradConvolution.Check(arguments);
            path(arguments);
            return output;
        }

        public byte[] Direct(bool isFixedPoint)
        {
            byte[] output = NewOutput();
            int[] offsets = [.. Enumerable.Range(0, 9).Select(tap => (tap / 3 * Geometry.InputRowStep) + (tap % 3 * Geometry.InputPixelStep))];
            var arguments = new ByteConvolution.Arguments(
                Input, Packed(), Bias, isFixedPoint ? fixedPoint : MemoryMarshal.Cast<float, int>(Multipliers), output, offsets, Geometry, inputChannels, 1, inputChannels, outputChannels,
                Target(isFixedPoint));
            ByteConvolution.Check(arguments);
            if (isFixedPoint)
            {
                ByteConvolution.RunScalar<FixedPointRequantizer>(arguments);
            }
            else
            {
                ByteConvolution.RunScalar<FloatRequantizer>(arguments);
            }

            return output;
        }

        public byte[] CallRun(
            byte[]? input = null, sbyte[]? weights = null, int[]? bias = null, float[]? multipliers = null, byte[]? output = null, int[]? scratch = null,
            int? tilesTogether = null)
        {
            output ??= NewOutput();
            Conv2DWinogradUInt8.Run(
                input ?? Input, weights ?? Packed(), bias ?? Bias, multipliers ?? Multipliers, output, scratch ?? Scratch(), Geometry,
                tilesTogether ?? this.tilesTogether, inputChannels, outputChannels, zeroPoint, minimum, maximum);
            return output;
        }

        public byte[] CallFixedPoint()
        {
            byte[] output = NewOutput();
            Conv2DWinogradFixedPoint.Run(
                Input, Packed(), Bias, fixedPoint, output, Scratch(), Geometry, tilesTogether, inputChannels, outputChannels, zeroPoint, minimum, maximum);
            return output;
        }

        public override string ToString() => $"seed {Seed}, {Geometry}, {inputChannels} → {outputChannels}";

        private RequantizationTarget Target(bool isFixedPoint) => isFixedPoint
            ? FixedPointRequantizer.Target(zeroPoint, minimum, maximum, fixedPoint.Length / 2)
            : FloatRequantizer.Target(zeroPoint, minimum, maximum);
    }
}
