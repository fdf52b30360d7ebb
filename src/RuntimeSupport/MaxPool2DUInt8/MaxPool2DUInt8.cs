using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Largest value of each window, of quantised NHWC images. Padding never wins; a window without a tap inside the image gives the minimum.</summary>
public static partial class MaxPool2DUInt8
{
    /// <summary>Pools.</summary>
    /// <param name="input">Activations.</param>
    /// <param name="output">Results; not the input.</param>
    /// <param name="geometry">Sizes, strides and windows.</param>
    /// <param name="outputMinimum">Smallest result, 0…255.</param>
    /// <param name="outputMaximum">Largest result, <paramref name="outputMinimum"/>…255.</param>
    /// <exception cref="ArgumentException">A span is shorter than the geometry implies, or a number is outside its range.</exception>
    public static void Run(ReadOnlySpan<byte> input, Span<byte> output, PoolingGeometry geometry, int outputMinimum, int outputMaximum)
    {
        PoolingCursor.Check(geometry, input.Length, output.Length);
        RequantizationTarget.Check(0, outputMinimum, outputMaximum);
        byte minimum = (byte)outputMinimum;
        byte maximum = (byte)outputMaximum;
        if (Vector128.IsHardwareAccelerated && IsSquares(geometry))
        {
            RunSquares(input, output, geometry, minimum, maximum);
        }
        else if (geometry.Channels >= 32 && Avx2.IsSupported)
        {
            RunAvx2(input, output, geometry, minimum, maximum);
        }
        else if (geometry.Channels >= 16 && Vector128.IsHardwareAccelerated)
        {
            RunVector128(input, output, geometry, minimum, maximum);
        }
        else if (geometry.Channels >= 8 && Vector128.IsHardwareAccelerated)
        {
            RunHalfVector128(input, output, geometry, minimum, maximum);
        }
        else
        {
            RunScalar(input, output, geometry, minimum, maximum);
        }
    }

    /// <summary>The truth that every other path agrees with.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunScalar(ReadOnlySpan<byte> input, Span<byte> output, PoolingGeometry geometry, byte minimum, byte maximum)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            for (int channel = 0; channel < geometry.Channels; channel++)
            {
                byte largest = minimum;
                for (int row = 0; row < cursor.RowTaps; row++)
                {
                    for (int column = 0; column < cursor.ColumnTaps; column++)
                    {
                        byte value = input[cursor.Input + (row * cursor.RowTapStride) + (column * cursor.ColumnTapStride) + channel];
                        largest = Math.Max(largest, value);
                    }
                }

                output[cursor.Output + channel] = Math.Min(largest, maximum);
            }
        }
        while (cursor.MoveNext());
    }

    /// <summary>8 channels at a time; at least 8 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunHalfVector128(ReadOnlySpan<byte> input, Span<byte> output, PoolingGeometry geometry, byte minimum, byte maximum)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            for (int block = 0; block * 8 < geometry.Channels; block++)
            {
                int channel = BlockBegin(block, 8, geometry.Channels);
                ref byte window = ref Unsafe.Add(ref MemoryMarshal.GetReference(input), cursor.Input + channel);
                Vector128<byte> largest = Vector128.Create(minimum);
                for (nint row = 0; row < cursor.RowTaps; row++)
                {
                    ref byte taps = ref Unsafe.Add(ref window, row * cursor.RowTapStride);
                    for (nint column = 0; column < cursor.ColumnTaps; column++)
                    {
                        ulong values = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref taps, column * cursor.ColumnTapStride));
                        largest = Vector128.Max(largest, Vector128.CreateScalar(values).AsByte());
                    }
                }

                ulong results = Vector128.Min(largest, Vector128.Create(maximum)).AsUInt64().ToScalar();
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref MemoryMarshal.GetReference(output), cursor.Output + channel), results);
            }
        }
        while (cursor.MoveNext());
    }

    /// <summary>16 channels at a time; at least 16 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunVector128(ReadOnlySpan<byte> input, Span<byte> output, PoolingGeometry geometry, byte minimum, byte maximum)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            for (int block = 0; block * 16 < geometry.Channels; block++)
            {
                int channel = BlockBegin(block, 16, geometry.Channels);
                ref byte window = ref Unsafe.Add(ref MemoryMarshal.GetReference(input), cursor.Input + channel);
                Vector128<byte> largest = Vector128.Create(minimum);
                for (nint row = 0; row < cursor.RowTaps; row++)
                {
                    ref byte taps = ref Unsafe.Add(ref window, row * cursor.RowTapStride);
                    for (nint column = 0; column < cursor.ColumnTaps; column++)
                    {
                        largest = Vector128.Max(largest, Vector128.LoadUnsafe(ref Unsafe.Add(ref taps, column * cursor.ColumnTapStride)));
                    }
                }

                Vector128.Min(largest, Vector128.Create(maximum)).StoreUnsafe(ref MemoryMarshal.GetReference(output), (nuint)(cursor.Output + channel));
            }
        }
        while (cursor.MoveNext());
    }

    /// <summary>32 channels at a time; at least 32 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx2(ReadOnlySpan<byte> input, Span<byte> output, PoolingGeometry geometry, byte minimum, byte maximum)
    {
        var cursor = new PoolingCursor(geometry);
        do
        {
            for (int block = 0; block * 32 < geometry.Channels; block++)
            {
                int channel = BlockBegin(block, 32, geometry.Channels);
                ref byte window = ref Unsafe.Add(ref MemoryMarshal.GetReference(input), cursor.Input + channel);
                Vector256<byte> largest = Vector256.Create(minimum);
                for (nint row = 0; row < cursor.RowTaps; row++)
                {
                    ref byte taps = ref Unsafe.Add(ref window, row * cursor.RowTapStride);
                    for (nint column = 0; column < cursor.ColumnTaps; column++)
                    {
                        largest = Avx2.Max(largest, Vector256.LoadUnsafe(ref Unsafe.Add(ref taps, column * cursor.ColumnTapStride)));
                    }
                }

                Avx2.Min(largest, Vector256.Create(maximum)).StoreUnsafe(ref MemoryMarshal.GetReference(output), (nuint)(cursor.Output + channel));
            }
        }
        while (cursor.MoveNext());
    }

    /// <summary>Where a block of channels begins; the last one is moved back to end with the last channel, and computes some channels again.</summary>
    private static int BlockBegin(int block, int width, int channels) => Math.Min(block * width, channels - width);
}
