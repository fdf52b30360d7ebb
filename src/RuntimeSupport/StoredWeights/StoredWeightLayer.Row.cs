using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <summary>
/// A single row of inputs reads each weight once: where there are registers enough, weights are expanded on their way into the sums, and written nowhere.
/// </summary>
internal static partial class StoredWeightLayer
{
    /// <summary>Runs a panel of a layer of one row; whether there is a path for it on this processor.</summary>
    private static bool TryRunRow<T, TFormat>(in Conv2DFloat32.Arguments part, ReadOnlySpan<T> weights, ReadOnlySpan<float> scales)
        where T : unmanaged
        where TFormat : struct, IFormat<T>
    {
        if (Avx512F.IsSupported)
        {
            RunRowAvx512<T, TFormat>(part, weights, scales);
            return true;
        }

        if (Avx2.IsSupported && Fma.IsSupported)
        {
            RunRowAvx2<T, TFormat>(part, weights, scales);
            return true;
        }

        return false;
    }

    [MethodImpl(KernelOptions.Hot)]
    internal static void RunRowAvx512<T, TFormat>(in Conv2DFloat32.Arguments part, ReadOnlySpan<T> weights, ReadOnlySpan<float> scales)
        where T : unmanaged
        where TFormat : struct, IFormat<T>
    {
        Span<float> sums = stackalloc float[PanelBlocks * BlockChannels];
        ref float input = ref MemoryMarshal.GetReference(part.Input[part.RunOffsets[0]..]);
        ref float result = ref MemoryMarshal.GetReference(sums);
        nint terms = part.RunLength;
        nint blockStride = terms * BlockChannels;
        part.Bias.CopyTo(sums);
        int block = 0;
        for (; block <= part.Blocks - 4; block += 4)
        {
            ref T weights0 = ref Unsafe.Add(ref MemoryMarshal.GetReference(weights), block * blockStride);
            ref T weights1 = ref Unsafe.Add(ref weights0, blockStride);
            ref T weights2 = ref Unsafe.Add(ref weights1, blockStride);
            ref T weights3 = ref Unsafe.Add(ref weights2, blockStride);
            nuint at = (nuint)(block * BlockChannels);
            Vector512<float> scale0 = Scales512(scales, block), scale1 = Scales512(scales, block + 1);
            Vector512<float> scale2 = Scales512(scales, block + 2), scale3 = Scales512(scales, block + 3);
            Vector512<float> sum0 = Vector512.LoadUnsafe(ref result, at), sum1 = Vector512.LoadUnsafe(ref result, at + 16);
            Vector512<float> sum2 = Vector512.LoadUnsafe(ref result, at + 32), sum3 = Vector512.LoadUnsafe(ref result, at + 48);
            nint term = 0;
            Vector512<float> total0 = Vector512.Create(ProductSum.Nothing), total1 = Vector512.Create(ProductSum.Nothing);
            Vector512<float> total2 = Vector512.Create(ProductSum.Nothing), total3 = Vector512.Create(ProductSum.Nothing);
            while (term < terms)
            {
                for (nint end = Math.Min(term + ProductSum.Stretch, terms); term < end; term++)
                {
                    Vector512<float> activation = Vector512.Create(Unsafe.Add(ref input, term));
                    sum0 = Avx512F.FusedMultiplyAdd(activation, TFormat.Expand512(ref weights0, term * BlockChannels, scale0), sum0);
                    sum1 = Avx512F.FusedMultiplyAdd(activation, TFormat.Expand512(ref weights1, term * BlockChannels, scale1), sum1);
                    sum2 = Avx512F.FusedMultiplyAdd(activation, TFormat.Expand512(ref weights2, term * BlockChannels, scale2), sum2);
                    sum3 = Avx512F.FusedMultiplyAdd(activation, TFormat.Expand512(ref weights3, term * BlockChannels, scale3), sum3);
                }

                total0 = Avx512F.Add(total0, sum0);
                total1 = Avx512F.Add(total1, sum1);
                total2 = Avx512F.Add(total2, sum2);
                total3 = Avx512F.Add(total3, sum3);
                sum0 = sum1 = sum2 = sum3 = Vector512<float>.Zero;
            }

            total0.StoreUnsafe(ref result, at);
            total1.StoreUnsafe(ref result, at + 16);
            total2.StoreUnsafe(ref result, at + 32);
            total3.StoreUnsafe(ref result, at + 48);
        }

        for (; block < part.Blocks; block++)
        {
            ref T weights0 = ref Unsafe.Add(ref MemoryMarshal.GetReference(weights), block * blockStride);
            nuint at = (nuint)(block * BlockChannels);
            Vector512<float> scale0 = Scales512(scales, block);
            Vector512<float> sum0 = Vector512.LoadUnsafe(ref result, at);
            nint term = 0;
            Vector512<float> total0 = Vector512.Create(ProductSum.Nothing);
            while (term < terms)
            {
                for (nint end = Math.Min(term + ProductSum.Stretch, terms); term < end; term++)
                {
                    Vector512<float> activation = Vector512.Create(Unsafe.Add(ref input, term));
                    sum0 = Avx512F.FusedMultiplyAdd(activation, TFormat.Expand512(ref weights0, term * BlockChannels, scale0), sum0);
                }

                total0 = Avx512F.Add(total0, sum0);
                sum0 = Vector512<float>.Zero;
            }

            total0.StoreUnsafe(ref result, at);
        }

        WriteRow(part, sums);
    }

