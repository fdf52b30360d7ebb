using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    /// <summary>6 pixels × 32 channels in int16 pairs, which the even and the odd bytes of activations and weights become by masks and shifts.</summary>
    internal readonly struct Avx512Row : IDirectRow
    {
        public static int Pixels => 6;

        public static int Blocks => 2;

        public static int LargestWork => 192;

        [MethodImpl(KernelOptions.Hot)]
        public static void Run<TRequantizer>(
            in Arguments arguments, ReadOnlySpan<int> offsets, ref sbyte weights, ref int bias, ref int multipliers, ref byte input, ref byte output, int channels)
            where TRequantizer : struct, IRequantizer
        {
            if (channels > BlockChannels)
            {
                RunTwo<TRequantizer>(arguments, offsets, ref weights, ref bias, ref multipliers, ref input, ref output, channels);
            }
            else
            {
                RunOne<TRequantizer>(arguments, offsets, ref weights, ref bias, ref multipliers, ref input, ref output, channels);
            }
        }

        /// <summary>Two blocks: 17 channels or more.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void RunTwo<TRequantizer>(
            in Arguments arguments, ReadOnlySpan<int> offsets, ref sbyte weights, ref int bias, ref int multipliers, ref byte input, ref byte output, int channels)
            where TRequantizer : struct, IRequantizer
        {
            nint step = arguments.Geometry.InputPixelStep, outputStep = arguments.Geometry.OutputPixelStride;
            int width = arguments.Geometry.OutputWidth;
            Span<byte> partial = stackalloc byte[6 * BlockChannels];
            bool full = channels >= 2 * BlockChannels;
            ref sbyte weights1 = ref Unsafe.Add(ref weights, offsets.Length * QuadWeights);
            for (int tile = 0; tile < width; tile += 6)
            {
                nint pixel = Math.Min(tile, width - 6);
                ref byte rows = ref Unsafe.Add(ref input, pixel * step);
                ref byte rows3 = ref Unsafe.Add(ref rows, 3 * step);
                Vector512<int> sum00 = Vector512.LoadUnsafe(ref bias), sum01 = Vector512.LoadUnsafe(ref bias, 16);
                Vector512<int> sum10 = sum00, sum11 = sum01, sum20 = sum00, sum21 = sum01, sum30 = sum00, sum31 = sum01;
                Vector512<int> sum40 = sum00, sum41 = sum01, sum50 = sum00, sum51 = sum01;
                for (int quad = 0; quad < offsets.Length; quad++)
                {
                    nint at = offsets[quad];
                    Vector512<short> both = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights, quad * QuadWeights)).AsInt16();
                    Vector512<short> even0 = Even(both), odd0 = Odd(both);
                    both = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights1, quad * QuadWeights)).AsInt16();
                    Vector512<short> even1 = Even(both), odd1 = Odd(both);

                    Vector512<short> activations = Broadcast(ref rows, at);
                    sum00 += Dot(activations, even0, odd0);
                    sum01 += Dot(activations, even1, odd1);
                    activations = Broadcast(ref rows, at + step);
                    sum10 += Dot(activations, even0, odd0);
                    sum11 += Dot(activations, even1, odd1);
                    activations = Broadcast(ref rows, at + (2 * step));
                    sum20 += Dot(activations, even0, odd0);
                    sum21 += Dot(activations, even1, odd1);
                    activations = Broadcast(ref rows3, at);
                    sum30 += Dot(activations, even0, odd0);
                    sum31 += Dot(activations, even1, odd1);
                    activations = Broadcast(ref rows3, at + step);
                    sum40 += Dot(activations, even0, odd0);
                    sum41 += Dot(activations, even1, odd1);
                    activations = Broadcast(ref rows3, at + (2 * step));
                    sum50 += Dot(activations, even0, odd0);
                    sum51 += Dot(activations, even1, odd1);
                }

                ref byte pixels = ref Unsafe.Add(ref output, pixel * outputStep);
                ref byte pixels1 = ref Unsafe.Add(ref pixels, BlockChannels);
                ref byte target = ref full ? ref pixels1 : ref MemoryMarshal.GetReference(partial);
                nint targetStep = full ? outputStep : BlockChannels;
                ref int multipliers1 = ref Unsafe.Add(ref multipliers, BlockChannels);
                ByteLanes.Avx512Bytes<TRequantizer>(sum00, ref multipliers, arguments.Target).StoreUnsafe(ref pixels);
                ByteLanes.Avx512Bytes<TRequantizer>(sum01, ref multipliers1, arguments.Target).StoreUnsafe(ref target);
                ByteLanes.Avx512Bytes<TRequantizer>(sum10, ref multipliers, arguments.Target).StoreUnsafe(ref pixels, (nuint)outputStep);
                ByteLanes.Avx512Bytes<TRequantizer>(sum11, ref multipliers1, arguments.Target).StoreUnsafe(ref target, (nuint)targetStep);
                ByteLanes.Avx512Bytes<TRequantizer>(sum20, ref multipliers, arguments.Target).StoreUnsafe(ref pixels, (nuint)(2 * outputStep));
                ByteLanes.Avx512Bytes<TRequantizer>(sum21, ref multipliers1, arguments.Target).StoreUnsafe(ref target, (nuint)(2 * targetStep));
                ByteLanes.Avx512Bytes<TRequantizer>(sum30, ref multipliers, arguments.Target).StoreUnsafe(ref pixels, (nuint)(3 * outputStep));
                ByteLanes.Avx512Bytes<TRequantizer>(sum31, ref multipliers1, arguments.Target).StoreUnsafe(ref target, (nuint)(3 * targetStep));
                ByteLanes.Avx512Bytes<TRequantizer>(sum40, ref multipliers, arguments.Target).StoreUnsafe(ref pixels, (nuint)(4 * outputStep));
                ByteLanes.Avx512Bytes<TRequantizer>(sum41, ref multipliers1, arguments.Target).StoreUnsafe(ref target, (nuint)(4 * targetStep));
                ByteLanes.Avx512Bytes<TRequantizer>(sum50, ref multipliers, arguments.Target).StoreUnsafe(ref pixels, (nuint)(5 * outputStep));
                ByteLanes.Avx512Bytes<TRequantizer>(sum51, ref multipliers1, arguments.Target).StoreUnsafe(ref target, (nuint)(5 * targetStep));
                if (!full)
                {
                    CopyPixels(partial, ref pixels1, outputStep, channels - BlockChannels);
                }
            }
        }

        /// <summary>One block: 1…16 channels.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void RunOne<TRequantizer>(
            in Arguments arguments, ReadOnlySpan<int> offsets, ref sbyte weights, ref int bias, ref int multipliers, ref byte input, ref byte output, int channels)
            where TRequantizer : struct, IRequantizer
        {
            nint step = arguments.Geometry.InputPixelStep, outputStep = arguments.Geometry.OutputPixelStride;
            int width = arguments.Geometry.OutputWidth;
            Span<byte> partial = stackalloc byte[6 * BlockChannels];
            bool full = channels == BlockChannels;
            for (int tile = 0; tile < width; tile += 6)
            {
                nint pixel = Math.Min(tile, width - 6);
                ref byte rows = ref Unsafe.Add(ref input, pixel * step);
                ref byte rows3 = ref Unsafe.Add(ref rows, 3 * step);
                Vector512<int> sum0 = Vector512.LoadUnsafe(ref bias);
                Vector512<int> sum1 = sum0, sum2 = sum0, sum3 = sum0, sum4 = sum0, sum5 = sum0;
                for (int quad = 0; quad < offsets.Length; quad++)
                {
                    nint at = offsets[quad];
                    Vector512<short> both = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights, quad * QuadWeights)).AsInt16();
                    Vector512<short> even = Even(both), odd = Odd(both);
                    sum0 += Dot(Broadcast(ref rows, at), even, odd);
                    sum1 += Dot(Broadcast(ref rows, at + step), even, odd);
                    sum2 += Dot(Broadcast(ref rows, at + (2 * step)), even, odd);
                    sum3 += Dot(Broadcast(ref rows3, at), even, odd);
                    sum4 += Dot(Broadcast(ref rows3, at + step), even, odd);
                    sum5 += Dot(Broadcast(ref rows3, at + (2 * step)), even, odd);
                }

                ref byte pixels = ref Unsafe.Add(ref output, pixel * outputStep);
                ref byte target = ref full ? ref pixels : ref MemoryMarshal.GetReference(partial);
                nint targetStep = full ? outputStep : BlockChannels;
                ByteLanes.Avx512Bytes<TRequantizer>(sum0, ref multipliers, arguments.Target).StoreUnsafe(ref target);
                ByteLanes.Avx512Bytes<TRequantizer>(sum1, ref multipliers, arguments.Target).StoreUnsafe(ref target, (nuint)targetStep);
                ByteLanes.Avx512Bytes<TRequantizer>(sum2, ref multipliers, arguments.Target).StoreUnsafe(ref target, (nuint)(2 * targetStep));
                ByteLanes.Avx512Bytes<TRequantizer>(sum3, ref multipliers, arguments.Target).StoreUnsafe(ref target, (nuint)(3 * targetStep));
                ByteLanes.Avx512Bytes<TRequantizer>(sum4, ref multipliers, arguments.Target).StoreUnsafe(ref target, (nuint)(4 * targetStep));
                ByteLanes.Avx512Bytes<TRequantizer>(sum5, ref multipliers, arguments.Target).StoreUnsafe(ref target, (nuint)(5 * targetStep));
                if (!full)
                {
                    CopyPixels(partial, ref pixels, outputStep, channels);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<short> Even(Vector512<short> bytes) => Avx512BW.ShiftRightArithmetic(Avx512BW.ShiftLeftLogical(bytes, 8), 8);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<short> Odd(Vector512<short> bytes) => Avx512BW.ShiftRightArithmetic(bytes, 8);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<short> Broadcast(ref byte row, nint at) =>
            Vector512.Create(Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref row, at))).AsInt16();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<int> Dot(Vector512<short> activations, Vector512<short> evenWeights, Vector512<short> oddWeights)
        {
            Vector512<short> even = Avx512F.And(activations, Vector512.Create((short)0xFF)), odd = Avx512BW.ShiftRightLogical(activations, 8);
            return Avx512F.Add(Avx512BW.MultiplyAddAdjacent(even, evenWeights), Avx512BW.MultiplyAddAdjacent(odd, oddWeights));
        }
    }
}
