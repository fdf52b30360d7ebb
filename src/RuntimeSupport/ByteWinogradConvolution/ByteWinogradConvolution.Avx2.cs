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
        public static void TransformWeights(ref sbyte weights, nint tap, nint quads, ref short transformed, nint positionStride) =>
            TransformWeights<Words256, Vector256<short>>(ref weights, tap, quads, ref transformed, positionStride);

        [MethodImpl(KernelOptions.Hot)]
        public static void Multiply(ref short tiles, nint tileStride, ref short weights, nint pairs, ref int products, int tileCount, bool isFirst)
        {
            Vector256<int> kept = isFirst ? Vector256<int>.Zero : Vector256<int>.AllBitsSet;
            for (int tile = 0; tile < tileCount; tile += TileGroup)
            {
                Tile4(ref tiles, tileStride, ref weights, pairs, ref products, kept);
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
        private static void Tile4(ref short tiles, nint stride, ref short weights, nint pairs, ref int products, Vector256<int> kept)
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

            Store(sum00, kept, ref products);
            Store(sum01, kept, ref Unsafe.Add(ref products, 8));
            Store(sum10, kept, ref Unsafe.Add(ref products, TileProducts));
            Store(sum11, kept, ref Unsafe.Add(ref products, TileProducts + 8));
            Store(sum20, kept, ref Unsafe.Add(ref products, 2 * TileProducts));
            Store(sum21, kept, ref Unsafe.Add(ref products, (2 * TileProducts) + 8));
            Store(sum30, kept, ref Unsafe.Add(ref products, 3 * TileProducts));
            Store(sum31, kept, ref Unsafe.Add(ref products, (3 * TileProducts) + 8));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(Vector256<int> sum, Vector256<int> kept, ref int products) =>
            Avx2.Add(sum, Avx2.And(kept, Vector256.LoadUnsafe(ref products))).StoreUnsafe(ref products);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<short> Broadcast(ref short tile, nint at) => Vector256.Create(Unsafe.As<short, int>(ref Unsafe.Add(ref tile, at))).AsInt16();
    }
}
