using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteWinogradConvolution
{
    internal static void RunVector128<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        if (Sse2.IsSupported)
        {
            RunTiles<Vector128Tile<ByteConvolution.Sse2PairDot>, TRequantizer>(arguments);
        }
        else
        {
            RunTiles<Vector128Tile<WidePairDot>, TRequantizer>(arguments);
        }
    }

    /// <summary>4 tiles × 8 channels in int16 pairs.</summary>
    internal readonly struct Vector128Tile<TDot> : ITile
        where TDot : struct, ByteConvolution.IPairDot
    {
        [MethodImpl(KernelOptions.Hot)]
        public static void TransformInputs(ref byte input, ReadOnlySpan<int> offsets, nint channels, ref short stage, ref short transformed, nint positionStride)
        {
            if (channels >= Words128.Count)
            {
                TransformInputs<Words128, Vector128<short>>(ref input, offsets, channels, ref stage, ref transformed, positionStride);
            }
            else
            {
                TransformInputs<SingleWord, int>(ref input, offsets, channels, ref stage, ref transformed, positionStride);
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void TransformWeights(ref sbyte weights, nint tap, nint quads, ref short transformed, nint positionStride) =>
            TransformWeights<Words128, Vector128<short>>(ref weights, tap, quads, ref transformed, positionStride);

        [MethodImpl(KernelOptions.Hot)]
        public static void Multiply(ref short tiles, nint tileStride, ref short weights, nint pairs, ref int products, int tileCount, bool isFirst)
        {
            Vector128<int> kept = isFirst ? Vector128<int>.Zero : Vector128<int>.AllBitsSet;
            for (int tile = 0; tile < tileCount; tile += TileGroup)
            {
                for (nint lane = 0; lane < ByteConvolution.BlockChannels; lane += 8)
                {
                    Tile4(ref tiles, tileStride, ref Unsafe.Add(ref weights, 2 * lane), pairs, ref Unsafe.Add(ref products, lane), kept);
                }

                tiles = ref Unsafe.Add(ref tiles, TileGroup * tileStride);
                products = ref Unsafe.Add(ref products, TileGroup * TileProducts);
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void TransformProducts(ref int products, ref int bias, ref int stage, ref int sums, nint rows, nint columns) =>
            TransformProducts<Integers128, Vector128<int>>(ref products, ref bias, ref stage, ref sums, rows, columns);

        [MethodImpl(KernelOptions.Hot)]
        public static void Requantize<TRequantizer>(ref int sums, ref int multipliers, ref byte output, ref int offsets, int pixels, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            for (nint pixel = 0; pixel < pixels; pixel++)
            {
                ref int sum = ref Unsafe.Add(ref sums, pixel * ByteConvolution.BlockChannels);
                ByteLanes.PortableBytes<TRequantizer>(ref sum, ref multipliers, target).StoreUnsafe(ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, pixel)));
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile4(ref short tiles, nint stride, ref short weights, nint pairs, ref int products, Vector128<int> kept)
        {
            Vector128<int> sum00 = Vector128<int>.Zero, sum01 = Vector128<int>.Zero;
            Vector128<int> sum10 = Vector128<int>.Zero, sum11 = Vector128<int>.Zero;
            Vector128<int> sum20 = Vector128<int>.Zero, sum21 = Vector128<int>.Zero;
            Vector128<int> sum30 = Vector128<int>.Zero, sum31 = Vector128<int>.Zero;
            for (nint pair = 0; pair < pairs; pair++)
            {
                nint at = 2 * pair;
                Vector128<short> weight0 = Vector128.LoadUnsafe(ref weights, (nuint)(pair * PairWeights)), weight1 = Vector128.LoadUnsafe(ref weights, (nuint)((pair * PairWeights) + 8));
                Vector128<short> inputs = Broadcast(ref tiles, at);
                sum00 += TDot.Dot(inputs, weight0);
                sum01 += TDot.Dot(inputs, weight1);
                inputs = Broadcast(ref tiles, at + stride);
                sum10 += TDot.Dot(inputs, weight0);
                sum11 += TDot.Dot(inputs, weight1);
                inputs = Broadcast(ref tiles, at + (2 * stride));
                sum20 += TDot.Dot(inputs, weight0);
                sum21 += TDot.Dot(inputs, weight1);
                inputs = Broadcast(ref tiles, at + (3 * stride));
                sum30 += TDot.Dot(inputs, weight0);
                sum31 += TDot.Dot(inputs, weight1);
            }

            Store(sum00, kept, ref products);
            Store(sum01, kept, ref Unsafe.Add(ref products, 4));
            Store(sum10, kept, ref Unsafe.Add(ref products, TileProducts));
            Store(sum11, kept, ref Unsafe.Add(ref products, TileProducts + 4));
            Store(sum20, kept, ref Unsafe.Add(ref products, 2 * TileProducts));
            Store(sum21, kept, ref Unsafe.Add(ref products, (2 * TileProducts) + 4));
            Store(sum30, kept, ref Unsafe.Add(ref products, 3 * TileProducts));
            Store(sum31, kept, ref Unsafe.Add(ref products, (3 * TileProducts) + 4));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(Vector128<int> sum, Vector128<int> kept, ref int products) =>
            (sum + (kept & Vector128.LoadUnsafe(ref products))).StoreUnsafe(ref products);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<short> Broadcast(ref short tile, nint at) => Vector128.Create(Unsafe.As<short, int>(ref Unsafe.Add(ref tile, at))).AsInt16();
    }

    /// <summary>Sums the two products of each pair of int16, for WebAssembly and Arm without dot products.</summary>
    internal readonly struct WidePairDot : ByteConvolution.IPairDot
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<int> Dot(Vector128<short> activations, Vector128<short> weights)
        {
            Vector128<int> pairs = activations.AsInt32(), pairWeights = weights.AsInt32();
            Vector128<int> even = Vector128.ShiftRightArithmetic(Vector128.ShiftLeft(pairs, 16), 16) * Vector128.ShiftRightArithmetic(Vector128.ShiftLeft(pairWeights, 16), 16);
            return even + (Vector128.ShiftRightArithmetic(pairs, 16) * Vector128.ShiftRightArithmetic(pairWeights, 16));
        }
    }
}