    [MethodImpl(KernelOptions.Hot)]
    internal static void RunRowAvx2<T, TFormat>(in Conv2DFloat32.Arguments part, ReadOnlySpan<T> weights, ReadOnlySpan<float> scales)
        where T : unmanaged
        where TFormat : struct, IFormat<T>
    {
        Span<float> sums = stackalloc float[PanelBlocks * BlockChannels];
        ref float input = ref MemoryMarshal.GetReference(part.Input[part.RunOffsets[0]..]);
        ref float result = ref MemoryMarshal.GetReference(sums);
        nint terms = part.RunLength;
        nint blockStride = terms * BlockChannels;
        part.Bias.CopyTo(sums);
        int block = 0;
        for (; block <= part.Blocks - 2; block += 2)
        {
            ref T weights0 = ref Unsafe.Add(ref MemoryMarshal.GetReference(weights), block * blockStride);
            ref T weights1 = ref Unsafe.Add(ref weights0, blockStride);
            nuint at = (nuint)(block * BlockChannels);
            Vector256<float> scale0 = Scales256(scales, block, 0), scale1 = Scales256(scales, block, 8);
            Vector256<float> scale2 = Scales256(scales, block + 1, 0), scale3 = Scales256(scales, block + 1, 8);
            Vector256<float> sum0 = Vector256.LoadUnsafe(ref result, at), sum1 = Vector256.LoadUnsafe(ref result, at + 8);
            Vector256<float> sum2 = Vector256.LoadUnsafe(ref result, at + 16), sum3 = Vector256.LoadUnsafe(ref result, at + 24);
            nint term = 0;
            Vector256<float> total0 = Vector256.Create(ProductSum.Nothing), total1 = Vector256.Create(ProductSum.Nothing);
            Vector256<float> total2 = Vector256.Create(ProductSum.Nothing), total3 = Vector256.Create(ProductSum.Nothing);
            while (term < terms)
            {
                for (nint end = Math.Min(term + ProductSum.Stretch, terms); term < end; term++)
                {
                    Vector256<float> activation = Vector256.Create(Unsafe.Add(ref input, term));
                    sum0 = Fma.MultiplyAdd(activation, TFormat.Expand256(ref weights0, term * BlockChannels, scale0), sum0);
                    sum1 = Fma.MultiplyAdd(activation, TFormat.Expand256(ref weights0, (term * BlockChannels) + 8, scale1), sum1);
                    sum2 = Fma.MultiplyAdd(activation, TFormat.Expand256(ref weights1, term * BlockChannels, scale2), sum2);
                    sum3 = Fma.MultiplyAdd(activation, TFormat.Expand256(ref weights1, (term * BlockChannels) + 8, scale3), sum3);
                }

                total0 = Avx.Add(total0, sum0);
                total1 = Avx.Add(total1, sum1);
                total2 = Avx.Add(total2, sum2);
                total3 = Avx.Add(total3, sum3);
                sum0 = sum1 = sum2 = sum3 = Vector256<float>.Zero;
            }

            total0.StoreUnsafe(ref result, at);
            total1.StoreUnsafe(ref result, at + 8);
            total2.StoreUnsafe(ref result, at + 16);
            total3.StoreUnsafe(ref result, at + 24);
        }

        for (; block < part.Blocks; block++)
        {
            ref T weights0 = ref Unsafe.Add(ref MemoryMarshal.GetReference(weights), block * blockStride);
            nuint at = (nuint)(block * BlockChannels);
            Vector256<float> scale0 = Scales256(scales, block, 0), scale1 = Scales256(scales, block, 8);
            Vector256<float> sum0 = Vector256.LoadUnsafe(ref result, at), sum1 = Vector256.LoadUnsafe(ref result, at + 8);
            nint term = 0;
            Vector256<float> total0 = Vector256.Create(ProductSum.Nothing), total1 = Vector256.Create(ProductSum.Nothing);
            while (term < terms)
            {
                for (nint end = Math.Min(term + ProductSum.Stretch, terms); term < end; term++)
                {
                    Vector256<float> activation = Vector256.Create(Unsafe.Add(ref input, term));
                    sum0 = Fma.MultiplyAdd(activation, TFormat.Expand256(ref weights0, term * BlockChannels, scale0), sum0);
                    sum1 = Fma.MultiplyAdd(activation, TFormat.Expand256(ref weights0, (term * BlockChannels) + 8, scale1), sum1);
                }

                total0 = Avx.Add(total0, sum0);
                total1 = Avx.Add(total1, sum1);
                sum0 = sum1 = Vector256<float>.Zero;
            }

            total0.StoreUnsafe(ref result, at);
            total1.StoreUnsafe(ref result, at + 8);
        }

        WriteRow(part, sums);
    }

    private static void WriteRow(in Conv2DFloat32.Arguments part, Span<float> sums)
    {
        for (int channel = 0; channel < part.OutputChannels; channel++)
        {
            part.Output[channel] = FloatRange.Clamp(sums[channel], part.Minimum, part.Maximum);
        }
    }

    // A format without scales ignores them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Scales512(ReadOnlySpan<float> scales, int block) =>
        scales.IsEmpty ? Vector512<float>.Zero : Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(scales), (nuint)(block * BlockChannels));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Scales256(ReadOnlySpan<float> scales, int block, int lane) =>
        scales.IsEmpty ? Vector256<float>.Zero : Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(scales), (nuint)((block * BlockChannels) + lane));
}
