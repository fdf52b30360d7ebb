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
        var c = new StridedCase(random, true);
        byte[] left = TestNumbers.Bytes(random, c.Length(c.Left)), right = TestNumbers.Bytes(random, c.Length(c.Right));
        int zeroPoint = random.Next(256), minimum = random.Next(100), maximum = random.Next(150, 256);
        Requantization.Target target = Requantization.Target.Of(zeroPoint, minimum, maximum);
        TOperation operation = create(target);
        var expected = new byte[c.Length(c.Output)];
        for (int element = 0; element < c.Elements; element++)
        {
            float value = formula(left[c.Position(element, c.Left)], right[c.Position(element, c.Right)]);
            expected[c.Position(element, c.Output)] = (byte)Math.Clamp(Math.Round((double)value, MidpointRounding.ToEven) + zeroPoint, minimum, maximum);
        }

        var output = new byte[expected.Length];
        run(c, left, right, output, target, minimum, maximum);
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
