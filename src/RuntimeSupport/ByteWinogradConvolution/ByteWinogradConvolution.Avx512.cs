using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteWinogradConvolution
{
    internal static void RunAvx512<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer => RunTiles<Avx512Tile, TRequantizer>(arguments);

    /// <summary>8 tiles × 32 channels in int16 pairs.</summary>
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
        public static void Multiply(ref short tiles, nint tileStride, ref short weights, nint blockStride, nint pairs, ref int products, int tileCount, int blocks)
        {
            for (int tile = 0; tile < tileCount; tile += 8)
            {
                bool isWhole = tileCount - tile >= 8;
                if (isWhole && blocks == PanelBlocks)
                {
                    Tile8x2(ref tiles, tileStride, ref weights, blockStride, pairs, ref products);
                }
                else if (isWhole)
                {
                    Tile8x1(ref tiles, tileStride, ref weights, pairs, ref products);
                }
                else if (blocks == PanelBlocks)
                {
                    Tile4x2(ref tiles, tileStride, ref weights, blockStride, pairs, ref products);
                }
                else
                {
                    Tile4x1(ref tiles, tileStride, ref weights, pairs, ref products);
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
        private static void Tile8x2(ref short tiles, nint stride, ref short weights, nint blockStride, nint pairs, ref int products)
        {
            ref short tiles4 = ref Unsafe.Add(ref tiles, 4 * stride);
            ref short weights1 = ref Unsafe.Add(ref weights, blockStride);
            Vector512<int> sum00 = Vector512<int>.Zero, sum01 = Vector512<int>.Zero;
            Vector512<int> sum10 = Vector512<int>.Zero, sum11 = Vector512<int>.Zero;
            Vector512<int> sum20 = Vector512<int>.Zero, sum21 = Vector512<int>.Zero;
            Vector512<int> sum30 = Vector512<int>.Zero, sum31 = Vector512<int>.Zero;
            Vector512<int> sum40 = Vector512<int>.Zero, sum41 = Vector512<int>.Zero;
            Vector512<int> sum50 = Vector512<int>.Zero, sum51 = Vector512<int>.Zero;
            Vector512<int> sum60 = Vector512<int>.Zero, sum61 = Vector512<int>.Zero;
            Vector512<int> sum70 = Vector512<int>.Zero, sum71 = Vector512<int>.Zero;
            for (nint pair = 0; pair < pairs; pair++)
            {
                nint at = 2 * pair;
                Vector512<short> weight0 = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights, pair * PairWeights));
                Vector512<short> weight1 = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights1, pair * PairWeights));
                Vector512<short> inputs = Broadcast(ref tiles, at);
                sum00 = Add(sum00, inputs, weight0);
                sum01 = Add(sum01, inputs, weight1);
                inputs = Broadcast(ref tiles, at + stride);
                sum10 = Add(sum10, inputs, weight0);
                sum11 = Add(sum11, inputs, weight1);
                inputs = Broadcast(ref tiles, at + (2 * stride));
                sum20 = Add(sum20, inputs, weight0);
                sum21 = Add(sum21, inputs, weight1);
                inputs = Broadcast(ref tiles, at + (3 * stride));
                sum30 = Add(sum30, inputs, weight0);
                sum31 = Add(sum31, inputs, weight1);
                inputs = Broadcast(ref tiles4, at);
                sum40 = Add(sum40, inputs, weight0);
                sum41 = Add(sum41, inputs, weight1);
                inputs = Broadcast(ref tiles4, at + stride);
                sum50 = Add(sum50, inputs, weight0);
                sum51 = Add(sum51, inputs, weight1);
                inputs = Broadcast(ref tiles4, at + (2 * stride));
                sum60 = Add(sum60, inputs, weight0);
                sum61 = Add(sum61, inputs, weight1);
                inputs = Broadcast(ref tiles4, at + (3 * stride));
                sum70 = Add(sum70, inputs, weight0);
                sum71 = Add(sum71, inputs, weight1);
            }

            sum00.StoreUnsafe(ref products);
            sum01.StoreUnsafe(ref products, ByteConvolution.BlockChannels);
            sum10.StoreUnsafe(ref products, TileProducts);
            sum11.StoreUnsafe(ref products, TileProducts + ByteConvolution.BlockChannels);
            sum20.StoreUnsafe(ref products, 2 * TileProducts);
            sum21.StoreUnsafe(ref products, (2 * TileProducts) + ByteConvolution.BlockChannels);
            sum30.StoreUnsafe(ref products, 3 * TileProducts);
            sum31.StoreUnsafe(ref products, (3 * TileProducts) + ByteConvolution.BlockChannels);
            sum40.StoreUnsafe(ref products, 4 * TileProducts);
            sum41.StoreUnsafe(ref products, (4 * TileProducts) + ByteConvolution.BlockChannels);
            sum50.StoreUnsafe(ref products, 5 * TileProducts);
            sum51.StoreUnsafe(ref products, (5 * TileProducts) + ByteConvolution.BlockChannels);
            sum60.StoreUnsafe(ref products, 6 * TileProducts);
            sum61.StoreUnsafe(ref products, (6 * TileProducts) + ByteConvolution.BlockChannels);
            sum70.StoreUnsafe(ref products, 7 * TileProducts);
            sum71.StoreUnsafe(ref products, (7 * TileProducts) + ByteConvolution.BlockChannels);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile8x1(ref short tiles, nint stride, ref short weights, nint pairs, ref int products)
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

            sum00.StoreUnsafe(ref products);
            sum10.StoreUnsafe(ref products, TileProducts);
            sum20.StoreUnsafe(ref products, 2 * TileProducts);
            sum30.StoreUnsafe(ref products, 3 * TileProducts);
            sum40.StoreUnsafe(ref products, 4 * TileProducts);
            sum50.StoreUnsafe(ref products, 5 * TileProducts);
            sum60.StoreUnsafe(ref products, 6 * TileProducts);
            sum70.StoreUnsafe(ref products, 7 * TileProducts);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile4x2(ref short tiles, nint stride, ref short weights, nint blockStride, nint pairs, ref int products)
        {
            ref short weights1 = ref Unsafe.Add(ref weights, blockStride);
            Vector512<int> sum00 = Vector512<int>.Zero, sum01 = Vector512<int>.Zero;
            Vector512<int> sum10 = Vector512<int>.Zero, sum11 = Vector512<int>.Zero;
            Vector512<int> sum20 = Vector512<int>.Zero, sum21 = Vector512<int>.Zero;
            Vector512<int> sum30 = Vector512<int>.Zero, sum31 = Vector512<int>.Zero;
            for (nint pair = 0; pair < pairs; pair++)
            {
                nint at = 2 * pair;
                Vector512<short> weight0 = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights, pair * PairWeights));
                Vector512<short> weight1 = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights1, pair * PairWeights));
                Vector512<short> inputs = Broadcast(ref tiles, at);
                sum00 = Add(sum00, inputs, weight0);
                sum01 = Add(sum01, inputs, weight1);
                inputs = Broadcast(ref tiles, at + stride);
                sum10 = Add(sum10, inputs, weight0);
                sum11 = Add(sum11, inputs, weight1);
                inputs = Broadcast(ref tiles, at + (2 * stride));
                sum20 = Add(sum20, inputs, weight0);
                sum21 = Add(sum21, inputs, weight1);
                inputs = Broadcast(ref tiles, at + (3 * stride));
                sum30 = Add(sum30, inputs, weight0);
                sum31 = Add(sum31, inputs, weight1);
            }

            sum00.StoreUnsafe(ref products);
            sum01.StoreUnsafe(ref products, ByteConvolution.BlockChannels);
            sum10.StoreUnsafe(ref products, TileProducts);
            sum11.StoreUnsafe(ref products, TileProducts + ByteConvolution.BlockChannels);
            sum20.StoreUnsafe(ref products, 2 * TileProducts);
            sum21.StoreUnsafe(ref products, (2 * TileProducts) + ByteConvolution.BlockChannels);
            sum30.StoreUnsafe(ref products, 3 * TileProducts);
            sum31.StoreUnsafe(ref products, (3 * TileProducts) + ByteConvolution.BlockChannels);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile4x1(ref short tiles, nint stride, ref short weights, nint pairs, ref int products)
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

            sum00.StoreUnsafe(ref products);
            sum10.StoreUnsafe(ref products, TileProducts);
            sum20.StoreUnsafe(ref products, 2 * TileProducts);
            sum30.StoreUnsafe(ref products, 3 * TileProducts);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<short> Broadcast(ref short tile, nint at) =>
            Vector512.Create(Unsafe.As<short, int>(ref Unsafe.Add(ref tile, at))).AsInt16();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<int> Add(Vector512<int> sum, Vector512<short> inputs, Vector512<short> weights) =>
            Avx512F.Add(sum, Avx512BW.MultiplyAddAdjacent(inputs, weights));
    }
}
