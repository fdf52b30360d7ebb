using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary><see cref="ByteDepthwiseConvolution"/> with a requantisation in integers.</summary>
public static class DepthwiseConv2DFixedPoint
{
    /// <summary>Convolves.</summary>
    /// <param name="input">Activations, beginning at the window of output pixel (0, 0).</param>
    /// <param name="weights"><c>[taps][channels padded to 16]</c>, −128…127.</param>
    /// <param name="bias">Start of the sums, the input's zero point folded in; padded to a multiple of 16.</param>
    /// <param name="multipliers">Multipliers of <see cref="FixedPoint"/>, padded like the bias, and behind them as many shifts.</param>
    /// <param name="output">Results; channel c of pixel (b, y, x) is at <c>b * OutputBatchStride + y * OutputRowStride + x * OutputPixelStride + c</c>; not the input.</param>
    /// <param name="tapOffsets">Where each tap's channels begin, from the window's begin; at least one, none negative.</param>
    /// <param name="geometry">Sizes and strides.</param>
    /// <param name="channels">Number of channels.</param>
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
        ReadOnlySpan<int> tapOffsets,
        ConvolutionGeometry geometry,
        int channels,
        int outputZeroPoint,
        int outputMinimum,
        int outputMaximum)
    {
        ByteDepthwiseConvolution.Run<SymmetricRequantizer>(new ByteDepthwiseConvolution.Arguments(
            input, weights, bias, multipliers, output, tapOffsets, geometry, channels,
            FixedPointRequantizer.Target(outputZeroPoint, outputMinimum, outputMaximum, FixedPointRequantizer.DistanceOf(multipliers))));
    }
}
