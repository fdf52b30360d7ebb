using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Rows of float32 activations, quantised when they are there, by a constant int8 matrix; float32 results.</summary>
public static partial class FullyConnectedDynamicInt8
{
    /// <summary>Multiplies. A row is a pixel of a 1 × 1 convolution: <see cref="Conv2DDynamicInt8"/> does the work. All rows share a scale.</summary>
    /// <param name="input">Activations <c>[rows][inputs]</c>.</param>
    /// <param name="weights"><c>[ceil(outputs / 16)][ceil(inputs / 4)][16][4]</c>, −128…127, filled up with zeros.</param>
    /// <param name="weightSums">Sum of an output's weights; padded to a multiple of 16.</param>
    /// <param name="scales">Scale of an output's weights; padded to a multiple of 16.</param>
    /// <param name="bias">Added to the results; padded to a multiple of 16.</param>
    /// <param name="output">Results <c>[rows][outputs]</c>; not the input.</param>
    /// <param name="quantized">For the quantised activations: rows × inputs + 3.</param>
    /// <param name="start">For what the sums start from: as many as there are weight sums.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="inputs">Activations in a row.</param>
    /// <param name="outputs">Results in a row.</param>
    /// <param name="outputMinimum">Smallest result, −∞ for none; a NaN stays a NaN.</param>
    /// <param name="outputMaximum">Largest result, +∞ for none.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or a count is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<float> input,
        ReadOnlySpan<sbyte> weights,
        ReadOnlySpan<int> weightSums,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<float> bias,
        Span<float> output,
        Span<byte> quantized,
        Span<int> start,
        int rows,
        int inputs,
        int outputs,
        float outputMinimum,
        float outputMaximum)
    {
        ConvolutionExtents.Positive(rows, nameof(rows));
        ReadOnlySpan<int> runOffsets = [0];
        var geometry = new ConvolutionGeometry(1, 1, rows, 0, 0, inputs, 0, 0, outputs);
        Conv2DDynamicInt8.Run(input, weights, weightSums, scales, bias, output, quantized, start, runOffsets, geometry, inputs, 1, inputs, outputs, outputMinimum, outputMaximum);
    }
}
