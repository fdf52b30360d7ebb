using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

/// <summary>What <c>FillBorder…</c> share: elements of one byte or four.</summary>
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
        ExtentGuard.Strided(buffer.Length, stackalloc int[] { batches, rows, rowLength }, stackalloc int[] { batchStride, rowStride, 1 }, 0, nameof(buffer));
        if ((long)left + right > rowLength)
        {
            throw new ArgumentException($"The ends of {left} and {right} elements are longer than a row of {rowLength}.", nameof(rowLength));
        }

        FillRows(buffer, batches, batchStride, rowStride, rows, rowLength, top, left, rows - bottom, right, value);
    }

    private static void FillRows<T>(
        Span<T> buffer, int batches, int batchStride, int rowStride, int rows, int rowLength, int top, int left, int end, int right, T value)
        where T : unmanaged
    {
        for (int batch = 0; batch < batches; batch++)
        {
            if (rowStride == rowLength && end > top)
            {
                FillBetween(buffer.Slice(batch * batchStride, rows * rowLength), rowLength, (top * rowLength) + left, (end * rowLength) - right, right + left, value);
                continue;
            }

            for (int row = 0; row < rows; row++)
            {
                Span<T> line = rowLength == 0 ? [] : buffer.Slice((batch * batchStride) + (row * rowStride), rowLength);
                if (row < top || row >= end)
                {
                    Fill(line, value);
                }
                else
                {
                    Fill(line[..left], value);
                    Fill(line[(rowLength - right)..], value);
                }
            }
        }
    }

    /// <summary>Rows without a gap: the end of each and the begin of the next one are filled together, as what is before the first and behind the last.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void FillBetween<T>(Span<T> image, int rowLength, int begin, int end, int between, T value)
        where T : unmanaged
    {
        Fill(image.Slice(0, begin), value);
        if (between > 0)
        {
            for (int at = begin + rowLength - between; at < end; at += rowLength)
            {
                Fill(image.Slice(at, between), value);
            }
        }

        Fill(image.Slice(end), value);
    }

    /// <summary>Not <see cref="Span{T}.Fill"/>: the framework has no machine code of it, and to compile it takes longer than small models' borders take.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Fill<T>(Span<T> elements, T value)
        where T : unmanaged
    {
        ref byte first = ref Unsafe.As<T, byte>(ref MemoryMarshal.GetReference(elements));
        nint length = (nint)elements.Length * Unsafe.SizeOf<T>(), last = length - sizeof(ulong);
        if (last < 0)
        {
            for (int index = 0; index < elements.Length; index++)
            {
                elements[index] = value;
            }

            return;
        }

        ulong pattern = Unsafe.SizeOf<T>() == 1 ? Unsafe.As<T, byte>(ref value) * 0x0101010101010101UL : Unsafe.As<T, uint>(ref value) * 0x0000000100000001UL;
        nint at = 0;
        for (; at < last - (3 * sizeof(ulong)); at += 4 * sizeof(ulong))
        {
            ref byte four = ref Unsafe.Add(ref first, at);
            Unsafe.WriteUnaligned(ref four, pattern);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref four, sizeof(ulong)), pattern);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref four, 2 * sizeof(ulong)), pattern);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref four, 3 * sizeof(ulong)), pattern);
        }

        for (; at < last; at += sizeof(ulong))
        {
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref first, at), pattern);
        }

        // Some of the elements before are written again.
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref first, last), pattern);
    }
}
