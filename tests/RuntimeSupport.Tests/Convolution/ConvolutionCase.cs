using System;
using System.Collections.Generic;

namespace ModelCompiler.RuntimeSupport.Tests;

/// <summary>A random convolution: its sizes, and how its weights are packed for a kernel. Depthwise if it has as many groups as channels both ways.</summary>
internal sealed class ConvolutionCase
{
    public int Batches { get; init; } = 1;

    public int OutputHeight { get; init; } = 1;

    public int OutputWidth { get; init; } = 1;

    public int KernelHeight { get; init; } = 1;

    public int KernelWidth { get; init; } = 1;

    public int StrideHeight { get; init; } = 1;

    public int StrideWidth { get; init; } = 1;

    public int DilationHeight { get; init; } = 1;

    public int DilationWidth { get; init; } = 1;

    public int Groups { get; init; } = 1;

    public int InputChannels { get; init; } = 1;

    public int OutputChannels { get; init; } = 1;

    /// <summary>Elements between the channels of an output pixel and the next.</summary>
    public int OutputGap { get; init; }

    public int PaddedHeight => ((OutputHeight - 1) * StrideHeight) + ((KernelHeight - 1) * DilationHeight) + 1;

    public int PaddedWidth => ((OutputWidth - 1) * StrideWidth) + ((KernelWidth - 1) * DilationWidth) + 1;

    public int PixelChannels => Groups * InputChannels;

    public int InputLength => Batches * PaddedHeight * PaddedWidth * PixelChannels;

    public int OutputPixelStride => (Groups * OutputChannels) + OutputGap;

    public int OutputLength => Batches * OutputHeight * OutputWidth * OutputPixelStride;

    /// <summary>Dense weights: <c>[group][output][kernel row][kernel column][input]</c>.</summary>
    public int WeightLength => Groups * OutputChannels * KernelHeight * KernelWidth * InputChannels;

    public int PaddedOutputChannels => TestNumbers.RoundUp(OutputChannels, 16);

    public bool HasRowRuns => DilationWidth == 1 && Groups == 1;

    public int RunLength => HasRowRuns ? KernelWidth * InputChannels : InputChannels;

    /// <summary>Groups of four inputs of a window, those of a run filled up.</summary>
    public int Quads => RunOffsets.Length * (TestNumbers.RoundUp(RunLength, 4) / 4);

    public ConvolutionGeometry Geometry => new(
        Batches, OutputHeight, OutputWidth,
        PaddedHeight * PaddedWidth * PixelChannels, StrideHeight * PaddedWidth * PixelChannels, StrideWidth * PixelChannels,
        OutputHeight * OutputWidth * OutputPixelStride, OutputWidth * OutputPixelStride, OutputPixelStride);

    public int[] TapOffsets => Offsets(false);

    public int[] RunOffsets => Offsets(HasRowRuns);

    public static ConvolutionCase Random(Random random)
    {
        int groups = random.Next(3) == 0 ? random.Next(2, 4) : 1;
        return new ConvolutionCase
        {
            Batches = random.Next(1, 3),
            OutputHeight = random.Next(1, 6),
            OutputWidth = random.Next(1, 8),
            KernelHeight = random.Next(1, 4),
            KernelWidth = random.Next(1, 4),
            StrideHeight = random.Next(1, 3),
            StrideWidth = random.Next(1, 3),
            DilationHeight = random.Next(1, 3),
            DilationWidth = random.Next(1, 3),
            Groups = groups,
            InputChannels = random.Next(1, 40),
            OutputChannels = random.Next(4) == 0 ? random.Next(120, 180) : random.Next(1, 50),
            OutputGap = random.Next(0, 3),
        };
    }

    public static ConvolutionCase RandomDepthwise(Random random, int smallestChannels) => new()
    {
        Batches = random.Next(1, 3),
        OutputHeight = random.Next(1, 5),
        OutputWidth = random.Next(1, 6),
        KernelHeight = random.Next(1, 5),
        KernelWidth = random.Next(1, 5),
        StrideHeight = random.Next(1, 3),
        StrideWidth = random.Next(1, 3),
        DilationHeight = random.Next(1, 3),
        DilationWidth = random.Next(1, 3),
        Groups = random.Next(smallestChannels, smallestChannels + 50),
        OutputGap = random.Next(0, 3),
    };

    /// <summary>A depthwise convolution by 3 × 3 taps whose windows overlap, rows short and long.</summary>
    public static ConvolutionCase RandomGrid(Random random) => new()
    {
        Batches = random.Next(1, 3),
        OutputHeight = random.Next(1, 12),
        OutputWidth = random.Next(3) == 0 ? random.Next(60, 150) : random.Next(1, 30),
        KernelHeight = 3,
        KernelWidth = 3,
        StrideHeight = random.Next(1, 3),
        StrideWidth = random.Next(1, 4),
        DilationHeight = random.Next(1, 3),
        DilationWidth = random.Next(1, 3),
        Groups = random.Next(32, 100),
        OutputGap = random.Next(0, 3),
    };

