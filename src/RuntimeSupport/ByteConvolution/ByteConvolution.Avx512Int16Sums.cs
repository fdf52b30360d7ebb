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

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<byte> Broadcast(ref byte row, nint at)
        {
            Vector512<int> quad = Vector512.Create(Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref row, at)));
            return Unsafe.As<Vector512<int>, Vector512<byte>>(ref quad);
        }
    }
}
