using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

/// <summary>Layers whose weights are stored in fewer bits give the bits of float32 layers of the weights that these stand for.</summary>
public class StoredWeightLayerTests
{
    public static TheoryData<string> RowPaths => InstructionSets.Supported("Portable", "Avx2", "Avx512");

    [Fact]
    public void A_convolution_by_int8_weights_is_that_by_their_products_with_the_scales()
    {
        var random = new Random(1);
        foreach (ConvolutionCase layer in Cases(random))
        {
            var operands = new Operands(layer, random);
            sbyte[] dense = TestNumbers.Weights(random, layer.WeightLength);
            float[] scales = TestNumbers.Floats(random, layer.Groups * layer.OutputChannels);
            int each = layer.WeightLength / scales.Length;
            float[] expected = operands.Expected([.. dense.Select((weight, index) => weight * scales[index / each])]);
            foreach (float[] scratch in operands.Scratches())
            {
                float[] output = operands.NewOutput();
                Conv2DInt8Weights.Run(
                    operands.Input, layer.Pack(dense, 1), layer.PackChannels(scales), operands.Bias, output, scratch, scratch.Length, layer.RunOffsets, layer.Geometry,
                    layer.RunLength, layer.Groups, layer.InputChannels, layer.OutputChannels, -1, 3);
                AssertSameBits(expected, output, $"scratch {scratch.Length}: {layer}");
            }
        }
    }

    [Fact]
    public void A_convolution_by_float16_weights_is_that_by_the_same_numbers()
    {
        var random = new Random(2);
        foreach (ConvolutionCase layer in Cases(random))
        {
            var operands = new Operands(layer, random);
            Half[] dense = [.. TestNumbers.Floats(random, layer.WeightLength).Select(value => (Half)value)];
            float[] expected = operands.Expected([.. dense.Select(weight => (float)weight)]);
            ushort[] packed = layer.Pack([.. dense.Select(BitConverter.HalfToUInt16Bits)], 1);
            foreach (float[] scratch in operands.Scratches())
            {
                float[] output = operands.NewOutput();
                Conv2DFloat16Weights.Run(
                    operands.Input, packed, operands.Bias, output, scratch, scratch.Length, layer.RunOffsets, layer.Geometry,
                    layer.RunLength, layer.Groups, layer.InputChannels, layer.OutputChannels, -1, 3);
                AssertSameBits(expected, output, $"scratch {scratch.Length}: {layer}");
            }
        }
    }

    [Fact]
    public void Rows_times_a_matrix_are_the_same_chains_however_little_scratch_there_is()
    {
        var random = new Random(3);
        for (int round = 0; round < 60; round++)
        {
            (int rows, int inputs, int outputs) = (random.Next(1, 4), random.Next(1, 700), random.Next(1, 300));
            var layer = new ConvolutionCase { OutputWidth = rows, InputChannels = inputs, OutputChannels = outputs };
            var operands = new Operands(layer, random);
            sbyte[] dense = TestNumbers.Weights(random, layer.WeightLength);
            float[] scales = TestNumbers.Floats(random, outputs);
            Half[] halves = [.. TestNumbers.Floats(random, layer.WeightLength).Select(value => (Half)value)];
            float[] expected = operands.Expected([.. dense.Select((weight, index) => weight * scales[index / inputs])]);
            float[] expectedHalves = operands.Expected([.. halves.Select(weight => (float)weight)]);
            float[] scratch = new float[rows == 1 ? 128 * random.Next(1, 9) : inputs * 16];
            float[] output = operands.NewOutput();
            FullyConnectedInt8Weights.Run(operands.Input, layer.Pack(dense, 1), layer.PackChannels(scales), operands.Bias, output, scratch, scratch.Length, rows, inputs, outputs, -1, 3);
            AssertSameBits(expected, output, $"int8, {layer}, scratch {scratch.Length}");
            FullyConnectedFloat16Weights.Run(
                operands.Input, layer.Pack([.. halves.Select(BitConverter.HalfToUInt16Bits)], 1), operands.Bias, output, scratch, scratch.Length, rows, inputs, outputs, -1, 3);
            AssertSameBits(expectedHalves, output, $"float16, {layer}, scratch {scratch.Length}");
        }
    }

