using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    /// <summary>7 pixels × 16 channels, summed as in <see cref="Avx512Int16Tile"/>; <see cref="IRequantizer.HasAvx512Products"/> holds.</summary>
    internal readonly struct Avx512Int16Row : IDirectRow
    {
        public static int Pixels => TileHeight;

        public static int LargestWork => int.MaxValue;

        [MethodImpl(KernelOptions.Hot)]
        public static void Run<TRequantizer>(
            in Arguments arguments, ReadOnlySpan<int> offsets, ref sbyte weights, ref int bias, ref int multipliers, ref byte input, ref byte output, int channels)
            where TRequantizer : struct, IRequantizer
        {
            nint step = arguments.Geometry.InputPixelStep, outputStep = arguments.Geometry.OutputPixelStride;
            int width = arguments.Geometry.OutputWidth, quads = offsets.Length;
            bool full = channels >= BlockChannels;
            Span<byte> partial = stackalloc byte[TileHeight * BlockChannels];
            Span<int> places = stackalloc int[TileHeight];
            for (int row = 0; row < TileHeight; row++)
            {
                places[row] = row * (full ? (int)outputStep : BlockChannels);
            }

            Span<int> prepared = stackalloc int[ByteLanes.PreparedNumbers];
            TRequantizer.Avx512Prepare(ref multipliers, arguments.Target, ref MemoryMarshal.GetReference(prepared));
            ref int quadOffsets = ref MemoryMarshal.GetReference(offsets);
            Vector512<short> ones = Vector512.Create((short)1);
            for (int tile = 0; tile < width; tile += TileHeight)
            {
                nint pixel = Math.Min(tile, width - TileHeight);
                ref byte rows = ref Unsafe.Add(ref input, pixel * step);
                ref byte rows3 = ref Unsafe.Add(ref rows, 3 * step), rows6 = ref Unsafe.Add(ref rows3, 3 * step);
                Vector512<int> sum0 = Unsafe.As<int, Vector512<int>>(ref bias);
                Vector512<int> sum1 = sum0, sum2 = sum0, sum3 = sum0, sum4 = sum0, sum5 = sum0, sum6 = sum0;
                for (nint quad = 0; quad < quads; quad += 2)
                {
                    // An odd last quad is multiplied a second time, by nothing.
                    bool isPair = quad + 1 < quads;
                    nint at = Unsafe.Add(ref quadOffsets, quad), next = Unsafe.Add(ref quadOffsets, isPair ? quad + 1 : quad);
                    Vector512<sbyte> weights0 = Unsafe.As<sbyte, Vector512<sbyte>>(ref Unsafe.Add(ref weights, quad * QuadWeights));
                    Vector512<sbyte> weights1 = isPair ? Unsafe.As<sbyte, Vector512<sbyte>>(ref Unsafe.Add(ref weights, (quad + 1) * QuadWeights)) : default;
                    sum0 = Avx512Int16Tile.Add(sum0, ref rows, at, next, weights0, weights1, ones);
                    sum1 = Avx512Int16Tile.Add(sum1, ref rows, at + step, next + step, weights0, weights1, ones);
                    sum2 = Avx512Int16Tile.Add(sum2, ref rows, at + (2 * step), next + (2 * step), weights0, weights1, ones);
                    sum3 = Avx512Int16Tile.Add(sum3, ref rows3, at, next, weights0, weights1, ones);
                    sum4 = Avx512Int16Tile.Add(sum4, ref rows3, at + step, next + step, weights0, weights1, ones);
                    sum5 = Avx512Int16Tile.Add(sum5, ref rows3, at + (2 * step), next + (2 * step), weights0, weights1, ones);
                    sum6 = Avx512Int16Tile.Add(sum6, ref rows6, at, next, weights0, weights1, ones);
                }

                ref byte pixels = ref Unsafe.Add(ref output, pixel * outputStep);
                Avx512QuantizedTile<ByteWeights>.Store7x16<TRequantizer>(
                    sum0, sum1, sum2, sum3, sum4, sum5, sum6, ref MemoryMarshal.GetReference(prepared), ref full ? ref pixels : ref MemoryMarshal.GetReference(partial), ref MemoryMarshal.GetReference(places), arguments.Target);
                if (!full)
                {
                    CopyPixels(partial, ref pixels, outputStep, channels);
                }
            }
        }
    }
}
