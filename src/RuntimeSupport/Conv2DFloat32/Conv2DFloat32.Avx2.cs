using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class Conv2DFloat32
{
    internal static void RunAvx2(in Arguments arguments) => RunTiled<Avx2Tile>(arguments);

    /// <summary>Tiles of 6 pixels × 16 channels, with FMA3.</summary>
    internal readonly struct Avx2Tile : ITile
    {
        public static int Rows => 6;

        [MethodImpl(KernelOptions.Hot)]
        public static void Multiply(
            ref float activations, nint rowStride, ref float weights, nint blockStride, nint inputs,
            ref float start, nint startStride, ref float sums, int rows, int blocks)
        {
            int block = 0;
            while (block < blocks)
            {
                ref float panel = ref Unsafe.Add(ref weights, block * blockStride);
                ref float panelStart = ref Unsafe.Add(ref start, block * BlockChannels);
                ref float panelSums = ref Unsafe.Add(ref sums, block * BlockChannels);
                bool wide = rows < 6 && blocks - block >= 2;
                if (rows == 6)
                {
                    Tile6x2(ref activations, rowStride, ref panel, inputs, ref panelStart, startStride, ref panelSums);
                }

                for (int row = 0; rows < 6 && row < rows; row++)
                {
                    ref float single = ref Unsafe.Add(ref activations, row * rowStride);
                    ref float singleStart = ref Unsafe.Add(ref panelStart, row * startStride);
                    ref float singleSums = ref Unsafe.Add(ref panelSums, row * PanelChannels);
                    if (wide)
                    {
                        Tile1x4(ref single, ref panel, blockStride, inputs, ref singleStart, ref singleSums);
                    }
                    else
                    {
                        Tile1x2(ref single, ref panel, inputs, ref singleStart, ref singleSums);
                    }
                }

                block += wide ? 2 : 1;
            }
        }

        /// <summary>Clamps with the instructions that return their second operand when one is NaN.</summary>
        [MethodImpl(KernelOptions.Hot)]
        public static void Clamp(ref float sums, ref float output, int channels, float minimum, float maximum)
        {
            for (nint at = 0; at < channels; at += 8)
            {
                Vector256<float> values = Vector256.LoadUnsafe(ref sums, (nuint)at);
                values = Avx.Max(Vector256.Create(minimum), values);
                Avx.Min(Vector256.Create(maximum), values).StoreUnsafe(ref output, (nuint)at);
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile6x2(
            ref float rows, nint stride, ref float weights, nint inputs, ref float start, nint startStride, ref float sums)
        {
            ref float rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            Vector256<float> sum00 = Load(ref start, 0, 0), sum01 = Load(ref start, 0, 1);
            Vector256<float> sum10 = Load(ref start, startStride, 0), sum11 = Load(ref start, startStride, 1);
            Vector256<float> sum20 = Load(ref start, 2 * startStride, 0), sum21 = Load(ref start, 2 * startStride, 1);
            Vector256<float> sum30 = Load(ref start, 3 * startStride, 0), sum31 = Load(ref start, 3 * startStride, 1);
            Vector256<float> sum40 = Load(ref start, 4 * startStride, 0), sum41 = Load(ref start, 4 * startStride, 1);
            Vector256<float> sum50 = Load(ref start, 5 * startStride, 0), sum51 = Load(ref start, 5 * startStride, 1);
            for (nint input = 0; input < inputs; input++)
            {
                nint at = input * BlockChannels;
                Vector256<float> weightsAt0 = LoadWeights(ref weights, at);
                Vector256<float> weightsAt1 = LoadWeights(ref weights, at + 8);
                Vector256<float> activation = Broadcast(ref rows, input);
                sum00 = Fma.MultiplyAdd(activation, weightsAt0, sum00);
                sum01 = Fma.MultiplyAdd(activation, weightsAt1, sum01);
                activation = Broadcast(ref rows, input + stride);
                sum10 = Fma.MultiplyAdd(activation, weightsAt0, sum10);
                sum11 = Fma.MultiplyAdd(activation, weightsAt1, sum11);
                activation = Broadcast(ref rows, input + (2 * stride));
                sum20 = Fma.MultiplyAdd(activation, weightsAt0, sum20);
                sum21 = Fma.MultiplyAdd(activation, weightsAt1, sum21);
                activation = Broadcast(ref rows3, input);
                sum30 = Fma.MultiplyAdd(activation, weightsAt0, sum30);
                sum31 = Fma.MultiplyAdd(activation, weightsAt1, sum31);
                activation = Broadcast(ref rows3, input + stride);
                sum40 = Fma.MultiplyAdd(activation, weightsAt0, sum40);
                sum41 = Fma.MultiplyAdd(activation, weightsAt1, sum41);
                activation = Broadcast(ref rows3, input + (2 * stride));
                sum50 = Fma.MultiplyAdd(activation, weightsAt0, sum50);
                sum51 = Fma.MultiplyAdd(activation, weightsAt1, sum51);
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
        private static void Tile1x4(
            ref float row, ref float weights, nint blockStride, nint inputs, ref float start, ref float sums)
        {
            ref float weights1 = ref Unsafe.Add(ref weights, blockStride);
            Vector256<float> sum0 = Load(ref start, 0, 0), sum1 = Load(ref start, 0, 1);
            Vector256<float> sum2 = Load(ref start, 0, 2), sum3 = Load(ref start, 0, 3);
            for (nint input = 0; input < inputs; input++)
            {
                nint at = input * BlockChannels;
                Vector256<float> activation = Broadcast(ref row, input);
                sum0 = Fma.MultiplyAdd(activation, LoadWeights(ref weights, at), sum0);
                sum1 = Fma.MultiplyAdd(activation, LoadWeights(ref weights, at + 8), sum1);
                sum2 = Fma.MultiplyAdd(activation, LoadWeights(ref weights1, at), sum2);
                sum3 = Fma.MultiplyAdd(activation, LoadWeights(ref weights1, at + 8), sum3);
            }

            Store(sum0, ref sums, 0, 0);
            Store(sum1, ref sums, 0, 1);
            Store(sum2, ref sums, 0, 2);
            Store(sum3, ref sums, 0, 3);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile1x2(
            ref float row, ref float weights, nint inputs, ref float start, ref float sums)
        {
            Vector256<float> sum0 = Load(ref start, 0, 0), sum1 = Load(ref start, 0, 1);
            for (nint input = 0; input < inputs; input++)
            {
                nint at = input * BlockChannels;
                Vector256<float> activation = Broadcast(ref row, input);
                sum0 = Fma.MultiplyAdd(activation, LoadWeights(ref weights, at), sum0);
                sum1 = Fma.MultiplyAdd(activation, LoadWeights(ref weights, at + 8), sum1);
            }

            Store(sum0, ref sums, 0, 0);
            Store(sum1, ref sums, 0, 1);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> Broadcast(ref float row, nint at) => Vector256.Create(Unsafe.Add(ref row, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> LoadWeights(ref float weights, nint at) => Vector256.LoadUnsafe(ref weights, (nuint)at);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> Load(ref float start, nint row, int column) =>
            Vector256.LoadUnsafe(ref start, (nuint)(row + (column * 8)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(Vector256<float> values, ref float sums, int row, int column) =>
            values.StoreUnsafe(ref sums, (nuint)((row * PanelChannels) + (column * 8)));
    }
}
