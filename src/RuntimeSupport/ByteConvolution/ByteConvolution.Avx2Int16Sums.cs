using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>Sums in int16 by vectors of 256 bits.</content>
public static partial class ByteConvolution
{
    /// <summary>Tiles of 4 pixels × 16 channels.</summary>
    internal readonly struct Avx2Int16Tile : IQuantizedTile
    {
        public static int Rows => 4;

        public static int QuadBytes => 4;

        public static bool ReadsInput => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Pack(ref byte source, ref byte destination, nint quads) => PackBytes(ref source, ref destination, quads);

        [MethodImpl(KernelOptions.Hot)]
        public static void Quantize<TRequantizer>(
            ref byte rows, nint stride, ref sbyte weights, nint quads, ref int bias, ref int multipliers, ref byte output, ref int offsets, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            ref byte rows2 = ref Unsafe.Add(ref rows, 2 * stride);
            Vector256<short> ones = Vector256.Create((short)1);
            Vector256<int> sum00 = Unsafe.As<int, Vector256<int>>(ref bias), sum01 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref bias, 8));
            Vector256<int> sum10 = sum00, sum11 = sum01, sum20 = sum00, sum21 = sum01, sum30 = sum00, sum31 = sum01;
            for (nint quad = 0; quad < quads; quad += 2)
            {
                // An odd last quad is multiplied a second time, by nothing.
                bool isPair = quad + 1 < quads;
                nint at = quad * 4, next = isPair ? at + 4 : at;
                ref sbyte pair = ref Unsafe.Add(ref weights, quad * QuadWeights);
                Vector256<sbyte> weights00 = Half(ref pair, 0), weights10 = Half(ref pair, 1);
                Vector256<sbyte> weights01 = isPair ? Half(ref pair, 2) : default, weights11 = isPair ? Half(ref pair, 3) : default;
                AddProducts(ref sum00, ref sum01, ref rows, at, next, weights00, weights01, weights10, weights11, ones);
                AddProducts(ref sum10, ref sum11, ref rows, at + stride, next + stride, weights00, weights01, weights10, weights11, ones);
                AddProducts(ref sum20, ref sum21, ref rows2, at, next, weights00, weights01, weights10, weights11, ones);
                AddProducts(ref sum30, ref sum31, ref rows2, at + stride, next + stride, weights00, weights01, weights10, weights11, ones);
            }

            var channels = new Channels<TRequantizer>(ref multipliers, target);
            StorePair(channels.Pair(sum20, sum21, sum30, sum31), ref output, ref Unsafe.Add(ref offsets, 2));
            StorePair(channels.Pair(sum00, sum01, sum10, sum11), ref output, ref offsets);
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void QuantizeRow<TRequantizer>(ref byte row, ref sbyte weights, nint quads, ref int bias, ref int multipliers, ref byte output, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            Vector256<short> ones = Vector256.Create((short)1);
            for (nint channel = 0; channel < RowBlocks * BlockChannels; channel += BlockChannels)
            {
                ref int start = ref Unsafe.Add(ref bias, channel);
                Vector256<int> sum0 = Unsafe.As<int, Vector256<int>>(ref start), sum1 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref start, 8));
                for (nint quad = 0; quad < quads; quad += 2)
                {
                    bool isPair = quad + 1 < quads;
                    ref sbyte pair = ref Unsafe.Add(ref weights, quad * QuadWeights);
                    AddProducts(
                        ref sum0, ref sum1, ref row, quad * 4, (quad * 4) + (isPair ? 4 : 0), Half(ref pair, 0), isPair ? Half(ref pair, 2) : default,
                        Half(ref pair, 1), isPair ? Half(ref pair, 3) : default, ones);
                }

                Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, channel)) = ByteLanes.Avx2Bytes<TRequantizer>(sum0, sum1, ref Unsafe.Add(ref multipliers, channel), target);
                weights = ref Unsafe.Add(ref weights, quads * QuadWeights);
            }
        }

        /// <summary>Adds a row's products with two quads: the first and the second weights of 8 channels, then those of the next 8.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void AddProducts(
            ref Vector256<int> sum0, ref Vector256<int> sum1, ref byte row, nint at, nint next,
            Vector256<sbyte> weights00, Vector256<sbyte> weights01, Vector256<sbyte> weights10, Vector256<sbyte> weights11, Vector256<short> ones)
        {
            Vector256<byte> first = Broadcast(ref row, at), second = Broadcast(ref row, next);
            sum0 = Avx2.Add(sum0, Avx2.MultiplyAddAdjacent(Avx2.Add(Avx2.MultiplyAddAdjacent(first, weights00), Avx2.MultiplyAddAdjacent(second, weights01)), ones));
            sum1 = Avx2.Add(sum1, Avx2.MultiplyAddAdjacent(Avx2.Add(Avx2.MultiplyAddAdjacent(first, weights10), Avx2.MultiplyAddAdjacent(second, weights11)), ones));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<sbyte> Half(ref sbyte weights, int half) => Unsafe.As<sbyte, Vector256<sbyte>>(ref Unsafe.Add(ref weights, half * (QuadWeights / 2)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<byte> Broadcast(ref byte row, nint at)
        {
            Vector256<int> quad = Vector256.Create(Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref row, at)));
            return Unsafe.As<Vector256<int>, Vector256<byte>>(ref quad);
        }
    }
}
