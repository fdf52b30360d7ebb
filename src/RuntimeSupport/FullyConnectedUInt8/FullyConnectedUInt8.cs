using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Rows of uint8 activations by a constant int8 matrix.</summary>
public static partial class FullyConnectedUInt8
{
    /// <summary>Longest row that is copied to the stack when the input has no room behind its last row.</summary>
    private const int LongestCopy = 16384;

    /// <summary>Multiplies. A row is a pixel of a 1 × 1 convolution: the tiles of <see cref="Conv2DUInt8"/> do the work.</summary>
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
        int outputMaximum)
    {
        ConvolutionExtents.Positive(rows, nameof(rows));
        ConvolutionExtents.Positive(inputs, nameof(inputs));
        ConvolutionExtents.Positive(outputs, nameof(outputs));
        KernelGuard.Holds(input.Length, (long)rows * inputs, nameof(input));
        KernelGuard.Holds(output.Length, (long)rows * outputs, nameof(output));
        Requantization.Target target = Requantization.Target.Of(outputZeroPoint, outputMinimum, outputMaximum);
        int padded = (inputs + 3) / 4 * 4;
        if (input.Length >= ((rows - 1L) * inputs) + padded)
        {
            Multiply(input, weights, bias, multipliers, output, rows, inputs, outputs, target);
            return;
        }

        if (rows > 1)
        {
            Multiply(input, weights, bias, multipliers, output, rows - 1, inputs, outputs, target);
        }

        ReadOnlySpan<byte> lastRow = input.Slice((rows - 1) * inputs, inputs);
        Span<byte> copy = padded <= LongestCopy ? stackalloc byte[padded] : new byte[padded];
        lastRow.CopyTo(copy);
        Multiply(copy, weights, bias, multipliers, output.Slice((rows - 1) * outputs), 1, inputs, outputs, target);
    }

    private static void Multiply(
        ReadOnlySpan<byte> input,
        ReadOnlySpan<sbyte> weights,
        ReadOnlySpan<int> bias,
        ReadOnlySpan<float> multipliers,
        Span<byte> output,
        int rows,
        int inputs,
        int outputs,
        Requantization.Target target)
    {
        ReadOnlySpan<int> runOffsets = [0];
        var geometry = new ConvolutionGeometry(1, 1, rows, 0, 0, inputs, 0, 0, outputs);
        var arguments = new Conv2DUInt8.Arguments(input, weights, bias, multipliers, output, runOffsets, geometry, inputs, 1, inputs, outputs, target);
        Conv2DUInt8.Check(arguments);
        Conv2DUInt8.Dispatch(arguments);
    }
}
