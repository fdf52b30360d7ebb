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

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_path_adds_an_image_before_the_stretches_wherever_it_lies(string path)
    {
        var random = new Random(5);
        foreach (ConvolutionCase convolution in ConvolutionCase.Special().Concat(Wide(random)).Concat(Tiles()).Concat(Enumerable.Range(0, 60).Select(_ => ConvolutionCase.Random(random))))
        {
            var apart = new Operands(convolution, random, addendGap: random.Next(2) * random.Next(1, 40));
            float[] expected = apart.Expected();
            AssertSameBits(expected, apart.Run(Conv2DFloat32.RunScalar), $"scalar differs: {convolution}");
            AssertSameBits(expected, apart.Run(Find(path)), $"{path} differs: {convolution}");
            AssertSameBits(expected, apart.RunInPlace(Find(path)), $"{path} in place differs: {convolution}");
        }
    }

    [Fact]
    public void A_sum_takes_a_path_that_agrees_and_refuses_a_short_addend_and_strides_backwards()
    {
        var convolution = new ConvolutionCase { OutputHeight = 2, OutputWidth = 3, InputChannels = 5, OutputChannels = 20 };
        var o = new Operands(convolution, new Random(6), addendGap: 7);
        float[] output = o.NewOutput();
        o.CallAdd(o.Addend, output);
        AssertSameBits(o.Expected(), output, "Run differs");
        Assert.Throws<ArgumentException>("addend", () => o.CallAdd(o.Addend[1..], output));
        Assert.Throws<ArgumentException>("addend", () => o.CallAdd([], output));
        Assert.Throws<ArgumentException>("geometry", () => o.CallAdd(o.Addend, output, -1));
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

    /// <summary>Tiles of every height by half a block, one, two and more blocks; rows that are a tile; pixels that fall on the same cache sets; more pixels than are done at a time.</summary>
    private static IEnumerable<ConvolutionCase> Tiles()
    {
        for (int pixels = 1; pixels <= 15; pixels++)
        {
            yield return new ConvolutionCase { OutputWidth = pixels, InputChannels = 131, OutputChannels = 112 };
            yield return new ConvolutionCase { OutputWidth = pixels, InputChannels = 131, OutputChannels = 8 };
            yield return new ConvolutionCase { OutputHeight = 2, OutputWidth = pixels, KernelHeight = 2, InputChannels = 70, OutputChannels = 8 + (16 * (pixels % 4)) };
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
        private readonly bool inPairs;
        private readonly ConvolutionGeometry addendGeometry;

        public Operands(ConvolutionCase convolution, Random random, int? addendGap = null)
        {
            this.convolution = convolution;
            Input = TestNumbers.Floats(random, convolution.InputLength);
            dense = TestNumbers.Floats(random, convolution.WeightLength);
            denseBias = TestNumbers.Floats(random, convolution.Groups * convolution.OutputChannels);
            inPairs = random.Next(2) == 0;
            Weights = inPairs ? InPairs(convolution.Pack(dense, 1)) : convolution.Pack(dense, 1);
            Bias = convolution.PackChannels(denseBias);
            Minimum = random.Next(2) == 0 ? float.NegativeInfinity : 0;
            Maximum = random.Next(2) == 0 ? float.PositiveInfinity : 6;
            if (addendGap is { } gap)
            {
                int channels = convolution.Groups * convolution.OutputChannels;
                int pixel = channels + gap, row = (convolution.OutputWidth * pixel) + (2 * gap), batch = (convolution.OutputHeight * row) + gap;
                addendGeometry = convolution.Geometry.WithOutput(batch, row, pixel);
                Addend = TestNumbers.Floats(random, (int)ConvolutionExtents.LastOutput(addendGeometry) + channels);
            }
        }

        public float[] Input { get; }

        public float[] Weights { get; }

        public float[] Bias { get; }

        public float Minimum { get; init; }

        public float Maximum { get; init; }

        public float[] Addend { get; } = [];

        public float[] NewOutput() => Enumerable.Repeat(-77f, convolution.OutputLength).ToArray();

        public float[] Run(Path path) => Run(path, NewOutput(), Addend, addendGeometry);

        /// <summary>The image that is added is the output.</summary>
        public float[] RunInPlace(Path path)
        {
            float[] output = NewOutput();
            ForEachPixel((addend, at, channels) => Addend.AsSpan(addend, channels).CopyTo(output.AsSpan(at)));
            return Run(path, output, output, convolution.Geometry);
        }

        private float[] Run(Path path, float[] output, float[] addend, ConvolutionGeometry geometry)
        {
            var arguments = new Conv2DFloat32.Arguments(
                Input, Weights, Bias, output, convolution.RunOffsets, convolution.Geometry, convolution.RunLength, convolution.Groups,
                convolution.InputChannels, convolution.OutputChannels, Minimum, Maximum, new Conv2DFloat32.Addend(addend, geometry), inPairs);
            Conv2DFloat32.Check(arguments);
            path(arguments);
            return output;
        }

        public void CallRun(float[] input, float[] weights, float[] bias, float[] output) => Conv2DFloat32.Run(
            input, weights, bias, output, convolution.RunOffsets, convolution.Geometry, convolution.RunLength, inPairs, convolution.Groups,
            convolution.InputChannels, convolution.OutputChannels, Minimum, Maximum);

        public void CallAdd(float[] addend, float[] output, int? rowStride = null) => Conv2DAddFloat32.Run(
            Input, Weights, Bias, addend, output, convolution.RunOffsets, convolution.Geometry,
            addendGeometry.OutputBatchStride, rowStride ?? addendGeometry.OutputRowStride, addendGeometry.OutputPixelStride,
            convolution.RunLength, inPairs, convolution.Groups, convolution.InputChannels, convolution.OutputChannels, Minimum, Maximum);

        public float[] Expected()
        {
            float[] expected = NewOutput();
            var counts = new int[expected.Length];
            var chains = new float[expected.Length];
            float[] before = Enumerable.Repeat(-0f, expected.Length).ToArray();
            if (Addend.Length > 0)
            {
                ForEachPixel((addend, at, channels) => Addend.AsSpan(addend, channels).CopyTo(before.AsSpan(at)));
            }

            convolution.ForEachProduct((output, channel, activation, weight) =>
            {
                int count = counts[output]++;
                if (count == 0)
                {
                    (expected[output], chains[output]) = (before[output], denseBias[channel]);
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

        private void ForEachPixel(Action<int, int, int> visit)
        {
            var cursor = new PixelCursor(convolution.Geometry);
            for (int pixel = 0; pixel < convolution.Batches * convolution.OutputHeight * convolution.OutputWidth; pixel++)
            {
                visit(cursor.OutputOf(addendGeometry), cursor.Output, convolution.Groups * convolution.OutputChannels);
                cursor.MoveNext();
            }
        }

        /// <summary>Blocks of 16 channels, <c>[terms][16]</c>, that alternate two by two; a group's last one may be left over.</summary>
        private float[] InPairs(float[] blocks)
        {
            int perGroup = convolution.PaddedOutputChannels / 16, terms = convolution.RunOffsets.Length * convolution.RunLength;
            var paired = new List<float>();
            for (int group = 0; group < convolution.Groups; group++)
            {
                for (int block = 0; block < perGroup; block += 2)
                {
                    int together = Math.Min(2, perGroup - block);
                    for (int term = 0; term < terms; term++)
                    {
                        for (int within = 0; within < together; within++)
                        {
                            paired.AddRange(blocks.AsSpan(((((group * perGroup) + block + within) * terms) + term) * 16, 16));
                        }
                    }
                }
            }

            return [.. paired];
        }
    }
}
