using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>The inner loops over widened rows: sums stay in registers.</content>
public static partial class ByteConvolution
{
    /// <summary>8 pixels × 32 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Tile8x32(ref short rows, nint step, Span<int> offsets, ref short weights, nint blockWeights, ref int bias, ref int sums)
    {
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
            Vector512<short> activations = BroadcastPair(ref rows, at);
            sum00 += Avx512BW.MultiplyAddAdjacent(activations, weights0);
            sum01 += Avx512BW.MultiplyAddAdjacent(activations, weights1);
            activations = BroadcastPair(ref rows, at + step);
            sum10 += Avx512BW.MultiplyAddAdjacent(activations, weights0);
            sum11 += Avx512BW.MultiplyAddAdjacent(activations, weights1);
            activations = BroadcastPair(ref rows, at + (2 * step));
            sum20 += Avx512BW.MultiplyAddAdjacent(activations, weights0);
            sum21 += Avx512BW.MultiplyAddAdjacent(activations, weights1);
            activations = BroadcastPair(ref rows3, at);
            sum30 += Avx512BW.MultiplyAddAdjacent(activations, weights0);
            sum31 += Avx512BW.MultiplyAddAdjacent(activations, weights1);
            activations = BroadcastPair(ref rows3, at + step);
            sum40 += Avx512BW.MultiplyAddAdjacent(activations, weights0);
            sum41 += Avx512BW.MultiplyAddAdjacent(activations, weights1);
            activations = BroadcastPair(ref rows3, at + (2 * step));
            sum50 += Avx512BW.MultiplyAddAdjacent(activations, weights0);
            sum51 += Avx512BW.MultiplyAddAdjacent(activations, weights1);
            activations = BroadcastPair(ref rows6, at);
            sum60 += Avx512BW.MultiplyAddAdjacent(activations, weights0);
            sum61 += Avx512BW.MultiplyAddAdjacent(activations, weights1);
            activations = BroadcastPair(ref rows6, at + step);
            sum70 += Avx512BW.MultiplyAddAdjacent(activations, weights0);
            sum71 += Avx512BW.MultiplyAddAdjacent(activations, weights1);
        }

        ref Vector512<int> blocks = ref Unsafe.As<int, Vector512<int>>(ref sums);
        blocks = sum00;
        Unsafe.Add(ref blocks, 1) = sum01;
        Unsafe.Add(ref blocks, 2) = sum10;
        Unsafe.Add(ref blocks, 3) = sum11;
        Unsafe.Add(ref blocks, 4) = sum20;
        Unsafe.Add(ref blocks, 5) = sum21;
        Unsafe.Add(ref blocks, 6) = sum30;
        Unsafe.Add(ref blocks, 7) = sum31;
        Unsafe.Add(ref blocks, 8) = sum40;
        Unsafe.Add(ref blocks, 9) = sum41;
        Unsafe.Add(ref blocks, 10) = sum50;
        Unsafe.Add(ref blocks, 11) = sum51;
        Unsafe.Add(ref blocks, 12) = sum60;
        Unsafe.Add(ref blocks, 13) = sum61;
        Unsafe.Add(ref blocks, 14) = sum70;
        Unsafe.Add(ref blocks, 15) = sum71;
    }

    /// <summary>8 pixels × 16 channels; their sums lie as far apart as those of 32.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Tile8x16(ref short rows, nint step, Span<int> offsets, ref short weights, ref int bias, ref int sums)
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
            sum00 += Avx512BW.MultiplyAddAdjacent(BroadcastPair(ref rows, at), weights0);
            sum10 += Avx512BW.MultiplyAddAdjacent(BroadcastPair(ref rows, at + step), weights0);
            sum20 += Avx512BW.MultiplyAddAdjacent(BroadcastPair(ref rows, at + (2 * step)), weights0);
            sum30 += Avx512BW.MultiplyAddAdjacent(BroadcastPair(ref rows3, at), weights0);
            sum40 += Avx512BW.MultiplyAddAdjacent(BroadcastPair(ref rows3, at + step), weights0);
            sum50 += Avx512BW.MultiplyAddAdjacent(BroadcastPair(ref rows3, at + (2 * step)), weights0);
            sum60 += Avx512BW.MultiplyAddAdjacent(BroadcastPair(ref rows6, at), weights0);
            sum70 += Avx512BW.MultiplyAddAdjacent(BroadcastPair(ref rows6, at + step), weights0);
        }

        ref Vector512<int> blocks = ref Unsafe.As<int, Vector512<int>>(ref sums);
        blocks = sum00;
        Unsafe.Add(ref blocks, 2) = sum10;
        Unsafe.Add(ref blocks, 4) = sum20;
        Unsafe.Add(ref blocks, 6) = sum30;
        Unsafe.Add(ref blocks, 8) = sum40;
        Unsafe.Add(ref blocks, 10) = sum50;
        Unsafe.Add(ref blocks, 12) = sum60;
        Unsafe.Add(ref blocks, 14) = sum70;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> BroadcastPair(ref short row, nint at)
    {
        Vector512<int> pairs = Vector512.Create(Unsafe.As<short, int>(ref Unsafe.Add(ref row, at)));
        return Unsafe.As<Vector512<int>, Vector512<short>>(ref pairs);
    }
}
