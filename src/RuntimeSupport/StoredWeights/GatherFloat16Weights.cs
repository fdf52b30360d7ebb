using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Picks rows of a float32 table that is stored as float16.</summary>
public static partial class GatherFloat16Weights
{
    /// <summary><c>output[i, n] = input[indices[i], n]</c>, both row-major.</summary>
    /// <param name="input">[axisLength, inner], bits of float16.</param>
    /// <param name="indices">The rows to pick, each −axisLength…axisLength − 1; negative ones count from the end.</param>
    /// <param name="output">[count, inner].</param>
    /// <param name="count">Number of indices; the span may hold more.</param>
    /// <param name="axisLength">Rows of the table.</param>
    /// <param name="inner">Elements of a row.</param>
    /// <exception cref="ArgumentException">A span is too short, an extent is negative, or an index is out of range; nothing is written then.</exception>
    public static void Run(ReadOnlySpan<ushort> input, ReadOnlySpan<long> indices, Span<float> output, int count, int axisLength, int inner)
    {
        ReadOnlySpan<long> rows = AxisGather.Checked(input.Length, indices, output.Length, count, axisLength, inner);
        for (int index = 0; index < rows.Length; index++)
        {
            ExpandFloat16.Run(input.Slice(AxisGather.Position(rows[index], axisLength) * inner, inner), output.Slice(index * inner, inner));
        }
    }
}
