using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary><see cref="ByteWinogradConvolution"/> with a requantisation in integers.</summary>
public static class Conv2DWinogradFixedPoint
{
    /// <summary>Convolves.</summary>
    /// <param name="input">
    /// Activations, beginning at the window of output pixel (0, 0). The window of pixel (b, y, x) begins at
    /// <c>b * InputBatchStride + y * InputRowStep + x * InputPixelStep</c>. Up to 3 bytes past the last pixel's channels may be read.
    /// </param>
    /// <param name="weights"><c>[ceil(outputChannels / 16)][9][ceil(inputChannels / 4)][16][4]</c>, −128…127, filled up with zeros.</param>
    /// <param name="bias">Start of the sums, in steps of input scale × weight scale, the input's zero point folded in; padded to a multiple of 16.</param>
    /// <param name="multipliers">Multipliers of <see cref="FixedPoint"/>, padded like the bias, and behind them as many shifts.</param>
    /// <param name="output">Results; channel o of pixel (b, y, x) is at <c>b * OutputBatchStride + y * OutputRowStride + x * OutputPixelStride + o</c>.</param>
    /// <param name="scratch">Memory for the time of the call, <see cref="ByteWinogradConvolution.ScratchLength"/> integers.</param>
    /// <param name="geometry">Sizes and strides.</param>
    /// <param name="tilesTogether">Tiles that are computed together, a multiple of 4.</param>
    /// <param name="inputChannels">Input channels.</param>
    /// <param name="outputChannels">Output channels.</param>
    /// <param name="outputZeroPoint">Quantised zero of the output, 0…255.</param>
    /// <param name="outputMinimum">Smallest result, 0…255.</param>
    /// <param name="outputMaximum">Largest result, <paramref name="outputMinimum"/>…255.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or a count is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<byte> input,
        ReadOnlySpan<sbyte> weights,
        ReadOnlySpan<int> bias,
        ReadOnlySpan<int> multipliers,
        Span<byte> output,
        Span<int> scratch,
        ConvolutionGeometry geometry,
        int tilesTogether,
        int inputChannels,
        int outputChannels,
        int outputZeroPoint,
        int outputMinimum,
        int outputMaximum)
    {
        ByteWinogradConvolution.Run<FixedPointRequantizer>(new ByteWinogradConvolution.Arguments(
            input, weights, bias, multipliers, output, scratch, geometry, tilesTogether, inputChannels, outputChannels,
            FixedPointRequantizer.Target(outputZeroPoint, outputMinimum, outputMaximum, FixedPointRequantizer.DistanceOf(multipliers))));
    }
}
