using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    /// <summary>4 pixels × 16 channels in int16 pairs, made as in <see cref="Avx512Tile"/>.</summary>
    internal readonly struct Avx2Row : IDirectRow
    {
        public static int Pixels => 4;

        public static int LargestWork => 48;

        [MethodImpl(KernelOptions.Hot)]
        public static void Run<TRequantizer>(
            in Arguments arguments, ReadOnlySpan<int> offsets, ref sbyte weights, ref int bias, ref int multipliers, ref byte input, ref byte output, int channels)
            where TRequantizer : struct, IRequantizer
        {
            nint step = arguments.Geometry.InputPixelStep, outputStep = arguments.Geometry.OutputPixelStride;
            int width = arguments.Geometry.OutputWidth;
            Span<byte> partial = stackalloc byte[4 * BlockChannels];
            bool full = channels >= BlockChannels;
            var quantized = new Channels<TRequantizer>(ref multipliers, arguments.Target);
            for (int tile = 0; tile < width; tile += 4)
            {
                nint pixel = Math.Min(tile, width - 4);
                ref byte rows = ref Unsafe.Add(ref input, pixel * step);
                ref byte rows2 = ref Unsafe.Add(ref rows, 2 * step);
                Vector256<int> sum00 = Unsafe.As<int, Vector256<int>>(ref bias), sum01 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref bias, 8));
                Vector256<int> sum10 = sum00, sum11 = sum01, sum20 = sum00, sum21 = sum01, sum30 = sum00, sum31 = sum01;
                for (int quad = 0; quad < offsets.Length; quad++)
                {
                    nint at = offsets[quad];
                    Vector256<short> both = Unsafe.As<sbyte, Vector256<short>>(ref Unsafe.Add(ref weights, quad * QuadWeights));
                    Vector256<short> even0 = Even(both), odd0 = Odd(both);
                    both = Unsafe.As<sbyte, Vector256<short>>(ref Unsafe.Add(ref weights, (quad * QuadWeights) + 32));
                    Vector256<short> even1 = Even(both), odd1 = Odd(both);

                    Vector256<short> activations = Broadcast(ref rows, at);
                    sum00 = Avx2.Add(sum00, Dot(activations, even0, odd0));
                    sum01 = Avx2.Add(sum01, Dot(activations, even1, odd1));
                    activations = Broadcast(ref rows, at + step);
                    sum10 = Avx2.Add(sum10, Dot(activations, even0, odd0));
                    sum11 = Avx2.Add(sum11, Dot(activations, even1, odd1));
                    activations = Broadcast(ref rows2, at);
                    sum20 = Avx2.Add(sum20, Dot(activations, even0, odd0));
                    sum21 = Avx2.Add(sum21, Dot(activations, even1, odd1));
                    activations = Broadcast(ref rows2, at + step);
                    sum30 = Avx2.Add(sum30, Dot(activations, even0, odd0));
                    sum31 = Avx2.Add(sum31, Dot(activations, even1, odd1));
                }

                ref byte pixels = ref Unsafe.Add(ref output, pixel * outputStep);
                ref byte target = ref full ? ref pixels : ref MemoryMarshal.GetReference(partial);
                nint targetStep = full ? outputStep : BlockChannels;
                StorePair(quantized.Pair(sum00, sum01, sum10, sum11), ref target, targetStep);
                StorePair(quantized.Pair(sum20, sum21, sum30, sum31), ref Unsafe.Add(ref target, 2 * targetStep), targetStep);
                if (!full)
                {
                    CopyPixels(partial, ref pixels, outputStep, channels);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static Vector256<short> Even(Vector256<short> bytes) => Avx2.ShiftRightArithmetic(Avx2.ShiftLeftLogical(bytes, 8), 8);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static Vector256<short> Odd(Vector256<short> bytes) => Avx2.ShiftRightArithmetic(bytes, 8);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static Vector256<short> Broadcast(ref byte row, nint at)
        {
            Vector256<int> pairs = Vector256.Create(Unsafe.As<byte, int>(ref Unsafe.Add(ref row, at)));
            return Unsafe.As<Vector256<int>, Vector256<short>>(ref pairs);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static Vector256<int> Dot(Vector256<short> activations, Vector256<short> evenWeights, Vector256<short> oddWeights)
        {
            Vector256<short> even = Avx2.And(activations, Vector256.Create((short)0xFF)), odd = Avx2.ShiftRightLogical(activations, 8);
            return Avx2.Add(Avx2.MultiplyAddAdjacent(even, evenWeights), Avx2.MultiplyAddAdjacent(odd, oddWeights));
        }
    }
}
