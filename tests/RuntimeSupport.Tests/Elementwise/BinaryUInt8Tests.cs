using System;
using System.Linq;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class BinaryUInt8Tests
{
    [Fact]
    public void Every_path_of_the_sum_is_the_formula()
    {
        var random = new Random(1);
        for (int round = 0; round < 300; round++)
        {
            float leftMultiplier = random.NextSingle() * 2, rightMultiplier = (random.NextSingle() * 2) - 1, offset = (random.NextSingle() - 0.5f) * 300;
            AssertPaths(
                random, target => new AddUInt8.Operation(leftMultiplier, rightMultiplier, offset, target),
                (left, right) => (left * leftMultiplier) + (float)((float)(right * rightMultiplier) + offset),
                (c, left, right, output, t, minimum, maximum) => AddUInt8.Run(
                    left, right, output, c.Shape, c.Left, c.Right, c.Output, leftMultiplier, rightMultiplier, offset, t.ZeroPoint, minimum, maximum));
        }
    }

    [Fact]
    public void Every_path_of_the_product_is_the_formula()
    {
        var random = new Random(2);
        for (int round = 0; round < 300; round++)
        {
            int leftZeroPoint = random.Next(256), rightZeroPoint = random.Next(256);
            float multiplier = random.NextSingle() * 0.02f;
            AssertPaths(
                random, target => new MulUInt8.Operation(leftZeroPoint, rightZeroPoint, multiplier, target),
                (left, right) => ((left - leftZeroPoint) * (right - rightZeroPoint)) * multiplier,
                (c, left, right, output, t, minimum, maximum) => MulUInt8.Run(
                    left, right, output, c.Shape, c.Left, c.Right, c.Output, leftZeroPoint, rightZeroPoint, multiplier, t.ZeroPoint, minimum, maximum));
        }
    }

    [Fact]
    public void Every_path_of_the_linear_sum_is_the_formula()
    {
        var random = new Random(3);
        for (int round = 0; round < 300; round++)
        {
            int shift = random.Next(23), limit = 1 << Math.Min(shift + 2, 21);
            int leftFactor = random.Next(-limit, limit), rightFactor = random.Next(-limit, limit), offset = random.Next(-255 * limit, 255 * limit);
            int minimum = random.Next(100), maximum = random.Next(150, 256);
            AssertPaths(
                random, new AddLinearUInt8.Operation(leftFactor, rightFactor, offset, shift, minimum, maximum),
                (left, right) => (byte)Math.Clamp(Math.Floor((((long)left * leftFactor) + ((long)right * rightFactor) + offset) / Math.Pow(2, shift)), minimum, maximum),
                (c, left, right, output) => AddLinearUInt8.Run(left, right, output, c.Shape, c.Left, c.Right, c.Output, leftFactor, rightFactor, offset, shift, minimum, maximum));
        }
    }

    [Fact]
    public void Linear_sums_that_leave_32_bits_are_refused()
    {
        static void Call(int factor, int offset, int shift, int minimum = 0) =>
            AddLinearUInt8.Run(new byte[3], new byte[3], new byte[3], [3], [1], [1], [1], factor, factor, offset, shift, minimum, 200);
        Call(1 << 22, int.MaxValue - (255 << 23), 22);
        Assert.Throws<ArgumentException>("leftFactor", () => Call(1 << 22, int.MaxValue - (255 << 23) + 1, 22));
        Assert.Throws<ArgumentException>("leftFactor", () => Call(-(1 << 23), 0, 22));
        Assert.Throws<ArgumentException>("leftFactor", () => Call(1, 0, 31));
        Assert.Throws<ArgumentException>("leftFactor", () => Call(1, 0, -1));
        Assert.Throws<ArgumentException>(() => Call(1, 0, 1, minimum: 201));
    }

    [Fact]
    public void A_sum_may_overwrite_an_operand()
    {
        byte[] left = Enumerable.Range(0, 100).Select(value => (byte)value).ToArray();
        byte[] right = Enumerable.Repeat((byte)7, 100).ToArray();
        AddUInt8.Run(left, right, left, [100], [1], [1], [1], 1, 1, 0, 0, 0, 255);
        Assert.Equal(Enumerable.Range(0, 100).Select(value => (byte)(value + 7)), left);
    }

    [Fact]
    public void Short_spans_and_wrong_ranks_are_refused()
    {
        int[] shape = [2, 3], strides = [3, 1];
        AddUInt8.Run(new byte[6], new byte[6], new byte[6], shape, strides, strides, strides, 1, 1, 0, 0, 0, 255);
        Assert.Throws<ArgumentException>("left", () => AddUInt8.Run(new byte[5], new byte[6], new byte[6], shape, strides, strides, strides, 1, 1, 0, 0, 0, 255));
        Assert.Throws<ArgumentException>("right", () => MulUInt8.Run(new byte[6], new byte[5], new byte[6], shape, strides, strides, strides, 0, 0, 1, 0, 0, 255));
        Assert.Throws<ArgumentException>("output", () => MulUInt8.Run(new byte[6], new byte[6], new byte[5], shape, strides, strides, strides, 0, 0, 1, 0, 0, 255));
        Assert.Throws<ArgumentException>("rightStrides", () => MulUInt8.Run(new byte[6], new byte[6], new byte[6], shape, strides, [1], strides, 0, 0, 1, 0, 0, 255));
        Assert.Throws<ArgumentException>(() => MulUInt8.Run(new byte[6], new byte[6], new byte[6], shape, strides, strides, strides, 0, 0, 1, 256, 0, 255));
    }

    private delegate void Kernel(StridedCase strided, byte[] left, byte[] right, byte[] output, Requantization.Target target, int minimum, int maximum);

    private static void AssertPaths<TOperation>(Random random, Func<Requantization.Target, TOperation> create, Func<int, int, float> formula, Kernel run)
        where TOperation : struct, BinaryUInt8.IOperation
    {
        int zeroPoint = random.Next(256), minimum = random.Next(100), maximum = random.Next(150, 256);
        Requantization.Target target = Requantization.Target.Of(zeroPoint, minimum, maximum);
        AssertPaths(
            random, create(target),
            (left, right) => (byte)Math.Clamp(Math.Round((double)formula(left, right), MidpointRounding.ToEven) + zeroPoint, minimum, maximum),
            (c, left, right, output) => run(c, left, right, output, target, minimum, maximum));
    }

    private static void AssertPaths<TOperation>(Random random, TOperation operation, Func<int, int, byte> formula, Action<StridedCase, byte[], byte[], byte[]> run)
        where TOperation : struct, BinaryUInt8.IOperation
    {
        var c = new StridedCase(random, true);
        byte[] left = TestNumbers.Bytes(random, c.Length(c.Left)), right = TestNumbers.Bytes(random, c.Length(c.Right));
        var expected = new byte[c.Length(c.Output)];
        for (int element = 0; element < c.Elements; element++)
        {
            expected[c.Position(element, c.Output)] = formula(left[c.Position(element, c.Left)], right[c.Position(element, c.Right)]);
        }

        var output = new byte[expected.Length];
        run(c, left, right, output);
        Assert.True(expected.AsSpan().SequenceEqual(output), $"Run: {c}");
        foreach (string path in new[] { "Scalar", "Vector128", "Avx2", "Avx512" })
        {
            output = new byte[expected.Length];
            var arguments = new BinaryUInt8.Arguments(left, right, output, c.Shape, c.Left, c.Right, c.Output);
            switch (path)
            {
                case "Scalar":
                    BinaryUInt8.RunScalar(arguments, operation);
                    break;
                case "Vector128":
                    BinaryUInt8.RunVector128(arguments, operation);
                    break;
                case "Avx2" when InstructionSets.Supported("Avx2").Count > 0:
                    BinaryUInt8.RunAvx2(arguments, operation);
                    break;
                case "Avx512" when InstructionSets.Supported("Avx512").Count > 0:
                    BinaryUInt8.RunAvx512(arguments, operation);
                    break;
                default:
                    continue;
            }

            Assert.True(expected.AsSpan().SequenceEqual(output), $"{path}: {c}");
        }
    }
}
