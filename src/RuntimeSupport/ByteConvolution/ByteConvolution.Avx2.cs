using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    internal static void RunAvx2<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        if (SumsPackedInt16(arguments))
        {
            RunQuantizedPanels<Avx2Int16Tile, TRequantizer>(arguments);
        }
        else if (arguments.OutputChannels <= BlockChannels / 2 && IsDirect<Avx2HalfRow>(arguments))
        {
            RunDirect<Avx2HalfRow, TRequantizer>(arguments);
        }
        else if (IsDirect<Avx2Row>(arguments))
        {
            RunDirect<Avx2Row, TRequantizer>(arguments);
        }
        else if (arguments.RunOffsets.Length * arguments.QuadsPerRun <= LongestWindow)
        {
            RunQuantizedPanels<Avx2QuantizedTile, TRequantizer>(arguments);
        }
        else
        {
            RunTiled<Avx2Tile, TRequantizer>(arguments);
        }
    }

    /// <summary>Tiles of 4 pixels × 16 channels in int16 pairs, packed as in <see cref="Avx512Tile"/>.</summary>
    internal readonly struct Avx2Tile : ITile
    {
        public static int Rows => 4;

        public static int QuadBytes => 8;

        public static bool ReadsInput => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Pack(ref byte source, ref byte destination, nint quads)
        {
            nint quad = 0;
            for (; quad <= quads - 4; quad += 4)
            {
                Vector128<byte> bytes = Ssse3.Shuffle(Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref source, quad * 4)), PairOrder128);
                Unsafe.As<byte, Vector256<short>>(ref Unsafe.Add(ref destination, quad * 8)) = Avx2.ConvertToVector256Int16(bytes);
            }

            PackPairs(ref source, ref destination, quad, quads);
        }

        public static void Correct(ref sbyte weights, nint quads, ref int start)
        {
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void Multiply(
            ref byte activations, nint rowBytes, ref sbyte weights, nint blockBytes, nint quads,
            ref int start, nint startStride, ref int accumulators, int rows, int channels)
        {
            int blocks = BlocksOf(channels);
            for (int block = 0; block < blocks; block++)
            {
                ref int blockStart = ref Unsafe.Add(ref start, block * BlockChannels);
                ref int sums = ref Unsafe.Add(ref accumulators, block * BlockChannels);
                if (rows == 4)
                {
                    Tile4x2(ref activations, rowBytes, ref weights, quads, ref blockStart, startStride, ref sums);
                }
                else
                {
                    for (int row = 0; row < rows; row++)
                    {
                        Tile1x2(ref Unsafe.Add(ref activations, row * rowBytes), ref weights, quads,
                            ref Unsafe.Add(ref blockStart, row * startStride), ref Unsafe.Add(ref sums, row * PanelChannels));
                    }
                }

                weights = ref Unsafe.Add(ref weights, blockBytes);
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void Requantize<TRequantizer>(ref int accumulators, ref int multipliers, ref byte output, ref int offsets, int rows, int blocks, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer => RequantizeAvx2<TRequantizer>(ref accumulators, ref multipliers, ref output, ref offsets, rows, blocks, target);

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile4x2(ref byte rows, nint stride, ref sbyte weights, nint quads, ref int start, nint startStride, ref int sums)
        {
            ref byte rows2 = ref Unsafe.Add(ref rows, 2 * stride);
            Vector256<int> sum00 = Load(ref start, 0, 0), sum01 = Load(ref start, 0, 1);
            Vector256<int> sum10 = Load(ref start, startStride, 0), sum11 = Load(ref start, startStride, 1);
            Vector256<int> sum20 = Load(ref start, 2 * startStride, 0), sum21 = Load(ref start, 2 * startStride, 1);
            Vector256<int> sum30 = Load(ref start, 3 * startStride, 0), sum31 = Load(ref start, 3 * startStride, 1);
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * 8;
                Vector256<short> both = Unsafe.As<sbyte, Vector256<short>>(ref Unsafe.Add(ref weights, quad * QuadWeights));
                Vector256<short> even0 = Even(both), odd0 = Odd(both);
                both = Unsafe.As<sbyte, Vector256<short>>(ref Unsafe.Add(ref weights, (quad * QuadWeights) + 32));
                Vector256<short> even1 = Even(both), odd1 = Odd(both);

                Vector256<short> activations = Broadcast(ref rows, at);
                sum00 = Avx2.Add(sum00, Avx2.MultiplyAddAdjacent(activations, even0));
                sum01 = Avx2.Add(sum01, Avx2.MultiplyAddAdjacent(activations, even1));
                activations = Broadcast(ref rows, at + 4);
                sum00 = Avx2.Add(sum00, Avx2.MultiplyAddAdjacent(activations, odd0));
                sum01 = Avx2.Add(sum01, Avx2.MultiplyAddAdjacent(activations, odd1));
                activations = Broadcast(ref rows, at + stride);
                sum10 = Avx2.Add(sum10, Avx2.MultiplyAddAdjacent(activations, even0));
                sum11 = Avx2.Add(sum11, Avx2.MultiplyAddAdjacent(activations, even1));
                activations = Broadcast(ref rows, at + stride + 4);
                sum10 = Avx2.Add(sum10, Avx2.MultiplyAddAdjacent(activations, odd0));
                sum11 = Avx2.Add(sum11, Avx2.MultiplyAddAdjacent(activations, odd1));
                activations = Broadcast(ref rows2, at);
                sum20 = Avx2.Add(sum20, Avx2.MultiplyAddAdjacent(activations, even0));
                sum21 = Avx2.Add(sum21, Avx2.MultiplyAddAdjacent(activations, even1));
                activations = Broadcast(ref rows2, at + 4);
                sum20 = Avx2.Add(sum20, Avx2.MultiplyAddAdjacent(activations, odd0));
                sum21 = Avx2.Add(sum21, Avx2.MultiplyAddAdjacent(activations, odd1));
                activations = Broadcast(ref rows2, at + stride);
                sum30 = Avx2.Add(sum30, Avx2.MultiplyAddAdjacent(activations, even0));
                sum31 = Avx2.Add(sum31, Avx2.MultiplyAddAdjacent(activations, even1));
                activations = Broadcast(ref rows2, at + stride + 4);
                sum30 = Avx2.Add(sum30, Avx2.MultiplyAddAdjacent(activations, odd0));
                sum31 = Avx2.Add(sum31, Avx2.MultiplyAddAdjacent(activations, odd1));
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
            Vector256<int> sum0 = Load(ref start, 0, 0), sum1 = Load(ref start, 0, 1);
            for (nint quad = 0; quad < quads; quad++)
            {
                Vector256<short> even = Broadcast(ref row, quad * 8), odd = Broadcast(ref row, (quad * 8) + 4);
                Vector256<short> both = Unsafe.As<sbyte, Vector256<short>>(ref Unsafe.Add(ref weights, quad * QuadWeights));
                sum0 = Avx2.Add(sum0, Avx2.Add(Avx2.MultiplyAddAdjacent(even, Even(both)), Avx2.MultiplyAddAdjacent(odd, Odd(both))));
                both = Unsafe.As<sbyte, Vector256<short>>(ref Unsafe.Add(ref weights, (quad * QuadWeights) + 32));
                sum1 = Avx2.Add(sum1, Avx2.Add(Avx2.MultiplyAddAdjacent(even, Even(both)), Avx2.MultiplyAddAdjacent(odd, Odd(both))));
            }

            Store(sum0, ref sums, 0, 0);
            Store(sum1, ref sums, 0, 1);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<short> Even(Vector256<short> bytes) => Avx2.ShiftRightArithmetic(Avx2.ShiftLeftLogical(bytes, 8), 8);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<short> Odd(Vector256<short> bytes) => Avx2.ShiftRightArithmetic(bytes, 8);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<short> Broadcast(ref byte row, nint at)
        {
            Vector256<int> pairs = Vector256.Create(Unsafe.As<byte, int>(ref Unsafe.Add(ref row, at)));
            return Unsafe.As<Vector256<int>, Vector256<short>>(ref pairs);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<int> Load(ref int start, nint row, int half) =>
            Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref start, row + (half * 8)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(Vector256<int> values, ref int sums, int row, int half) =>
            Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref sums, (row * PanelChannels) + (half * 8))) = values;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RequantizeAvx2<TRequantizer>(
        ref int accumulators, ref int multipliers, ref byte output, ref int offsets, int rows, int blocks, RequantizationTarget target)
        where TRequantizer : struct, IRequantizer
    {
        for (nint row = 0; row < rows; row++)
        {
            ref int sums = ref Unsafe.Add(ref accumulators, row * PanelChannels);
            ref byte pixel = ref Unsafe.Add(ref output, Unsafe.Add(ref offsets, row));
            for (nint at = 0; at < blocks * BlockChannels; at += BlockChannels)
            {
                ByteLanes.Avx2Bytes<TRequantizer>(
                        Vector256.LoadUnsafe(ref sums, (nuint)at),
                        Vector256.LoadUnsafe(ref sums, (nuint)at + 8),
                        ref Unsafe.Add(ref multipliers, at),
                        target)
                    .StoreUnsafe(ref pixel, (nuint)at);
            }
        }
    }
}
