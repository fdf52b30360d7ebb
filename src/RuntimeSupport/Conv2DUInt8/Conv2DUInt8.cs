using System;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary><see cref="ByteConvolution"/> with a requantisation in float32.</summary>
public static class Conv2DUInt8
{
    /// <summary>Convolves.</summary>
    /// <param name="input">
    /// Activations, beginning at the window of output pixel (0, 0). The window of pixel (b, y, x) and group g begins at
    /// <c>b * InputBatchStride + y * InputRowStep + x * InputPixelStep + g * inputChannelsPerGroup</c>. Up to 3 bytes past a run may be read.
    /// </param>
    /// <param name="weights">For each group <c>[ceil(outputChannels / 16)][runs][ceil(runLength / 4)][16][4]</c>, −128…127, filled up with zeros.</param>
    /// <param name="bias">Start of the sums, in steps of input scale × weight scale, the input's zero point folded in; for each group padded to a multiple of 16.</param>
    /// <param name="multipliers">Input scale × weight scale / output scale an output channel; padded like the bias.</param>
    /// <param name="output">Results; channel o of group g of pixel (b, y, x) is at
    /// <c>b * OutputBatchStride + y * OutputRowStride + x * OutputPixelStride + g * outputChannelsPerGroup + o</c>.</param>
    /// <param name="runOffsets">Where each run of contiguous inputs begins, from the window's begin; at least one, none negative.</param>
    /// <param name="geometry">Sizes and strides.</param>
    /// <param name="runLength">Activations in a run: kernel width × channels for a dense kernel row, else the channels of one tap.</param>
    /// <param name="groups">Number of groups.</param>
    /// <param name="inputChannelsPerGroup">Input channels of a group.</param>
    /// <param name="outputChannelsPerGroup">Output channels of a group.</param>
    /// <param name="int16Sums">Whether no four weights that may be summed in an int16 exceed <see cref="ByteConvolution.Int16SumLimit"/>: then there is a faster path.</param>
    /// <param name="outputZeroPoint">Quantised zero of the output, 0…255.</param>
    /// <param name="outputMinimum">Smallest result, 0…255.</param>
    /// <param name="outputMaximum">Largest result, <paramref name="outputMinimum"/>…255.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or a count is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<byte> input,
        ReadOnlySpan<sbyte> weights,
        ReadOnlySpan<int> bias,
        ReadOnlySpan<float> multipliers,
        Span<byte> output,
        ReadOnlySpan<int> runOffsets,
        ConvolutionGeometry geometry,
        int runLength,
        int groups,
        int inputChannelsPerGroup,
        int outputChannelsPerGroup,
        bool int16Sums,
        int outputZeroPoint,
        int outputMinimum,
        int outputMaximum)
    {
        ByteConvolution.Run<FloatRequantizer>(new ByteConvolution.Arguments(
            input, weights, bias, MemoryMarshal.Cast<float, int>(multipliers), output, runOffsets, geometry, runLength, groups, inputChannelsPerGroup, outputChannelsPerGroup,
            FloatRequantizer.Target(outputZeroPoint, outputMinimum, outputMaximum), int16Sums));
    }
}
