using System;
using System.Linq;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class ExpandWeightsTests
{
    private delegate void HalfPath(ReadOnlySpan<ushort> input, Span<float> output);

    private delegate void Int8Path(ReadOnlySpan<sbyte> input, ReadOnlySpan<float> scales, Span<float> output, int rows, int columns);

    public static TheoryData<string> HalfPaths => InstructionSets.Supported("Vector128", "Avx2", "Avx512");

    public static TheoryData<string> Int8Paths => InstructionSets.Supported("Vector128", "Avx2", "Avx512");

    [Theory]
    [MemberData(nameof(HalfPaths))]
    public void Every_float16_is_expanded_exactly(string path)
    {
        ushort[] halves = [.. Enumerable.Range(0, 65536).Select(bits => (ushort)bits)];
        float[] scalar = new float[halves.Length], vector = new float[halves.Length];
        ExpandFloat16.RunScalar(halves, scalar);
        FindHalf(path)(halves, vector);
        AssertSameBits(scalar, vector, path);
        for (int bits = 0; bits < halves.Length; bits++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
            bool same = float.IsNaN(expected) ? float.IsNaN(scalar[bits]) : BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(scalar[bits]);
            Assert.True(same, $"float16 {bits:X4} is {expected:R}, not {scalar[bits]:R}");
        }
    }

    [Theory]
    [MemberData(nameof(HalfPaths))]
    public void Float16_of_any_number_is_expanded(string path)
    {
        var random = new Random(1);
        for (int length = 0; length < 40; length++)
        {
            ushort[] halves = [.. TestNumbers.Floats(random, length).Select(value => BitConverter.HalfToUInt16Bits((Half)value))];
            float[] scalar = Enumerable.Repeat(-77f, length + 3).ToArray(), vector = [.. scalar];
            ExpandFloat16.RunScalar(halves, scalar);
            FindHalf(path)(halves, vector);
            AssertSameBits(scalar, vector, $"{path}, {length}");
        }
    }

    [Theory]
    [MemberData(nameof(Int8Paths))]
    public void Every_path_gives_the_bits_of_the_product(string path)
    {
        var random = new Random(2);
        for (int round = 0; round < 60; round++)
        {
            (int rows, int columns) = (random.Next(1, 9), random.Next(1, 70));
            sbyte[] weights = TestNumbers.Weights(random, rows * columns);
            float[] scales = TestNumbers.Floats(random, columns);
            float[] output = new float[rows * columns];
            FindInt8(path)(weights, scales, output, rows, columns);
            AssertSameBits([.. weights.Select((weight, index) => weight * scales[index % columns])], output, $"{path}, {rows}×{columns}");
        }
    }

    [Fact]
    public void Short_spans_are_refused()
    {
        ExpandInt8.Run(new sbyte[6], new float[3], new float[6], 2, 3);
        Assert.Throws<ArgumentException>("input", () => ExpandInt8.Run(new sbyte[5], new float[3], new float[6], 2, 3));
        Assert.Throws<ArgumentException>("scales", () => ExpandInt8.Run(new sbyte[6], new float[2], new float[6], 2, 3));
        Assert.Throws<ArgumentException>("output", () => ExpandInt8.Run(new sbyte[6], new float[3], new float[5], 2, 3));
        Assert.Throws<ArgumentException>("rows", () => ExpandInt8.Run(new sbyte[6], new float[3], new float[6], 0, 3));
        Assert.Throws<ArgumentException>("output", () => ExpandFloat16.Run(new ushort[6], new float[5]));
    }

    private static void AssertSameBits(float[] expected, float[] actual, string message) =>
        Assert.True(MemoryMarshal.Cast<float, int>(expected).SequenceEqual(MemoryMarshal.Cast<float, int>(actual)), message);

    private static HalfPath FindHalf(string path) => path switch
    {
        "Avx512" => RunAvx512,
        "Avx2" => ExpandFloat16.RunAvx2,
        _ => ExpandFloat16.RunVector128,
    };

    // The path of the layers, which expand 16 numbers at a time.
    private static void RunAvx512(ReadOnlySpan<ushort> input, Span<float> output)
    {
        int at = 0;
        for (; at <= input.Length - 16; at += 16)
        {
            ExpandFloat16.Expand512(Vector256.Create(input.Slice(at, 16))).CopyTo(output[at..]);
        }

        ExpandFloat16.RunScalar(input[at..], output[at..]);
    }

    private static Int8Path FindInt8(string path) => path switch
    {
        "Avx512" => ExpandInt8.RunAvx512,
        "Avx2" => ExpandInt8.RunAvx2,
        _ => ExpandInt8.RunVector128,
    };
}
