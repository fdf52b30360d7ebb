using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The search behind <c>ArgReduce…</c>.</summary>
internal static class ArgReduction
{
    /// <summary>Columns that are searched side by side, so that memory is read in order.</summary>
    private const int Block = 64;

    /// <summary>Checks the arguments and searches.</summary>
    internal static void Run<T>(ReadOnlySpan<T> input, Span<long> output, int outer, int axisLength, int inner, bool maximum, bool lastIndex)
        where T : unmanaged, INumber<T>
    {
        KernelGuard.Holds(input.Length, ExtentGuard.Elements([outer, axisLength, inner], nameof(input)), nameof(input));
        long outputs = ExtentGuard.Elements([outer, inner], nameof(output));
        KernelGuard.Holds(output.Length, outputs, nameof(output));
        if (outputs == 0)
        {
            return;
        }

        if (axisLength == 0)
        {
            throw new ArgumentException("There is no extreme of an empty axis.", nameof(axisLength));
        }

        for (int block = 0; block < outer; block++)
        {
            ReadOnlySpan<T> values = input.Slice(block * axisLength * inner, axisLength * inner);
            Span<long> indices = output.Slice(block * inner, inner);
            if (inner == 1)
            {
                indices[0] = Search(values, maximum, lastIndex);
            }
            else
            {
                SearchColumns(values, indices, axisLength, maximum, lastIndex);
            }
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static int Search<T>(ReadOnlySpan<T> values, bool maximum, bool lastIndex)
        where T : unmanaged, INumber<T>
    {
        int found = 0;
        T best = values[0];
        for (int index = 1; index < values.Length; index++)
        {
            if (Wins(values[index], best, maximum, lastIndex))
            {
                best = values[index];
                found = index;
            }
        }

        return found;
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void SearchColumns<T>(ReadOnlySpan<T> values, Span<long> indices, int axisLength, bool maximum, bool lastIndex)
        where T : unmanaged, INumber<T>
    {
        int inner = indices.Length;
        Span<T> best = stackalloc T[Block];
        for (int column = 0; column < inner; column += Block)
        {
            int width = Math.Min(Block, inner - column);
            values.Slice(column, width).CopyTo(best);
            Span<long> found = indices.Slice(column, width);
            found.Clear();
            for (int index = 1; index < axisLength; index++)
            {
                ReadOnlySpan<T> row = values.Slice((index * inner) + column, width);
                for (int lane = 0; lane < row.Length; lane++)
                {
                    if (Wins(row[lane], best[lane], maximum, lastIndex))
                    {
                        best[lane] = row[lane];
                        found[lane] = index;
                    }
                }
            }
        }
    }

    /// <summary>Whether a later value takes the place of the best so far.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Wins<T>(T value, T best, bool maximum, bool lastIndex)
        where T : unmanaged, INumber<T>
    {
        // The usual answer first: NaN alone passes both comparisons.
        if (maximum ? value < best : value > best)
        {
            return false;
        }

        if (value == best)
        {
            return lastIndex;
        }

        return !T.IsNaN(best) || (lastIndex && T.IsNaN(value));
    }
}
