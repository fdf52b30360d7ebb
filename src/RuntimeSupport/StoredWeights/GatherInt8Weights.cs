using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Picks rows of a float32 table that is stored as int8, with a scale a row.</summary>
public static partial class GatherInt8Weights
{
    /// <summary><c>output[i, n] = input[indices[i], n] · scales[indices[i]]</c>, both row-major.</summary>
    /// <param name="input">[axisLength, inner].</param>
    /// <param name="scales">One a row.</param>
    /// <param name="indices">The rows to pick, each −axisLength…axisLength − 1; negative ones count from the end.</param>
    /// <param name="output">[count, inner].</param>
    /// <param name="count">Number of indices; the span may hold more.</param>
    /// <param name="axisLength">Rows of the table.</param>
    /// <param name="inner">Elements of a row.</param>
    /// <exception cref="ArgumentException">A span is too short, an extent is negative, or an index is out of range; nothing is written then.</exception>
    public static void Run(ReadOnlySpan<sbyte> input, ReadOnlySpan<float> scales, ReadOnlySpan<long> indices, Span<float> output, int count, int axisLength, int inner)
    {
        KernelGuard.Holds(scales.Length, axisLength, nameof(scales));
        ReadOnlySpan<long> rows = AxisGather.Checked(input.Length, indices, output.Length, count, axisLength, inner);
        for (int index = 0; index < rows.Length; index++)
        {
            int row = AxisGather.Position(rows[index], axisLength);
            ReadOnlySpan<sbyte> from = input.Slice(row * inner, inner);
            Span<float> to = output.Slice(index * inner, inner);
            float scale = scales[row];
            for (int at = 0; at < to.Length; at++)
            {
                to[at] = from[at] * scale;
            }
        }
    }
}
