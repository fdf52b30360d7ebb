using System;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Rows of uint8 activations by a constant int8 matrix, with a requantisation in float32.</summary>
public static class FullyConnectedUInt8
{
    /// <summary>Multiplies. A row is a pixel of a 1 × 1 convolution: the tiles of <see cref="ByteConvolution"/> do the work.</summary>
    /// <param name="input">Activations <c>[rows][inputs]</c>; a length that is 3 longer spares a copy of the last row where <paramref name="inputs"/> is no multiple of 4.</param>
    /// <param name="weights"><c>[ceil(outputs / 16)][ceil(inputs / 4)][16][4]</c>, −128…127, filled up with zeros.</param>
    /// <param name="bias">Start of the sums, the input's zero point folded in; padded to a multiple of 16.</param>
    /// <param name="multipliers">Input scale × weight scale / output scale an output; padded to a multiple of 16.</param>
    /// <param name="output">Results <c>[rows][outputs]</c>.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="inputs">Activations in a row.</param>
    /// <param name="outputs">Results in a row.</param>
    /// <param name="outputZeroPoint">Quantised zero of the output, 0…255.</param>
    /// <param name="outputMinimum">Smallest result, 0…255.</param>
    /// <param name="outputMaximum">Largest result, <paramref name="outputMinimum"/>…255.</param>
    /// <param name="wideQuads">
    /// Where two weights of one sign that lie side by side, at an even place first, are above 128 together. Ascending: input / 4 + ceil(inputs / 4) · (output / 32), and
    /// <see cref="ByteConvolution.NoMoreWideQuads"/> at the end. Empty: it may be anywhere. One row is faster the fewer they are.
    /// </param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or a count is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<byte> input,
        ReadOnlySpan<sbyte> weights,
        ReadOnlySpan<int> bias,
        ReadOnlySpan<float> multipliers,
        Span<byte> output,
        int rows,
        int inputs,
        int outputs,
        int outputZeroPoint,
        int outputMinimum,
        int outputMaximum,
        ReadOnlySpan<int> wideQuads)
    {
        ByteFullyConnected.Run<FloatRequantizer>(
            input, weights, bias, MemoryMarshal.Cast<float, int>(multipliers), output, rows, inputs, outputs,
            FloatRequantizer.Target(outputZeroPoint, outputMinimum, outputMaximum), wideQuads);
    }
}
