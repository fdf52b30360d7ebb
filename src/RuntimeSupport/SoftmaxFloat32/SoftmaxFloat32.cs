using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Softmax of contiguous rows: <c>e^(x − max) / Σ e^(x − max)</c>.</summary>
/// <remarks>The sum is 16 partial sums by index modulo 16, joined by halves (i with i + 8, then 4, 2, 1), whatever the vectors' width.</remarks>
public static partial class SoftmaxFloat32
{
    /// <summary>Number of partial sums.</summary>
    private const int Partials = 16;

    /// <summary>Computes the softmax of every row. A row with a NaN, or of nothing but −∞, gives NaN.</summary>
    /// <param name="input">Values <c>[rows][columns]</c>.</param>
    /// <param name="output">Results <c>[rows][columns]</c>, 0…1; may be the input.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Values in a row.</param>
    /// <exception cref="ArgumentException">A span is shorter than rows × columns, or a count is negative.</exception>
    public static void Run(ReadOnlySpan<float> input, Span<float> output, int rows, int columns)
    {
        ExtentGuard.NotNegative(rows, nameof(rows));
        ExtentGuard.NotNegative(columns, nameof(columns));
        KernelGuard.Holds(input.Length, (long)rows * columns, nameof(input));
        KernelGuard.Holds(output.Length, (long)rows * columns, nameof(output));
        for (int row = 0; row < rows; row++)
        {
            RunRow(input.Slice(row * columns, columns), output.Slice(row * columns, columns));
        }
    }

    private static void RunRow(ReadOnlySpan<float> input, Span<float> output)
    {
        if (Avx512F.IsSupported)
        {
            RunAvx512(input, output);
        }
        else if (Avx2.IsSupported && Fma.IsSupported)
        {
            RunAvx2(input, output);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            RunVector128(input, output);
        }
        else
        {
            RunScalar(input, output);
        }
    }

    /// <summary>The truth that every other path agrees with. A row of as many inputs as outputs.</summary>
    internal static void RunScalar(ReadOnlySpan<float> input, Span<float> output)
    {
        Span<float> partials = stackalloc float[Partials];
        partials.Clear();
        Finish(input, output, Maximum(input, float.NegativeInfinity), partials, 0);
    }

    /// <summary>The largest value, a NaN left out: where there is one, all results are NaN anyhow.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static float Maximum(ReadOnlySpan<float> input, float maximum)
    {
        foreach (float value in input)
        {
            maximum = value > maximum ? value : maximum;
        }

        return maximum;
    }

    /// <summary>Exponentials and partial sums of the columns that the vectors left over, then the division of all.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Finish(ReadOnlySpan<float> input, Span<float> output, float maximum, Span<float> partials, int column)
    {
        for (; column < input.Length; column++)
        {
            float exponential = Exponential.Of(input[column] - maximum);
            output[column] = exponential;
            partials[column % Partials] += exponential;
        }

        for (int half = Partials / 2; half > 0; half /= 2)
        {
            for (int index = 0; index < half; index++)
            {
                partials[index] += partials[index + half];
            }
        }

        Divide(output, partials[0]);
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void Divide(Span<float> output, float sum)
    {
        int column = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            Vector128<float> divisor = Vector128.Create(sum);
            for (; column <= output.Length - 4; column += 4)
            {
                (Vector128.Create<float>(output.Slice(column, 4)) / divisor).CopyTo(output.Slice(column, 4));
            }
        }

        for (; column < output.Length; column++)
        {
            output[column] /= sum;
        }
    }
}
