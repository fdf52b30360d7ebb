using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>The inner loops over a block's pixels.</content>
public static partial class ByteDepthwiseConvolution
{
    /// <summary>Pixels of a row whose windows of 3 × 3 taps begin a column apart: two columns of a window are the one's before.</summary>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    private static void Slide1<TRequantizer>(
        ref byte window, nint step, Span<int> offsets, ref int table, ref byte output, nint pixelStride, int pixels, RequantizationTarget target)
        where TRequantizer : struct, IRequantizer
    {
        ref byte top = ref Unsafe.Add(ref window, offsets[0]);
        ref byte middle = ref Unsafe.Add(ref window, offsets[1]);
        ref byte bottom = ref Unsafe.Add(ref window, offsets[2]);
        ref short filter = ref Unsafe.As<int, short>(ref table);
        ref int start = ref Unsafe.Add(ref table, 5 * BlockChannels);
        Vector512<short> low0 = Low(Load(ref top, 0), Load(ref middle, 0)), high0 = High(Load(ref top, 0), Load(ref middle, 0));
        Vector512<short> low1 = Low(Load(ref top, step), Load(ref middle, step)), high1 = High(Load(ref top, step), Load(ref middle, step));
        Vector256<byte> bottom1 = Load(ref bottom, step);
        Vector512<short> lowBottom = Low(Load(ref bottom, 0), bottom1), highBottom = High(Load(ref bottom, 0), bottom1);
        Vector512<int> startLow = Unsafe.As<int, Vector512<int>>(ref start), startHigh = Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref start, 16));
        Vector512<short> zeroPoint = Vector512.Create((short)target.ZeroPoint);
        Vector256<byte> least = Vector256.Create(TRequantizer.Minimum(target)), most = Vector256.Create(TRequantizer.Maximum(target));
        nint at = 2 * step;
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            Vector256<byte> first = Load(ref top, at), second = Load(ref middle, at), bottom2 = Load(ref bottom, at);
            Vector512<short> low2 = Low(first, second), high2 = High(first, second);
            Vector512<short> lowNext = Low(bottom1, bottom2), highNext = High(bottom1, bottom2);
            Vector512<int> low = startLow + Multiply(low0, ref filter, 0) + Multiply(low1, ref filter, 64) + Multiply(low2, ref filter, 128)
                + Multiply(lowBottom, ref filter, 192) + Multiply(lowNext, ref filter, 256);
            Vector512<int> high = startHigh + Multiply(high0, ref filter, 32) + Multiply(high1, ref filter, 96) + Multiply(high2, ref filter, 160)
                + Multiply(highBottom, ref filter, 224) + Multiply(highNext, ref filter, 288);
            Store<TRequantizer>(low, high, ref Unsafe.Add(ref start, BlockChannels), zeroPoint, least, most, ref output);
            output = ref Unsafe.Add(ref output, pixelStride);
            (low0, low1, lowBottom, high0, high1, highBottom, bottom1) = (low1, low2, lowNext, high1, high2, highNext, bottom2);
            at += step;
        }
    }

    /// <summary>The same for windows that begin two columns apart: the first column of a window is the last of the one before.</summary>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    private static void Slide2<TRequantizer>(
        ref byte window, nint step, Span<int> offsets, ref int table, ref byte output, nint pixelStride, int pixels, RequantizationTarget target)
        where TRequantizer : struct, IRequantizer
    {
        ref byte top = ref Unsafe.Add(ref window, offsets[0]);
        ref byte middle = ref Unsafe.Add(ref window, offsets[1]);
        ref byte bottom = ref Unsafe.Add(ref window, offsets[2]);
        ref short filter = ref Unsafe.As<int, short>(ref table);
        ref int start = ref Unsafe.Add(ref table, 5 * BlockChannels);
        Vector512<short> low0 = Low(Load(ref top, 0), Load(ref middle, 0)), high0 = High(Load(ref top, 0), Load(ref middle, 0));
        Vector256<byte> bottom0 = Load(ref bottom, 0);
        Vector512<int> startLow = Unsafe.As<int, Vector512<int>>(ref start), startHigh = Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref start, 16));
        Vector512<short> zeroPoint = Vector512.Create((short)target.ZeroPoint);
        Vector256<byte> least = Vector256.Create(TRequantizer.Minimum(target)), most = Vector256.Create(TRequantizer.Maximum(target));
        nint column = step / 2, at = column;
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            Vector256<byte> first = Load(ref top, at), second = Load(ref middle, at), bottom1 = Load(ref bottom, at);
            Vector512<short> low1 = Low(first, second), high1 = High(first, second);
            first = Load(ref top, at + column);
            second = Load(ref middle, at + column);
            Vector256<byte> bottom2 = Load(ref bottom, at + column);
            Vector512<short> low2 = Low(first, second), high2 = High(first, second);
            Vector512<int> low = startLow + Multiply(low0, ref filter, 0) + Multiply(low1, ref filter, 64) + Multiply(low2, ref filter, 128)
                + Multiply(Low(bottom0, bottom1), ref filter, 192) + Multiply(Low(bottom1, bottom2), ref filter, 256);
            Vector512<int> high = startHigh + Multiply(high0, ref filter, 32) + Multiply(high1, ref filter, 96) + Multiply(high2, ref filter, 160)
                + Multiply(High(bottom0, bottom1), ref filter, 224) + Multiply(High(bottom1, bottom2), ref filter, 288);
            Store<TRequantizer>(low, high, ref Unsafe.Add(ref start, BlockChannels), zeroPoint, least, most, ref output);
            output = ref Unsafe.Add(ref output, pixelStride);
            (low0, high0, bottom0) = (low2, high2, bottom2);
            at += step;
        }
    }

    /// <summary>Pixels of a row, whatever the taps.</summary>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    private static void AllTaps<TRequantizer>(
        ref byte window, nint step, Span<int> offsets, ref int table, ref byte output, nint pixelStride, int pixels, RequantizationTarget target)
        where TRequantizer : struct, IRequantizer
    {
        ref int taps = ref MemoryMarshal.GetReference(offsets);
        nint tapCount = offsets.Length;
        ref int start = ref Unsafe.Add(ref table, tapCount * BlockChannels / 2);
        Vector512<int> startLow = Unsafe.As<int, Vector512<int>>(ref start), startHigh = Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref start, 16));
        Vector512<short> zeroPoint = Vector512.Create((short)target.ZeroPoint);
        Vector256<byte> least = Vector256.Create(TRequantizer.Minimum(target)), most = Vector256.Create(TRequantizer.Maximum(target));
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            ref short filter = ref Unsafe.As<int, short>(ref table);
            Vector512<int> low = startLow, high = startHigh;
            for (nint tap = 0; tap < tapCount; tap += 2)
            {
                Vector256<byte> first = Load(ref window, Unsafe.Add(ref taps, tap)), second = Load(ref window, Unsafe.Add(ref taps, tap + 1));
                low += Multiply(Low(first, second), ref filter, 0);
                high += Multiply(High(first, second), ref filter, 32);
                filter = ref Unsafe.Add(ref filter, 64);
            }

            Store<TRequantizer>(low, high, ref Unsafe.Add(ref start, BlockChannels), zeroPoint, least, most, ref output);
            output = ref Unsafe.Add(ref output, pixelStride);
            window = ref Unsafe.Add(ref window, step);
        }
    }

    /// <summary>Quantises and stores a pixel's 32 channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TRequantizer>(
        Vector512<int> low, Vector512<int> high, ref int prepared, Vector512<short> zeroPoint, Vector256<byte> least, Vector256<byte> most, ref byte output)
        where TRequantizer : struct, IRequantizer
    {
        Vector512<short> words = Avx512BW.AddSaturate(
            Avx512BW.PackSignedSaturate(TRequantizer.Avx512Product(low, ref prepared), TRequantizer.Avx512Product(high, ref Unsafe.Add(ref prepared, ByteLanes.PreparedNumbers))), zeroPoint);

        // Each quarter has four of the lower and four of the higher channels, twice.
        Vector512<byte> bytes = Avx512BW.PackUnsignedSaturate(words, words);
        Vector512<int> ordered = Avx512F.PermuteVar16x32(
            Unsafe.As<Vector512<byte>, Vector512<int>>(ref bytes), Vector512.Create(0, 4, 1, 5, 8, 12, 9, 13, 0, 4, 1, 5, 8, 12, 9, 13));
        Vector512<byte> channels = Unsafe.As<Vector512<int>, Vector512<byte>>(ref ordered);
        Unsafe.As<byte, Vector256<byte>>(ref output) = Avx2.Min(Avx2.Max(channels.GetLower(), least), most);
    }
}
