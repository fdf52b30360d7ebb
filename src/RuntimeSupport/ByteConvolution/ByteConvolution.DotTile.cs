using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    /// <summary>
    /// Tiles of 6 pixels × 16 channels by 256-bit dot products of four bytes; a single run is read where it lies. Generic, so that
    /// tests run the same loops where the instruction is missing.
    /// </summary>
    internal readonly struct DotTile<TDot> : ITile
        where TDot : struct, IDot
    {
        public static int Rows => 6;

        public static int QuadBytes => 4;

        public static bool ReadsInput => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Pack(ref byte source, ref byte destination, nint quads) =>
            PackBytes(ref source, ref destination, quads);

        public static void Correct(ref sbyte weights, nint quads, ref int start)
        {
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void Multiply(
            ref byte activations, nint rowBytes, ref sbyte weights, nint blockBytes, nint quads,
            ref int start, nint startStride, ref int accumulators, int rows, int channels)
        {
            int blocks = BlocksOf(channels);
            int block = 0;
            while (block < blocks)
            {
                ref sbyte panel = ref Unsafe.Add(ref weights, block * blockBytes);
                ref int blockStart = ref Unsafe.Add(ref start, block * BlockChannels);
                ref int sums = ref Unsafe.Add(ref accumulators, block * BlockChannels);
                bool wide = rows < 6 && blocks - block >= 4;
                if (rows == 6)
                {
                    Tile6x2(ref activations, rowBytes, ref panel, quads, ref blockStart, startStride, ref sums);
                }

                for (int row = 0; rows < 6 && row < rows; row++)
                {
                    ref byte single = ref Unsafe.Add(ref activations, row * rowBytes);
                    ref int singleStart = ref Unsafe.Add(ref blockStart, row * startStride);
                    ref int singleSums = ref Unsafe.Add(ref sums, row * PanelChannels);
                    if (wide)
                    {
                        Tile1x8(ref single, ref panel, blockBytes, quads, ref singleStart, ref singleSums);
                    }
                    else
                    {
                        Tile1x2(ref single, ref panel, quads, ref singleStart, ref singleSums);
                    }
                }

                block += wide ? 4 : 1;
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void Requantize<TRequantizer>(ref int accumulators, ref int multipliers, ref byte output, ref int offsets, int rows, int blocks, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer => RequantizeAvx2<TRequantizer>(ref accumulators, ref multipliers, ref output, ref offsets, rows, blocks, target);

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile6x2(ref byte rows, nint stride, ref sbyte weights, nint quads, ref int start, nint startStride, ref int sums)
        {
            ref byte rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            Vector256<int> sum00 = Load(ref start, 0), sum01 = Load(ref start, 8);
            Vector256<int> sum10 = Load(ref start, startStride), sum11 = Load(ref start, startStride + 8);
            Vector256<int> sum20 = Load(ref start, 2 * startStride), sum21 = Load(ref start, (2 * startStride) + 8);
            Vector256<int> sum30 = Load(ref start, 3 * startStride), sum31 = Load(ref start, (3 * startStride) + 8);
            Vector256<int> sum40 = Load(ref start, 4 * startStride), sum41 = Load(ref start, (4 * startStride) + 8);
            Vector256<int> sum50 = Load(ref start, 5 * startStride), sum51 = Load(ref start, (5 * startStride) + 8);
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * 4;
                Vector256<sbyte> weights0 = Vector256.LoadUnsafe(ref Unsafe.Add(ref weights, quad * QuadWeights));
                Vector256<sbyte> weights1 = Vector256.LoadUnsafe(ref Unsafe.Add(ref weights, (quad * QuadWeights) + 32));
                Vector256<byte> activations = Broadcast(ref rows, at);
                sum00 = TDot.Add(sum00, activations, weights0);
                sum01 = TDot.Add(sum01, activations, weights1);
                activations = Broadcast(ref rows, at + stride);
                sum10 = TDot.Add(sum10, activations, weights0);
                sum11 = TDot.Add(sum11, activations, weights1);
                activations = Broadcast(ref rows, at + (2 * stride));
                sum20 = TDot.Add(sum20, activations, weights0);
                sum21 = TDot.Add(sum21, activations, weights1);
                activations = Broadcast(ref rows3, at);
                sum30 = TDot.Add(sum30, activations, weights0);
                sum31 = TDot.Add(sum31, activations, weights1);
                activations = Broadcast(ref rows3, at + stride);
                sum40 = TDot.Add(sum40, activations, weights0);
                sum41 = TDot.Add(sum41, activations, weights1);
                activations = Broadcast(ref rows3, at + (2 * stride));
                sum50 = TDot.Add(sum50, activations, weights0);
                sum51 = TDot.Add(sum51, activations, weights1);
            }

            Store(sum00, ref sums, 0);
            Store(sum01, ref sums, 8);
            Store(sum10, ref sums, PanelChannels);
            Store(sum11, ref sums, PanelChannels + 8);
            Store(sum20, ref sums, 2 * PanelChannels);
            Store(sum21, ref sums, (2 * PanelChannels) + 8);
            Store(sum30, ref sums, 3 * PanelChannels);
            Store(sum31, ref sums, (3 * PanelChannels) + 8);
            Store(sum40, ref sums, 4 * PanelChannels);
            Store(sum41, ref sums, (4 * PanelChannels) + 8);
            Store(sum50, ref sums, 5 * PanelChannels);
            Store(sum51, ref sums, (5 * PanelChannels) + 8);
        }

        /// <summary>One pixel by four blocks: eight independent sums hide the latency of the dot product.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void Tile1x8(ref byte row, ref sbyte weights, nint blockBytes, nint quads, ref int start, ref int sums)
        {
            ref sbyte weights1 = ref Unsafe.Add(ref weights, blockBytes);
            ref sbyte weights2 = ref Unsafe.Add(ref weights, 2 * blockBytes);
            ref sbyte weights3 = ref Unsafe.Add(ref weights, 3 * blockBytes);
            Vector256<int> sum0 = Load(ref start, 0), sum1 = Load(ref start, 8), sum2 = Load(ref start, 16), sum3 = Load(ref start, 24);
            Vector256<int> sum4 = Load(ref start, 32), sum5 = Load(ref start, 40), sum6 = Load(ref start, 48), sum7 = Load(ref start, 56);
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * QuadWeights;
                Vector256<byte> activations = Broadcast(ref row, quad * 4);
                sum0 = TDot.Add(sum0, activations, Vector256.LoadUnsafe(ref Unsafe.Add(ref weights, at)));
                sum1 = TDot.Add(sum1, activations, Vector256.LoadUnsafe(ref Unsafe.Add(ref weights, at + 32)));
                sum2 = TDot.Add(sum2, activations, Vector256.LoadUnsafe(ref Unsafe.Add(ref weights1, at)));
                sum3 = TDot.Add(sum3, activations, Vector256.LoadUnsafe(ref Unsafe.Add(ref weights1, at + 32)));
                sum4 = TDot.Add(sum4, activations, Vector256.LoadUnsafe(ref Unsafe.Add(ref weights2, at)));
                sum5 = TDot.Add(sum5, activations, Vector256.LoadUnsafe(ref Unsafe.Add(ref weights2, at + 32)));
                sum6 = TDot.Add(sum6, activations, Vector256.LoadUnsafe(ref Unsafe.Add(ref weights3, at)));
                sum7 = TDot.Add(sum7, activations, Vector256.LoadUnsafe(ref Unsafe.Add(ref weights3, at + 32)));
            }

            Store(sum0, ref sums, 0);
            Store(sum1, ref sums, 8);
            Store(sum2, ref sums, 16);
            Store(sum3, ref sums, 24);
            Store(sum4, ref sums, 32);
            Store(sum5, ref sums, 40);
            Store(sum6, ref sums, 48);
            Store(sum7, ref sums, 56);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile1x2(ref byte row, ref sbyte weights, nint quads, ref int start, ref int sums)
        {
            Vector256<int> sum0 = Load(ref start, 0), sum1 = Load(ref start, 8);
            for (nint quad = 0; quad < quads; quad++)
            {
                Vector256<byte> activations = Broadcast(ref row, quad * 4);
                sum0 = TDot.Add(sum0, activations, Vector256.LoadUnsafe(ref Unsafe.Add(ref weights, quad * QuadWeights)));
                sum1 = TDot.Add(sum1, activations, Vector256.LoadUnsafe(ref Unsafe.Add(ref weights, (quad * QuadWeights) + 32)));
            }

            Store(sum0, ref sums, 0);
            Store(sum1, ref sums, 8);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<byte> Broadcast(ref byte row, nint at) =>
            Vector256.Create(Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref row, at))).AsByte();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<int> Load(ref int start, nint at) => Vector256.LoadUnsafe(ref start, (nuint)at);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(Vector256<int> values, ref int sums, int at) => values.StoreUnsafe(ref sums, (nuint)at);
    }
}
