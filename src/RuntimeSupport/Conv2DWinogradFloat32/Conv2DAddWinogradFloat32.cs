using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary><see cref="FloatWinogradConvolution"/> whose result is added to an image: the end of a residual block.</summary>
public static class Conv2DAddWinogradFloat32
{
    /// <summary>Convolves and adds.</summary>
    /// <param name="input">Activations, beginning at the window of output pixel (0, 0), as <see cref="Conv2DWinogradFloat32"/> has them.</param>
    /// <param name="weights"><c>[ceil(outputChannels / 16) / 2][9][inputChannels][32]</c>, and behind them a block of 16 that is left over; filled up with zeros.</param>
    /// <param name="bias">Start of the sums; padded to a multiple of 16.</param>
    /// <param name="addend">What is added, beginning at pixel (0, 0): it may be the output itself, element for element, else it must not overlap it.</param>
    /// <param name="output">Results, as <see cref="Conv2DWinogradFloat32"/> has them.</param>
    /// <param name="scratch">Memory for the time of the call, <see cref="FloatWinogradConvolution.ScratchLength"/> floats.</param>
    /// <param name="geometry">Sizes and strides.</param>
    /// <param name="addendBatchStride">From an image of the addend to the next.</param>
    /// <param name="addendRowStride">From a row of the addend to the next.</param>
    /// <param name="addendPixelStride">From a pixel of the addend to the next.</param>
    /// <param name="tilesTogether">Tiles that are computed together.</param>
    /// <param name="inputChannels">Input channels.</param>
    /// <param name="outputChannels">Output channels.</param>
    /// <param name="outputMinimum">Smallest result, −∞ for none; a NaN stays a NaN.</param>
    /// <param name="outputMaximum">Largest result, +∞ for none.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or a count or stride is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<float> input,
        ReadOnlySpan<float> weights,
        ReadOnlySpan<float> bias,
        ReadOnlySpan<float> addend,
        Span<float> output,
        Span<float> scratch,
        ConvolutionGeometry geometry,
        int addendBatchStride,
        int addendRowStride,
        int addendPixelStride,
        int tilesTogether,
        int inputChannels,
        int outputChannels,
        float outputMinimum,
        float outputMaximum)
    {
        ConvolutionGeometry ofAddend = geometry.WithOutput(addendBatchStride, addendRowStride, addendPixelStride);
        var arguments = new FloatWinogradConvolution.Arguments(
            input, weights, bias, output, scratch, geometry, tilesTogether, inputChannels, outputChannels, outputMinimum, outputMaximum,
            new Conv2DFloat32.Addend(addend, ofAddend));
        FloatWinogradConvolution.CheckAddend(arguments);
        FloatWinogradConvolution.Run(arguments);
    }
}
