using System;
using System.Linq;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class UnaryUInt8Tests
{
    [Fact]
    public void A_lookup_reads_the_table_whatever_the_strides()
    {
        var random = new Random(1);
        byte[] table = TestNumbers.Bytes(new Random(2), 256);
        for (int round = 0; round < 300; round++)
        {
            var c = new StridedCase(random, true);
            byte[] input = TestNumbers.Bytes(random, c.Length(c.Left)), output = new byte[c.Length(c.Output)], expected = new byte[output.Length];
            LookupUInt8.Run(input, table, output, c.Shape, c.Left, c.Output);
            for (int element = 0; element < c.Elements; element++)
            {
                expected[c.Position(element, c.Output)] = table[input[c.Position(element, c.Left)]];
            }

            Assert.True(expected.AsSpan().SequenceEqual(output), c.ToString());
        }
    }

    [Fact]
    public void Every_path_of_the_lookup_knows_all_256_values()
    {
        var random = new Random(3);
        var table = new byte[256];
        random.NextBytes(table);
        byte[] input = Enumerable.Range(0, 300).Select(value => (byte)value).ToArray();
        byte[] expected = input.Select(value => table[value]).ToArray();
        var output = new byte[300];
        LookupUInt8.RunScalar(input, table, output);
        Assert.Equal(expected, output);
        if (Avx512Vbmi.IsSupported)
        {
            LookupUInt8.RunAvx512Vbmi(input, table, input);
            Assert.Equal(expected, input);
        }

        if (AdvSimd.Arm64.IsSupported)
        {
            LookupUInt8.RunAdvSimd(input, table, input);
            Assert.Equal(expected, input);
        }
    }

    [Fact]
    public void Quantising_rounds_to_even_clamps_and_maps_NaN_to_the_zero_point()
    {
        float[] input = [0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 1000, -1000, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 0.49999997f];
        byte[] expected = [100, 102, 102, 100, 98, 255, 0, 255, 0, 100, 100];
        var output = new byte[11];
        QuantizeUInt8.Run(input, output, [11], [1], [1], 1, 100);
        Assert.Equal(expected, output);
        float[] repeated = Enumerable.Range(0, 99).Select(index => input[index % 11]).ToArray();
        byte[] repeatedExpected = Enumerable.Range(0, 99).Select(index => expected[index % 11]).ToArray();
        foreach (Action<byte[]> path in new Action<byte[]>[]
        {
            bytes => QuantizeUInt8.Run(repeated, bytes, [99], [1], [1], 1, 100),
            bytes => QuantizeUInt8.RunScalar(repeated, bytes, 1, Requantization.Target.Of(100, 0, 255)),
            bytes => QuantizeUInt8.RunVector128(repeated, bytes, 1, Requantization.Target.Of(100, 0, 255)),
            bytes =>
            {
                if (Avx2.IsSupported)
                {
                    QuantizeUInt8.RunAvx2(repeated, bytes, 1, Requantization.Target.Of(100, 0, 255));
                }
                else
                {
                    repeatedExpected.CopyTo(bytes, 0);
                }
            },
        })
        {
            var bytes = new byte[99];
            path(bytes);
            Assert.Equal(repeatedExpected, bytes);
        }
    }

    [Fact]
    public void Quantising_and_dequantising_are_their_formulas_whatever_the_strides()
    {
        var random = new Random(4);
        for (int round = 0; round < 200; round++)
        {
            var c = new StridedCase(random, true);
            int zeroPoint = random.Next(256);
            float scale = 0.01f + random.NextSingle();
            float[] real = TestNumbers.Floats(random, c.Length(c.Left)).Select(value => value * 60).ToArray();
            byte[] quantised = new byte[c.Length(c.Output)], expected = new byte[quantised.Length];
            QuantizeUInt8.Run(real, quantised, c.Shape, c.Left, c.Output, 1 / scale, zeroPoint);
            byte[] bytes = TestNumbers.Bytes(random, c.Length(c.Left));
            float[] dequantised = new float[c.Length(c.Output)], expectedReal = new float[dequantised.Length];
            DequantizeUInt8.Run(bytes, dequantised, c.Shape, c.Left, c.Output, scale, zeroPoint);
            for (int element = 0; element < c.Elements; element++)
            {
                int from = c.Position(element, c.Left), to = c.Position(element, c.Output);
                expected[to] = (byte)Math.Clamp(Math.Round((double)(float)(real[from] * (1 / scale)), MidpointRounding.ToEven) + zeroPoint, 0, 255);
                expectedReal[to] = (bytes[from] - zeroPoint) * scale;
            }

            Assert.Equal(expected, quantised);
            Assert.Equal(expectedReal, dequantised);
        }
    }

    [Fact]
    public void Every_path_of_dequantising_has_the_same_bits()
    {
        byte[] input = Enumerable.Range(0, 300).Select(value => (byte)value).ToArray();
        float[] expected = new float[300], output = new float[300];
        DequantizeUInt8.RunScalar(input, expected, 0.3f, 77);
        DequantizeUInt8.RunVector128(input, output, 0.3f, 77);
        Assert.True(MemoryMarshal.Cast<float, int>(expected).SequenceEqual(MemoryMarshal.Cast<float, int>(output)));
        if (Avx2.IsSupported)
        {
            output = new float[300];
            DequantizeUInt8.RunAvx2(input, output, 0.3f, 77);
            Assert.True(MemoryMarshal.Cast<float, int>(expected).SequenceEqual(MemoryMarshal.Cast<float, int>(output)));
        }
    }

    [Fact]
    public void Short_spans_are_refused()
    {
        int[] shape = [2, 3], strides = [3, 1];
        Assert.Throws<ArgumentException>("table", () => LookupUInt8.Run(new byte[6], new byte[255], new byte[6], shape, strides, strides));
        Assert.Throws<ArgumentException>("input", () => LookupUInt8.Run(new byte[5], new byte[256], new byte[6], shape, strides, strides));
        Assert.Throws<ArgumentException>("output", () => LookupUInt8.Run(new byte[6], new byte[256], new byte[5], shape, strides, strides));
        Assert.Throws<ArgumentException>("input", () => QuantizeUInt8.Run(new float[5], new byte[6], shape, strides, strides, 1, 0));
        Assert.Throws<ArgumentException>("output", () => QuantizeUInt8.Run(new float[6], new byte[5], shape, strides, strides, 1, 0));
        Assert.Throws<ArgumentException>(() => QuantizeUInt8.Run(new float[6], new byte[6], shape, strides, strides, 1, -1));
        Assert.Throws<ArgumentException>("input", () => DequantizeUInt8.Run(new byte[5], new float[6], shape, strides, strides, 1, 0));
        Assert.Throws<ArgumentException>("outputStrides", () => DequantizeUInt8.Run(new byte[6], new float[6], shape, strides, [1], 1, 0));
    }
}
