using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    /// <summary>8 pixels × 8 channels, for groups that fill no more than half a block; otherwise like <see cref="Avx2Row"/>.</summary>
    internal readonly struct Avx2HalfRow : IDirectRow
    {
        public static int Pixels => 8;

        public static int LargestWork => DirectQuads;

        [MethodImpl(KernelOptions.Hot)]
        public static void Run<TRequantizer>(
            in Arguments arguments, ReadOnlySpan<int> offsets, ref sbyte weights, ref int bias, ref int multipliers, ref byte input, ref byte output, int channels)
            where TRequantizer : struct, IRequantizer
        {
            nint step = arguments.Geometry.InputPixelStep, outputStep = arguments.Geometry.OutputPixelStride;
            int width = arguments.Geometry.OutputWidth;
            Span<byte> partial = stackalloc byte[8 * BlockChannels];
            bool full = channels == 8;
            for (int tile = 0; tile < width; tile += 8)
            {
                nint pixel = Math.Min(tile, width - 8);
                ref byte rows = ref Unsafe.Add(ref input, pixel * step);
                ref byte rows3 = ref Unsafe.Add(ref rows, 3 * step);
                ref byte rows6 = ref Unsafe.Add(ref rows3, 3 * step);
                Vector256<int> sum0 = Unsafe.As<int, Vector256<int>>(ref bias);
                Vector256<int> sum1 = sum0, sum2 = sum0, sum3 = sum0, sum4 = sum0, sum5 = sum0, sum6 = sum0, sum7 = sum0;
                for (int quad = 0; quad < offsets.Length; quad++)
                {
                    nint at = offsets[quad];
                    Vector256<short> both = Unsafe.As<sbyte, Vector256<short>>(ref Unsafe.Add(ref weights, quad * QuadWeights));
                    Vector256<short> even = Avx2Row.Even(both), odd = Avx2Row.Odd(both);
                    sum0 = Avx2.Add(sum0, Avx2Row.Dot(Avx2Row.Broadcast(ref rows, at), even, odd));
                    sum1 = Avx2.Add(sum1, Avx2Row.Dot(Avx2Row.Broadcast(ref rows, at + step), even, odd));
                    sum2 = Avx2.Add(sum2, Avx2Row.Dot(Avx2Row.Broadcast(ref rows, at + (2 * step)), even, odd));
                    sum3 = Avx2.Add(sum3, Avx2Row.Dot(Avx2Row.Broadcast(ref rows3, at), even, odd));
                    sum4 = Avx2.Add(sum4, Avx2Row.Dot(Avx2Row.Broadcast(ref rows3, at + step), even, odd));
                    sum5 = Avx2.Add(sum5, Avx2Row.Dot(Avx2Row.Broadcast(ref rows3, at + (2 * step)), even, odd));
                    sum6 = Avx2.Add(sum6, Avx2Row.Dot(Avx2Row.Broadcast(ref rows6, at), even, odd));
                    sum7 = Avx2.Add(sum7, Avx2Row.Dot(Avx2Row.Broadcast(ref rows6, at + step), even, odd));
                }

                ref byte pixels = ref Unsafe.Add(ref output, pixel * outputStep);
                ref byte target = ref full ? ref pixels : ref MemoryMarshal.GetReference(partial);
                nint targetStep = full ? outputStep : BlockChannels;
                Write<TRequantizer>(sum0, sum1, ref multipliers, ref target, targetStep, arguments.Target);
                Write<TRequantizer>(sum2, sum3, ref multipliers, ref Unsafe.Add(ref target, 2 * targetStep), targetStep, arguments.Target);
                Write<TRequantizer>(sum4, sum5, ref multipliers, ref Unsafe.Add(ref target, 4 * targetStep), targetStep, arguments.Target);
                Write<TRequantizer>(sum6, sum7, ref multipliers, ref Unsafe.Add(ref target, 6 * targetStep), targetStep, arguments.Target);
                if (!full)
                {
                    CopyPixels(partial, ref pixels, outputStep, channels);
                }
            }
        }

        /// <summary>Quantises and stores two pixels.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Write<TRequantizer>(
            Vector256<int> sums0, Vector256<int> sums1, ref int multipliers, ref byte output, nint outputStep, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            Vector256<int> quantised0 = ByteLanes.Avx2Integers<TRequantizer>(sums0, ref multipliers, 0, target);
            Vector256<int> quantised1 = ByteLanes.Avx2Integers<TRequantizer>(sums1, ref multipliers, 0, target);
            Vector128<ulong> pixels = ByteLanes.Avx2Bytes(quantised0, quantised1).AsUInt64();
            Unsafe.WriteUnaligned(ref output, pixels.GetElement(0));
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref output, outputStep), pixels.GetElement(1));
        }
    }
}
