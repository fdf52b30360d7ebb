using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class AveragePool2DFixedPoint
{
    /// <summary>Bytes whose sum 16 bits hold.</summary>
    private const int NarrowTaps = 257;

    /// <summary>16 channels at a time; at least 16 channels. The last block is moved back to end with the last channel.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx2(ReadOnlySpan<byte> input, Span<byte> output, PoolingGeometry geometry, Average average)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            (int count, int start) = average.Window(cursor);
            RunWindow(
                ref Unsafe.Add(ref MemoryMarshal.GetReference(input), cursor.Input), ref Unsafe.Add(ref MemoryMarshal.GetReference(output), cursor.Output),
                cursor.RowTaps, cursor.RowTapStride, cursor.ColumnTaps, cursor.ColumnTapStride, geometry.Channels, average, count, start);
        }
        while (cursor.MoveNext());
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunWindow(
        ref byte input, ref byte output, nint rows, nint rowStride, nint columns, nint columnStride, int channels, Average average, int count, int start)
    {
        for (int block = 0; block < channels; block += BlockChannels)
        {
            nint channel = Math.Min(block, channels - BlockChannels);
            ref byte window = ref Unsafe.Add(ref input, channel);
            Vector256<int> sum0 = default, sum1 = default;
            for (nint row = 0; row < rows; row++)
            {
                for (nint first = 0; first < columns; first += NarrowTaps)
                {
                    Vector256<short> narrow = default;
                    nint end = Math.Min(first + NarrowTaps, columns);
                    for (nint column = first; column < end; column++)
                    {
                        narrow = Avx2.Add(narrow, Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(ref Unsafe.Add(ref window, (row * rowStride) + (column * columnStride)))));
                    }

                    sum0 = Avx2.Add(sum0, Avx2.ConvertToVector256Int32(narrow.GetLower().AsUInt16()));
                    sum1 = Avx2.Add(sum1, Avx2.ConvertToVector256Int32(narrow.GetUpper().AsUInt16()));
                }
            }

            ByteLanes.Avx2Bytes(average.OfAvx2(sum0, count, start), average.OfAvx2(sum1, count, start)).StoreUnsafe(ref output, (nuint)channel);
        }
    }
}
