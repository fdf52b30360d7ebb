using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>Rows of up to 8 channels: half vectors of sums, two neighbouring pixels' quantised as one of 16 channels.</content>
public static partial class ByteConvolution
{
    private const int NarrowChannels = BlockChannels / 2;

    /// <summary>Convolves and quantises a stretch of pixels of up to 8 channels; <c>targets</c> says where each goes, from <c>output</c>.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void RunNarrowStretch<TRequantizer>(
        in Arguments arguments, int group, Span<short> inputs, Span<short> weights, Span<int> offsets, Span<int> sums, ref byte output, Span<int> targets)
        where TRequantizer : struct, IRequantizer
    {
        nint step = arguments.Geometry.InputPixelStep;
        Vector256<int> bias = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), group * BlockChannels));
        int together = HasShortTiles(targets.Length) ? ShortRowTile : RowTile;
        for (int tile = 0; tile < targets.Length; tile += together)
        {
            int pixel = Math.Min(tile, targets.Length - together);
            ref short window = ref Unsafe.Add(ref MemoryMarshal.GetReference(inputs), pixel * step);
            if (together == RowTile)
            {
                TileOf8<RowTilePixels>(ref window, step, offsets, ref MemoryMarshal.GetReference(weights), bias, ref sums[pixel * NarrowChannels]);
            }
            else
            {
                TileOf8<ShortRowTilePixels>(ref window, step, offsets, ref MemoryMarshal.GetReference(weights), bias, ref sums[pixel * NarrowChannels]);
            }
        }

        int pairs = (targets.Length + 1) / 2;
        bool isDense = arguments.OutputChannels == NarrowChannels && arguments.Geometry.OutputPixelStride == NarrowChannels && targets.Length % 2 == 0;
        Span<int> repeated = stackalloc int[2 * BlockChannels];
        RepeatMultipliers(arguments, group, repeated);
        Span<int> places = stackalloc int[RowPixels / 2];
        for (int pair = 0; pair < pairs; pair++)
        {
            places[pair] = pair * BlockChannels;
        }

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

    /// <summary>Quantises pixels that do not lie side by side, or are odd in number.</summary>
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

    /// <summary>Multipliers of 8 channels twice, and their shifts twice.</summary>
    private static void RepeatMultipliers(in Arguments arguments, int group, Span<int> repeated)
    {
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

    /// <summary>Pixels × 8 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void TileOf8<TPixels>(ref short rows, nint step, Span<int> offsets, ref short weights, Vector256<int> bias, ref int sums)
        where TPixels : struct, ITilePixels
    {
        ref short rows3 = ref Unsafe.Add(ref rows, 3 * step);
        ref short rows6 = ref Unsafe.Add(ref rows3, 3 * step);
        Vector256<int> sum0 = bias, sum1 = bias, sum2 = bias, sum3 = bias, sum4 = bias, sum5 = bias, sum6 = bias, sum7 = bias;
        for (int pair = 0; pair < offsets.Length; pair++)
        {
            nint at = offsets[pair];
            Vector256<short> filter = Unsafe.As<short, Vector256<short>>(ref weights);
            weights = ref Unsafe.Add(ref weights, 2 * BlockChannels);
            Vector256<int> product0 = Avx2.MultiplyAddAdjacent(BroadcastHalf(ref rows, at), filter);
            Vector256<int> product1 = Avx2.MultiplyAddAdjacent(BroadcastHalf(ref rows, at + step), filter);
            Vector256<int> product2 = Avx2.MultiplyAddAdjacent(BroadcastHalf(ref rows, at + (2 * step)), filter);
            Vector256<int> product3 = Avx2.MultiplyAddAdjacent(BroadcastHalf(ref rows3, at), filter);
            Vector256<int> product4 = Avx2.MultiplyAddAdjacent(BroadcastHalf(ref rows3, at + step), filter);
            Vector256<int> product5 = Avx2.MultiplyAddAdjacent(BroadcastHalf(ref rows3, at + (2 * step)), filter);
            Vector256<int> product6 = Avx2.MultiplyAddAdjacent(BroadcastHalf(ref rows6, at), filter);
            Vector256<int> product7 = TPixels.HasEighth ? Avx2.MultiplyAddAdjacent(BroadcastHalf(ref rows6, at + step), filter) : default;
            sum0 = Avx2.Add(sum0, product0);
            sum1 = Avx2.Add(sum1, product1);
            sum2 = Avx2.Add(sum2, product2);
            sum3 = Avx2.Add(sum3, product3);
            sum4 = Avx2.Add(sum4, product4);
            sum5 = Avx2.Add(sum5, product5);
            sum6 = Avx2.Add(sum6, product6);
            sum7 = TPixels.HasEighth ? Avx2.Add(sum7, product7) : sum7;
        }

        ref Vector256<int> pixels = ref Unsafe.As<int, Vector256<int>>(ref sums);
        pixels = sum0;
        Unsafe.Add(ref pixels, 1) = sum1;
        Unsafe.Add(ref pixels, 2) = sum2;
        Unsafe.Add(ref pixels, 3) = sum3;
        Unsafe.Add(ref pixels, 4) = sum4;
        Unsafe.Add(ref pixels, 5) = sum5;
        Unsafe.Add(ref pixels, 6) = sum6;
        if (TPixels.HasEighth)
        {
            Unsafe.Add(ref pixels, 7) = sum7;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> BroadcastHalf(ref short row, nint at)
    {
        Vector256<int> pairs = Vector256.Create(Unsafe.As<short, int>(ref Unsafe.Add(ref row, at)));
        return Unsafe.As<Vector256<int>, Vector256<short>>(ref pairs);
    }
}
