using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary><see cref="FloatWinogradConvolution"/> of images in NHWC, which are padded already.</summary>
public static class Conv2DWinogradFloat32
{
    /// <summary>Convolves.</summary>
    /// <param name="input">
    /// Activations, beginning at the window of output pixel (0, 0). The window of pixel (b, y, x) begins at
    /// <c>b * InputBatchStride + y * InputRowStep + x * InputPixelStep</c>.
    /// </param>
    /// <param name="weights"><c>[ceil(outputChannels / 16) / 2][9][inputChannels][32]</c>, and behind them a block of 16 that is left over; filled up with zeros.</param>
    /// <param name="bias">Start of the sums; padded to a multiple of 16.</param>
    /// <param name="output">Results; channel o of pixel (b, y, x) is at <c>b * OutputBatchStride + y * OutputRowStride + x * OutputPixelStride + o</c>.</param>
    /// <param name="scratch">Memory for the time of the call, <see cref="FloatWinogradConvolution.ScratchLength"/> floats.</param>
    /// <param name="geometry">Sizes and strides.</param>
    /// <param name="tilesTogether">Tiles that are computed together.</param>
    /// <param name="inputChannels">Input channels.</param>
    /// <param name="outputChannels">Output channels.</param>
    /// <param name="outputMinimum">Smallest result, −∞ for none; a NaN stays a NaN.</param>
    /// <param name="outputMaximum">Largest result, +∞ for none.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or a count is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<float> input,
        ReadOnlySpan<float> weights,
        ReadOnlySpan<float> bias,
        Span<float> output,
        Span<float> scratch,
        ConvolutionGeometry geometry,
        int tilesTogether,
        int inputChannels,
        int outputChannels,
        float outputMinimum,
        float outputMaximum)
    {
        FloatWinogradConvolution.Run(new FloatWinogradConvolution.Arguments(
            input, weights, bias, output, scratch, geometry, tilesTogether, inputChannels, outputChannels, outputMinimum, outputMaximum));
    }
}
