using System;
using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Softmax of contiguous rows of quantised values, in integers.</summary>
public static class SoftmaxFixedPoint
{
    /// <summary>Computes the softmax of every row: <c>e · outputLevels / Σe</c> rounded, halves up, plus the output's zero point.</summary>
    /// <param name="input">Values <c>[rows][columns]</c>.</param>
    /// <param name="exponentials">256 integers, none negative, the last one positive: <c>exponentials[255 − d]</c> is proportional to <c>e^(−scale · d)</c> for a value
    /// d steps below its row's largest.</param>
    /// <param name="output">Results <c>[rows][columns]</c>; may be the input.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Values in a row.</param>
    /// <param name="outputLevels">1 / scale of the output, 1…65536, usually 256.</param>
    /// <param name="outputZeroPoint">Quantised zero of the output, 0…255.</param>
    /// <exception cref="ArgumentException">A span is too short, a count is negative, or a number is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<byte> input, ReadOnlySpan<int> exponentials, Span<byte> output, int rows, int columns, int outputLevels, int outputZeroPoint)
    {
        ExtentGuard.NotNegative(rows, nameof(rows));
        ExtentGuard.NotNegative(columns, nameof(columns));
        KernelGuard.Holds(input.Length, (long)rows * columns, nameof(input));
        KernelGuard.Holds(exponentials.Length, 256, nameof(exponentials));
        KernelGuard.Holds(output.Length, (long)rows * columns, nameof(output));
        RequantizationTarget.Check(outputZeroPoint, 0, 255);
        if (outputLevels is < 1 or > 65536 || exponentials[255] <= 0)
        {
            throw new ArgumentException($"An output of {outputLevels} levels makes no sense, or the largest exponential is {exponentials[255]}.", nameof(outputLevels));
        }

        for (int row = 0; row < rows; row++)
        {
            RunRow(input.Slice(row * columns, columns), exponentials, output.Slice(row * columns, columns), outputLevels, outputZeroPoint);
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunRow(ReadOnlySpan<byte> input, ReadOnlySpan<int> exponentials, Span<byte> output, int outputLevels, int outputZeroPoint)
    {
        int maximum = 0;
        foreach (byte value in input)
        {
            maximum = Math.Max(maximum, value);
        }

        // The largest value's exponential is positive: the sum is never 0.
        long sum = 0;
        foreach (byte value in input)
        {
            sum += exponentials[255 - (maximum - value)];
        }

        for (int column = 0; column < input.Length; column++)
        {
            long share = (((long)exponentials[255 - (maximum - input[column])] * outputLevels) + (sum / 2)) / sum;
            output[column] = (byte)Math.Min(share + outputZeroPoint, 255);
        }
    }
}
