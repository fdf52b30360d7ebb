using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Rows of float32 activations by a constant float32 matrix; each result is the <see cref="ProductSum"/> from the bias.</summary>
public static partial class FullyConnectedFloat32
{
    /// <summary>Multiplies. A row is a pixel of a 1 × 1 convolution: the tiles of <see cref="Conv2DFloat32"/> do the work.</summary>
    /// <param name="input">Activations <c>[rows][inputs]</c>.</param>
    /// <param name="weights"><c>[ceil(outputs / 16)][inputs][16]</c>, filled up with zeros.</param>
    /// <param name="bias">Start of the sums; padded to a multiple of 16.</param>
    /// <param name="output">Results <c>[rows][outputs]</c>.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="inputs">Activations in a row.</param>
    /// <param name="outputs">Results in a row.</param>
    /// <param name="outputMinimum">Smallest result, −∞ for none; a NaN stays a NaN.</param>
    /// <param name="outputMaximum">Largest result, +∞ for none.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or a count is below 1.</exception>
    public static void Run(
        ReadOnlySpan<float> input,
        ReadOnlySpan<float> weights,
        ReadOnlySpan<float> bias,
        Span<float> output,
        int rows,
        int inputs,
        int outputs,
        float outputMinimum,
        float outputMaximum)
    {
        ConvolutionExtents.Positive(rows, nameof(rows));
        ReadOnlySpan<int> runOffsets = [0];
        var geometry = new ConvolutionGeometry(1, 1, rows, 0, 0, inputs, 0, 0, outputs);
        var arguments = new Conv2DFloat32.Arguments(
            input, weights, bias, output, runOffsets, geometry, inputs, 1, inputs, outputs, outputMinimum, outputMaximum);
        Conv2DFloat32.Check(arguments);
        Conv2DFloat32.Dispatch(arguments);
    }
}
