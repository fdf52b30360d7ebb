using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteWinogradConvolution
{
    internal static void RunAvx2<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer => RunTiles<Avx2Tile, TRequantizer>(arguments);

    /// <summary>4 tiles × 16 channels in int16 pairs.</summary>
    internal readonly struct Avx2Tile : ITile
    {
        [MethodImpl(KernelOptions.Hot)]
        public static void TransformInputs(ref byte input, ReadOnlySpan<int> offsets, nint channels, ref short stage, ref short transformed, nint positionStride)
        {
            if (channels >= Words256.Count)
            {
                TransformInputs<Words256, Vector256<short>>(ref input, offsets, channels, ref stage, ref transformed, positionStride);
            }
            else
            {
                Vector128Tile<ByteConvolution.Sse2PairDot>.TransformInputs(ref input, offsets, channels, ref stage, ref transformed, positionStride);
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void Multiply(ref short tiles, nint tileStride, ref short weights, nint blockStride, nint pairs, ref int products, int tileCount, int blocks)
        {
            for (int tile = 0; tile < tileCount; tile += TileGroup)
            {
                for (nint lane = 0; lane < blocks * ByteConvolution.BlockChannels; lane += 16)
                {
                    ref short panel = ref Unsafe.Add(ref weights, (lane / ByteConvolution.BlockChannels * blockStride) + (lane % ByteConvolution.BlockChannels * 2));
                    Tile4(ref tiles, tileStride, ref panel, pairs, ref Unsafe.Add(ref products, lane));
                }

                tiles = ref Unsafe.Add(ref tiles, TileGroup * tileStride);
                products = ref Unsafe.Add(ref products, TileGroup * TileProducts);
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void TransformProducts(ref int products, ref int bias, ref int stage, ref int sums, nint rows, nint columns) =>
            TransformProducts<Integers256, Vector256<int>>(ref products, ref bias, ref stage, ref sums, rows, columns);

        [MethodImpl(KernelOptions.Hot)]
        public static void Requantize<TRequantizer>(ref int sums, ref int multipliers, ref byte output, ref int offsets, int pixels, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            for (nint pixel = 0; pixel < pixels; pixel++)
            {
                ref int sum = ref Unsafe.Add(ref sums, pixel * ByteConvolution.BlockChannels);
                ByteLanes.Avx2Bytes<TRequantizer>(Vector256.LoadUnsafe(ref sum), Vector256.LoadUnsafe(ref sum, 8), ref multipliers, target).StoreUnsafe(ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, pixel)));
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile4(ref short tiles, nint stride, ref short weights, nint pairs, ref int products)
        {
            Vector256<int> sum00 = Vector256<int>.Zero, sum01 = Vector256<int>.Zero;
            Vector256<int> sum10 = Vector256<int>.Zero, sum11 = Vector256<int>.Zero;
            Vector256<int> sum20 = Vector256<int>.Zero, sum21 = Vector256<int>.Zero;
            Vector256<int> sum30 = Vector256<int>.Zero, sum31 = Vector256<int>.Zero;
            for (nint pair = 0; pair < pairs; pair++)
            {
                nint at = 2 * pair;
                Vector256<short> weight0 = Vector256.LoadUnsafe(ref weights, (nuint)(pair * PairWeights)), weight1 = Vector256.LoadUnsafe(ref weights, (nuint)((pair * PairWeights) + 16));
                Vector256<short> inputs = Broadcast(ref tiles, at);
                sum00 = Avx2.Add(sum00, Avx2.MultiplyAddAdjacent(inputs, weight0));
                sum01 = Avx2.Add(sum01, Avx2.MultiplyAddAdjacent(inputs, weight1));
                inputs = Broadcast(ref tiles, at + stride);
                sum10 = Avx2.Add(sum10, Avx2.MultiplyAddAdjacent(inputs, weight0));
                sum11 = Avx2.Add(sum11, Avx2.MultiplyAddAdjacent(inputs, weight1));
                inputs = Broadcast(ref tiles, at + (2 * stride));
                sum20 = Avx2.Add(sum20, Avx2.MultiplyAddAdjacent(inputs, weight0));
                sum21 = Avx2.Add(sum21, Avx2.MultiplyAddAdjacent(inputs, weight1));
                inputs = Broadcast(ref tiles, at + (3 * stride));
                sum30 = Avx2.Add(sum30, Avx2.MultiplyAddAdjacent(inputs, weight0));
                sum31 = Avx2.Add(sum31, Avx2.MultiplyAddAdjacent(inputs, weight1));
            }

            sum00.StoreUnsafe(ref products);
            sum01.StoreUnsafe(ref products, 8);
            sum10.StoreUnsafe(ref products, TileProducts);
            sum11.StoreUnsafe(ref products, TileProducts + 8);
            sum20.StoreUnsafe(ref products, 2 * TileProducts);
            sum21.StoreUnsafe(ref products, (2 * TileProducts) + 8);
            sum30.StoreUnsafe(ref products, 3 * TileProducts);
            sum31.StoreUnsafe(ref products, (3 * TileProducts) + 8);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<short> Broadcast(ref short tile, nint at) => Vector256.Create(Unsafe.As<short, int>(ref Unsafe.Add(ref tile, at))).AsInt16();
    }
}
