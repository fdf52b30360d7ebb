using System;
using System.Linq;
using System.Runtime.InteropServices;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class SoftmaxTests
{
    private delegate void Path(ReadOnlySpan<float> input, Span<float> output);

    public static TheoryData<string> Paths => InstructionSets.Supported("Vector128", "Avx2", "Avx512");

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_path_gives_the_bits_of_the_scalar_one(string path)
    {
        Path run = path switch { "Avx512" => SoftmaxFloat32.RunAvx512, "Avx2" => SoftmaxFloat32.RunAvx2, _ => SoftmaxFloat32.RunVector128 };
        var random = new Random(1);
        for (int columns = 0; columns < 200; columns++)
        {
            float[] input = TestNumbers.Floats(random, columns).Select(value => value * 10).ToArray();
            float[] expected = new float[columns], output = new float[columns];
            SoftmaxFloat32.RunScalar(input, expected);
            run(input, output);
            Assert.True(MemoryMarshal.Cast<float, int>(expected).SequenceEqual(MemoryMarshal.Cast<float, int>(output)), $"{path}, {columns} columns");
        }
    }

    [Fact]
    public void Rows_are_the_shares_of_the_real_exponentials()
    {
        var random = new Random(2);
        float[] input = TestNumbers.Floats(random, 3 * 1001).Select(value => value * 5).ToArray();
        var output = new float[input.Length];
        SoftmaxFloat32.Run(input, output, 3, 1001);
        for (int row = 0; row < 3; row++)
        {
            double[] exponentials = input.Skip(row * 1001).Take(1001).Select(value => Math.Exp(value)).ToArray();
            double sum = exponentials.Sum();
            for (int column = 0; column < 1001; column++)
            {
                Assert.Equal(1, output[(row * 1001) + column] / (exponentials[column] / sum), 5e-6);
            }
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(40)]
    public void Minus_infinity_gives_zero_and_large_values_do_not_overflow(int columns)
    {
        float[] values = Enumerable.Repeat(float.NegativeInfinity, columns).ToArray();
        values[0] = values[^1] = 3e38f;
        SoftmaxFloat32.Run(values, values, 1, columns);
        Assert.Equal(0.5f, values[0]);
        Assert.Equal(0.5f, values[^1]);
        Assert.All(values[1..^1], value => Assert.Equal(0f, value));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(50)]
    public void A_NaN_spoils_its_row_and_no_other(int columns)
    {
        var values = new float[2 * columns];
        values[2] = float.NaN;
        SoftmaxFloat32.Run(values, values, 2, columns);
        Assert.All(values[..columns], value => Assert.True(float.IsNaN(value)));
        Assert.All(values[columns..], value => Assert.Equal(1f / columns, value));
    }

    [Fact]
    public void The_uint8_softmax_is_within_a_step_of_the_real_one()
    {
        var random = new Random(3);
        const float Scale = 0.1f;
        float[] table = Enumerable.Range(0, 256).Select(index => (float)Math.Exp(-Scale * (255 - index))).ToArray();
        for (int round = 0; round < 50; round++)
        {
            int rows = random.Next(1, 4), columns = random.Next(1, 100);
            byte[] input = TestNumbers.Bytes(random, rows * columns), output = new byte[rows * columns];
            SoftmaxUInt8.Run(input, table, output, rows, columns, 256, 0);
            for (int index = 0; index < output.Length; index++)
            {
                byte[] row = input.Skip(index / columns * columns).Take(columns).ToArray();
                double share = Math.Exp(Scale * input[index]) / row.Sum(value => Math.Exp(Scale * value));
                Assert.InRange(output[index], Math.Min(255, share * 256) - 0.5001, Math.Min(255, share * 256) + 0.5001);
            }
        }
    }

    [Fact]
    public void Short_spans_are_refused()
    {
        Assert.Throws<ArgumentException>("input", () => SoftmaxFloat32.Run(new float[5], new float[6], 2, 3));
        Assert.Throws<ArgumentException>("output", () => SoftmaxFloat32.Run(new float[6], new float[5], 2, 3));
        Assert.Throws<ArgumentException>("rows", () => SoftmaxFloat32.Run(new float[6], new float[6], -2, 3));
        Assert.Throws<ArgumentException>("exponentials", () => SoftmaxUInt8.Run(new byte[6], new float[255], new byte[6], 2, 3, 256, 0));
        Assert.Throws<ArgumentException>("output", () => SoftmaxUInt8.Run(new byte[6], new float[256], new byte[5], 2, 3, 256, 0));
    }
}
