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
                ref sbyte pairs = ref Unsafe.Add(ref weights, quad * QuadWeights);
                Vector512<short> even0 = ByteWeights.Even(ref pairs), odd0 = ByteWeights.Odd(ref pairs);
                pairs = ref Unsafe.Add(ref pairs, blockBytes);
                Vector512<short> even1 = ByteWeights.Even(ref pairs), odd1 = ByteWeights.Odd(ref pairs);

                Vector512<short> even = Broadcast(ref rows, at), odd = Broadcast(ref rows, at + 4);
                sum00 += Dot(even, even0, odd, odd0);
                sum01 += Dot(even, even1, odd, odd1);
                even = Broadcast(ref rows, at + stride);
                odd = Broadcast(ref rows, at + stride + 4);
                sum10 += Dot(even, even0, odd, odd0);
                sum11 += Dot(even, even1, odd, odd1);
                even = Broadcast(ref rows, at + (2 * stride));
                odd = Broadcast(ref rows, at + (2 * stride) + 4);
                sum20 += Dot(even, even0, odd, odd0);
                sum21 += Dot(even, even1, odd, odd1);
                even = Broadcast(ref rows3, at);
                odd = Broadcast(ref rows3, at + 4);
                sum30 += Dot(even, even0, odd, odd0);
                sum31 += Dot(even, even1, odd, odd1);
                even = Broadcast(ref rows3, at + stride);
                odd = Broadcast(ref rows3, at + stride + 4);
                sum40 += Dot(even, even0, odd, odd0);
                sum41 += Dot(even, even1, odd, odd1);
                even = Broadcast(ref rows3, at + (2 * stride));
                odd = Broadcast(ref rows3, at + (2 * stride) + 4);
                sum50 += Dot(even, even0, odd, odd0);
                sum51 += Dot(even, even1, odd, odd1);
                even = Broadcast(ref rows6, at);
                odd = Broadcast(ref rows6, at + 4);
                sum60 += Dot(even, even0, odd, odd0);
                sum61 += Dot(even, even1, odd, odd1);
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
                ref sbyte pairs = ref Unsafe.Add(ref weights, quad * QuadWeights);
                Vector512<short> even0 = ByteWeights.Even(ref pairs), odd0 = ByteWeights.Odd(ref pairs);

                Vector512<short> even = Broadcast(ref rows, at), odd = Broadcast(ref rows, at + 4);
                sum00 += Dot(even, even0, odd, odd0);
                even = Broadcast(ref rows, at + stride);
                odd = Broadcast(ref rows, at + stride + 4);
                sum10 += Dot(even, even0, odd, odd0);
                even = Broadcast(ref rows, at + (2 * stride));
                odd = Broadcast(ref rows, at + (2 * stride) + 4);
                sum20 += Dot(even, even0, odd, odd0);
                even = Broadcast(ref rows3, at);
                odd = Broadcast(ref rows3, at + 4);
                sum30 += Dot(even, even0, odd, odd0);
                even = Broadcast(ref rows3, at + stride);
                odd = Broadcast(ref rows3, at + stride + 4);
                sum40 += Dot(even, even0, odd, odd0);
                even = Broadcast(ref rows3, at + (2 * stride));
                odd = Broadcast(ref rows3, at + (2 * stride) + 4);
                sum50 += Dot(even, even0, odd, odd0);
                even = Broadcast(ref rows6, at);
                odd = Broadcast(ref rows6, at + 4);
                sum60 += Dot(even, even0, odd, odd0);
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
            Vector512<int> sum0 = Load(ref start, 0, 0), sum1 = Vector512<int>.Zero;
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
        internal static Vector512<short> Broadcast(ref byte row, nint at) =>
            Vector512.Create(Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref row, at))).AsInt16();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static Vector512<int> Dot(Vector512<short> even, Vector512<short> evenWeights, Vector512<short> odd, Vector512<short> oddWeights) =>
            Avx512F.Add(Avx512BW.MultiplyAddAdjacent(even, evenWeights), Avx512BW.MultiplyAddAdjacent(odd, oddWeights));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static Vector512<int> Load(ref int start, nint row, int block) =>
            Vector512.LoadUnsafe(ref start, (nuint)(row + (block * BlockChannels)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(Vector512<int> values, ref int sums, int row, int block) =>
            values.StoreUnsafe(ref sums, (nuint)((row * PanelChannels) + (block * BlockChannels)));
    }
}
