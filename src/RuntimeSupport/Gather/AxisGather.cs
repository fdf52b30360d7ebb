using System;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The gather behind <c>Gather…</c> and <c>GatherAxis…</c>.</summary>
internal static class AxisGather
{
    /// <summary>Checks all indices, then copies slice by slice.</summary>
    internal static void Run<T, TIndex>(
        ReadOnlySpan<T> input, ReadOnlySpan<TIndex> indices, Span<T> output, int outer, int axisLength, int inner, bool fromEnd)
        where T : unmanaged
        where TIndex : unmanaged, IBinaryInteger<TIndex>
    {
        KernelGuard.Holds(input.Length, ExtentGuard.Elements([outer, axisLength, inner], nameof(input)), nameof(input));
        KernelGuard.Holds(output.Length, ExtentGuard.Elements([outer, indices.Length, inner], nameof(output)), nameof(output));
        CheckIndices(indices, axisLength, fromEnd);
        if (inner == 1)
        {
            Elements(input, indices, output, outer, axisLength);
        }
        else
        {
            Slices(input, indices, output, outer, axisLength, inner);
        }
    }

    /// <summary>The first so many indices of a span that may hold more.</summary>
    internal static ReadOnlySpan<long> First(ReadOnlySpan<long> indices, int count)
    {
        KernelGuard.Holds(indices.Length, count < 0 ? long.MaxValue : count, nameof(indices));
        return indices[..count];
    }

    /// <summary>The first so many indices, for a gather of rows; checked, as are the lengths of table and output.</summary>
    internal static ReadOnlySpan<long> Checked(int inputLength, ReadOnlySpan<long> indices, int outputLength, int count, int axisLength, int inner)
    {
        ReadOnlySpan<long> first = First(indices, count);
        KernelGuard.Holds(inputLength, ExtentGuard.Elements([axisLength, inner], "input"), "input");
        KernelGuard.Holds(outputLength, ExtentGuard.Elements([count, inner], "output"), "output");
        CheckIndices(first, axisLength, fromEnd: true);
        return first;
    }

    private static void CheckIndices<TIndex>(ReadOnlySpan<TIndex> indices, int axisLength, bool fromEnd)
        where TIndex : unmanaged, IBinaryInteger<TIndex>
    {
        foreach (TIndex index in indices)
        {
            long position = long.CreateTruncating(index);
            if (position >= axisLength || position < (fromEnd ? -(long)axisLength : 0))
            {
                ThrowIndex(position, axisLength);
            }
        }
    }

    private static void Slices<T, TIndex>(
        ReadOnlySpan<T> input, ReadOnlySpan<TIndex> indices, Span<T> output, int outer, int axisLength, int inner)
        where T : unmanaged
        where TIndex : unmanaged, IBinaryInteger<TIndex>
    {
        for (int block = 0; block < outer; block++)
        {
            ReadOnlySpan<T> from = input.Slice(block * axisLength * inner, axisLength * inner);
            Span<T> to = output.Slice(block * indices.Length * inner, indices.Length * inner);
            for (int slice = 0; slice < indices.Length; slice++)
            {
                from.Slice(Position(indices[slice], axisLength) * inner, inner).CopyTo(to.Slice(slice * inner, inner));
            }
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void Elements<T, TIndex>(ReadOnlySpan<T> input, ReadOnlySpan<TIndex> indices, Span<T> output, int outer, int axisLength)
        where T : unmanaged
        where TIndex : unmanaged, IBinaryInteger<TIndex>
    {
        for (int block = 0; block < outer; block++)
        {
            ref T from = ref Unsafe.Add(ref MemoryMarshal.GetReference(input), (nint)block * axisLength);
            Span<T> to = output.Slice(block * indices.Length, indices.Length);
            for (int slice = 0; slice < to.Length; slice++)
            {
                to[slice] = Unsafe.Add(ref from, Position(indices[slice], axisLength));
            }
        }
    }

    /// <summary>The slice that a checked index means.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Position<TIndex>(TIndex index, int axisLength)
        where TIndex : unmanaged, IBinaryInteger<TIndex>
    {
        int position = int.CreateTruncating(index);
        return position < 0 ? position + axisLength : position;
    }

    [DoesNotReturn]
    private static void ThrowIndex(long index, int axisLength) =>
        throw new ArgumentException($"The index {index} is out of range: the axis has {axisLength} slices.", "indices");
}
