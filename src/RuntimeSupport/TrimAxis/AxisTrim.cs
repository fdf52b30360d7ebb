using System;
using System.Diagnostics.CodeAnalysis;

namespace ModelCompiler.RuntimeSupport;

/// <summary>The movement behind <c>TrimAxis…</c>.</summary>
internal static class AxisTrim
{
    /// <summary>Checks the arguments, moves what is kept together and clears the rest.</summary>
    internal static void Run<T>(Span<T> data, ReadOnlySpan<long> count, int outer, int axisLength, int inner)
        where T : unmanaged
    {
        long elements = ExtentGuard.Elements([outer, axisLength, inner], nameof(data));
        KernelGuard.Holds(data.Length, elements, nameof(data));
        KernelGuard.Holds(count.Length, 1, nameof(count));
        if (count[0] < 0 || count[0] > axisLength)
        {
            ThrowCount(count[0], axisLength);
        }

        if (elements == 0)
        {
            return;
        }

        int kept = (int)count[0] * inner;
        for (int block = 1; block < outer; block++)
        {
            data.Slice(block * axisLength * inner, kept).CopyTo(data[(block * kept)..]);
        }

        data[(outer * kept)..(int)elements].Clear();
    }

    [DoesNotReturn]
    private static void ThrowCount(long count, int axisLength) =>
        throw new ArgumentException($"There cannot be {count} slices: the axis has room for {axisLength}.", nameof(count));
}
