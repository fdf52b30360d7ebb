using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    /// <summary>Tiles of 6 pixels × 16 channels as those of <see cref="DotTile{TDot}"/>, ended by requantisation.</summary>
    internal readonly struct DotQuantizedTile<TDot> : IQuantizedTile
        where TDot : struct, IDot
    {
        public static int Rows => 6;

        public static int QuadBytes => 4;

        public static bool ReadsInput => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Pack(ref byte source, ref byte destination, nint quads) => PackBytes(ref source, ref destination, quads);

        [MethodImpl(KernelOptions.Hot)]
        public static void Quantize<TRequantizer>(
            ref byte rows, nint stride, ref sbyte weights, nint quads, ref int bias, ref int multipliers, ref byte output, ref int offsets, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            ref byte rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            Vector256<int> sum00 = Unsafe.As<int, Vector256<int>>(ref bias), sum01 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref bias, 8));
            Vector256<int> sum10 = sum00, sum11 = sum01, sum20 = sum00, sum21 = sum01, sum30 = sum00, sum31 = sum01;
            Vector256<int> sum40 = sum00, sum41 = sum01, sum50 = sum00, sum51 = sum01;
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * 4;
                Vector256<sbyte> weights0 = Unsafe.As<sbyte, Vector256<sbyte>>(ref Unsafe.Add(ref weights, quad * QuadWeights));
                Vector256<sbyte> weights1 = Unsafe.As<sbyte, Vector256<sbyte>>(ref Unsafe.Add(ref weights, (quad * QuadWeights) + 32));
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

            var channels = new Channels<TRequantizer>(ref multipliers, target);
            StorePair(channels.Pair(sum40, sum41, sum50, sum51), ref output, ref Unsafe.Add(ref offsets, 4));
            StorePair(channels.Pair(sum20, sum21, sum30, sum31), ref output, ref Unsafe.Add(ref offsets, 2));
            StorePair(channels.Pair(sum00, sum01, sum10, sum11), ref output, ref offsets);
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void QuantizeRow<TRequantizer>(ref byte row, ref sbyte weights, nint quads, ref int bias, ref int multipliers, ref byte output, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            nint blockBytes = quads * QuadWeights;
            ref sbyte weights1 = ref Unsafe.Add(ref weights, blockBytes), weights2 = ref Unsafe.Add(ref weights1, blockBytes), weights3 = ref Unsafe.Add(ref weights2, blockBytes);
            Vector256<int> sum0 = Unsafe.As<int, Vector256<int>>(ref bias), sum1 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref bias, 8)), sum2 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref bias, 16)), sum3 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref bias, 24));
            Vector256<int> sum4 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref bias, 32)), sum5 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref bias, 40)), sum6 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref bias, 48)), sum7 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref bias, 56));
            for (nint quad = 0; quad < quads; quad++)
            {
                nint at = quad * QuadWeights;
                Vector256<byte> activations = Broadcast(ref row, quad * 4);
                sum0 = TDot.Add(sum0, activations, Unsafe.As<sbyte, Vector256<sbyte>>(ref Unsafe.Add(ref weights, at)));
                sum1 = TDot.Add(sum1, activations, Unsafe.As<sbyte, Vector256<sbyte>>(ref Unsafe.Add(ref weights, at + 32)));
                sum2 = TDot.Add(sum2, activations, Unsafe.As<sbyte, Vector256<sbyte>>(ref Unsafe.Add(ref weights1, at)));
                sum3 = TDot.Add(sum3, activations, Unsafe.As<sbyte, Vector256<sbyte>>(ref Unsafe.Add(ref weights1, at + 32)));
                sum4 = TDot.Add(sum4, activations, Unsafe.As<sbyte, Vector256<sbyte>>(ref Unsafe.Add(ref weights2, at)));
                sum5 = TDot.Add(sum5, activations, Unsafe.As<sbyte, Vector256<sbyte>>(ref Unsafe.Add(ref weights2, at + 32)));
                sum6 = TDot.Add(sum6, activations, Unsafe.As<sbyte, Vector256<sbyte>>(ref Unsafe.Add(ref weights3, at)));
                sum7 = TDot.Add(sum7, activations, Unsafe.As<sbyte, Vector256<sbyte>>(ref Unsafe.Add(ref weights3, at + 32)));
            }

            Unsafe.As<byte, Vector128<byte>>(ref output) = ByteLanes.Avx2Bytes<TRequantizer>(sum0, sum1, ref multipliers, target);
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, BlockChannels)) = ByteLanes.Avx2Bytes<TRequantizer>(sum2, sum3, ref Unsafe.Add(ref multipliers, BlockChannels), target);
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, 2 * BlockChannels)) = ByteLanes.Avx2Bytes<TRequantizer>(sum4, sum5, ref Unsafe.Add(ref multipliers, 2 * BlockChannels), target);
            Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, 3 * BlockChannels)) = ByteLanes.Avx2Bytes<TRequantizer>(sum6, sum7, ref Unsafe.Add(ref multipliers, 3 * BlockChannels), target);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<byte> Broadcast(ref byte row, nint at)
        {
            Vector256<int> quad = Vector256.Create(Unsafe.As<byte, int>(ref Unsafe.Add(ref row, at)));
            return Unsafe.As<Vector256<int>, Vector256<byte>>(ref quad);
        }
    }
}
