using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    internal static void RunArmDp<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer => RunTiled<ArmDpTile, TRequantizer>(arguments);

    /// <summary>
    /// Tiles of 4 pixels × 16 channels by signed dot products. Packing flips the top bit of the activations, which takes 128 from them;
    /// <see cref="Correct"/> gives 128 · Σw back.
    /// </summary>
    internal readonly struct ArmDpTile : ITile
    {
        public static int Rows => 4;

        public static int QuadBytes => 4;

        public static bool ReadsInput => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Pack(ref byte source, ref byte destination, nint quads)
        {
            nint at = 0;
            for (; at <= (4 * quads) - 16; at += 16)
            {
                (Vector128.LoadUnsafe(ref source, (nuint)at) ^ Vector128.Create((byte)0x80)).StoreUnsafe(ref destination, (nuint)at);
            }

            for (; at < 4 * quads; at += 4)
            {
                uint flipped = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref source, at)) ^ 0x80808080;
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref destination, at), flipped);
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void Correct(ref sbyte weights, nint quads, ref int start)
        {
            Vector128<sbyte> ones = Vector128.Create((sbyte)1);
            Vector128<int> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * QuadWeights;
                sum0 = Dp.DotProduct(sum0, LoadWeights(ref weights, at), ones);
                sum1 = Dp.DotProduct(sum1, LoadWeights(ref weights, at + 16), ones);
                sum2 = Dp.DotProduct(sum2, LoadWeights(ref weights, at + 32), ones);
                sum3 = Dp.DotProduct(sum3, LoadWeights(ref weights, at + 48), ones);
            }

            (Load(ref start, 0, 0) + Vector128.ShiftLeft(sum0, 7)).StoreUnsafe(ref start);
            (Load(ref start, 0, 1) + Vector128.ShiftLeft(sum1, 7)).StoreUnsafe(ref start, 4);
            (Load(ref start, 0, 2) + Vector128.ShiftLeft(sum2, 7)).StoreUnsafe(ref start, 8);
            (Load(ref start, 0, 3) + Vector128.ShiftLeft(sum3, 7)).StoreUnsafe(ref start, 12);
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
                    Tile4x4(ref activations, rowBytes, ref weights, quads, ref blockStart, startStride, ref sums);
                }
                else
                {
                    for (int row = 0; row < rows; row++)
                    {
                        Tile1x4(ref Unsafe.Add(ref activations, row * rowBytes), ref weights, quads,
                            ref Unsafe.Add(ref blockStart, row * startStride), ref Unsafe.Add(ref sums, row * PanelChannels));
                    }
                }

                weights = ref Unsafe.Add(ref weights, blockBytes);
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void Requantize<TRequantizer>(ref int accumulators, ref int multipliers, ref byte output, ref int offsets, int rows, int blocks, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer => RequantizePortable<TRequantizer>(ref accumulators, ref multipliers, ref output, ref offsets, rows, blocks, target);

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile4x4(ref byte rows, nint stride, ref sbyte weights, nint quads, ref int start, nint startStride, ref int sums)
        {
            Vector128<int> sum00 = Load(ref start, 0, 0), sum01 = Load(ref start, 0, 1), sum02 = Load(ref start, 0, 2), sum03 = Load(ref start, 0, 3);
            Vector128<int> sum10 = Load(ref start, startStride, 0), sum11 = Load(ref start, startStride, 1), sum12 = Load(ref start, startStride, 2), sum13 = Load(ref start, startStride, 3);
            Vector128<int> sum20 = Load(ref start, 2 * startStride, 0), sum21 = Load(ref start, 2 * startStride, 1), sum22 = Load(ref start, 2 * startStride, 2), sum23 = Load(ref start, 2 * startStride, 3);
            Vector128<int> sum30 = Load(ref start, 3 * startStride, 0), sum31 = Load(ref start, 3 * startStride, 1), sum32 = Load(ref start, 3 * startStride, 2), sum33 = Load(ref start, 3 * startStride, 3);
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * QuadWeights;
                Vector128<sbyte> row0 = Broadcast(ref rows, quad * 4);
                Vector128<sbyte> row1 = Broadcast(ref rows, (quad * 4) + stride);
                Vector128<sbyte> row2 = Broadcast(ref rows, (quad * 4) + (2 * stride));
                Vector128<sbyte> row3 = Broadcast(ref rows, (quad * 4) + (3 * stride));
                Vector128<sbyte> channels = LoadWeights(ref weights, at);
                sum00 = Dp.DotProduct(sum00, channels, row0);
                sum10 = Dp.DotProduct(sum10, channels, row1);
                sum20 = Dp.DotProduct(sum20, channels, row2);
                sum30 = Dp.DotProduct(sum30, channels, row3);
                channels = LoadWeights(ref weights, at + 16);
                sum01 = Dp.DotProduct(sum01, channels, row0);
                sum11 = Dp.DotProduct(sum11, channels, row1);
                sum21 = Dp.DotProduct(sum21, channels, row2);
                sum31 = Dp.DotProduct(sum31, channels, row3);
                channels = LoadWeights(ref weights, at + 32);
                sum02 = Dp.DotProduct(sum02, channels, row0);
                sum12 = Dp.DotProduct(sum12, channels, row1);
                sum22 = Dp.DotProduct(sum22, channels, row2);
                sum32 = Dp.DotProduct(sum32, channels, row3);
                channels = LoadWeights(ref weights, at + 48);
                sum03 = Dp.DotProduct(sum03, channels, row0);
                sum13 = Dp.DotProduct(sum13, channels, row1);
                sum23 = Dp.DotProduct(sum23, channels, row2);
                sum33 = Dp.DotProduct(sum33, channels, row3);
            }

            Store(sum00, sum01, sum02, sum03, ref sums, 0);
            Store(sum10, sum11, sum12, sum13, ref sums, 1);
            Store(sum20, sum21, sum22, sum23, ref sums, 2);
            Store(sum30, sum31, sum32, sum33, ref sums, 3);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile1x4(ref byte row, ref sbyte weights, nint quads, ref int start, ref int sums)
        {
            Vector128<int> sum0 = Load(ref start, 0, 0), sum1 = Load(ref start, 0, 1), sum2 = Load(ref start, 0, 2), sum3 = Load(ref start, 0, 3);
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * QuadWeights;
                Vector128<sbyte> activations = Broadcast(ref row, quad * 4);
                sum0 = Dp.DotProduct(sum0, LoadWeights(ref weights, at), activations);
                sum1 = Dp.DotProduct(sum1, LoadWeights(ref weights, at + 16), activations);
                sum2 = Dp.DotProduct(sum2, LoadWeights(ref weights, at + 32), activations);
                sum3 = Dp.DotProduct(sum3, LoadWeights(ref weights, at + 48), activations);
            }

            Store(sum0, sum1, sum2, sum3, ref sums, 0);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<sbyte> Broadcast(ref byte row, nint at) =>
            Vector128.Create(Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref row, at))).AsSByte();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<sbyte> LoadWeights(ref sbyte weights, nint at) => Vector128.LoadUnsafe(ref Unsafe.Add(ref weights, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<int> Load(ref int start, nint row, int quarter) =>
            Vector128.LoadUnsafe(ref start, (nuint)(row + (quarter * 4)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(Vector128<int> sum0, Vector128<int> sum1, Vector128<int> sum2, Vector128<int> sum3, ref int sums, int row)
        {
            nuint at = (nuint)(row * PanelChannels);
            sum0.StoreUnsafe(ref sums, at);
            sum1.StoreUnsafe(ref sums, at + 4);
            sum2.StoreUnsafe(ref sums, at + 8);
            sum3.StoreUnsafe(ref sums, at + 12);
        }
    }
}