    /// <summary>The same of an image that is higher than wide.</summary>
    public static ConvolutionCase RandomHighGrid(Random random) => new()
    {
        Batches = random.Next(1, 3),
        OutputHeight = random.Next(2, 40),
        OutputWidth = random.Next(1, 10),
        KernelHeight = 3,
        KernelWidth = 3,
        StrideHeight = random.Next(4) == 0 ? 2 : 1,
        StrideWidth = random.Next(4) == 0 ? 2 : 1,
        DilationHeight = random.Next(4) == 0 ? 2 : 1,
        DilationWidth = random.Next(4) == 0 ? 2 : 1,
        Groups = random.Next(32, 100),
        OutputGap = random.Next(0, 3),
    };

    /// <summary>A layer of few inputs whose image is higher than wide.</summary>
    public static ConvolutionCase RandomHighLayer(Random random) => new()
    {
        Batches = random.Next(1, 3),
        OutputHeight = random.Next(8, 70),
        OutputWidth = random.Next(1, 9),
        KernelHeight = random.Next(1, 12),
        KernelWidth = random.Next(1, 6),
        StrideHeight = random.Next(1, 3),
        StrideWidth = random.Next(1, 3),
        DilationHeight = random.Next(4) == 0 ? 2 : 1,
        Groups = random.Next(4) == 0 ? random.Next(2, 4) : 1,
        InputChannels = random.Next(1, 3),
        OutputChannels = random.Next(3) == 0 ? 8 * random.Next(1, 9) : random.Next(1, 70),
        OutputGap = random.Next(0, 3),
    };

    /// <summary>A convolution by a single tap: a product of matrices of any size.</summary>
    public static ConvolutionCase RandomPointwise(Random random) => new()
    {
        Batches = random.Next(1, 3),
        OutputHeight = random.Next(1, 8),
        OutputWidth = random.Next(1, 40),
        StrideHeight = random.Next(4) == 0 ? 2 : 1,
        StrideWidth = random.Next(4) == 0 ? 2 : 1,
        InputChannels = random.Next(2) == 0 ? 4 * random.Next(1, 40) : random.Next(1, 160),
        OutputChannels = random.Next(3) == 0 ? 8 * random.Next(1, 20) : random.Next(1, 150),
        OutputGap = random.Next(0, 3),
    };

    /// <summary>A convolution by a single tap of up to 8 quads of inputs, mostly an even number, for up to several hundred channels.</summary>
    public static ConvolutionCase RandomShortPointwise(Random random) => new()
    {
        Batches = random.Next(1, 3),
        OutputHeight = random.Next(1, 8),
        OutputWidth = random.Next(4) == 0 ? random.Next(50, 120) : random.Next(1, 20),
        StrideHeight = random.Next(4) == 0 ? 2 : 1,
        StrideWidth = random.Next(4) == 0 ? 2 : 1,
        Groups = random.Next(4) == 0 ? random.Next(2, 4) : 1,
        InputChannels = random.Next(3) == 0 ? random.Next(1, 33) : 8 * random.Next(1, 5),
        OutputChannels = random.Next(4) == 0 ? random.Next(240, 300) : random.Next(2) == 0 ? 16 * random.Next(1, 6) : random.Next(1, 80),
        OutputGap = random.Next(0, 3),
    };

    /// <summary>A wide image and a window of few inputs, such as first layers have.</summary>
    public static ConvolutionCase RandomFirstLayer(Random random) => new()
    {
        Batches = random.Next(1, 3),
        OutputHeight = random.Next(1, 5),
        OutputWidth = random.Next(8, 70),
        KernelHeight = random.Next(1, 8),
        KernelWidth = random.Next(1, 8),
        StrideHeight = random.Next(1, 3),
        StrideWidth = random.Next(1, 3),
        DilationHeight = random.Next(1, 3),
        DilationWidth = random.Next(4) == 0 ? 2 : 1,
        Groups = random.Next(4) == 0 ? random.Next(2, 4) : 1,
        InputChannels = random.Next(1, 5),
        OutputChannels = random.Next(3) == 0 ? 8 * random.Next(1, 9) : random.Next(1, 70),
        OutputGap = random.Next(0, 3),
    };

    /// <summary>Cases at the borders of tiles, panels and chunks.</summary>
    public static IEnumerable<ConvolutionCase> Special()
    {
        yield return new ConvolutionCase();
        yield return new ConvolutionCase { OutputWidth = 13, InputChannels = 4, OutputChannels = 16 };

        // Windows of which 14 and 7 rows are packed together, and the first that is multiplied a chunk at a time.
        yield return new ConvolutionCase { OutputWidth = 30, InputChannels = 2050, OutputChannels = 24 };
        yield return new ConvolutionCase { OutputWidth = 9, InputChannels = 5120, OutputChannels = 20 };
        yield return new ConvolutionCase { OutputWidth = 9, InputChannels = 5124, OutputChannels = 24 };
        yield return new ConvolutionCase { OutputHeight = 7, OutputWidth = 7, InputChannels = 64, OutputChannels = 128 };
        yield return new ConvolutionCase { OutputHeight = 5, OutputWidth = 5, KernelHeight = 3, KernelWidth = 3, InputChannels = 128, OutputChannels = 33 };
        yield return new ConvolutionCase { OutputWidth = 3, KernelWidth = 5, InputChannels = 513, OutputChannels = 144, OutputGap = 7 };
        yield return new ConvolutionCase { OutputWidth = 12, OutputHeight = 2, KernelHeight = 3, DilationWidth = 2, KernelWidth = 3, Groups = 4, InputChannels = 7, OutputChannels = 5 };
    }

