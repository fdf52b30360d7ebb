using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    /// <summary>6 pixels × 16 channels by dot products of four bytes.</summary>
    internal readonly struct DotRow<TDot> : IDirectRow
        where TDot : struct, IDot
    {
        public static int Pixels => 6;

        public static int LargestWork => 192;

        [MethodImpl(KernelOptions.Hot)]
        public static void Run<TRequantizer>(
            in Arguments arguments, ReadOnlySpan<int> offsets, ref sbyte weights, ref int bias, ref int multipliers, ref byte input, ref byte output, int channels)
            where TRequantizer : struct, IRequantizer
        {
            nint step = arguments.Geometry.InputPixelStep, outputStep = arguments.Geometry.OutputPixelStride;
            int width = arguments.Geometry.OutputWidth;
            Span<byte> partial = stackalloc byte[6 * BlockChannels];
            bool full = channels >= BlockChannels;
            var quantized = new Channels<TRequantizer>(ref multipliers, arguments.Target);
            for (int tile = 0; tile < width; tile += 6)
            {
                nint pixel = Math.Min(tile, width - 6);
                ref byte rows = ref Unsafe.Add(ref input, pixel * step);
                ref byte rows3 = ref Unsafe.Add(ref rows, 3 * step);
                Vector256<int> sum00 = Vector256.LoadUnsafe(ref bias), sum01 = Vector256.LoadUnsafe(ref bias, 8);
                Vector256<int> sum10 = sum00, sum11 = sum01, sum20 = sum00, sum21 = sum01, sum30 = sum00, sum31 = sum01;
                Vector256<int> sum40 = sum00, sum41 = sum01, sum50 = sum00, sum51 = sum01;
                for (int quad = 0; quad < offsets.Length; quad++)
                {
                    nint at = offsets[quad];
                    Vector256<sbyte> weights0 = Vector256.LoadUnsafe(ref Unsafe.Add(ref weights, quad * QuadWeights));
                    Vector256<sbyte> weights1 = Vector256.LoadUnsafe(ref Unsafe.Add(ref weights, (quad * QuadWeights) + 32));
                    Vector256<byte> activations = Broadcast(ref rows, at);
                    sum00 = TDot.Add(sum00, activations, weights0);
                    sum01 = TDot.Add(sum01, activations, weights1);
                    activations = Broadcast(ref rows, at + step);
                    sum10 = TDot.Add(sum10, activations, weights0);
                    sum11 = TDot.Add(sum11, activations, weights1);
                    activations = Broadcast(ref rows, at + (2 * step));
                    sum20 = TDot.Add(sum20, activations, weights0);
                    sum21 = TDot.Add(sum21, activations, weights1);
                    activations = Broadcast(ref rows3, at);
                    sum30 = TDot.Add(sum30, activations, weights0);
                    sum31 = TDot.Add(sum31, activations, weights1);
                    activations = Broadcast(ref rows3, at + step);
                    sum40 = TDot.Add(sum40, activations, weights0);
                    sum41 = TDot.Add(sum41, activations, weights1);
                    activations = Broadcast(ref rows3, at + (2 * step));
                    sum50 = TDot.Add(sum50, activations, weights0);
                    sum51 = TDot.Add(sum51, activations, weights1);
                }

                ref byte pixels = ref Unsafe.Add(ref output, pixel * outputStep);
                ref byte target = ref full ? ref pixels : ref MemoryMarshal.GetReference(partial);
                nint targetStep = full ? outputStep : BlockChannels;
                StorePair(quantized.Pair(sum00, sum01, sum10, sum11), ref target, targetStep);
                StorePair(quantized.Pair(sum20, sum21, sum30, sum31), ref Unsafe.Add(ref target, 2 * targetStep), targetStep);
                StorePair(quantized.Pair(sum40, sum41, sum50, sum51), ref Unsafe.Add(ref target, 4 * targetStep), targetStep);
                if (!full)
                {
                    CopyPixels(partial, ref pixels, outputStep, channels);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<byte> Broadcast(ref byte row, nint at) =>
            Vector256.Create(Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref row, at))).AsByte();
    }
}
