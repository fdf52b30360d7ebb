using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    /// <summary>Tiles of 4 pixels × 16 channels as those of <see cref="Avx2Tile"/>, ended by requantisation.</summary>
    internal readonly struct Avx2QuantizedTile : IQuantizedTile
    {
        public static int Rows => 4;

        public static int QuadBytes => 8;

        public static bool ReadsInput => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Pack(ref byte source, ref byte destination, nint quads) => Avx2Tile.Pack(ref source, ref destination, quads);

        [MethodImpl(KernelOptions.Hot)]
        public static void Quantize<TRequantizer>(
            ref byte rows, nint stride, ref sbyte weights, nint quads, ref int bias, ref int multipliers, ref byte output, ref int offsets, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            ref byte rows2 = ref Unsafe.Add(ref rows, 2 * stride);
            Vector256<int> sum00 = Unsafe.As<int, Vector256<int>>(ref bias), sum01 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref bias, 8));
            Vector256<int> sum10 = sum00, sum11 = sum01, sum20 = sum00, sum21 = sum01, sum30 = sum00, sum31 = sum01;
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * 8;
                Vector256<short> both = Unsafe.As<sbyte, Vector256<short>>(ref Unsafe.Add(ref weights, quad * QuadWeights));
                Vector256<short> even0 = Avx2Row.Even(both), odd0 = Avx2Row.Odd(both);
                both = Unsafe.As<sbyte, Vector256<short>>(ref Unsafe.Add(ref weights, (quad * QuadWeights) + 32));
                Vector256<short> even1 = Avx2Row.Even(both), odd1 = Avx2Row.Odd(both);
                AddProducts(ref sum00, ref sum01, ref rows, at, even0, odd0, even1, odd1);
                AddProducts(ref sum10, ref sum11, ref rows, at + stride, even0, odd0, even1, odd1);
                AddProducts(ref sum20, ref sum21, ref rows2, at, even0, odd0, even1, odd1);
                AddProducts(ref sum30, ref sum31, ref rows2, at + stride, even0, odd0, even1, odd1);
            }

            var channels = new Channels<TRequantizer>(ref multipliers, target);
            StorePair(channels.Pair(sum20, sum21, sum30, sum31), ref output, ref Unsafe.Add(ref offsets, 2));
            StorePair(channels.Pair(sum00, sum01, sum10, sum11), ref output, ref offsets);
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void QuantizeRow<TRequantizer>(ref byte row, ref sbyte weights, nint quads, ref int bias, ref int multipliers, ref byte output, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            for (nint channel = 0; channel < RowBlocks * BlockChannels; channel += BlockChannels)
            {
                // Even and odd inputs have sums of their own: four chains instead of two.
                Vector256<int> sum0 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref bias, channel)), sum1 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref bias, channel + 8));
                Vector256<int> odd0 = default, odd1 = default;
                for (nint quad = 0; quad < quads; quad++)
                {
                    Vector256<short> even = Avx2Row.Broadcast(ref row, quad * 8), odd = Avx2Row.Broadcast(ref row, (quad * 8) + 4);
                    Vector256<short> both = Unsafe.As<sbyte, Vector256<short>>(ref Unsafe.Add(ref weights, quad * QuadWeights));
                    sum0 = Avx2.Add(sum0, Avx2.MultiplyAddAdjacent(even, Avx2Row.Even(both)));
                    odd0 = Avx2.Add(odd0, Avx2.MultiplyAddAdjacent(odd, Avx2Row.Odd(both)));
                    both = Unsafe.As<sbyte, Vector256<short>>(ref Unsafe.Add(ref weights, (quad * QuadWeights) + 32));
                    sum1 = Avx2.Add(sum1, Avx2.MultiplyAddAdjacent(even, Avx2Row.Even(both)));
                    odd1 = Avx2.Add(odd1, Avx2.MultiplyAddAdjacent(odd, Avx2Row.Odd(both)));
                }

                Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, channel)) =
                    ByteLanes.Avx2Bytes<TRequantizer>(Avx2.Add(sum0, odd0), Avx2.Add(sum1, odd1), ref Unsafe.Add(ref multipliers, channel), target);
                weights = ref Unsafe.Add(ref weights, quads * QuadWeights);
            }
        }

        /// <summary>Adds a row's products with a quad.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void AddProducts(
            ref Vector256<int> sum0, ref Vector256<int> sum1, ref byte row, nint at, Vector256<short> even0, Vector256<short> odd0, Vector256<short> even1, Vector256<short> odd1)
        {
            Vector256<short> activations = Avx2Row.Broadcast(ref row, at);
            sum0 = Avx2.Add(sum0, Avx2.MultiplyAddAdjacent(activations, even0));
            sum1 = Avx2.Add(sum1, Avx2.MultiplyAddAdjacent(activations, even1));
            activations = Avx2Row.Broadcast(ref row, at + 4);
            sum0 = Avx2.Add(sum0, Avx2.MultiplyAddAdjacent(activations, odd0));
            sum1 = Avx2.Add(sum1, Avx2.MultiplyAddAdjacent(activations, odd1));
        }
    }
}
