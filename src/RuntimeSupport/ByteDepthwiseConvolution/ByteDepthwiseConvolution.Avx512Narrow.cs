using System;
using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

/// <content>Few channels: where pixels follow each other without a gap, those that fill a block are one pixel of many channels whose filters repeat.</content>
public static partial class ByteDepthwiseConvolution
{
    /// <summary>Channels of a block.</summary>
    private const int NarrowBlock = 32;

    /// <summary>Whether neighbouring pixels make whole blocks: windows and pixels are as far from each other as their channels are long.</summary>
    private static bool IsNarrow(in Arguments arguments) =>
        arguments.Channels < NarrowBlock
        && NarrowBlock % arguments.Channels == 0
        && arguments.TapOffsets.Length <= MaximumVectorTaps
        && arguments.Geometry.InputPixelStep == arguments.Channels
        && arguments.Geometry.OutputPixelStride == arguments.Channels
        && (long)arguments.Geometry.OutputWidth * arguments.Channels >= NarrowBlock;

    /// <summary>Convolves several pixels as one of 32 channels. <see cref="IsNarrow"/> holds.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx512Narrow<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        int taps = arguments.TapOffsets.Length;
        Span<sbyte> weights = stackalloc sbyte[taps * NarrowBlock];
        Span<int> bias = stackalloc int[NarrowBlock], multipliers = stackalloc int[2 * NarrowBlock];
        for (int tap = 0; tap < taps; tap++)
        {
            Repeat(arguments.Weights.Slice(tap * arguments.PaddedChannels, arguments.Channels), weights.Slice(tap * NarrowBlock, NarrowBlock));
        }

        Repeat(arguments.Bias.Slice(0, arguments.Channels), bias);
        Repeat(arguments.Multipliers.Slice(0, arguments.Channels), multipliers.Slice(0, NarrowBlock));
        Repeat(arguments.Multipliers.Slice(arguments.Target.ShiftDistance, arguments.Channels), multipliers.Slice(NarrowBlock));
        RequantizationTarget target = arguments.Target.WithShiftDistance(NarrowBlock);
        int row = arguments.Geometry.OutputWidth * arguments.Channels, rest = row % NarrowBlock;
        ConvolutionGeometry geometry = arguments.Geometry.WithPixels(row / NarrowBlock, NarrowBlock, NarrowBlock);
        RunAvx512<TRequantizer>(new Arguments(arguments.Input, weights, bias, multipliers, arguments.Output, arguments.TapOffsets, geometry, NarrowBlock, target));
        if (rest > 0)
        {
            // The last pixels of each row, some of them again. They begin with a pixel, and so with the first channel.
            int last = row - NarrowBlock;
            RunAvx512<TRequantizer>(new Arguments(
                arguments.Input.Slice(last), weights, bias, multipliers, arguments.Output.Slice(last), arguments.TapOffsets, geometry.WithPixels(1, NarrowBlock, NarrowBlock), NarrowBlock, target));
        }
    }

    private static void Repeat<T>(ReadOnlySpan<T> numbers, Span<T> target)
    {
        for (int at = 0; at < target.Length; at += numbers.Length)
        {
            numbers.CopyTo(target.Slice(at));
        }
    }
}