    [Theory]
    [MemberData(nameof(RowPaths))]
    public void Every_path_of_a_single_row_gives_the_same_bits(string path)
    {
        var random = new Random(5);
        for (int round = 0; round < 40; round++)
        {
            (int inputs, int outputs) = (random.Next(1, 400), random.Next(1, 129));
            var layer = new ConvolutionCase { InputChannels = inputs, OutputChannels = outputs };
            var operands = new Operands(layer, random);
            sbyte[] dense = TestNumbers.Weights(random, layer.WeightLength);
            float[] scales = TestNumbers.Floats(random, outputs);
            Half[] halves = [.. TestNumbers.Floats(random, layer.WeightLength).Select(value => (Half)value)];
            AssertSameBits(
                operands.Expected([.. dense.Select((weight, index) => weight * scales[index / inputs])]),
                operands.RunRow<sbyte, StoredWeightLayer.Int8>(path, layer.Pack(dense, 1), layer.PackChannels(scales)),
                $"int8, {path}: {layer}");
            AssertSameBits(
                operands.Expected([.. halves.Select(weight => (float)weight)]),
                operands.RunRow<ushort, StoredWeightLayer.Float16>(path, layer.Pack([.. halves.Select(BitConverter.HalfToUInt16Bits)], 1), []),
                $"float16, {path}: {layer}");
        }
    }

    [Fact]
    public void Nothing_is_written_behind_what_may_be()
    {
        var random = new Random(4);
        for (int round = 0; round < 20; round++)
        {
            (int rows, int inputs, int outputs) = (random.Next(1, 3), random.Next(1, 90), random.Next(1, 300));
            var layer = new ConvolutionCase { OutputWidth = rows, InputChannels = inputs, OutputChannels = outputs };
            var operands = new Operands(layer, random);
            int length = (rows == 1 ? 128 : inputs * 16) + random.Next(100);
            float[] scratch = Enumerable.Repeat(-77f, length + 40).ToArray();
            sbyte[] weights = layer.Pack(TestNumbers.Weights(random, layer.WeightLength), 1);
            FullyConnectedInt8Weights.Run(operands.Input, weights, operands.Bias, operands.Bias, operands.NewOutput(), scratch, length, rows, inputs, outputs, -1, 3);
            Assert.All(scratch[length..], value => Assert.Equal(-77, value));
        }
    }

    [Fact]
    public void Rows_of_a_table_are_picked_and_expanded()
    {
        sbyte[] levels = [1, 2, 3, 4, -127, 127];
        float[] scales = [0.5f, 2, 0.25f], output = new float[6];
        GatherInt8Weights.Run(levels, scales, [2, -3, 1, 77], output, 3, 3, 2);
        Assert.Equal([-31.75f, 31.75f, 0.5f, 1, 6, 8], output);
        ushort[] halves = [.. new[] { 1f, -2, 0.5f, 65504, 0, -0.25f }.Select(value => BitConverter.HalfToUInt16Bits((Half)value))];
        GatherFloat16Weights.Run(halves, [1, -1], output, 2, 3, 2);
        Assert.Equal([0.5f, 65504, 0, -0.25f, 6, 8], output);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Assert.Throws<ArgumentException>("indices", () => GatherInt8Weights.Run(new sbyte[6], new float[3], [3], new float[2], 1, 3, 2));
        Assert.Throws<ArgumentException>("indices", () => GatherInt8Weights.Run(new sbyte[6], new float[3], [0], new float[4], 2, 3, 2));
        Assert.Throws<ArgumentException>("scales", () => GatherInt8Weights.Run(new sbyte[6], new float[2], [0], new float[2], 1, 3, 2));
        Assert.Throws<ArgumentException>("input", () => GatherFloat16Weights.Run(new ushort[5], [0], new float[2], 1, 3, 2));
        Assert.Throws<ArgumentException>("output", () => GatherFloat16Weights.Run(new ushort[6], [0], new float[1], 1, 3, 2));
        Assert.Throws<ArgumentException>("scratch", () => FullyConnectedInt8Weights.Run(new float[7], new sbyte[112], new float[16], new float[16], new float[5], new float[127], 127, 1, 7, 5, 0, 1));
        Assert.Throws<ArgumentException>("scratch", () => FullyConnectedInt8Weights.Run(new float[14], new sbyte[112], new float[16], new float[16], new float[10], new float[111], 111, 2, 7, 5, 0, 1));
        Assert.Throws<ArgumentException>("scratch", () => FullyConnectedInt8Weights.Run(new float[7], new sbyte[112], new float[16], new float[16], new float[5], new float[128], 129, 1, 7, 5, 0, 1));
        Assert.Throws<ArgumentException>("scratchLength", () => FullyConnectedInt8Weights.Run(new float[7], new sbyte[112], new float[16], new float[16], new float[5], new float[128], 0, 1, 7, 5, 0, 1));
        Assert.Throws<ArgumentException>("scales", () => FullyConnectedInt8Weights.Run(new float[7], new sbyte[112], new float[15], new float[16], new float[5], new float[128], 128, 1, 7, 5, 0, 1));
        Assert.Throws<ArgumentException>("weights", () => FullyConnectedFloat16Weights.Run(new float[7], new ushort[111], new float[16], new float[5], new float[128], 128, 1, 7, 5, 0, 1));
        Assert.Throws<ArgumentException>("input", () => FullyConnectedFloat16Weights.Run(new float[6], new ushort[112], new float[16], new float[5], new float[128], 128, 1, 7, 5, 0, 1));
        Assert.Throws<ArgumentException>("output", () => FullyConnectedFloat16Weights.Run(new float[7], new ushort[112], new float[16], new float[4], new float[128], 128, 1, 7, 5, 0, 1));
    }

