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
            Vector512<int> kept = Vector512.Create(isFirst ? 0 : -1);
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

        // Products first, then sums: products keep two of a core's four pipes busy, and take turns with sums that are issued beside them for the same ones.
        [MethodImpl(KernelOptions.Hot)]
        private static void Tile8(ref short tiles, nint stride, ref short weights, nint pairs, ref int products, Vector512<int> kept)
        {
            ref short tiles4 = ref Unsafe.Add(ref tiles, 4 * stride);
            Vector512<int> sum0 = default, sum1 = default;
            Vector512<int> sum2 = default, sum3 = default;
            Vector512<int> sum4 = default, sum5 = default;
            Vector512<int> sum6 = default, sum7 = default;
            for (nint pair = 0; pair < pairs; pair++)
            {
                nint at = 2 * pair;
                Vector512<short> weight = Unsafe.As<short, Vector512<short>>(ref Unsafe.Add(ref weights, pair * PairWeights));
                Vector512<int> product0 = Avx512BW.MultiplyAddAdjacent(Broadcast(ref tiles, at), weight);
                Vector512<int> product1 = Avx512BW.MultiplyAddAdjacent(Broadcast(ref tiles, at + stride), weight);
                Vector512<int> product2 = Avx512BW.MultiplyAddAdjacent(Broadcast(ref tiles, at + (2 * stride)), weight);
                Vector512<int> product3 = Avx512BW.MultiplyAddAdjacent(Broadcast(ref tiles, at + (3 * stride)), weight);
                Vector512<int> product4 = Avx512BW.MultiplyAddAdjacent(Broadcast(ref tiles4, at), weight);
                Vector512<int> product5 = Avx512BW.MultiplyAddAdjacent(Broadcast(ref tiles4, at + stride), weight);
                Vector512<int> product6 = Avx512BW.MultiplyAddAdjacent(Broadcast(ref tiles4, at + (2 * stride)), weight);
                Vector512<int> product7 = Avx512BW.MultiplyAddAdjacent(Broadcast(ref tiles4, at + (3 * stride)), weight);
                sum0 = Avx512F.Add(sum0, product0);
                sum1 = Avx512F.Add(sum1, product1);
                sum2 = Avx512F.Add(sum2, product2);
                sum3 = Avx512F.Add(sum3, product3);
                sum4 = Avx512F.Add(sum4, product4);
                sum5 = Avx512F.Add(sum5, product5);
                sum6 = Avx512F.Add(sum6, product6);
                sum7 = Avx512F.Add(sum7, product7);
            }

            Store(sum0, kept, ref products);
            Store(sum1, kept, ref Unsafe.Add(ref products, TileProducts));
            Store(sum2, kept, ref Unsafe.Add(ref products, 2 * TileProducts));
            Store(sum3, kept, ref Unsafe.Add(ref products, 3 * TileProducts));
            Store(sum4, kept, ref Unsafe.Add(ref products, 4 * TileProducts));
            Store(sum5, kept, ref Unsafe.Add(ref products, 5 * TileProducts));
            Store(sum6, kept, ref Unsafe.Add(ref products, 6 * TileProducts));
            Store(sum7, kept, ref Unsafe.Add(ref products, 7 * TileProducts));
        }

        // Two pairs at a time: so are there as many products before the sums.
        [MethodImpl(KernelOptions.Hot)]
        private static void Tile4(ref short tiles, nint stride, ref short weights, nint pairs, ref int products, Vector512<int> kept)
        {
            Vector512<int> sum0 = default, sum1 = default;
            Vector512<int> sum2 = default, sum3 = default;
            for (nint pair = 0; pair < pairs; pair += 2)
            {
                nint at = 2 * pair;
                ref short second = ref Unsafe.Add(ref tiles, 2);
                Vector512<short> weight0 = Unsafe.As<short, Vector512<short>>(ref Unsafe.Add(ref weights, pair * PairWeights));
                Vector512<short> weight1 = Unsafe.As<short, Vector512<short>>(ref Unsafe.Add(ref weights, (pair + 1) * PairWeights));
                Vector512<int> product00 = Avx512BW.MultiplyAddAdjacent(Broadcast(ref tiles, at), weight0);
                Vector512<int> product10 = Avx512BW.MultiplyAddAdjacent(Broadcast(ref tiles, at + stride), weight0);
                Vector512<int> product20 = Avx512BW.MultiplyAddAdjacent(Broadcast(ref tiles, at + (2 * stride)), weight0);
                Vector512<int> product30 = Avx512BW.MultiplyAddAdjacent(Broadcast(ref tiles, at + (3 * stride)), weight0);
                Vector512<int> product01 = Avx512BW.MultiplyAddAdjacent(Broadcast(ref second, at), weight1);
                Vector512<int> product11 = Avx512BW.MultiplyAddAdjacent(Broadcast(ref second, at + stride), weight1);
                Vector512<int> product21 = Avx512BW.MultiplyAddAdjacent(Broadcast(ref second, at + (2 * stride)), weight1);
                Vector512<int> product31 = Avx512BW.MultiplyAddAdjacent(Broadcast(ref second, at + (3 * stride)), weight1);
                sum0 = Avx512F.Add(sum0, Avx512F.Add(product00, product01));
                sum1 = Avx512F.Add(sum1, Avx512F.Add(product10, product11));
                sum2 = Avx512F.Add(sum2, Avx512F.Add(product20, product21));
                sum3 = Avx512F.Add(sum3, Avx512F.Add(product30, product31));
            }

            Store(sum0, kept, ref products);
            Store(sum1, kept, ref Unsafe.Add(ref products, TileProducts));
            Store(sum2, kept, ref Unsafe.Add(ref products, 2 * TileProducts));
            Store(sum3, kept, ref Unsafe.Add(ref products, 3 * TileProducts));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(Vector512<int> sum, Vector512<int> kept, ref int products) =>
            Unsafe.As<int, Vector512<int>>(ref products) = Avx512F.Add(sum, Avx512F.And(kept, Unsafe.As<int, Vector512<int>>(ref products)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<short> Broadcast(ref short tile, nint at)
        {
            Vector512<int> pairs = Vector512.Create(Unsafe.As<short, int>(ref Unsafe.Add(ref tile, at)));
            return Unsafe.As<Vector512<int>, Vector512<short>>(ref pairs);
        }
    }
}
