using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    /// <content>The tiles' inner loops: sums stay in registers.</content>
    internal readonly partial struct Avx512Tile
    {
        /// <summary>7 rows × 32 channels.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void Tile7x32(ref byte rows, nint stride, ref sbyte weights, nint blockBytes, nint quads, ref int start, nint startStride, ref int sums)
        {
            ref byte rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            ref byte rows6 = ref Unsafe.Add(ref rows3, 3 * stride);
            Vector512<int> sum00 = Load(ref start, 0, 0), sum10 = Load(ref start, startStride, 0), sum20 = Load(ref start, 2 * startStride, 0);
            Vector512<int> sum30 = Load(ref start, 3 * startStride, 0), sum40 = Load(ref start, 4 * startStride, 0), sum50 = Load(ref start, 5 * startStride, 0);
            Vector512<int> sum60 = Load(ref start, 6 * startStride, 0);
            Vector512<int> sum01 = Load(ref start, 0, 1), sum11 = Load(ref start, startStride, 1), sum21 = Load(ref start, 2 * startStride, 1);
            Vector512<int> sum31 = Load(ref start, 3 * startStride, 1), sum41 = Load(ref start, 4 * startStride, 1), sum51 = Load(ref start, 5 * startStride, 1);
            Vector512<int> sum61 = Load(ref start, 6 * startStride, 1);
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * 8;
                ref sbyte pairs0 = ref Unsafe.Add(ref weights, quad * QuadWeights), pairs1 = ref Unsafe.Add(ref pairs0, blockBytes);
                Vector512<short> row0 = Broadcast(ref rows, at), row1 = Broadcast(ref rows, at + stride), row2 = Broadcast(ref rows, at + (2 * stride));
                Vector512<short> row3 = Broadcast(ref rows3, at), row4 = Broadcast(ref rows3, at + stride), row5 = Broadcast(ref rows3, at + (2 * stride)), row6 = Broadcast(ref rows6, at);
                AddProducts(ref sum00, ref sum10, ref sum20, ref sum30, ref sum40, ref sum50, ref sum60, row0, row1, row2, row3, row4, row5, row6, ByteWeights.Even(ref pairs0));
                AddProducts(ref sum01, ref sum11, ref sum21, ref sum31, ref sum41, ref sum51, ref sum61, row0, row1, row2, row3, row4, row5, row6, ByteWeights.Even(ref pairs1));
                row0 = Broadcast(ref rows, at + 4);
                row1 = Broadcast(ref rows, at + stride + 4);
                row2 = Broadcast(ref rows, at + (2 * stride) + 4);
                row3 = Broadcast(ref rows3, at + 4);
                row4 = Broadcast(ref rows3, at + stride + 4);
                row5 = Broadcast(ref rows3, at + (2 * stride) + 4);
                row6 = Broadcast(ref rows6, at + 4);
                AddProducts(ref sum00, ref sum10, ref sum20, ref sum30, ref sum40, ref sum50, ref sum60, row0, row1, row2, row3, row4, row5, row6, ByteWeights.Odd(ref pairs0));
                AddProducts(ref sum01, ref sum11, ref sum21, ref sum31, ref sum41, ref sum51, ref sum61, row0, row1, row2, row3, row4, row5, row6, ByteWeights.Odd(ref pairs1));
            }

            Store(sum00, ref sums, 0, 0);
            Store(sum10, ref sums, 1, 0);
            Store(sum20, ref sums, 2, 0);
            Store(sum30, ref sums, 3, 0);
            Store(sum40, ref sums, 4, 0);
            Store(sum50, ref sums, 5, 0);
            Store(sum60, ref sums, 6, 0);
            Store(sum01, ref sums, 0, 1);
            Store(sum11, ref sums, 1, 1);
            Store(sum21, ref sums, 2, 1);
            Store(sum31, ref sums, 3, 1);
            Store(sum41, ref sums, 4, 1);
            Store(sum51, ref sums, 5, 1);
            Store(sum61, ref sums, 6, 1);
        }

        /// <summary>7 rows × 16 channels.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void Tile7x16(ref byte rows, nint stride, ref sbyte weights, nint quads, ref int start, nint startStride, ref int sums)
        {
            ref byte rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            ref byte rows6 = ref Unsafe.Add(ref rows3, 3 * stride);
            Vector512<int> sum00 = Load(ref start, 0, 0), sum10 = Load(ref start, startStride, 0), sum20 = Load(ref start, 2 * startStride, 0);
            Vector512<int> sum30 = Load(ref start, 3 * startStride, 0), sum40 = Load(ref start, 4 * startStride, 0), sum50 = Load(ref start, 5 * startStride, 0);
            Vector512<int> sum60 = Load(ref start, 6 * startStride, 0);
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * 8;
                ref sbyte pairs0 = ref Unsafe.Add(ref weights, quad * QuadWeights);
                Vector512<short> row0 = Broadcast(ref rows, at), row1 = Broadcast(ref rows, at + stride), row2 = Broadcast(ref rows, at + (2 * stride));
                Vector512<short> row3 = Broadcast(ref rows3, at), row4 = Broadcast(ref rows3, at + stride), row5 = Broadcast(ref rows3, at + (2 * stride)), row6 = Broadcast(ref rows6, at);
                AddProducts(ref sum00, ref sum10, ref sum20, ref sum30, ref sum40, ref sum50, ref sum60, row0, row1, row2, row3, row4, row5, row6, ByteWeights.Even(ref pairs0));
                row0 = Broadcast(ref rows, at + 4);
                row1 = Broadcast(ref rows, at + stride + 4);
                row2 = Broadcast(ref rows, at + (2 * stride) + 4);
                row3 = Broadcast(ref rows3, at + 4);
                row4 = Broadcast(ref rows3, at + stride + 4);
                row5 = Broadcast(ref rows3, at + (2 * stride) + 4);
                row6 = Broadcast(ref rows6, at + 4);
                AddProducts(ref sum00, ref sum10, ref sum20, ref sum30, ref sum40, ref sum50, ref sum60, row0, row1, row2, row3, row4, row5, row6, ByteWeights.Odd(ref pairs0));
            }

            Store(sum00, ref sums, 0, 0);
            Store(sum10, ref sums, 1, 0);
            Store(sum20, ref sums, 2, 0);
            Store(sum30, ref sums, 3, 0);
            Store(sum40, ref sums, 4, 0);
            Store(sum50, ref sums, 5, 0);
            Store(sum60, ref sums, 6, 0);
        }

        /// <summary>A row × 32 channels.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void Tile1x2(ref byte row, ref sbyte weights, nint blockBytes, nint quads, ref int start, ref int sums, bool storesSecond)
        {
            Vector512<int> sum0 = Load(ref start, 0, 0), sum1 = default;
            for (nint quad = 0; quad < quads; quad++)
            {
                Vector512<short> even = Broadcast(ref row, quad * 8), odd = Broadcast(ref row, (quad * 8) + 4);
                ref sbyte pairs = ref Unsafe.Add(ref weights, quad * QuadWeights);
                sum0 += Dot(even, ByteWeights.Even(ref pairs), odd, ByteWeights.Odd(ref pairs));
                pairs = ref Unsafe.Add(ref pairs, blockBytes);
                sum1 += Dot(even, ByteWeights.Even(ref pairs), odd, ByteWeights.Odd(ref pairs));
            }

            Store(sum0, ref sums, 0, 0);
            if (storesSecond)
            {
                Store(sum1 + Load(ref start, 0, 1), ref sums, 0, 1);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static Vector512<short> Broadcast(ref byte row, nint at)
        {
            Vector512<int> pairs = Vector512.Create(Unsafe.As<byte, int>(ref Unsafe.Add(ref row, at)));
            return Unsafe.As<Vector512<int>, Vector512<short>>(ref pairs);
        }

        /// <summary>Adds a pair of inputs' products of 7 rows by 16 channels. Products first, then sums: the processor takes longer where they alternate.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static void AddProducts(
            ref Vector512<int> sum0, ref Vector512<int> sum1, ref Vector512<int> sum2, ref Vector512<int> sum3, ref Vector512<int> sum4, ref Vector512<int> sum5, ref Vector512<int> sum6,
            Vector512<short> row0, Vector512<short> row1, Vector512<short> row2, Vector512<short> row3, Vector512<short> row4, Vector512<short> row5, Vector512<short> row6, Vector512<short> weights)
        {
            Vector512<int> product0 = Avx512BW.MultiplyAddAdjacent(row0, weights), product1 = Avx512BW.MultiplyAddAdjacent(row1, weights);
            Vector512<int> product2 = Avx512BW.MultiplyAddAdjacent(row2, weights), product3 = Avx512BW.MultiplyAddAdjacent(row3, weights);
            Vector512<int> product4 = Avx512BW.MultiplyAddAdjacent(row4, weights), product5 = Avx512BW.MultiplyAddAdjacent(row5, weights);
            Vector512<int> product6 = Avx512BW.MultiplyAddAdjacent(row6, weights);
            sum0 = Avx512F.Add(sum0, product0);
            sum1 = Avx512F.Add(sum1, product1);
            sum2 = Avx512F.Add(sum2, product2);
            sum3 = Avx512F.Add(sum3, product3);
            sum4 = Avx512F.Add(sum4, product4);
            sum5 = Avx512F.Add(sum5, product5);
            sum6 = Avx512F.Add(sum6, product6);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static Vector512<int> Dot(Vector512<short> even, Vector512<short> evenWeights, Vector512<short> odd, Vector512<short> oddWeights) =>
            Avx512F.Add(Avx512BW.MultiplyAddAdjacent(even, evenWeights), Avx512BW.MultiplyAddAdjacent(odd, oddWeights));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static Vector512<int> Load(ref int start, nint row, int block) =>
            Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref start, row + (block * BlockChannels)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(Vector512<int> values, ref int sums, int row, int block) =>
            Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref sums, (row * PanelChannels) + (block * BlockChannels))) = values;
    }
}