    private static IEnumerable<ConvolutionCase> Cases(Random random) => ConvolutionCase.Special().Concat(Enumerable.Range(0, 60).Select(_ => ConvolutionCase.Random(random)));

    private static void AssertSameBits(float[] expected, float[] actual, string message) =>
        Assert.True(MemoryMarshal.Cast<float, int>(expected).SequenceEqual(MemoryMarshal.Cast<float, int>(actual)), message);

    private sealed class Operands
    {
        private readonly ConvolutionCase layer;

        public Operands(ConvolutionCase layer, Random random)
        {
            this.layer = layer;
            Input = TestNumbers.Floats(random, layer.InputLength);
            Bias = layer.PackChannels(TestNumbers.Floats(random, layer.Groups * layer.OutputChannels));
        }

        public float[] Input { get; }

        public float[] Bias { get; }

        public float[] NewOutput() => Enumerable.Repeat(-77f, layer.OutputLength).ToArray();

        // The least there may be, one block and a half, and more than is used.
        public IEnumerable<float[]> Scratches()
        {
            int block = layer.RunOffsets.Length * layer.RunLength * 16;
            return new[] { block, block * 3 / 2, block * 9 }.Select(length => new float[Math.Max(128, length)]);
        }

        public float[] RunRow<T, TFormat>(string path, T[] weights, float[] scales)
            where T : unmanaged
            where TFormat : struct, StoredWeightLayer.IFormat<T>
        {
            float[] output = NewOutput();
            var arguments = new Conv2DFloat32.Arguments(
                Input, default, Bias, output, layer.RunOffsets, layer.Geometry, layer.RunLength, 1, layer.InputChannels, layer.OutputChannels, -1, 3);
            switch (path)
            {
                case "Avx512":
                    StoredWeightLayer.RunRowAvx512<T, TFormat>(arguments, weights, scales);
                    break;
                case "Avx2":
                    StoredWeightLayer.RunRowAvx2<T, TFormat>(arguments, weights, scales);
                    break;
                default:
                    StoredWeightLayer.RunRow<T, TFormat>(arguments, weights, scales, new float[256]);
                    break;
            }

            return output;
        }

        public float[] Expected(float[] dense)
        {
            float[] output = NewOutput();
            Conv2DFloat32.RunScalar(new Conv2DFloat32.Arguments(
                Input, layer.Pack(dense, 1), Bias, output, layer.RunOffsets, layer.Geometry, layer.RunLength, layer.Groups, layer.InputChannels, layer.OutputChannels, -1, 3));
            return output;
        }
    }
}
