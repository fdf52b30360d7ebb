using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// Sums of blocks of channels. Bytes of two taps are interleaved within the halves of a vector and then widened, so that the two vectors of 32 channels
/// hold the channels 0…7 and 16…23, 8…15 and 24…31; storing them by halves puts them in order again.
/// </content>
public static partial class ByteDepthwiseConvolution
{
    /// <summary>Weights of a block of 16 or 32 channels as int16 pairs of taps, in the order of the interleaved activations.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void WidenWeights(in Arguments arguments, int channel, int width, ReadOnlySpan<int> order, ref short pairs)
    {
        ref byte weights = ref Unsafe.As<sbyte, byte>(ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), channel));
        nint padded = arguments.PaddedChannels;
        for (int tap = 0; tap < order.Length; tap += 2)
        {
            nint at = tap * width;
            if (width == 32)
            {
                Vector256<byte> first = order[tap] == NoTap ? default : Load(ref weights, order[tap] * padded);
                Vector256<byte> second = order[tap + 1] == NoTap ? default : Load(ref weights, order[tap + 1] * padded);
                Unsafe.As<short, Vector512<short>>(ref Unsafe.Add(ref pairs, at)) = Signed(Low(first, second));
                Unsafe.As<short, Vector512<short>>(ref Unsafe.Add(ref pairs, at + 32)) = Signed(High(first, second));
            }
            else
            {
                Vector128<byte> first = order[tap] == NoTap ? default : Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref weights, order[tap] * padded));
                Vector128<byte> second = order[tap + 1] == NoTap ? default : Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref weights, order[tap + 1] * padded));
                Unsafe.As<short, Vector512<short>>(ref Unsafe.Add(ref pairs, at)) = Signed(Pairs(first, second));
            }
        }
    }

    /// <summary>Sums of 32 channels of some pixels of a row, whatever the taps.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Sum32(ref byte window, nint step, Span<int> offsets, Span<short> weights, ref int bias, ref int sums, int pixels)
    {
        ref int taps = ref MemoryMarshal.GetReference(offsets);
        nint tapCount = offsets.Length;
        Vector512<int> startLow = StartLow(ref bias), startHigh = StartHigh(ref bias);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            ref short filter = ref MemoryMarshal.GetReference(weights);
            Vector512<int> low = startLow, high = startHigh;
            for (nint tap = 0; tap < tapCount; tap += 2)
            {
                Vector256<byte> first = Load(ref window, Unsafe.Add(ref taps, tap)), second = Load(ref window, Unsafe.Add(ref taps, tap + 1));
                low += Multiply(Low(first, second), ref filter, 0);
                high += Multiply(High(first, second), ref filter, 32);
                filter = ref Unsafe.Add(ref filter, 64);
            }

            Store(low, high, ref sums);
            sums = ref Unsafe.Add(ref sums, 32);
            window = ref Unsafe.Add(ref window, step);
        }
    }

    /// <summary>Sums of 16 channels of some pixels of a row.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Sum16(ref byte window, nint step, Span<int> offsets, Span<short> weights, ref int bias, ref int sums, int pixels)
    {
        ref int taps = ref MemoryMarshal.GetReference(offsets);
        nint tapCount = offsets.Length;
        Vector512<int> start = Unsafe.As<int, Vector512<int>>(ref bias);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            ref short filter = ref MemoryMarshal.GetReference(weights);
            Vector512<int> sum = start;
            for (nint tap = 0; tap < tapCount; tap += 2)
            {
                Vector128<byte> first = Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref window, Unsafe.Add(ref taps, tap)));
                Vector128<byte> second = Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref window, Unsafe.Add(ref taps, tap + 1)));
                sum += Multiply(Pairs(first, second), ref filter, 0);
                filter = ref Unsafe.Add(ref filter, 32);
            }

            Unsafe.As<int, Vector512<int>>(ref sums) = sum;
            sums = ref Unsafe.Add(ref sums, 16);
            window = ref Unsafe.Add(ref window, step);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Load(ref byte source, nint at) => Unsafe.As<byte, Vector256<byte>>(ref Unsafe.Add(ref source, at));

    /// <summary>Pairs of the channels 0…7 and 16…23.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Low(Vector256<byte> first, Vector256<byte> second) => Avx512BW.ConvertToVector512Int16(Avx2.UnpackLow(first, second));

    /// <summary>Pairs of the channels 8…15 and 24…31.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> High(Vector256<byte> first, Vector256<byte> second) => Avx512BW.ConvertToVector512Int16(Avx2.UnpackHigh(first, second));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Multiply(Vector512<short> activations, ref short filter, nint at) =>
        Avx512BW.MultiplyAddAdjacent(activations, Unsafe.As<short, Vector512<short>>(ref Unsafe.Add(ref filter, at)));

    /// <summary>Pairs of 16 channels, in their order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Pairs(Vector128<byte> first, Vector128<byte> second) =>
        Avx512BW.ConvertToVector512Int16(Avx2.InsertVector128(Sse2.UnpackLow(first, second).ToVector256Unsafe(), Sse2.UnpackHigh(first, second), 1));

    /// <summary>Bytes that were widened as if they had no sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Signed(Vector512<short> bytes) => Avx512BW.ShiftRightArithmetic(Avx512BW.ShiftLeftLogical(bytes, 8), 8);

    // Quarters are moved by Shuffle4x128, because to compile Vector512.Create(Vector256, Vector256) takes a cold process 3 ms.

    /// <summary>The channels 0…7 and 16…23.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> StartLow(ref int bias) => Avx512F.Shuffle4x128(Unsafe.As<int, Vector512<int>>(ref bias), Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref bias, 16)), 0b01_00_01_00);

    /// <summary>The channels 8…15 and 24…31.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> StartHigh(ref int bias) => Avx512F.Shuffle4x128(Unsafe.As<int, Vector512<int>>(ref bias), Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref bias, 16)), 0b11_10_11_10);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<int> low, Vector512<int> high, ref int sums)
    {
        ref Vector256<int> halves = ref Unsafe.As<int, Vector256<int>>(ref sums);
        halves = low.GetLower();
        Unsafe.Add(ref halves, 1) = high.GetLower();
        Unsafe.Add(ref halves, 2) = Avx512F.ExtractVector256(low, 1);
        Unsafe.Add(ref halves, 3) = Avx512F.ExtractVector256(high, 1);
    }
}
