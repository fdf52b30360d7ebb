using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Xunit;

namespace ModelCompiler.RuntimeSupport.Tests;

public class Conv2DFloat32Tests
{
    private delegate void Path(in Conv2DFloat32.Arguments arguments);

    public static TheoryData<string> Paths => InstructionSets.Supported("Vector128", "FusedVector128", "Avx2", "Avx512");

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_path_gives_the_bits_of_the_scalar_one(string path)
    {
        var random = new Random(1);
        foreach (ConvolutionCase convolution in ConvolutionCase.Special().Concat(Wide(random)).Concat(Tiles()).Concat(Enumerable.Range(0, 100).Select(_ => ConvolutionCase.Random(random))))
        {
            var operands = new Operands(convolution, random);
            AssertSameBits(operands.Run(Conv2DFloat32.RunScalar), operands.Run(Find(path)), $"{path} differs: {convolution}");
        }
    }

    [Fact]
    public void The_scalar_path_adds_chains_of_128_fused_multiply_adds()
    {
        var random = new Random(2);
        foreach (ConvolutionCase convolution in ConvolutionCase.Special().Concat(Enumerable.Range(0, 40).Select(_ => ConvolutionCase.Random(random))))
        {
            var operands = new Operands(convolution, random);
            AssertSameBits(operands.Expected(), operands.Run(Conv2DFloat32.RunScalar), convolution.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_NaN_stays_a_NaN_and_infinities_are_clamped(string path)
    {
        var convolution = new ConvolutionCase { OutputWidth = 14, InputChannels = 3, OutputChannels = 40 };
        var operands = new Operands(convolution, new Random(3)) { Minimum = -1, Maximum = 1 };
        operands.Input[1] = float.NaN;
        operands.Input[5] = float.PositiveInfinity;
        float[] output = operands.Run(Find(path));
        Assert.All(output[..40], value => Assert.True(float.IsNaN(value)));
        Assert.All(output[40..], value => Assert.InRange(value, -1, 1));
    }

    [Fact]
    public void Run_takes_a_path_that_agrees_and_refuses_short_spans()
    {
        var random = new Random(4);
        var convolution = new ConvolutionCase { OutputWidth = 3, KernelHeight = 2, KernelWidth = 2, InputChannels = 5, OutputChannels = 20 };
        var o = new Operands(convolution, random);
        float[] output = o.NewOutput();
        o.CallRun(o.Input, o.Weights, o.Bias, output);
        AssertSameBits(o.Expected(), output, "Run differs");
        Assert.Throws<ArgumentException>("input", () => o.CallRun(o.Input[1..], o.Weights, o.Bias, output));
        Assert.Throws<ArgumentException>("weights", () => o.CallRun(o.Input, o.Weights[1..], o.Bias, output));
        Assert.Throws<ArgumentException>("bias", () => o.CallRun(o.Input, o.Weights, o.Bias[1..], output));
        Assert.Throws<ArgumentException>("output", () => o.CallRun(o.Input, o.Weights, o.Bias, output[1..]));
    }

    /// <summary>Images whose windows are read where they lie, by few and by many inputs, narrower and wider than what is done at a time.</summary>
    private static IEnumerable<ConvolutionCase> Wide(Random random)
    {
        for (int round = 0; round < 60; round++)
        {
            yield return ConvolutionCase.RandomFirstLayer(random);
        }

        yield return new ConvolutionCase { OutputHeight = 5, OutputWidth = 24, KernelHeight = 3, KernelWidth = 3, InputChannels = 31, OutputChannels = 48 };
        yield return new ConvolutionCase { OutputHeight = 2, OutputWidth = 131, KernelHeight = 2, KernelWidth = 3, InputChannels = 40, OutputChannels = 150, OutputGap = 3 };
        yield return new ConvolutionCase { Batches = 2, OutputHeight = 3, OutputWidth = 29, KernelHeight = 3, KernelWidth = 3, Groups = 2, InputChannels = 30, OutputChannels = 24 };
    }

    /// <summary>Tiles of every height by one, two and more blocks; rows that are a tile; pixels that fall on the same cache sets; more pixels than are done at a time.</summary>
    private static IEnumerable<ConvolutionCase> Tiles()
    {
        for (int pixels = 1; pixels <= 15; pixels++)
        {
            yield return new ConvolutionCase { OutputWidth = pixels, InputChannels = 131, OutputChannels = 112 };
            yield return new ConvolutionCase { OutputHeight = 2, OutputWidth = 24 + pixels, KernelHeight = 2, KernelWidth = 2, InputChannels = 33, OutputChannels = 112 };
        }

        yield return new ConvolutionCase { OutputHeight = 3, OutputWidth = 14, KernelHeight = 3, KernelWidth = 3, InputChannels = 31, OutputChannels = 48, OutputGap = 1 };
        yield return new ConvolutionCase { OutputHeight = 2, OutputWidth = 13, InputChannels = 1024, OutputChannels = 40 };
        yield return new ConvolutionCase { OutputHeight = 2, OutputWidth = 25, KernelHeight = 2, KernelWidth = 2, InputChannels = 1024, OutputChannels = 20 };
        yield return new ConvolutionCase { Batches = 2, OutputHeight = 15, OutputWidth = 14, InputChannels = 140, OutputChannels = 33 };
    }

    private static void AssertSameBits(float[] expected, float[] actual, string message) =>
        Assert.True(MemoryMarshal.Cast<float, int>(expected).SequenceEqual(MemoryMarshal.Cast<float, int>(actual)), message);

    private static Path Find(string path) => path switch
    {
        "Vector128" => Conv2DFloat32.RunVector128,
        "FusedVector128" => Conv2DFloat32.RunTiled<Conv2DFloat32.Vector128Tile<Fma3>>,
        "Avx2" => Conv2DFloat32.RunAvx2,
        "Avx512" => Conv2DFloat32.RunAvx512,
        _ => throw new ArgumentException(path, nameof(path)),
    };

    /// <summary>The instruction of x86, so that the tiles for Arm's run here too.</summary>
    internal readonly struct Fma3 : FusedInstruction.IAdd
    {
        public static bool IsInstruction => true;

        public static Vector128<float> Add(Vector128<float> sums, Vector128<float> left, Vector128<float> right) => Fma.MultiplyAdd(left, right, sums);
    }

    private sealed class Operands
    {
        private readonly ConvolutionCase convolution;
        private readonly float[] dense;
        private readonly float[] denseBias;

        public Operands(ConvolutionCase convolution, Random random)
        {
            this.convolution = convolution;
            Input = TestNumbers.Floats(random, convolution.InputLength);
            dense = TestNumbers.Floats(random, convolution.WeightLength);
            denseBias = TestNumbers.Floats(random, convolution.Groups * convolution.OutputChannels);
            Weights = convolution.Pack(dense, 1);
            Bias = convolution.PackChannels(denseBias);
            Minimum = random.Next(2) == 0 ? float.NegativeInfinity : 0;
            Maximum = random.Next(2) == 0 ? float.PositiveInfinity : 6;
        }

        public float[] Input { get; }

        public float[] Weights { get; }

        public float[] Bias { get; }

        public float Minimum { get; init; }

        public float Maximum { get; init; }

        public float[] NewOutput() => Enumerable.Repeat(-77f, convolution.OutputLength).ToArray();

        public float[] Run(Path path)
        {
            float[] output = NewOutput();
            var arguments = new Conv2DFloat32.Arguments(
                Input, Weights, Bias, output, convolution.RunOffsets, convolution.Geometry, convolution.RunLength, convolution.Groups,
                convolution.InputChannels, convolution.OutputChannels, Minimum, Maximum);
            Conv2DFloat32.Check(arguments);
            path(arguments);
            return output;
        }

        public void CallRun(float[] input, float[] weights, float[] bias, float[] output) => Conv2DFloat32.Run(
            input, weights, bias, output, convolution.RunOffsets, convolution.Geometry, convolution.RunLength, convolution.Groups,
            convolution.InputChannels, convolution.OutputChannels, Minimum, Maximum);

        public float[] Expected()
        {
            float[] expected = NewOutput();
            var counts = new int[expected.Length];
            var chains = new float[expected.Length];
            convolution.ForEachProduct((output, channel, activation, weight) =>
            {
                int count = counts[output]++;
                if (count == 0)
                {
                    (expected[output], chains[output]) = (-0f, denseBias[channel]);
                }
                else if (count % 128 == 0)
                {
                    (expected[output], chains[output]) = (expected[output] + chains[output], 0);
                }

                chains[output] = MathF.FusedMultiplyAdd(Input[activation], dense[weight], chains[output]);
            });
            for (int output = 0; output < expected.Length; output++)
            {
                expected[output] = counts[output] > 0 ? Math.Clamp(expected[output] + chains[output], Minimum, Maximum) : expected[output];
            }

            return expected;
        }
    }
}
