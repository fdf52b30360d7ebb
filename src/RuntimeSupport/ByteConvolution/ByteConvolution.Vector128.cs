using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    internal static void RunVector128<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        if (Sse2.IsSupported)
        {
            RunTiled<Vector128Tile<Sse2PairDot>, TRequantizer>(arguments);
        }
        else
        {
            RunTiled<Vector128Tile<PortablePairDot>, TRequantizer>(arguments);
        }
    }

    /// <summary>Sums the two products of each pair of int16.</summary>
    internal interface IPairDot
    {
        static abstract Vector128<int> Dot(Vector128<short> activations, Vector128<short> weights);
    }

    /// <summary>One instruction of SSE2.</summary>
    internal readonly struct Sse2PairDot : IPairDot
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<int> Dot(Vector128<short> activations, Vector128<short> weights) => Sse2.MultiplyAddAdjacent(activations, weights);
    }

    /// <summary>For WebAssembly and Arm without dot products; each product fits an int16.</summary>
    internal readonly struct PortablePairDot : IPairDot
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<int> Dot(Vector128<short> activations, Vector128<short> weights)
        {
            // 255 · −128 = −32640: no product overflows.
            Vector128<int> products = (activations * weights).AsInt32();
            return Vector128.ShiftRightArithmetic(Vector128.ShiftLeft(products, 16), 16) + Vector128.ShiftRightArithmetic(products, 16);
        }
    }

    /// <summary>Tiles of 4 pixels × 8 channels in int16 pairs, packed as in <see cref="Avx512Tile"/>.</summary>
    internal readonly struct Vector128Tile<TDot> : ITile
        where TDot : struct, IPairDot
    {
        public static int Rows => 4;

        public static int QuadBytes => 8;

        public static bool ReadsInput => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Pack(ref byte source, ref byte destination, nint quads) => PackPairs(ref source, ref destination, 0, quads);

        public static void Correct(ref sbyte weights, nint quads, ref int start)
        {
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void Multiply(
            ref byte activations, nint rowBytes, ref sbyte weights, nint blockBytes, nint quads,
            ref int start, nint startStride, ref int accumulators, int rows, int channels)
        {
            int blocks = BlocksOf(channels);
            for (int half = 0; half < 2 * blocks; half++)
            {
                ref sbyte panel = ref Unsafe.Add(ref weights, (half / 2 * blockBytes) + (half % 2 * 32));
                ref int blockStart = ref Unsafe.Add(ref start, half * 8);
                ref int sums = ref Unsafe.Add(ref accumulators, half * 8);
                if (rows == 4)
                {
                    Tile4x2(ref activations, rowBytes, ref panel, quads, ref blockStart, startStride, ref sums);
                }
                else
                {
                    for (int row = 0; row < rows; row++)
                    {
                        Tile1x2(ref Unsafe.Add(ref activations, row * rowBytes), ref panel, quads,
                            ref Unsafe.Add(ref blockStart, row * startStride), ref Unsafe.Add(ref sums, row * PanelChannels));
                    }
                }
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void Requantize<TRequantizer>(ref int accumulators, ref int multipliers, ref byte output, ref int offsets, int rows, int blocks, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer => RequantizePortable<TRequantizer>(ref accumulators, ref multipliers, ref output, ref offsets, rows, blocks, target);

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile4x2(ref byte rows, nint stride, ref sbyte weights, nint quads, ref int start, nint startStride, ref int sums)
        {
            Vector128<int> sum00 = Load(ref start, 0, 0), sum01 = Load(ref start, 0, 1);
            Vector128<int> sum10 = Load(ref start, startStride, 0), sum11 = Load(ref start, startStride, 1);
            Vector128<int> sum20 = Load(ref start, 2 * startStride, 0), sum21 = Load(ref start, 2 * startStride, 1);
            Vector128<int> sum30 = Load(ref start, 3 * startStride, 0), sum31 = Load(ref start, 3 * startStride, 1);
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * 8;
                Vector128<short> both = Vector128.LoadUnsafe(ref Unsafe.Add(ref weights, quad * QuadWeights)).AsInt16();
                Vector128<short> even0 = Even(both), odd0 = Odd(both);
                both = Vector128.LoadUnsafe(ref Unsafe.Add(ref weights, (quad * QuadWeights) + 16)).AsInt16();
                Vector128<short> even1 = Even(both), odd1 = Odd(both);

                Vector128<short> even = Broadcast(ref rows, at), odd = Broadcast(ref rows, at + 4);
                sum00 += TDot.Dot(even, even0) + TDot.Dot(odd, odd0);
                sum01 += TDot.Dot(even, even1) + TDot.Dot(odd, odd1);
                at += stride;
                even = Broadcast(ref rows, at);
                odd = Broadcast(ref rows, at + 4);
                sum10 += TDot.Dot(even, even0) + TDot.Dot(odd, odd0);
                sum11 += TDot.Dot(even, even1) + TDot.Dot(odd, odd1);
                at += stride;
                even = Broadcast(ref rows, at);
                odd = Broadcast(ref rows, at + 4);
                sum20 += TDot.Dot(even, even0) + TDot.Dot(odd, odd0);
                sum21 += TDot.Dot(even, even1) + TDot.Dot(odd, odd1);
                at += stride;
                even = Broadcast(ref rows, at);
                odd = Broadcast(ref rows, at + 4);
                sum30 += TDot.Dot(even, even0) + TDot.Dot(odd, odd0);
                sum31 += TDot.Dot(even, even1) + TDot.Dot(odd, odd1);
            }

            Store(sum00, ref sums, 0, 0);
            Store(sum01, ref sums, 0, 1);
            Store(sum10, ref sums, 1, 0);
            Store(sum11, ref sums, 1, 1);
            Store(sum20, ref sums, 2, 0);
            Store(sum21, ref sums, 2, 1);
            Store(sum30, ref sums, 3, 0);
            Store(sum31, ref sums, 3, 1);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile1x2(ref byte row, ref sbyte weights, nint quads, ref int start, ref int sums)
        {
            Vector128<int> sum0 = Load(ref start, 0, 0), sum1 = Load(ref start, 0, 1);
            for (nint quad = 0; quad < quads; quad++)
            {
                Vector128<short> even = Broadcast(ref row, quad * 8), odd = Broadcast(ref row, (quad * 8) + 4);
                Vector128<short> both = Vector128.LoadUnsafe(ref Unsafe.Add(ref weights, quad * QuadWeights)).AsInt16();
                sum0 += TDot.Dot(even, Even(both)) + TDot.Dot(odd, Odd(both));
                both = Vector128.LoadUnsafe(ref Unsafe.Add(ref weights, (quad * QuadWeights) + 16)).AsInt16();
                sum1 += TDot.Dot(even, Even(both)) + TDot.Dot(odd, Odd(both));
            }

            Store(sum0, ref sums, 0, 0);
            Store(sum1, ref sums, 0, 1);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<short> Even(Vector128<short> bytes) => Vector128.ShiftRightArithmetic(Vector128.ShiftLeft(bytes, 8), 8);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<short> Odd(Vector128<short> bytes) => Vector128.ShiftRightArithmetic(bytes, 8);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<short> Broadcast(ref byte row, nint at) =>
            Vector128.Create(Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref row, at))).AsInt16();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<int> Load(ref int start, nint row, int quarter) =>
            Vector128.LoadUnsafe(ref start, (nuint)(row + (quarter * 4)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(Vector128<int> values, ref int sums, int row, int quarter) =>
            values.StoreUnsafe(ref sums, (nuint)((row * PanelChannels) + (quarter * 4)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RequantizePortable<TRequantizer>(
        ref int accumulators, ref int multipliers, ref byte output, ref int offsets, int rows, int blocks, RequantizationTarget target)
        where TRequantizer : struct, IRequantizer
    {
        for (nint row = 0; row < rows; row++)
        {
            ref int sums = ref Unsafe.Add(ref accumulators, row * PanelChannels);
            ref byte pixel = ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, row));
            for (nint at = 0; at < blocks * BlockChannels; at += BlockChannels)
            {
                ByteLanes.PortableBytes<TRequantizer>(ref Unsafe.Add(ref sums, at), ref Unsafe.Add(ref multipliers, at), target).StoreUnsafe(ref pixel, (nuint)at);
            }
        }
    }
}
