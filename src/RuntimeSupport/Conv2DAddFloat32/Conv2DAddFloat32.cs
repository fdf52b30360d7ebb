using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// Two-dimensional convolution in float32 whose result is added to an image: the end of a residual block. Every result is the
/// <see cref="ProductSum"/> of <see cref="Conv2DFloat32"/>, to whose first stretch the image's element is added before the others are.
/// </summary>
public static partial class Conv2DAddFloat32
{
    /// <summary>Convolves and adds.</summary>
    /// <param name="input">Activations, beginning at the window of output pixel (0, 0), as <see cref="Conv2DFloat32"/> has them.</param>
    /// <param name="weights">For each group <c>[ceil(outputChannels / 16)][runs][runLength][16]</c>, filled up with zeros; in pairs
    /// <c>[ceil(outputChannels / 16) / 2][runs][runLength][32]</c>, and behind them what is left over.</param>
    /// <param name="bias">Start of the sums; for each group padded to a multiple of 16.</param>
    /// <param name="addend">What is added, beginning at pixel (0, 0): it may be the output itself, element for element, else it must not overlap it.</param>
    /// <param name="output">Results, as <see cref="Conv2DFloat32"/> has them.</param>
    /// <param name="runOffsets">Where each run of contiguous inputs begins, from the window's begin; at least one, none negative.</param>
    /// <param name="geometry">Sizes and strides.</param>
    /// <param name="addendBatchStride">From an image of the addend to the next.</param>
    /// <param name="addendRowStride">From a row of the addend to the next.</param>
    /// <param name="addendPixelStride">From a pixel of the addend to the next.</param>
    /// <param name="runLength">Activations in a run.</param>
    /// <param name="weightsInPairs">Whether the weights are stored so that two blocks of output channels are read as one stream.</param>
    /// <param name="groups">Number of groups.</param>
    /// <param name="inputChannelsPerGroup">Input channels of a group.</param>
    /// <param name="outputChannelsPerGroup">Output channels of a group.</param>
    /// <param name="outputMinimum">Smallest result, −∞ for none; a NaN stays a NaN.</param>
    /// <param name="outputMaximum">Largest result, +∞ for none.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or a count or stride is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<float> input,
        ReadOnlySpan<float> weights,
        ReadOnlySpan<float> bias,
        ReadOnlySpan<float> addend,
        Span<float> output,
        ReadOnlySpan<int> runOffsets,
        ConvolutionGeometry geometry,
        int addendBatchStride,
        int addendRowStride,
        int addendPixelStride,
        int runLength,
        bool weightsInPairs,
        int groups,
        int inputChannelsPerGroup,
        int outputChannelsPerGroup,
        float outputMinimum,
        float outputMaximum)
    {
        ConvolutionGeometry ofAddend = geometry.WithOutput(addendBatchStride, addendRowStride, addendPixelStride);
        var arguments = new Conv2DFloat32.Arguments(
            input, weights, bias, output, runOffsets, geometry, runLength, groups, inputChannelsPerGroup, outputChannelsPerGroup, outputMinimum, outputMaximum,
            new Conv2DFloat32.Addend(addend, ofAddend), weightsInPairs);
        Conv2DFloat32.Check(arguments);
        Conv2DFloat32.CheckAddend(arguments);
        Conv2DFloat32.Dispatch(arguments);
    }
}
