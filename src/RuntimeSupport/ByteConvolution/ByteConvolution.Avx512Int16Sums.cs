using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>Sums in int16 by vectors of 512 bits.</content>
public static partial class ByteConvolution
{
    /// <summary>Tiles of 7 pixels × 16 channels.</summary>
    internal readonly struct Avx512Int16Tile : IQuantizedTile
    {
        public static int Rows => TileHeight;

        public static int QuadBytes => 4;

        public static bool ReadsInput => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Pack(ref byte source, ref byte destination, nint quads) => PackBytes(ref source, ref destination, quads);

        public static ref int Prepare<TRequantizer>(ref int multipliers, RequantizationTarget target, ref int prepared)
            where TRequantizer : struct, IRequantizer
        {
            TRequantizer.Avx512Prepare(ref multipliers, target, ref prepared);
            return ref prepared;
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void Quantize<TRequantizer>(
            ref byte rows, nint stride, ref sbyte weights, nint quads, ref int bias, ref int prepared, ref byte output, ref int offsets, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            ref byte rows3 = ref Unsafe.Add(ref rows, 3 * stride), rows6 = ref Unsafe.Add(ref rows3, 3 * stride);
            Vector512<short> ones = Vector512.Create((short)1);
            Vector512<int> sum0 = Unsafe.As<int, Vector512<int>>(ref bias);
            Vector512<int> sum1 = sum0, sum2 = sum0, sum3 = sum0, sum4 = sum0, sum5 = sum0, sum6 = sum0;
            for (nint quad = 0; quad < quads; quad += 2)
            {
                // An odd last quad is multiplied a second time, by nothing.
                bool isPair = quad + 1 < quads;
                nint at = quad * 4, next = isPair ? at + 4 : at;
                Vector512<sbyte> weights0 = Unsafe.As<sbyte, Vector512<sbyte>>(ref Unsafe.Add(ref weights, quad * QuadWeights));
                Vector512<sbyte> weights1 = isPair ? Unsafe.As<sbyte, Vector512<sbyte>>(ref Unsafe.Add(ref weights, (quad + 1) * QuadWeights)) : default;
                sum0 = Add(sum0, ref rows, at, next, weights0, weights1, ones);
                sum1 = Add(sum1, ref rows, at + stride, next + stride, weights0, weights1, ones);
                sum2 = Add(sum2, ref rows, at + (2 * stride), next + (2 * stride), weights0, weights1, ones);
                sum3 = Add(sum3, ref rows3, at, next, weights0, weights1, ones);
                sum4 = Add(sum4, ref rows3, at + stride, next + stride, weights0, weights1, ones);
                sum5 = Add(sum5, ref rows3, at + (2 * stride), next + (2 * stride), weights0, weights1, ones);
                sum6 = Add(sum6, ref rows6, at, next, weights0, weights1, ones);
            }

            Avx512QuantizedTile<ByteWeights>.Store7x16<TRequantizer>(sum0, sum1, sum2, sum3, sum4, sum5, sum6, ref prepared, ref output, ref offsets, target);
        }

        public static bool HasPairs => true;

        [MethodImpl(KernelOptions.Hot)]
        public static void QuantizePair<TRequantizer>(
            ref byte rows, nint stride, ref sbyte weights, nint quads, ref int bias, ref int prepared, ref byte output, ref int offsets, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            ref byte rows3 = ref Unsafe.Add(ref rows, 3 * stride), rows6 = ref Unsafe.Add(ref rows3, 3 * stride);
            Vector512<short> ones = Vector512.Create((short)1);
            Vector512<int> sum00 = Unsafe.As<int, Vector512<int>>(ref bias);
            Vector512<int> sum10 = sum00, sum20 = sum00, sum30 = sum00, sum40 = sum00, sum50 = sum00, sum60 = sum00;
            Vector512<int> sum01 = Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref bias, BlockChannels));
            Vector512<int> sum11 = sum01, sum21 = sum01, sum31 = sum01, sum41 = sum01, sum51 = sum01, sum61 = sum01;
            for (nint quad = 0; quad < quads; quad += 2)
            {
                bool isPair = quad + 1 < quads;
                nint at = quad * 4, next = isPair ? at + 4 : at;
                ref sbyte first = ref Unsafe.Add(ref weights, quad * QuadWeights), second = ref Unsafe.Add(ref first, quads * QuadWeights);
                Vector512<sbyte> weights00 = Unsafe.As<sbyte, Vector512<sbyte>>(ref first), weights10 = Unsafe.As<sbyte, Vector512<sbyte>>(ref second);
                Vector512<sbyte> weights01 = isPair ? Unsafe.As<sbyte, Vector512<sbyte>>(ref Unsafe.Add(ref first, QuadWeights)) : default;
                Vector512<sbyte> weights11 = isPair ? Unsafe.As<sbyte, Vector512<sbyte>>(ref Unsafe.Add(ref second, QuadWeights)) : default;
                AddPair(ref sum00, ref sum01, ref rows, at, next, weights00, weights01, weights10, weights11, ones);
                AddPair(ref sum10, ref sum11, ref rows, at + stride, next + stride, weights00, weights01, weights10, weights11, ones);
                AddPair(ref sum20, ref sum21, ref rows, at + (2 * stride), next + (2 * stride), weights00, weights01, weights10, weights11, ones);
                AddPair(ref sum30, ref sum31, ref rows3, at, next, weights00, weights01, weights10, weights11, ones);
                AddPair(ref sum40, ref sum41, ref rows3, at + stride, next + stride, weights00, weights01, weights10, weights11, ones);
                AddPair(ref sum50, ref sum51, ref rows3, at + (2 * stride), next + (2 * stride), weights00, weights01, weights10, weights11, ones);
                AddPair(ref sum60, ref sum61, ref rows6, at, next, weights00, weights01, weights10, weights11, ones);
            }

            Avx512QuantizedTile<ByteWeights>.Store7x32<TRequantizer>(
                sum00, sum10, sum20, sum30, sum40, sum50, sum60, sum01, sum11, sum21, sum31, sum41, sum51, sum61, ref prepared, ref output, ref offsets, target);
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void QuantizeRow<TRequantizer>(ref byte row, ref sbyte weights, nint quads, ref int bias, ref int multipliers, ref byte output, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            Vector512<short> ones = Vector512.Create((short)1);
            for (nint channel = 0; channel < RowBlocks * BlockChannels; channel += BlockChannels)
            {
                Vector512<int> sum = Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref bias, channel));
                for (nint quad = 0; quad < quads; quad += 2)
                {
                    bool isPair = quad + 1 < quads;
                    ref sbyte pair = ref Unsafe.Add(ref weights, quad * QuadWeights);
                    sum = Add(
                        sum, ref row, quad * 4, (quad * 4) + (isPair ? 4 : 0), Unsafe.As<sbyte, Vector512<sbyte>>(ref pair),
                        isPair ? Unsafe.As<sbyte, Vector512<sbyte>>(ref Unsafe.Add(ref pair, QuadWeights)) : default, ones);
                }

                Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, channel)) =
                    Requantized<TRequantizer>(sum, ref Unsafe.Add(ref multipliers, channel), target);
                weights = ref Unsafe.Add(ref weights, quads * QuadWeights);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<byte> Requantized<TRequantizer>(Vector512<int> sums, ref int multipliers, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer => Avx512F.ConvertToVector128Byte(TRequantizer.Avx512Integers(
                sums, Unsafe.As<int, Vector512<int>>(ref multipliers), TRequantizer.HasShifts ? Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref multipliers, target.ShiftDistance)) : default, target));

        /// <summary>Adds a row's products with two quads.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static Vector512<int> Add(Vector512<int> sums, ref byte row, nint at, nint next, Vector512<sbyte> weights0, Vector512<sbyte> weights1, Vector512<short> ones) =>
            Avx512F.Add(sums, Avx512BW.MultiplyAddAdjacent(
                Avx512BW.Add(Avx512BW.MultiplyAddAdjacent(Broadcast(ref row, at), weights0), Avx512BW.MultiplyAddAdjacent(Broadcast(ref row, next), weights1)), ones));

        /// <summary>The same by two blocks of channels: the first and the second weights of one, then those of the other.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void AddPair(
            ref Vector512<int> sum0, ref Vector512<int> sum1, ref byte row, nint at, nint next,
            Vector512<sbyte> weights00, Vector512<sbyte> weights01, Vector512<sbyte> weights10, Vector512<sbyte> weights11, Vector512<short> ones)
        {
            Vector512<byte> first = Broadcast(ref row, at), second = Broadcast(ref row, next);
            sum0 = Avx512F.Add(sum0, Avx512BW.MultiplyAddAdjacent(Avx512BW.Add(Avx512BW.MultiplyAddAdjacent(first, weights00), Avx512BW.MultiplyAddAdjacent(second, weights01)), ones));
            sum1 = Avx512F.Add(sum1, Avx512BW.MultiplyAddAdjacent(Avx512BW.Add(Avx512BW.MultiplyAddAdjacent(first, weights10), Avx512BW.MultiplyAddAdjacent(second, weights11)), ones));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<byte> Broadcast(ref byte row, nint at)
        {
            Vector512<int> quad = Vector512.Create(Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref row, at)));
            return Unsafe.As<Vector512<int>, Vector512<byte>>(ref quad);
        }
    }
}
