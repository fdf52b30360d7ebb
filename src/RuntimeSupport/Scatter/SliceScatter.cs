using System;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The scatter behind <c>Scatter…</c> and <c>ScatterReduce…</c>.</summary>
internal static class SliceScatter
{
    /// <summary>Puts the updates in place, one after the other: of several at one place the last stays.</summary>
    internal static void Run<T>(ReadOnlySpan<long> indices, ReadOnlySpan<T> updates, Span<T> output, int count, int rows, int width)
        where T : unmanaged
    {
        indices = Checked(indices, updates.Length, output.Length, count, rows, width);
        for (int update = 0; update < indices.Length; update++)
        {
            updates.Slice(update * width, width).CopyTo(output.Slice(Row(indices[update], rows) * width, width));
        }
    }

    /// <summary>Combines the updates with what is in place, one after the other.</summary>
    internal static void Reduce<T>(ReadOnlySpan<long> indices, ReadOnlySpan<T> updates, Span<T> output, int count, int rows, int width, int operation)
        where T : unmanaged, INumber<T>
    {
        if (operation is < ScatterOperation.Add or > ScatterOperation.Maximum)
        {
            ThrowOperation(operation);
        }

        indices = Checked(indices, updates.Length, output.Length, count, rows, width);
        for (int update = 0; update < indices.Length; update++)
        {
            Combine(updates.Slice(update * width, width), output.Slice(Row(indices[update], rows) * width, width), operation);
        }
    }

    private static void Combine<T>(ReadOnlySpan<T> update, Span<T> row, int operation)
        where T : unmanaged, INumber<T>
    {
        for (int column = 0; column < row.Length; column++)
        {
            row[column] = operation switch
            {
                ScatterOperation.Add => unchecked(row[column] + update[column]),
                ScatterOperation.Multiply => unchecked(row[column] * update[column]),
                ScatterOperation.Minimum => T.Min(row[column], update[column]),
                _ => T.Max(row[column], update[column]),
            };
        }
    }

    private static ReadOnlySpan<long> Checked(ReadOnlySpan<long> indices, int updates, int output, int count, int rows, int width)
    {
        KernelGuard.Holds(indices.Length, ExtentGuard.Elements([count], nameof(count)), nameof(indices));
        KernelGuard.Holds(updates, ExtentGuard.Elements([count, width], nameof(updates)), nameof(updates));
        KernelGuard.Holds(output, ExtentGuard.Elements([rows, width], nameof(output)), nameof(output));
        foreach (long index in indices[..count])
        {
            if (index < -rows || index >= rows)
            {
                ThrowIndex(index, rows);
            }
        }

        return indices[..count];
    }

    private static int Row(long index, int rows) => (int)(index < 0 ? index + rows : index);

    [DoesNotReturn]
    private static void ThrowIndex(long index, int rows) =>
        throw new ArgumentException($"The index {index} is out of range: there are {rows} rows.", "indices");

    [DoesNotReturn]
    private static void ThrowOperation(int operation) => throw new ArgumentException($"There is no operation {operation}.", nameof(operation));
}
