using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// Rows of up to 8 channels, an even number of pixels: a vector is two neighbouring pixels, whose inputs lie beside each other when they are widened, pair by pair; they are
/// quantised as one pixel of 16 channels.
/// </content>
public static partial class ByteConvolution
{
    private const int NarrowChannels = BlockChannels / 2;

    /// <summary>Pixels that are multiplied together; those beyond a stretch's end mean nothing.</summary>
    private const int PairTile = 16;

    /// <summary>What is the same for all stretches: multipliers and shifts of two pixels, and places of pairs.</summary>
    private const int RepeatedNumbers = (2 * BlockChannels) + (RowPixels / 2);

    /// <summary>Convolves and quantises a stretch of pixels of up to 8 channels; <c>targets</c> says where each goes, from <c>output</c>.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void RunNarrowStretch<TRequantizer>(
        in Arguments arguments, int group, Span<short> inputs, Span<short> weights, Span<int> offsets, Span<int> sums, Span<int> repeated, ref byte output, Span<int> targets)
        where TRequantizer : struct, IRequantizer
    {
        // Two words of either pixel, two pixels.
        nint step = 4 * (nint)arguments.Geometry.InputPixelStep;
        Vector512<int> bias = Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), group * BlockChannels));
        for (int pixel = 0; pixel < targets.Length; pixel += PairTile)
        {
            ref short window = ref Unsafe.Add(ref MemoryMarshal.GetReference(inputs), pixel / 2 * step);
            TileOfPairs(ref window, step, offsets, ref MemoryMarshal.GetReference(weights), Repeated(bias), ref sums[pixel * NarrowChannels]);
        }

        int pairs = targets.Length / 2;
        bool isDense = arguments.OutputChannels == NarrowChannels && arguments.Geometry.OutputPixelStride == NarrowChannels;
        Span<int> places = repeated.Slice(2 * BlockChannels);
        if (isDense)
        {
            TRequantizer.Avx512Rows(
                ref MemoryMarshal.GetReference(sums), BlockChannels, ref MemoryMarshal.GetReference(repeated), ref output, ref MemoryMarshal.GetReference(places), pairs,
                arguments.Target.WithShiftDistance(BlockChannels));
        }
        else
        {
            RequantizeApart<TRequantizer>(arguments, sums, repeated, ref output, targets, places.Slice(0, pairs));
        }
    }

    /// <summary>Quantises pixels that do not lie side by side.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void RequantizeApart<TRequantizer>(in Arguments arguments, Span<int> sums, Span<int> repeated, ref byte output, Span<int> targets, Span<int> places)
        where TRequantizer : struct, IRequantizer
    {
        Span<byte> whole = stackalloc byte[RowPixels * NarrowChannels];
        TRequantizer.Avx512Rows(
            ref MemoryMarshal.GetReference(sums), BlockChannels, ref MemoryMarshal.GetReference(repeated), ref MemoryMarshal.GetReference(whole),
            ref MemoryMarshal.GetReference(places), places.Length, arguments.Target.WithShiftDistance(BlockChannels));
        CopyNarrowPixels(whole, ref output, targets, arguments.OutputChannels);
    }

    /// <summary>Multipliers of 8 channels twice, their shifts twice, and where pairs of pixels lie that follow each other.</summary>
    private static void RepeatMultipliers(in Arguments arguments, int group, Span<int> repeated)
    {
        for (int pair = 0; pair < RowPixels / 2; pair++)
        {
            repeated[(2 * BlockChannels) + pair] = pair * BlockChannels;
        }

        ref int multipliers = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Multipliers), group * BlockChannels);
        ref int target = ref MemoryMarshal.GetReference(repeated);
        Vector512<int> factors = Unsafe.As<int, Vector512<int>>(ref multipliers), shifts = Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref multipliers, arguments.Target.ShiftDistance));

        // Not Vector512.Create(Vector256, Vector256), which takes a cold process 3 ms to compile.
        Unsafe.As<int, Vector512<int>>(ref target) = Avx512F.Shuffle4x128(factors, factors, 0b01_00_01_00);
        Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref target, BlockChannels)) = Avx512F.Shuffle4x128(shifts, shifts, 0b01_00_01_00);
    }

    /// <summary>Copies the first 1…8 bytes of each 8, a pixel's channels, to the output.</summary>
    private static void CopyNarrowPixels(ReadOnlySpan<byte> pixels, ref byte output, ReadOnlySpan<int> targets, int channels)
    {
        for (int pixel = 0; pixel < targets.Length; pixel++)
        {
            Vector128<byte> bytes = Vector128.CreateScalarUnsafe(MemoryMarshal.Read<ulong>(pixels.Slice(pixel * NarrowChannels))).AsByte();
            StoreFirst(bytes, ref Unsafe.Add(ref output, targets[pixel]), channels);
        }
    }

    /// <summary>Each of 8 channels twice.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Repeated(Vector512<int> channels) => Avx512F.PermuteVar16x32(channels, Vector512.Create(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7));

    /// <summary>Widened weights of 8 channels, each for two pixels.</summary>
    private static void RepeatWeights(Span<short> weights)
    {
        for (int at = 0; at < weights.Length; at += 2 * BlockChannels)
        {
            ref Vector512<int> pairs = ref Unsafe.As<short, Vector512<int>>(ref weights[at]);
            pairs = Repeated(pairs);
        }
    }

    /// <summary>Widens a run of inputs: two neighbours and the two that are a pixel further, beginning with each even one. There are <c>length + step</c>, and one more where that is odd.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void WidenPairs(ref byte from, int length, int step, ref short to)
    {
        int even = (length + 1) / 2 * 2, last = even - Vector256<byte>.Count, at = 0;
        for (; at < even && last >= 0; at += Vector256<byte>.Count)
        {
            // Some of the last ones are widened again.
            int first = Math.Min(at, last);
            ref byte pair = ref Unsafe.Add(ref from, first);
            Vector256<short> inputs = Unsafe.As<byte, Vector256<short>>(ref pair), next = Unsafe.As<byte, Vector256<short>>(ref Unsafe.Add(ref pair, step));
            Vector256<short> low = Avx2.UnpackLow(inputs, next), high = Avx2.UnpackHigh(inputs, next);
            Vector512<short> widenedLow = Avx512BW.ConvertToVector512Int16(Unsafe.As<Vector256<short>, Vector256<byte>>(ref low));
            Vector512<short> widenedHigh = Avx512BW.ConvertToVector512Int16(Unsafe.As<Vector256<short>, Vector256<byte>>(ref high));
            ref Vector256<short> target = ref Unsafe.As<short, Vector256<short>>(ref Unsafe.Add(ref to, 2 * first));
            target = widenedLow.GetLower();
            Unsafe.Add(ref target, 1) = widenedHigh.GetLower();
            Unsafe.Add(ref target, 2) = Avx512F.ExtractVector256(widenedLow, 1);
            Unsafe.Add(ref target, 3) = Avx512F.ExtractVector256(widenedHigh, 1);
        }

        for (; at < even; at += 2)
        {
            ref short target = ref Unsafe.Add(ref to, 2 * at);
            target = Unsafe.Add(ref from, at);
            Unsafe.Add(ref target, 1) = Unsafe.Add(ref from, at + 1);
            Unsafe.Add(ref target, 2) = Unsafe.Add(ref from, at + step);
            Unsafe.Add(ref target, 3) = Unsafe.Add(ref from, at + step + 1);
        }
    }

    /// <summary>16 pixels × 8 channels; <c>step</c> is from a pair of pixels to the next.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void TileOfPairs(ref short rows, nint step, Span<int> offsets, ref short weights, Vector512<int> bias, ref int sums)
    {
        ref short rows3 = ref Unsafe.Add(ref rows, 3 * step);
        ref short rows6 = ref Unsafe.Add(ref rows3, 3 * step);
        Vector512<int> sum0 = bias, sum1 = bias, sum2 = bias, sum3 = bias, sum4 = bias, sum5 = bias, sum6 = bias, sum7 = bias;
        for (int pair = 0; pair < offsets.Length; pair++)
        {
            nint at = offsets[pair];
            Vector512<short> filter = Unsafe.As<short, Vector512<short>>(ref weights);
            weights = ref Unsafe.Add(ref weights, 2 * BlockChannels);
            Vector512<int> product0 = Avx512BW.MultiplyAddAdjacent(BroadcastPairs(ref rows, at), filter);
            Vector512<int> product1 = Avx512BW.MultiplyAddAdjacent(BroadcastPairs(ref rows, at + step), filter);
            Vector512<int> product2 = Avx512BW.MultiplyAddAdjacent(BroadcastPairs(ref rows, at + (2 * step)), filter);
            Vector512<int> product3 = Avx512BW.MultiplyAddAdjacent(BroadcastPairs(ref rows3, at), filter);
            Vector512<int> product4 = Avx512BW.MultiplyAddAdjacent(BroadcastPairs(ref rows3, at + step), filter);
            Vector512<int> product5 = Avx512BW.MultiplyAddAdjacent(BroadcastPairs(ref rows3, at + (2 * step)), filter);
            Vector512<int> product6 = Avx512BW.MultiplyAddAdjacent(BroadcastPairs(ref rows6, at), filter);
            Vector512<int> product7 = Avx512BW.MultiplyAddAdjacent(BroadcastPairs(ref rows6, at + step), filter);
            sum0 = Avx512F.Add(sum0, product0);
            sum1 = Avx512F.Add(sum1, product1);
            sum2 = Avx512F.Add(sum2, product2);
            sum3 = Avx512F.Add(sum3, product3);
            sum4 = Avx512F.Add(sum4, product4);
            sum5 = Avx512F.Add(sum5, product5);
            sum6 = Avx512F.Add(sum6, product6);
            sum7 = Avx512F.Add(sum7, product7);
        }

        ref Vector512<int> pixels = ref Unsafe.As<int, Vector512<int>>(ref sums);
        Vector512<int> apart = Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15);
        pixels = Avx512F.PermuteVar16x32(sum0, apart);
        Unsafe.Add(ref pixels, 1) = Avx512F.PermuteVar16x32(sum1, apart);
        Unsafe.Add(ref pixels, 2) = Avx512F.PermuteVar16x32(sum2, apart);
        Unsafe.Add(ref pixels, 3) = Avx512F.PermuteVar16x32(sum3, apart);
        Unsafe.Add(ref pixels, 4) = Avx512F.PermuteVar16x32(sum4, apart);
        Unsafe.Add(ref pixels, 5) = Avx512F.PermuteVar16x32(sum5, apart);
        Unsafe.Add(ref pixels, 6) = Avx512F.PermuteVar16x32(sum6, apart);
        Unsafe.Add(ref pixels, 7) = Avx512F.PermuteVar16x32(sum7, apart);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> BroadcastPairs(ref short row, nint at)
    {
        Vector512<long> pairs = Vector512.Create(Unsafe.As<short, long>(ref Unsafe.Add(ref row, at)));
        return Unsafe.As<Vector512<long>, Vector512<short>>(ref pairs);
    }
}