    /// <summary>Calls for every product of an output: its index, and those of its activation and dense weight.</summary>
    public void ForEachProduct(Action<int, int, int, int> visit)
    {
        for (int pixel = 0; pixel < Batches * OutputHeight * OutputWidth; pixel++)
        {
            (int image, int rest) = Math.DivRem(pixel, OutputHeight * OutputWidth);
            (int y, int x) = Math.DivRem(rest, OutputWidth);
            for (int channel = 0; channel < Groups * OutputChannels; channel++)
            {
                int weight = channel * KernelHeight * KernelWidth * InputChannels;
                for (int tap = 0; tap < KernelHeight * KernelWidth; tap++)
                {
                    int row = (y * StrideHeight) + (tap / KernelWidth * DilationHeight);
                    int column = (x * StrideWidth) + (tap % KernelWidth * DilationWidth);
                    int activation = (((((image * PaddedHeight) + row) * PaddedWidth) + column) * PixelChannels) + (channel / OutputChannels * InputChannels);
                    for (int input = 0; input < InputChannels; input++)
                    {
                        visit((pixel * OutputPixelStride) + channel, channel, activation + input, weight++);
                    }
                }
            }
        }
    }

    /// <summary>Packs dense weights as <c>[group][block][run][quad of inputs][16][depth]</c>.</summary>
    public T[] Pack<T>(T[] dense, int depth)
    {
        int runs = RunOffsets.Length;
        int steps = TestNumbers.RoundUp(RunLength, depth) / depth;
        var packed = new T[Groups * PaddedOutputChannels * runs * steps * depth];
        for (int index = 0; index < dense.Length; index++)
        {
            int kernel = KernelHeight * KernelWidth * InputChannels;
            (int channel, int k) = Math.DivRem(index, kernel);
            (int group, int output) = Math.DivRem(channel, OutputChannels);
            (int run, int within) = Math.DivRem(k, RunLength);
            int block = (group * PaddedOutputChannels / 16) + (output / 16);
            packed[(((((((block * runs) + run) * steps) + (within / depth)) * 16) + (output % 16)) * depth) + (within % depth)] = dense[index];
        }

        return packed;
    }

    /// <summary>Where, of dense weights of one run, two that are summed in an int16 are too much: quad + the run's quads · (channel / 32), and what ends the list.</summary>
    public int[] WideQuads(sbyte[] dense)
    {
        var wide = new SortedSet<int> { ByteConvolution.NoMoreWideQuads };
        for (int channel = 0; channel < OutputChannels; channel++)
        {
            for (int k = 0; k + 1 < InputChannels; k += 2)
            {
                (int first, int second) = (dense[(channel * InputChannels) + k], dense[(channel * InputChannels) + k + 1]);
                if (first * second > 0 && Math.Abs(first + second) > ByteConvolution.Int16PairLimit)
                {
                    wide.Add((channel / 32 * Quads) + (k / 4));
                }
            }
        }

        return [.. wide];
    }

    /// <summary>Packs a number a channel, each group padded to a multiple of 16.</summary>
    public T[] PackChannels<T>(T[] dense)
    {
        var packed = new T[Groups * PaddedOutputChannels];
        for (int channel = 0; channel < dense.Length; channel++)
        {
            packed[(channel / OutputChannels * PaddedOutputChannels) + (channel % OutputChannels)] = dense[channel];
        }

        return packed;
    }

    /// <summary>Packs dense depthwise weights <c>[channel][tap]</c> as <c>[tap][channel]</c>, padded.</summary>
    public T[] PackDepthwise<T>(T[] dense)
    {
        int taps = KernelHeight * KernelWidth;
        int padded = TestNumbers.RoundUp(Groups, 16);
        var packed = new T[taps * padded];
        for (int index = 0; index < dense.Length; index++)
        {
            packed[(index % taps * padded) + (index / taps)] = dense[index];
        }

        return packed;
    }

    public override string ToString() =>
        $"{Batches}×{OutputHeight}×{OutputWidth}, kernel {KernelHeight}×{KernelWidth}, stride {StrideHeight}×{StrideWidth}, "
        + $"dilation {DilationHeight}×{DilationWidth}, {Groups} groups of {InputChannels}→{OutputChannels}, gap {OutputGap}";

    private int[] Offsets(bool rowsOnly)
    {
        var offsets = new List<int>();
        for (int row = 0; row < KernelHeight; row++)
        {
            for (int column = 0; column < (rowsOnly ? 1 : KernelWidth); column++)
            {
                offsets.Add(((row * DilationHeight * PaddedWidth) + (column * DilationWidth)) * PixelChannels);
            }
        }

        return offsets.ToArray();
    }
}
