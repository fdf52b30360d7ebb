using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteWinogradConvolution
{
    internal static void RunAvx512<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer => RunTiles<Avx512Tile, TRequantizer>(arguments);

    /// <summary>8 tiles × 16 channels in int16 pairs.</summary>
    internal readonly struct Avx512Tile : ITile
    {
        [MethodImpl(KernelOptions.Hot)]
        public static void TransformInputs(ref byte input, ReadOnlySpan<int> offsets, nint channels, ref short stage, ref short transformed, nint positionStride)
        {
            if (channels >= Words512.Count)
            {
                TransformInputs<Words512, Vector512<short>>(ref input, offsets, channels, ref stage, ref transformed, positionStride);
            }
            else
            {
                Avx2Tile.TransformInputs(ref input, offsets, channels, ref stage, ref transformed, positionStride);
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void TransformWeights(ref sbyte weights, nint tap, nint quads, ref short transformed, nint positionStride) =>
            TransformWeights<Words512, Vector512<short>>(ref weights, tap, quads, ref transformed, positionStride);

        [MethodImpl(KernelOptions.Hot)]
        public static void Multiply(ref short tiles, nint tileStride, ref short weights, nint pairs, ref int products, int tileCount, bool isFirst)
        {
            Vector512<int> kept = isFirst ? Vector512<int>.Zero : Vector512<int>.AllBitsSet;
            for (int tile = 0; tile < tileCount; tile += 8)
            {
                if (tileCount - tile >= 8)
                {
                    Tile8(ref tiles, tileStride, ref weights, pairs, ref products, kept);
                }
                else
                {
                    Tile4(ref tiles, tileStride, ref weights, pairs, ref products, kept);
                }

                tiles = ref Unsafe.Add(ref tiles, 8 * tileStride);
                products = ref Unsafe.Add(ref products, 8 * TileProducts);
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void TransformProducts(ref int products, ref int bias, ref int stage, ref int sums, nint rows, nint columns) =>
            TransformProducts<Integers512, Vector512<int>>(ref products, ref bias, ref stage, ref sums, rows, columns);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Requantize<TRequantizer>(ref int sums, ref int multipliers, ref byte output, ref int offsets, int pixels, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer =>
            TRequantizer.Avx512Rows(ref sums, ByteConvolution.BlockChannels, ref multipliers, ref output, ref offsets, pixels, target);

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile8(ref short tiles, nint stride, ref short weights, nint pairs, ref int products, Vector512<int> kept)
        {
            ref short tiles4 = ref Unsafe.Add(ref tiles, 4 * stride);
            Vector512<int> sum00 = Vector512<int>.Zero;
            Vector512<int> sum10 = Vector512<int>.Zero;
            Vector512<int> sum20 = Vector512<int>.Zero;
            Vector512<int> sum30 = Vector512<int>.Zero;
            Vector512<int> sum40 = Vector512<int>.Zero;
            Vector512<int> sum50 = Vector512<int>.Zero;
            Vector512<int> sum60 = Vector512<int>.Zero;
            Vector512<int> sum70 = Vector512<int>.Zero;
            for (nint pair = 0; pair < pairs; pair++)
            {
                nint at = 2 * pair;
                Vector512<short> weight0 = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights, pair * PairWeights));
                sum00 = Add(sum00, Broadcast(ref tiles, at), weight0);
                sum10 = Add(sum10, Broadcast(ref tiles, at + stride), weight0);
                sum20 = Add(sum20, Broadcast(ref tiles, at + (2 * stride)), weight0);
                sum30 = Add(sum30, Broadcast(ref tiles, at + (3 * stride)), weight0);
                sum40 = Add(sum40, Broadcast(ref tiles4, at), weight0);
                sum50 = Add(sum50, Broadcast(ref tiles4, at + stride), weight0);
                sum60 = Add(sum60, Broadcast(ref tiles4, at + (2 * stride)), weight0);
                sum70 = Add(sum70, Broadcast(ref tiles4, at + (3 * stride)), weight0);
            }

            Store(sum00, kept, ref products);
            Store(sum10, kept, ref Unsafe.Add(ref products, TileProducts));
            Store(sum20, kept, ref Unsafe.Add(ref products, 2 * TileProducts));
            Store(sum30, kept, ref Unsafe.Add(ref products, 3 * TileProducts));
            Store(sum40, kept, ref Unsafe.Add(ref products, 4 * TileProducts));
            Store(sum50, kept, ref Unsafe.Add(ref products, 5 * TileProducts));
            Store(sum60, kept, ref Unsafe.Add(ref products, 6 * TileProducts));
            Store(sum70, kept, ref Unsafe.Add(ref products, 7 * TileProducts));
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile4(ref short tiles, nint stride, ref short weights, nint pairs, ref int products, Vector512<int> kept)
        {
            Vector512<int> sum00 = Vector512<int>.Zero;
            Vector512<int> sum10 = Vector512<int>.Zero;
            Vector512<int> sum20 = Vector512<int>.Zero;
            Vector512<int> sum30 = Vector512<int>.Zero;
            for (nint pair = 0; pair < pairs; pair++)
            {
                nint at = 2 * pair;
                Vector512<short> weight0 = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights, pair * PairWeights));
                sum00 = Add(sum00, Broadcast(ref tiles, at), weight0);
                sum10 = Add(sum10, Broadcast(ref tiles, at + stride), weight0);
                sum20 = Add(sum20, Broadcast(ref tiles, at + (2 * stride)), weight0);
                sum30 = Add(sum30, Broadcast(ref tiles, at + (3 * stride)), weight0);
            }

            Store(sum00, kept, ref products);
            Store(sum10, kept, ref Unsafe.Add(ref products, TileProducts));
            Store(sum20, kept, ref Unsafe.Add(ref products, 2 * TileProducts));
            Store(sum30, kept, ref Unsafe.Add(ref products, 3 * TileProducts));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(Vector512<int> sum, Vector512<int> kept, ref int products) =>
            Avx512F.Add(sum, Avx512F.And(kept, Vector512.LoadUnsafe(ref products))).StoreUnsafe(ref products);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<short> Broadcast(ref short tile, nint at) =>
            Vector512.Create(Unsafe.As<short, int>(ref Unsafe.Add(ref tile, at))).AsInt16();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<int> Add(Vector512<int> sum, Vector512<short> inputs, Vector512<short> weights) =>
            Avx512F.Add(sum, Avx512BW.MultiplyAddAdjacent(inputs, weights));
    }
}
