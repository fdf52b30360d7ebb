using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Rows of float32 activations by a constant matrix that is stored as float16.</summary>
public static partial class FullyConnectedFloat16Weights
{
    /// <summary>Multiplies: the bits of <see cref="FullyConnectedFloat32"/> with the expanded weights. A row is a pixel of a 1 × 1 convolution.</summary>
    /// <param name="input">Activations <c>[rows][inputs]</c>.</param>
    /// <param name="weights"><c>[ceil(outputs / 16)][inputs][16]</c>, bits of float16.</param>
    /// <param name="bias">Start of the sums; padded to a multiple of 16.</param>
    /// <param name="output">Results <c>[rows][outputs]</c>.</param>
    /// <param name="scratch">For expanded weights.</param>
    /// <param name="scratchLength">How much of it may be written: at least 128 elements for one row, else inputs × 16; 8 times as many are best.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="inputs">Activations in a row.</param>
    /// <param name="outputs">Results in a row.</param>
    /// <param name="outputMinimum">Smallest result, −∞ for none; a NaN stays a NaN.</param>
    /// <param name="outputMaximum">Largest result, +∞ for none.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or a count is below 1.</exception>
    public static void Run(
        ReadOnlySpan<float> input,
        ReadOnlySpan<ushort> weights,
        ReadOnlySpan<float> bias,
        Span<float> output,
        Span<float> scratch,
        int scratchLength,
        int rows,
        int inputs,
        int outputs,
        float outputMinimum,
        float outputMaximum)
    {
        ConvolutionExtents.Positive(rows, nameof(rows));
        ReadOnlySpan<int> runOffsets = [0];
        var geometry = new ConvolutionGeometry(1, 1, rows, 0, 0, inputs, 0, 0, outputs);
        Conv2DFloat16Weights.Run(input, weights, bias, output, scratch, scratchLength, runOffsets, geometry, inputs, 1, inputs, outputs, outputMinimum, outputMaximum);
    }
}
