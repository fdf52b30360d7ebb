using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class FloatWinogradTests
{
    private const int Seed = 21;

    private delegate void Path(in FloatWinogradConvolution.Arguments arguments);

    public static TheoryData<string> Paths => InstructionSets.Supported("Vector128", "FusedVector128", "Avx2", "Avx512");

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_path_gives_the_bits_of_the_scalar_one(string path)
    {
        foreach (Operands operands in Cases(LeastChannels(path), 100))
        {
            AssertSameBits(operands.Run(FloatWinogradConvolution.RunScalar), operands.Run(Find(path)), $"{path} differs: {operands}");
            AssertSameBits(operands.Add(FloatWinogradConvolution.RunScalar), operands.Add(Find(path)), $"{path} with a sum differs: {operands}");
            AssertSameBits(operands.Add(FloatWinogradConvolution.RunScalar), operands.AddInPlace(Find(path)), $"{path} in place differs: {operands}");
        }
    }

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    [InlineData(512)]
    public void Errors_are_smaller_than_those_of_one_chain(int channels)
    {
        var operands = new Operands(new Random(Seed), 1, 6, 7, channels, 16) { Minimum = float.NegativeInfinity, Maximum = float.PositiveInfinity };
        (double error, double ofChain) = operands.SquaredErrors(operands.Run(FloatWinogradConvolution.RunScalar));
        Assert.True(error < ofChain, $"{Math.Sqrt(error / ofChain)} times as large");
    }

    [Fact]
    public void Outputs_are_near_the_sums_in_double_and_nothing_else_is_written()
    {
        foreach (Operands operands in Cases(1, 60))
        {
            operands.AssertExact(operands.Run(FloatWinogradConvolution.RunScalar), isSum: false);
            operands.AssertExact(operands.Add(FloatWinogradConvolution.RunScalar), isSum: true);
        }
    }

    [Fact]
    public void Sums_over_the_channels_are_chains_of_128()
    {
        // One pixel of 200 channels, whose window is all in the middle: each position of the tile is the same sum, the bias but for.
        var operands = new Operands(new Random(Seed), 1, 1, 1, 200, 16) { Minimum = float.NegativeInfinity, Maximum = float.PositiveInfinity };
        operands.KeepOnlyTheMiddle();
        float[] output = operands.Run(FloatWinogradConvolution.RunScalar);
        for (int channel = 0; channel < 16; channel++)
        {
            Assert.Equal(operands.MiddleSum(channel), output[channel]);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_NaN_spoils_its_tile_only_and_infinities_are_clamped(string path)
    {
        var operands = new Operands(new Random(Seed), 1, 4, 8, 16, 32) { Minimum = -1, Maximum = 1 };
        operands.Input[(operands.Geometry.InputRowStep * 5) + (operands.Geometry.InputPixelStep * 9) + 3] = float.NaN;
        operands.Bias[0] = float.PositiveInfinity;
        float[] output = operands.Run(Find(path));
        operands.ForEachOutput((row, column, channel, at) => Assert.True(
            row == 3 && column == 7 ? float.IsNaN(output[at]) : (row >= 2 && column >= 6) || (output[at] is >= -1 and <= 1 && (channel > 0 || output[at] == 1)),
            $"{row}, {column}, {channel}: {output[at]}"));
    }

    [Fact]
    public void Run_takes_a_path_that_agrees_for_any_number_of_channels()
    {
        foreach (int channels in new[] { 3, 5, 9, 20, 150 })
        {
            var operands = new Operands(new Random(Seed), 2, 5, 6, channels, 40);
            AssertSameBits(operands.Run(FloatWinogradConvolution.RunScalar), operands.CallRun(), $"{operands}");
            AssertSameBits(operands.Add(FloatWinogradConvolution.RunScalar), operands.CallAdd(), $"{operands} with a sum");
        }
    }

    [Fact]
    public void Short_spans_are_refused()
    {
        var o = new Operands(new Random(Seed), 1, 5, 6, 18, 20);
        Assert.Throws<ArgumentException>("input", () => o.CallRun(input: o.Input[1..]));
        Assert.Throws<ArgumentException>("weights", () => o.CallRun(weights: o.Weights[1..]));
        Assert.Throws<ArgumentException>("bias", () => o.CallRun(bias: o.Bias[1..]));
        Assert.Throws<ArgumentException>("output", () => o.CallRun(output: o.NewOutput()[1..]));
        Assert.Throws<ArgumentException>("scratch", () => o.CallRun(scratch: o.Scratch()[1..]));
        Assert.Throws<ArgumentException>("addend", () => o.CallAdd(addend: o.Addend[1..]));
        Assert.Throws<ArgumentException>("addend", () => o.CallAdd(addend: []));
        Assert.Throws<ArgumentException>("geometry", () => o.CallAdd(rowStride: -1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-4)]
    [InlineData(FloatWinogradConvolution.MostTilesTogether + 1)]
    public void No_tiles_and_too_many_are_refused(int tilesTogether)
    {
        var operands = new Operands(new Random(Seed), 1, 5, 6, 18, 20);
        Assert.Throws<ArgumentException>("tilesTogether", () => operands.CallRun(tilesTogether: tilesTogether));
    }

    [Theory]
    [InlineData(64, 8)]
    [InlineData(784, 14)]
    [InlineData(132, 12)]
    [InlineData(49, 14)]
    [InlineData(3, 14)]
    public void Tiles_are_multiplied_in_equal_numbers_where_these_are_not_too_small(int tiles, int expected) =>
        Assert.Equal(expected, FloatWinogradConvolution.TilesOfProduct(tiles));

    private static IEnumerable<Operands> Cases(int leastChannels, int count)
    {
        var random = new Random(Seed);
        yield return new Operands(random, 1, 1, 1, leastChannels, 1);
        yield return new Operands(random, 1, 20, 20, 32, 16);
        yield return new Operands(random, 2, 8, 8, 64, 32);
        yield return new Operands(random, 1, 7, 13, 100, 33);

        // More inputs than a chain has products.
        yield return new Operands(random, 1, 9, 6, 300, 17);
        for (int index = 0; index < count; index++)
        {
            yield return new Operands(
                random, random.Next(1, 3), random.Next(1, 14), random.Next(1, 14), leastChannels + random.Next(random.Next(2) == 0 ? 10 : 70), random.Next(1, 70));
        }
    }

    // Of fewer channels than a vector has narrower ones are made.
    private static int LeastChannels(string path) => path switch { "Avx512" => 16, "Avx2" => 8, _ => 4 };

    private static Path Find(string path) => path switch
    {
        "Vector128" => FloatWinogradConvolution.RunVector128,
        "FusedVector128" => FloatWinogradConvolution.RunTiles<Conv2DFloat32.Vector128Tile<Conv2DFloat32Tests.Fma3>, FloatWinogradConvolution.Lanes128, Vector128<float>>,
        "Avx2" => FloatWinogradConvolution.RunAvx2,
        "Avx512" => FloatWinogradConvolution.RunAvx512,
        _ => throw new ArgumentException(path, nameof(path)),
    };

    private static void AssertSameBits(float[] expected, float[] actual, string message) =>
        Assert.True(MemoryMarshal.Cast<float, int>(expected).SequenceEqual(MemoryMarshal.Cast<float, int>(actual)), message);

    private sealed class Operands
    {
        private readonly int inputChannels;
        private readonly int outputChannels;
        private readonly int tilesTogether;
        private readonly float[] dense;
        private readonly ConvolutionGeometry addendGeometry;

        public Operands(Random random, int batches, int height, int width, int inputChannels, int outputChannels)
        {
            this.inputChannels = inputChannels;
            this.outputChannels = outputChannels;
            int inputPixel = inputChannels + random.Next(3), inputRow = ((width + 2) * inputPixel) + random.Next(9);
            int outputPixel = outputChannels + random.Next(3), outputRow = (width * outputPixel) + random.Next(9);
            Geometry = new ConvolutionGeometry(
                batches, height, width, (height + 2) * inputRow, inputRow, inputPixel, height * outputRow, outputRow, outputPixel);
            int addendPixel = outputChannels + random.Next(5), addendRow = (width * addendPixel) + random.Next(5);
            addendGeometry = Geometry.WithOutput(height * addendRow, addendRow, addendPixel);
            Input = TestNumbers.Floats(random, (int)ConvolutionExtents.LastWindow(Geometry) + (2 * inputRow) + (2 * inputPixel) + inputChannels);
            dense = TestNumbers.Floats(random, outputChannels * 9 * inputChannels);
            Bias = TestNumbers.Floats(random, TestNumbers.RoundUp(outputChannels, 16));
            Addend = TestNumbers.Floats(random, (int)ConvolutionExtents.LastOutput(addendGeometry) + outputChannels);
            tilesTogether = random.Next(1, 40);
            Minimum = random.Next(2) == 0 ? float.NegativeInfinity : 0;
            Maximum = random.Next(2) == 0 ? float.PositiveInfinity : 6;
        }

        public ConvolutionGeometry Geometry { get; }

        public float[] Input { get; }

        public float[] Bias { get; }

        public float[] Addend { get; }

        public float Minimum { get; init; }

        public float Maximum { get; init; }

        /// <summary>Pairs of blocks, <c>[9][input channels][32]</c>, and a block that is left over.</summary>
        public float[] Weights
        {
            get
            {
                int blocks = TestNumbers.RoundUp(outputChannels, 16) / 16, terms = 9 * inputChannels;
                var packed = new float[blocks * terms * 16];
                for (int index = 0; index < dense.Length; index++)
                {
                    (int output, int term) = Math.DivRem(index, terms);
                    int first = output / 32 * 32, width = Math.Min(32, (blocks * 16) - first);
                    packed[(first * terms) + (term * width) + output - first] = dense[index];
                }

                return packed;
            }
        }

        /// <summary>Memory with anything in it.</summary>
        public float[] Scratch() => [.. Enumerable.Repeat(float.NaN, (int)FloatWinogradConvolution.ScratchLength(tilesTogether, inputChannels))];

        public float[] NewOutput() => [.. Enumerable.Repeat(-77f, (int)ConvolutionExtents.LastOutput(Geometry) + outputChannels)];

        public void KeepOnlyTheMiddle()
        {
            for (int index = 0; index < dense.Length; index++)
            {
                dense[index] = index / inputChannels % 9 == 4 ? dense[index] : 0;
            }

            Array.Clear(Bias);
        }

        /// <summary>The output of the only pixel, when only the middle of the windows counts.</summary>
        public float MiddleSum(int channel)
        {
            int pixel = Geometry.InputRowStep + Geometry.InputPixelStep;
            var positions = new float[16];
            for (int position = 0; position < 16; position++)
            {
                // Rows and columns 1 and 2 of the inputs, which are the pixel's and the next one's, that of the border.
                var sum = new ProductSum(0);
                for (int input = 0; input < inputChannels; input++)
                {
                    sum.Add(Transformed(position, input), TransformedMiddle(position, dense[(((channel * 9) + 4) * inputChannels) + input]));
                }

                positions[position] = sum.Value;
            }

            float Column(int column) => positions[column] + positions[4 + column] + positions[8 + column];
            return ProductSum.Nothing + (Column(0) + Column(1) + Column(2));

            float Transformed(int position, int input)
            {
                float Value(int row, int column) => Input[input + (Math.Min(row, 2) * Geometry.InputRowStep) + (Math.Min(column, 2) * Geometry.InputPixelStep)];
                float Row(int column) => (position / 4) switch
                {
                    0 => Value(0, column) - Value(2, column),
                    1 => Value(1, column) + Value(2, column),
                    2 => Value(2, column) - Value(1, column),
                    _ => Value(1, column) - Value(3, column),
                };
                return (position % 4) switch { 0 => Row(0) - Row(2), 1 => Row(1) + Row(2), 2 => Row(2) - Row(1), _ => Row(1) - Row(3) };
            }

            static float TransformedMiddle(int position, float weight) => weight * Half(position / 4) * Half(position % 4);

            static float Half(int index) => index switch { 1 => 0.5f, 2 => -0.5f, _ => 0 };
        }

        public float[] Run(Path path) => Run(path, NewOutput(), default);

        public float[] Add(Path path) => Run(path, NewOutput(), new Conv2DFloat32.Addend(Addend, addendGeometry));

        /// <summary>The image that is added is the output.</summary>
        public float[] AddInPlace(Path path)
        {
            float[] output = NewOutput();
            ForEachOutput((_, _, _, at, addend) => output[at] = Addend[addend]);
            return Run(path, output, new Conv2DFloat32.Addend(output, Geometry));
        }

        public float[] CallRun(float[]? input = null, float[]? weights = null, float[]? bias = null, float[]? output = null, float[]? scratch = null, int? tilesTogether = null)
        {
            output ??= NewOutput();
            Conv2DWinogradFloat32.Run(
                input ?? Input, weights ?? Weights, bias ?? Bias, output, scratch ?? Scratch(), Geometry, tilesTogether ?? this.tilesTogether, inputChannels, outputChannels, Minimum, Maximum);
            return output;
        }

        public float[] CallAdd(float[]? addend = null, int? rowStride = null)
        {
            float[] output = NewOutput();
            Conv2DAddWinogradFloat32.Run(
                Input, Weights, Bias, addend ?? Addend, output, Scratch(), Geometry,
                addendGeometry.OutputBatchStride, rowStride ?? addendGeometry.OutputRowStride, addendGeometry.OutputPixelStride,
                tilesTogether, inputChannels, outputChannels, Minimum, Maximum);
            return output;
        }

        /// <summary>Throws unless every output is near the sum in double, and nothing else was written.</summary>
        public void AssertExact(float[] output, bool isSum)
        {
            var written = new bool[output.Length];
            ForEachOutput((row, column, channel, at, addend) =>
            {
                (double sum, double magnitude) = Sum(at / Geometry.OutputBatchStride, row, column, channel);
                sum = Math.Clamp(sum + (isSum ? Addend[addend] : 0), Minimum, Maximum);
                Assert.True(Math.Abs(output[at] - sum) <= 4e-7 * (magnitude + Math.Abs(Bias[channel]) + Math.Abs(Addend[addend])), $"{this}: {output[at]} for {sum} at {row}, {column}, {channel}");
                written[at] = true;
            });
            Assert.All(Enumerable.Range(0, output.Length).Where(at => !written[at]), at => Assert.Equal(-77f, output[at]));
        }

        /// <summary>Squared errors of outputs, and of single chains of fused multiply-adds.</summary>
        public (double Error, double OfChain) SquaredErrors(float[] output)
        {
            (double error, double ofChain) = (0, 0);
            ForEachOutput((row, column, channel, at) =>
            {
                (double sum, _) = Sum(0, row, column, channel);
                float chain = Bias[channel];
                for (int term = 0; term < 9 * inputChannels; term++)
                {
                    chain = MathF.FusedMultiplyAdd(Input[InputAt(0, row, column, term)], dense[(channel * 9 * inputChannels) + term], chain);
                }

                error += (output[at] - sum) * (output[at] - sum);
                ofChain += (chain - sum) * (chain - sum);
            });
            return (error, ofChain);
        }

        public void ForEachOutput(Action<int, int, int, int> visit) => ForEachOutput((row, column, channel, at, _) => visit(row, column, channel, at));

        public override string ToString() => $"seed {Seed}, {Geometry}, {inputChannels} → {outputChannels}";

        private float[] Run(Path path, float[] output, Conv2DFloat32.Addend addend)
        {
            var arguments = new FloatWinogradConvolution.Arguments(
                Input, Weights, Bias, output, Scratch(), Geometry, tilesTogether, inputChannels, outputChannels, Minimum, Maximum, addend);
            FloatWinogradConvolution.Check(arguments);
            path(arguments);
            return output;
        }

        // Inputs are at most 4; those of a tile that are not in the window count too.
        private (double Sum, double Magnitude) Sum(int batch, int row, int column, int channel)
        {
            double sum = Bias[channel], magnitude = 0;
            for (int term = 0; term < 9 * inputChannels; term++)
            {
                double weight = dense[(channel * 9 * inputChannels) + term];
                sum += Input[InputAt(batch, row, column, term)] * weight;
                magnitude += 4 * Math.Abs(weight);
            }

            return (sum, magnitude);
        }

        private int InputAt(int batch, int row, int column, int term)
        {
            (int tap, int input) = Math.DivRem(term, inputChannels);
            return (batch * Geometry.InputBatchStride) + ((row + (tap / 3)) * Geometry.InputRowStep) + ((column + (tap % 3)) * Geometry.InputPixelStep) + input;
        }

        private void ForEachOutput(Action<int, int, int, int, int> visit)
        {
            var cursor = new PixelCursor(Geometry);
            for (int pixel = 0; pixel < Geometry.Batches * Geometry.OutputHeight * Geometry.OutputWidth; pixel++)
            {
                int addend = cursor.OutputOf(addendGeometry);
                for (int channel = 0; channel < outputChannels; channel++)
                {
                    visit(pixel / Geometry.OutputWidth % Geometry.OutputHeight, pixel % Geometry.OutputWidth, channel, cursor.Output + channel, addend + channel);
                }

                cursor.MoveNext();
            }
        }
    }
}
