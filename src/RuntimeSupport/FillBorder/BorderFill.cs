using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>What <c>FillBorder…</c> share.</summary>
internal static class BorderFill
{
    /// <summary>Fills the border of every image.</summary>
    internal static void Run<T>(
        Span<T> buffer,
        int batches,
        int batchStride,
        int rowStride,
        int height,
        int rowLength,
        int top,
        int left,
        int bottom,
        int right,
        T value)
        where T : unmanaged
    {
        ExtentGuard.NotNegative(height, nameof(height));
        ExtentGuard.NotNegative(top, nameof(top));
        ExtentGuard.NotNegative(left, nameof(left));
        ExtentGuard.NotNegative(bottom, nameof(bottom));
        ExtentGuard.NotNegative(right, nameof(right));
        int rows = (int)Math.Min((long)top + height + bottom, int.MaxValue);
        ExtentGuard.Strided(buffer.Length, [batches, rows, rowLength], [batchStride, rowStride, 1], 0, nameof(buffer));
        if ((long)left + right > rowLength)
        {
            throw new ArgumentException($"The ends of {left} and {right} elements are longer than a row of {rowLength}.", nameof(rowLength));
        }

        for (int batch = 0; batch < batches; batch++)
        {
            for (int row = 0; row < rows; row++)
            {
                Span<T> line = rowLength == 0 ? [] : buffer.Slice((batch * batchStride) + (row * rowStride), rowLength);
                if (row < top || row >= top + height)
                {
                    line.Fill(value);
                }
                else
                {
                    line[..left].Fill(value);
                    line[(rowLength - right)..].Fill(value);
                }
            }
        }
    }
}
