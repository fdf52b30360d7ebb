using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class Conv2DFloat32
{
    internal static void RunAvx512(in Arguments arguments) => RunTiled<Avx512Tile>(arguments);

    /// <summary>Tiles of 12 pixels × 32 channels.</summary>
    internal readonly struct Avx512Tile : ITile
    {
        public static int Rows => 12;

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
                if (rows == 12 && blocks - block >= 2)
                {
                    Tile12x2(ref activations, rowStride, ref panel, blockStride, inputs, ref panelStart, startStride, ref panelSums);
                    block += 2;
                }
                else if (rows == 1 && blocks - block >= 4)
                {
                    Tile1x4(ref activations, ref panel, blockStride, inputs, ref panelStart, ref panelSums);
                    block += 4;
                }
                else
                {
                    MultiplyBlock(ref activations, rowStride, ref panel, inputs, ref panelStart, startStride, ref panelSums, rows);
                    block++;
                }
            }
        }

        /// <summary>Clamps with the instructions that return their second operand when one is NaN.</summary>
        [MethodImpl(KernelOptions.Hot)]
        public static void Clamp(ref float sums, ref float output, int channels, float minimum, float maximum)
        {
            for (nint at = 0; at < channels; at += 16)
            {
                Vector512<float> values = Vector512.LoadUnsafe(ref sums, (nuint)at);
                values = Avx512F.Max(Vector512.Create(minimum), values);
                Avx512F.Min(Vector512.Create(maximum), values).StoreUnsafe(ref output, (nuint)at);
            }
        }

        /// <summary>Any number of rows by one block, in fours.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void MultiplyBlock(
            ref float activations, nint rowStride, ref float weights, nint inputs, ref float start, nint startStride, ref float sums, int rows)
        {
            int row = 0;
            for (; row <= rows - 4; row += 4)
            {
                Tile4x1(
                    ref Unsafe.Add(ref activations, row * rowStride), rowStride, ref weights, inputs,
                    ref Unsafe.Add(ref start, row * startStride), startStride, ref Unsafe.Add(ref sums, row * PanelChannels));
            }

            for (; row < rows; row++)
            {
                Tile1x1(
                    ref Unsafe.Add(ref activations, row * rowStride), ref weights, inputs,
                    ref Unsafe.Add(ref start, row * startStride), ref Unsafe.Add(ref sums, row * PanelChannels));
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile12x2(
            ref float rows, nint stride, ref float weights, nint blockStride, nint inputs, ref float start, nint startStride, ref float sums)
        {
            ref float rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            ref float rows6 = ref Unsafe.Add(ref rows, 6 * stride);
            ref float rows9 = ref Unsafe.Add(ref rows, 9 * stride);
            ref float weights1 = ref Unsafe.Add(ref weights, blockStride);
            Vector512<float> sum00 = Load(ref start, 0, 0), sum01 = Load(ref start, 0, 1);
            Vector512<float> sum10 = Load(ref start, startStride, 0), sum11 = Load(ref start, startStride, 1);
            Vector512<float> sum20 = Load(ref start, 2 * startStride, 0), sum21 = Load(ref start, 2 * startStride, 1);
            Vector512<float> sum30 = Load(ref start, 3 * startStride, 0), sum31 = Load(ref start, 3 * startStride, 1);
            Vector512<float> sum40 = Load(ref start, 4 * startStride, 0), sum41 = Load(ref start, 4 * startStride, 1);
            Vector512<float> sum50 = Load(ref start, 5 * startStride, 0), sum51 = Load(ref start, 5 * startStride, 1);
            Vector512<float> sum60 = Load(ref start, 6 * startStride, 0), sum61 = Load(ref start, 6 * startStride, 1);
            Vector512<float> sum70 = Load(ref start, 7 * startStride, 0), sum71 = Load(ref start, 7 * startStride, 1);
            Vector512<float> sum80 = Load(ref start, 8 * startStride, 0), sum81 = Load(ref start, 8 * startStride, 1);
            Vector512<float> sum90 = Load(ref start, 9 * startStride, 0), sum91 = Load(ref start, 9 * startStride, 1);
            Vector512<float> sumA0 = Load(ref start, 10 * startStride, 0), sumA1 = Load(ref start, 10 * startStride, 1);
            Vector512<float> sumB0 = Load(ref start, 11 * startStride, 0), sumB1 = Load(ref start, 11 * startStride, 1);
            for (nint input = 0; input < inputs; input++)
            {
                nint at = input * BlockChannels;
                Vector512<float> weightsAt0 = LoadWeights(ref weights, at);
                Vector512<float> weightsAt1 = LoadWeights(ref weights1, at);
                Vector512<float> activation = Broadcast(ref rows, input);
                sum00 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum00);
                sum01 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum01);
                activation = Broadcast(ref rows, input + stride);
                sum10 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum10);
                sum11 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum11);
                activation = Broadcast(ref rows, input + (2 * stride));
                sum20 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum20);
                sum21 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum21);
                activation = Broadcast(ref rows3, input);
                sum30 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum30);
                sum31 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum31);
                activation = Broadcast(ref rows3, input + stride);
                sum40 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum40);
                sum41 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum41);
                activation = Broadcast(ref rows3, input + (2 * stride));
                sum50 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum50);
                sum51 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum51);
                activation = Broadcast(ref rows6, input);
                sum60 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum60);
                sum61 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum61);
                activation = Broadcast(ref rows6, input + stride);
                sum70 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum70);
                sum71 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum71);
                activation = Broadcast(ref rows6, input + (2 * stride));
                sum80 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum80);
                sum81 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum81);
                activation = Broadcast(ref rows9, input);
                sum90 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum90);
                sum91 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum91);
                activation = Broadcast(ref rows9, input + stride);
                sumA0 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sumA0);
                sumA1 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sumA1);
                activation = Broadcast(ref rows9, input + (2 * stride));
                sumB0 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sumB0);
                sumB1 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sumB1);
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
            Store(sum60, ref sums, 6, 0);
            Store(sum61, ref sums, 6, 1);
            Store(sum70, ref sums, 7, 0);
            Store(sum71, ref sums, 7, 1);
            Store(sum80, ref sums, 8, 0);
            Store(sum81, ref sums, 8, 1);
            Store(sum90, ref sums, 9, 0);
            Store(sum91, ref sums, 9, 1);
            Store(sumA0, ref sums, 10, 0);
            Store(sumA1, ref sums, 10, 1);
            Store(sumB0, ref sums, 11, 0);
            Store(sumB1, ref sums, 11, 1);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile4x1(
            ref float rows, nint stride, ref float weights, nint inputs, ref float start, nint startStride, ref float sums)
        {
            ref float rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            Vector512<float> sum0 = Load(ref start, 0, 0);
            Vector512<float> sum1 = Load(ref start, startStride, 0);
            Vector512<float> sum2 = Load(ref start, 2 * startStride, 0);
            Vector512<float> sum3 = Load(ref start, 3 * startStride, 0);
            for (nint input = 0; input < inputs; input++)
            {
                nint at = input * BlockChannels;
                Vector512<float> weightsAt0 = LoadWeights(ref weights, at);
                Vector512<float> activation = Broadcast(ref rows, input);
                sum0 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum0);
                activation = Broadcast(ref rows, input + stride);
                sum1 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum1);
                activation = Broadcast(ref rows, input + (2 * stride));
                sum2 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum2);
                activation = Broadcast(ref rows3, input);
                sum3 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum3);
            }

            Store(sum0, ref sums, 0, 0);
            Store(sum1, ref sums, 1, 0);
            Store(sum2, ref sums, 2, 0);
            Store(sum3, ref sums, 3, 0);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile1x4(
            ref float row, ref float weights, nint blockStride, nint inputs, ref float start, ref float sums)
        {
            ref float weights1 = ref Unsafe.Add(ref weights, blockStride);
            ref float weights2 = ref Unsafe.Add(ref weights, 2 * blockStride);
            ref float weights3 = ref Unsafe.Add(ref weights, 3 * blockStride);
            Vector512<float> sum0 = Load(ref start, 0, 0), sum1 = Load(ref start, 0, 1);
            Vector512<float> sum2 = Load(ref start, 0, 2), sum3 = Load(ref start, 0, 3);
            for (nint input = 0; input < inputs; input++)
            {
                nint at = input * BlockChannels;
                Vector512<float> activation = Broadcast(ref row, input);
                sum0 = Avx512F.FusedMultiplyAdd(activation, LoadWeights(ref weights, at), sum0);
                sum1 = Avx512F.FusedMultiplyAdd(activation, LoadWeights(ref weights1, at), sum1);
                sum2 = Avx512F.FusedMultiplyAdd(activation, LoadWeights(ref weights2, at), sum2);
                sum3 = Avx512F.FusedMultiplyAdd(activation, LoadWeights(ref weights3, at), sum3);
            }

            Store(sum0, ref sums, 0, 0);
            Store(sum1, ref sums, 0, 1);
            Store(sum2, ref sums, 0, 2);
            Store(sum3, ref sums, 0, 3);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile1x1(
            ref float row, ref float weights, nint inputs, ref float start, ref float sums)
        {
            Vector512<float> sum0 = Load(ref start, 0, 0);
            for (nint input = 0; input < inputs; input++)
            {
                nint at = input * BlockChannels;
                Vector512<float> activation = Broadcast(ref row, input);
                sum0 = Avx512F.FusedMultiplyAdd(activation, LoadWeights(ref weights, at), sum0);
            }

            Store(sum0, ref sums, 0, 0);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Broadcast(ref float row, nint at) => Vector512.Create(Unsafe.Add(ref row, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> LoadWeights(ref float weights, nint at) => Vector512.LoadUnsafe(ref weights, (nuint)at);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Load(ref float start, nint row, int column) =>
            Vector512.LoadUnsafe(ref start, (nuint)(row + (column * 16)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(Vector512<float> values, ref float sums, int row, int column) =>
            values.StoreUnsafe(ref sums, (nuint)((row * PanelChannels) + (column * 16)));
    }
}
