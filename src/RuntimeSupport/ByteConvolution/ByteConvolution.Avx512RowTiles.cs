using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>The inner loops over widened rows: sums stay in registers, those of 32 channels until they are quantised.</content>
public static partial class ByteConvolution
{
    /// <summary>Pixels of a tile.</summary>
    internal interface ITilePixels
    {
        /// <summary>Whether they are 8, else 7.</summary>
        static abstract bool HasEighth { get; }
    }

    /// <summary>8 pixels × 32 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Tile8x32<TRequantizer>(
        ref short rows, nint step, Span<int> offsets, ref short weights, ref int bias, ref int prepared, ref byte output, ref int targets, RequantizationTarget target)
        where TRequantizer : struct, IRequantizer
    {
        nint blockWeights = offsets.Length * 2 * BlockChannels;
        ref short rows3 = ref Unsafe.Add(ref rows, 3 * step);
        ref short rows6 = ref Unsafe.Add(ref rows3, 3 * step);
        Vector512<int> sum00 = Unsafe.As<int, Vector512<int>>(ref bias);
        Vector512<int> sum10 = sum00, sum20 = sum00, sum30 = sum00, sum40 = sum00, sum50 = sum00, sum60 = sum00, sum70 = sum00;
        Vector512<int> sum01 = Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref bias, BlockChannels));
        Vector512<int> sum11 = sum01, sum21 = sum01, sum31 = sum01, sum41 = sum01, sum51 = sum01, sum61 = sum01, sum71 = sum01;
        for (int pair = 0; pair < offsets.Length; pair++)
        {
            nint at = offsets[pair];
            Vector512<short> weights0 = Unsafe.As<short, Vector512<short>>(ref weights);
            Vector512<short> weights1 = Unsafe.As<short, Vector512<short>>(ref Unsafe.Add(ref weights, blockWeights));
            weights = ref Unsafe.Add(ref weights, 2 * BlockChannels);
            Vector512<short> pixel0 = BroadcastPair(ref rows, at), pixel1 = BroadcastPair(ref rows, at + step);
            Vector512<short> pixel2 = BroadcastPair(ref rows, at + (2 * step)), pixel3 = BroadcastPair(ref rows3, at);
            AddProducts(ref sum00, ref sum10, ref sum20, ref sum30, pixel0, pixel1, pixel2, pixel3, weights0);
            AddProducts(ref sum01, ref sum11, ref sum21, ref sum31, pixel0, pixel1, pixel2, pixel3, weights1);
            pixel0 = BroadcastPair(ref rows3, at + step);
            pixel1 = BroadcastPair(ref rows3, at + (2 * step));
            pixel2 = BroadcastPair(ref rows6, at);
            pixel3 = BroadcastPair(ref rows6, at + step);
            AddProducts(ref sum40, ref sum50, ref sum60, ref sum70, pixel0, pixel1, pixel2, pixel3, weights0);
            AddProducts(ref sum41, ref sum51, ref sum61, ref sum71, pixel0, pixel1, pixel2, pixel3, weights1);
        }

        TRequantizer.Avx512Products(ref sum00, ref sum10, ref sum20, ref sum30, ref sum40, ref sum50, ref sum60, ref prepared);
        sum70 = TRequantizer.Avx512Product(sum70, ref prepared);
        prepared = ref Unsafe.Add(ref prepared, ByteLanes.PreparedNumbers);
        TRequantizer.Avx512Products(ref sum01, ref sum11, ref sum21, ref sum31, ref sum41, ref sum51, ref sum61, ref prepared);
        sum71 = TRequantizer.Avx512Product(sum71, ref prepared);
        Vector512<short> zeroPoint = Vector512.Create((short)target.ZeroPoint);
        Vector512<byte> low = Vector512.Create(TRequantizer.Minimum(target)), high = Vector512.Create(TRequantizer.Maximum(target));
        StorePair(Avx512BW.Min(Avx512BW.Max(ByteLanes.Avx512Bytes(sum00, sum01, sum10, sum11, zeroPoint), low), high), ref output, ref targets);
        StorePair(Avx512BW.Min(Avx512BW.Max(ByteLanes.Avx512Bytes(sum20, sum21, sum30, sum31, zeroPoint), low), high), ref output, ref Unsafe.Add(ref targets, 2));
        StorePair(Avx512BW.Min(Avx512BW.Max(ByteLanes.Avx512Bytes(sum40, sum41, sum50, sum51, zeroPoint), low), high), ref output, ref Unsafe.Add(ref targets, 4));
        StorePair(Avx512BW.Min(Avx512BW.Max(ByteLanes.Avx512Bytes(sum60, sum61, sum70, sum71, zeroPoint), low), high), ref output, ref Unsafe.Add(ref targets, 6));
    }

    /// <summary>Pixels × 16 channels. To quantise so few sums at a time would take longer than to store them.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void TileOf16<TPixels>(ref short rows, nint step, Span<int> offsets, ref short weights, ref int bias, ref int sums)
        where TPixels : struct, ITilePixels
    {
        ref short rows3 = ref Unsafe.Add(ref rows, 3 * step);
        ref short rows6 = ref Unsafe.Add(ref rows3, 3 * step);
        Vector512<int> sum00 = Unsafe.As<int, Vector512<int>>(ref bias);
        Vector512<int> sum10 = sum00, sum20 = sum00, sum30 = sum00, sum40 = sum00, sum50 = sum00, sum60 = sum00, sum70 = sum00;
        for (int pair = 0; pair < offsets.Length; pair++)
        {
            nint at = offsets[pair];
            Vector512<short> weights0 = Unsafe.As<short, Vector512<short>>(ref weights);
            weights = ref Unsafe.Add(ref weights, 2 * BlockChannels);
            Vector512<int> product0 = Avx512BW.MultiplyAddAdjacent(BroadcastPair(ref rows, at), weights0);
            Vector512<int> product1 = Avx512BW.MultiplyAddAdjacent(BroadcastPair(ref rows, at + step), weights0);
            Vector512<int> product2 = Avx512BW.MultiplyAddAdjacent(BroadcastPair(ref rows, at + (2 * step)), weights0);
            Vector512<int> product3 = Avx512BW.MultiplyAddAdjacent(BroadcastPair(ref rows3, at), weights0);
            Vector512<int> product4 = Avx512BW.MultiplyAddAdjacent(BroadcastPair(ref rows3, at + step), weights0);
            Vector512<int> product5 = Avx512BW.MultiplyAddAdjacent(BroadcastPair(ref rows3, at + (2 * step)), weights0);
            Vector512<int> product6 = Avx512BW.MultiplyAddAdjacent(BroadcastPair(ref rows6, at), weights0);
            Vector512<int> product7 = TPixels.HasEighth ? Avx512BW.MultiplyAddAdjacent(BroadcastPair(ref rows6, at + step), weights0) : default;
            sum00 = Avx512F.Add(sum00, product0);
            sum10 = Avx512F.Add(sum10, product1);
            sum20 = Avx512F.Add(sum20, product2);
            sum30 = Avx512F.Add(sum30, product3);
            sum40 = Avx512F.Add(sum40, product4);
            sum50 = Avx512F.Add(sum50, product5);
            sum60 = Avx512F.Add(sum60, product6);
            sum70 = TPixels.HasEighth ? Avx512F.Add(sum70, product7) : sum70;
        }

        ref Vector512<int> blocks = ref Unsafe.As<int, Vector512<int>>(ref sums);
        blocks = sum00;
        Unsafe.Add(ref blocks, 1) = sum10;
        Unsafe.Add(ref blocks, 2) = sum20;
        Unsafe.Add(ref blocks, 3) = sum30;
        Unsafe.Add(ref blocks, 4) = sum40;
        Unsafe.Add(ref blocks, 5) = sum50;
        Unsafe.Add(ref blocks, 6) = sum60;
        if (TPixels.HasEighth)
        {
            Unsafe.Add(ref blocks, 7) = sum70;
        }
    }

    /// <summary>Stores two pixels of 32 channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePair(Vector512<byte> pixels, ref byte output, ref int targets)
    {
        Unsafe.As<byte, Vector256<byte>>(ref Unsafe.Add(ref output, targets)) = pixels.GetLower();
        Unsafe.As<byte, Vector256<byte>>(ref Unsafe.Add(ref output, Unsafe.Add(ref targets, 1))) = Avx512F.ExtractVector256(pixels, 1);
    }

    /// <summary>Adds a pair of inputs' products of 4 pixels by 16 channels. Products first, then sums: the processor takes longer where they alternate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddProducts(
        ref Vector512<int> sum0, ref Vector512<int> sum1, ref Vector512<int> sum2, ref Vector512<int> sum3,
        Vector512<short> pixel0, Vector512<short> pixel1, Vector512<short> pixel2, Vector512<short> pixel3, Vector512<short> weights)
    {
        Vector512<int> product0 = Avx512BW.MultiplyAddAdjacent(pixel0, weights), product1 = Avx512BW.MultiplyAddAdjacent(pixel1, weights);
        Vector512<int> product2 = Avx512BW.MultiplyAddAdjacent(pixel2, weights), product3 = Avx512BW.MultiplyAddAdjacent(pixel3, weights);
        sum0 = Avx512F.Add(sum0, product0);
        sum1 = Avx512F.Add(sum1, product1);
        sum2 = Avx512F.Add(sum2, product2);
        sum3 = Avx512F.Add(sum3, product3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> BroadcastPair(ref short row, nint at)
    {
        Vector512<int> pairs = Vector512.Create(Unsafe.As<short, int>(ref Unsafe.Add(ref row, at)));
        return Unsafe.As<Vector512<int>, Vector512<short>>(ref pairs);
    }

    /// <summary>Eight.</summary>
    private readonly struct RowTilePixels : ITilePixels
    {
        public static bool HasEighth => true;
    }

    /// <summary>Seven.</summary>
    private readonly struct ShortRowTilePixels : ITilePixels
    {
        public static bool HasEighth => false;
    }
}
