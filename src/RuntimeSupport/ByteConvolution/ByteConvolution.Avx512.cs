using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    internal static void RunAvx512<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        if (IsPixel(arguments))
        {
            RunAvx512Pixel<TRequantizer>(
                ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), arguments.RunOffsets[0]), ref MemoryMarshal.GetReference(arguments.Weights), ref MemoryMarshal.GetReference(arguments.Bias),
                ref MemoryMarshal.GetReference(arguments.Multipliers), ref MemoryMarshal.GetReference(arguments.Output), arguments.RunLength, arguments.OutputChannels, arguments.Target);
        }
        else if (arguments.OutputChannels <= BlockChannels / 2 && IsDirect<Avx2HalfRow>(arguments))
        {
            RunDirect<Avx2HalfRow, TRequantizer>(arguments);
        }
        else if (IsDirect<Avx512Row>(arguments))
        {
            RunDirect<Avx512Row, TRequantizer>(arguments);
        }
        else
        {
            RunTiled<Avx512Tile, TRequantizer>(arguments);
        }
    }

    /// <summary>
    /// Tiles of 6 pixels × 32 channels in int16 pairs. Activations are packed as <c>[k0 k2][k1 k3]</c>, because the even and the odd
    /// bytes of the weights' 32-bit lanes become int16 pairs by shifts alone.
    /// </summary>
    internal readonly struct Avx512Tile : ITile
    {
        public static int Rows => 6;

        public static int QuadBytes => 8;

        public static bool ReadsInput => false;

        /// <summary>From here on a whole tile, some of whose rows are left from the one before and not stored, is faster than a row at a time.</summary>
        private const int LeastRows = 3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Pack(ref byte source, ref byte destination, nint quads)
        {
            nint quad = 0;
            for (; quad <= quads - 8; quad += 8)
            {
                Vector256<byte> bytes = Avx2.Shuffle(Vector256.LoadUnsafe(ref Unsafe.Add(ref source, quad * 4)), PairOrder256);
                Avx512BW.ConvertToVector512UInt16(bytes).AsByte().StoreUnsafe(ref Unsafe.Add(ref destination, quad * 8));
            }

            for (; quad <= quads - 4; quad += 4)
            {
                Vector128<byte> bytes = Ssse3.Shuffle(Vector128.LoadUnsafe(ref Unsafe.Add(ref source, quad * 4)), PairOrder128);
                Avx2.ConvertToVector256Int16(bytes).AsByte().StoreUnsafe(ref Unsafe.Add(ref destination, quad * 8));
            }

            PackPairs(ref source, ref destination, quad, quads);
        }

        public static void Correct(ref sbyte weights, nint quads, ref int start)
        {
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void Multiply(
            ref byte activations, nint rowBytes, ref sbyte weights, nint blockBytes, nint quads,
            ref int start, nint startStride, ref int accumulators, int rows, int blocks)
        {
            for (int block = 0; block < blocks; block += 2)
            {
                bool pair = block + 1 < blocks;
                ref int blockStart = ref Unsafe.Add(ref start, block * BlockChannels);
                ref int sums = ref Unsafe.Add(ref accumulators, block * BlockChannels);
                if (rows >= LeastRows && pair)
                {
                    Tile6x2(ref activations, rowBytes, ref weights, blockBytes, quads, ref blockStart, startStride, ref sums);
                }
                else if (rows >= LeastRows)
                {
                    Tile6x1(ref activations, rowBytes, ref weights, quads, ref blockStart, startStride, ref sums);
                }
                else
                {
                    for (int row = 0; row < rows; row++)
                    {
                        // An odd last block is computed twice rather than by a method of its own.
                        Tile1x2(
                            ref Unsafe.Add(ref activations, row * rowBytes), ref weights, pair ? blockBytes : 0, quads,
                            ref Unsafe.Add(ref blockStart, row * startStride), ref Unsafe.Add(ref sums, row * PanelChannels), pair);
                    }
                }

                weights = ref Unsafe.Add(ref weights, 2 * blockBytes);
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void Requantize<TRequantizer>(ref int accumulators, ref int multipliers, ref byte output, ref int offsets, int rows, int blocks, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            for (nint at = 0; at < blocks * BlockChannels; at += BlockChannels)
            {
                TRequantizer.Avx512Rows(ref Unsafe.Add(ref accumulators, at), PanelChannels, ref Unsafe.Add(ref multipliers, at), ref Unsafe.Add(ref output, at), ref offsets, rows, target);
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile6x2(ref byte rows, nint stride, ref sbyte weights, nint blockBytes, nint quads, ref int start, nint startStride, ref int sums)
        {
            ref sbyte weights1 = ref Unsafe.Add(ref weights, blockBytes);
            ref byte rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            Vector512<int> sum00 = Load(ref start, 0, 0), sum01 = Load(ref start, 0, 1);
            Vector512<int> sum10 = Load(ref start, startStride, 0), sum11 = Load(ref start, startStride, 1);
            Vector512<int> sum20 = Load(ref start, 2 * startStride, 0), sum21 = Load(ref start, 2 * startStride, 1);
            Vector512<int> sum30 = Load(ref start, 3 * startStride, 0), sum31 = Load(ref start, 3 * startStride, 1);
            Vector512<int> sum40 = Load(ref start, 4 * startStride, 0), sum41 = Load(ref start, 4 * startStride, 1);
            Vector512<int> sum50 = Load(ref start, 5 * startStride, 0), sum51 = Load(ref start, 5 * startStride, 1);
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * 8;
                Vector512<short> both = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights, quad * QuadWeights)).AsInt16();
                Vector512<short> even0 = Even(both), odd0 = Odd(both);
                both = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights1, quad * QuadWeights)).AsInt16();
                Vector512<short> even1 = Even(both), odd1 = Odd(both);

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
            }

            Store(sum00, ref sums, 0, 0);
            Store(sum01, ref sums, 0, 1);
            Store(sum10, ref sums, 1, 0);
            Store(sum11, ref sums, 1, 1);
            Store(sum20, ref sums, 2, 0);
            Store(sum21, ref sums, 2, 1);
            Store(sum30, ref sums, 3, 0);
            Store(sum31, ref sums, 3, 1);
            Store(sum40, ref sums, 4, 0);
            Store(sum41, ref sums, 4, 1);
            Store(sum50, ref sums, 5, 0);
            Store(sum51, ref sums, 5, 1);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile6x1(ref byte rows, nint stride, ref sbyte weights, nint quads, ref int start, nint startStride, ref int sums)
        {
            ref byte rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            Vector512<int> sum0 = Load(ref start, 0, 0), sum1 = Load(ref start, startStride, 0), sum2 = Load(ref start, 2 * startStride, 0);
            Vector512<int> sum3 = Load(ref start, 3 * startStride, 0), sum4 = Load(ref start, 4 * startStride, 0), sum5 = Load(ref start, 5 * startStride, 0);
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * 8;
                Vector512<short> both = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights, quad * QuadWeights)).AsInt16();
                Vector512<short> even = Even(both), odd = Odd(both);
                sum0 += Dot(Broadcast(ref rows, at), even, Broadcast(ref rows, at + 4), odd);
                sum1 += Dot(Broadcast(ref rows, at + stride), even, Broadcast(ref rows, at + stride + 4), odd);
                sum2 += Dot(Broadcast(ref rows, at + (2 * stride)), even, Broadcast(ref rows, at + (2 * stride) + 4), odd);
                sum3 += Dot(Broadcast(ref rows3, at), even, Broadcast(ref rows3, at + 4), odd);
                sum4 += Dot(Broadcast(ref rows3, at + stride), even, Broadcast(ref rows3, at + stride + 4), odd);
                sum5 += Dot(Broadcast(ref rows3, at + (2 * stride)), even, Broadcast(ref rows3, at + (2 * stride) + 4), odd);
            }

            Store(sum0, ref sums, 0, 0);
            Store(sum1, ref sums, 1, 0);
            Store(sum2, ref sums, 2, 0);
            Store(sum3, ref sums, 3, 0);
            Store(sum4, ref sums, 4, 0);
            Store(sum5, ref sums, 5, 0);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile1x2(ref byte row, ref sbyte weights, nint blockBytes, nint quads, ref int start, ref int sums, bool storesSecond)
        {
            ref sbyte weights1 = ref Unsafe.Add(ref weights, blockBytes);
            Vector512<int> sum0 = Load(ref start, 0, 0), sum1 = Vector512<int>.Zero;
            for (nint quad = 0; quad < quads; quad++)
            {
                Vector512<short> even = Broadcast(ref row, quad * 8), odd = Broadcast(ref row, (quad * 8) + 4);
                Vector512<short> both = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights, quad * QuadWeights)).AsInt16();
                sum0 += Dot(even, Even(both), odd, Odd(both));
                both = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights1, quad * QuadWeights)).AsInt16();
                sum1 += Dot(even, Even(both), odd, Odd(both));
            }

            Store(sum0, ref sums, 0, 0);
            if (storesSecond)
            {
                Store(sum1 + Load(ref start, 0, 1), ref sums, 0, 1);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<short> Even(Vector512<short> bytes) => Avx512BW.ShiftRightArithmetic(Avx512BW.ShiftLeftLogical(bytes, 8), 8);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<short> Odd(Vector512<short> bytes) => Avx512BW.ShiftRightArithmetic(bytes, 8);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<short> Broadcast(ref byte row, nint at) =>
            Vector512.Create(Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref row, at))).AsInt16();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<int> Dot(Vector512<short> even, Vector512<short> evenWeights, Vector512<short> odd, Vector512<short> oddWeights) =>
            Avx512F.Add(Avx512BW.MultiplyAddAdjacent(even, evenWeights), Avx512BW.MultiplyAddAdjacent(odd, oddWeights));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<int> Load(ref int start, nint row, int block) =>
            Vector512.LoadUnsafe(ref start, (nuint)(row + (block * BlockChannels)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(Vector512<int> values, ref int sums, int row, int block) =>
            values.StoreUnsafe(ref sums, (nuint)((row * PanelChannels) + (block * BlockChannels)));
    }
}
