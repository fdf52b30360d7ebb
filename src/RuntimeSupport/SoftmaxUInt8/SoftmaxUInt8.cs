using System;
using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Softmax of contiguous rows of quantised values.</summary>
public static partial class SoftmaxUInt8
{
    /// <summary>Computes the softmax of every row: <c>round(clamp(e / Σe * outputInverseScale)) + outputZeroPoint</c>, the sum in the order of the columns.</summary>
    /// <param name="input">Values <c>[rows][columns]</c>.</param>
    /// <param name="exponentials">256 floats: <c>exponentials[255 − d]</c> is <c>e^(−scale · d)</c> for a value d steps below its row's largest.</param>
    /// <param name="output">Results <c>[rows][columns]</c>; may be the input.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Values in a row.</param>
    /// <param name="outputInverseScale">1 / scale of the output, usually 256.</param>
    /// <param name="outputZeroPoint">Quantised zero of the output, 0…255.</param>
    /// <exception cref="ArgumentException">A span is too short, a count is negative, or the zero point is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<byte> input, ReadOnlySpan<float> exponentials, Span<byte> output, int rows, int columns, float outputInverseScale, int outputZeroPoint)
    {
        ExtentGuard.NotNegative(rows, nameof(rows));
        ExtentGuard.NotNegative(columns, nameof(columns));
        KernelGuard.Holds(input.Length, (long)rows * columns, nameof(input));
        KernelGuard.Holds(exponentials.Length, 256, nameof(exponentials));
        KernelGuard.Holds(output.Length, (long)rows * columns, nameof(output));
        Requantization.Target target = Requantization.Target.Of(outputZeroPoint, 0, 255);
        for (int row = 0; row < rows; row++)
        {
            RunRow(input.Slice(row * columns, columns), exponentials, output.Slice(row * columns, columns), outputInverseScale, target);
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunRow(
        ReadOnlySpan<byte> input, ReadOnlySpan<float> exponentials, Span<byte> output, float outputInverseScale, Requantization.Target target)
    {
        int maximum = 0;
        foreach (byte value in input)
        {
            maximum = Math.Max(maximum, value);
        }

        float sum = 0;
        foreach (byte value in input)
        {
            sum += exponentials[255 - (maximum - value)];
        }

        // The largest value's exponential is 1: the sum is never 0.
        float factor = outputInverseScale / sum;
        for (int column = 0; column < input.Length; column++)
        {
            output[column] = Requantization.Scalar(exponentials[255 - (maximum - input[column])] * factor, target);
        }
    }
}
