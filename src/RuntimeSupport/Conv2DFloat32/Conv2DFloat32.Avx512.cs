using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class Conv2DFloat32
{
    internal static void RunAvx512(in Arguments arguments) => RunTiled<Avx512Tile>(arguments);

    /// <summary>Tiles of up to 14 pixels × 32 channels: 28 sums, two vectors of weights and an activation are 31 of 32 registers, and most networks' rows are whole fourteens.</summary>
    internal readonly partial struct Avx512Tile : ITile
    {
        public static int Rows => 14;

        public static int ShortestRow => 8;

        public static int Lanes => HalfBlock;

        [MethodImpl(KernelOptions.Hot)]
        public static void Multiply<TOrder>(
            ref float activations, ref int order, nint rowStride, in Weights weights, nint inputs, in Ends ends, int rows, int channels)
            where TOrder : struct, IOrder
        {
            switch (rows)
            {
                case 1:
                    Blocks<Rows1, TOrder>(ref activations, ref order, rowStride, weights, inputs, ends, channels);
                    break;
                case 2:
                    Blocks<Rows2, TOrder>(ref activations, ref order, rowStride, weights, inputs, ends, channels);
                    break;
                case 3:
                    Blocks<Rows3, TOrder>(ref activations, ref order, rowStride, weights, inputs, ends, channels);
                    break;
                case 4:
                    Blocks<Rows4, TOrder>(ref activations, ref order, rowStride, weights, inputs, ends, channels);
                    break;
                case 5:
                    Blocks<Rows5, TOrder>(ref activations, ref order, rowStride, weights, inputs, ends, channels);
                    break;
                case 6:
                    Blocks<Rows6, TOrder>(ref activations, ref order, rowStride, weights, inputs, ends, channels);
                    break;
                case 7:
                    Blocks<Rows7, TOrder>(ref activations, ref order, rowStride, weights, inputs, ends, channels);
                    break;
                case 8:
                    Blocks<Rows8, TOrder>(ref activations, ref order, rowStride, weights, inputs, ends, channels);
                    break;
                case 9:
                    Blocks<Rows9, TOrder>(ref activations, ref order, rowStride, weights, inputs, ends, channels);
                    break;
                case 10:
                    Blocks<Rows10, TOrder>(ref activations, ref order, rowStride, weights, inputs, ends, channels);
                    break;
                case 11:
                    Blocks<Rows11, TOrder>(ref activations, ref order, rowStride, weights, inputs, ends, channels);
                    break;
                case 12:
                    Blocks<Rows12, TOrder>(ref activations, ref order, rowStride, weights, inputs, ends, channels);
                    break;
                case 13:
                    Blocks<Rows13, TOrder>(ref activations, ref order, rowStride, weights, inputs, ends, channels);
                    break;
                default:
                    Blocks<Rows14, TOrder>(ref activations, ref order, rowStride, weights, inputs, ends, channels);
                    break;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Copy(ref float from, ref float to, nint length)
        {
            if (length >= 16)
            {
                for (nint at = 0; at < length - 16; at += 16)
                {
                    Vector512.LoadUnsafe(ref from, (nuint)at).StoreUnsafe(ref to, (nuint)at);
                }

                Vector512.LoadUnsafe(ref from, (nuint)(length - 16)).StoreUnsafe(ref to, (nuint)(length - 16));
            }
            else
            {
                Avx2Tile.Copy(ref from, ref to, length);
            }
        }

        /// <summary>Two blocks at a time; of a single row four, whose chains are as many as an addition takes cycles; at the end half a block.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void Blocks<TRows, TOrder>(
            ref float activations, ref int order, nint rowStride, in Weights weights, nint inputs, in Ends ends, int channels)
            where TRows : struct, IRows
            where TOrder : struct, IOrder
        {
            int block = 0, blocks = (channels + HalfBlock - 1) / BlockChannels;
            while (block < blocks)
            {
                ref float panel = ref weights[block];
                Ends panelEnds = ends.At(0, block * BlockChannels);
                int left = blocks - block;
                if (TRows.Count == 1 && left >= 4)
                {
                    Tile1x4<TOrder>(ref activations, ref order, weights, block, inputs, panelEnds);
                    block += 4;
                }
                else if (left >= 2 && weights.IsInPair(block))
                {
                    TwoBlocks<TRows, TOrder, Alternating>(ref activations, ref order, rowStride, ref panel, BlockChannels, inputs, panelEnds);
                    block += 2;
                }
                else if (left >= 2)
                {
                    TwoBlocks<TRows, TOrder, Apart>(ref activations, ref order, rowStride, ref panel, weights.BlockStride(block), inputs, panelEnds);
                    block += 2;
                }
                else if (weights.IsInPair(block))
                {
                    OneBlock<TRows, TOrder, Alternating>(ref activations, ref order, rowStride, ref panel, inputs, panelEnds);
                    block++;
                }
                else
                {
                    OneBlock<TRows, TOrder, Apart>(ref activations, ref order, rowStride, ref panel, inputs, panelEnds);
                    block++;
                }
            }

            if (block * BlockChannels < channels)
            {
                RunHalfBlock<TRows, TOrder>(ref activations, ref order, rowStride, weights, block, inputs, ends.At(0, block * BlockChannels));
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void TwoBlocks<TRows, TOrder, TBlocks>(
            ref float rows, ref int order, nint stride, ref float weights, nint blockStride, nint inputs, in Ends ends)
            where TRows : struct, IRows
            where TOrder : struct, IOrder
            where TBlocks : struct, IBlocks
        {
            ref float rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            ref float rows6 = ref Unsafe.Add(ref rows, 6 * stride);
            ref float rows9 = ref Unsafe.Add(ref rows, 9 * stride);
            ref float rows12 = ref Unsafe.Add(ref rows, 12 * stride);
            ref float weights1 = ref Unsafe.Add(ref weights, blockStride);
            Vector512<float> sum00 = Load(ref ends.Start, 0), sum01 = Load(ref ends.Start, 1);
            Vector512<float> sum10 = sum00, sum20 = sum00, sum30 = sum00, sum40 = sum00, sum50 = sum00, sum60 = sum00;
            Vector512<float> sum70 = sum00, sum80 = sum00, sum90 = sum00, sumA0 = sum00, sumB0 = sum00, sumC0 = sum00, sumD0 = sum00;
            Vector512<float> sum11 = sum01, sum21 = sum01, sum31 = sum01, sum41 = sum01, sum51 = sum01, sum61 = sum01;
            Vector512<float> sum71 = sum01, sum81 = sum01, sum91 = sum01, sumA1 = sum01, sumB1 = sum01, sumC1 = sum01, sumD1 = sum01;
            for (nint input = 0; input < inputs; input++)
            {
                nint from = TOrder.At(ref order, input), second = from + stride, third = second + stride;
                Vector512<float> weightsAt0 = LoadWeights(ref weights, input * TBlocks.InputStride);
                Vector512<float> weightsAt1 = TBlocks.InputStride == BlockChannels
                    ? LoadWeights(ref weights1, input * BlockChannels)
                    : LoadWeights(ref weights, (input * TBlocks.InputStride) + BlockChannels);
                Add<TRows>(0, ref rows, from, weightsAt0, weightsAt1, ref sum00, ref sum01);
                Add<TRows>(1, ref rows, second, weightsAt0, weightsAt1, ref sum10, ref sum11);
                Add<TRows>(2, ref rows, third, weightsAt0, weightsAt1, ref sum20, ref sum21);
                Add<TRows>(3, ref rows3, from, weightsAt0, weightsAt1, ref sum30, ref sum31);
                Add<TRows>(4, ref rows3, second, weightsAt0, weightsAt1, ref sum40, ref sum41);
                Add<TRows>(5, ref rows3, third, weightsAt0, weightsAt1, ref sum50, ref sum51);
                Add<TRows>(6, ref rows6, from, weightsAt0, weightsAt1, ref sum60, ref sum61);
                Add<TRows>(7, ref rows6, second, weightsAt0, weightsAt1, ref sum70, ref sum71);
                Add<TRows>(8, ref rows6, third, weightsAt0, weightsAt1, ref sum80, ref sum81);
                Add<TRows>(9, ref rows9, from, weightsAt0, weightsAt1, ref sum90, ref sum91);
                Add<TRows>(10, ref rows9, second, weightsAt0, weightsAt1, ref sumA0, ref sumA1);
                Add<TRows>(11, ref rows9, third, weightsAt0, weightsAt1, ref sumB0, ref sumB1);
                Add<TRows>(12, ref rows12, from, weightsAt0, weightsAt1, ref sumC0, ref sumC1);
                Add<TRows>(13, ref rows12, second, weightsAt0, weightsAt1, ref sumD0, ref sumD1);
            }

            Vector512<float> minimum = Vector512.Create(ends.Minimum), maximum = Vector512.Create(ends.Maximum);
            ref float before = ref ends.Before;
            ref float target = ref ends.Target;
            nint beforeStride = ends.BeforeStride, targetStride = ends.TargetStride;
            Finish<TRows>(0, sum00, sum01, ref before, ref target, minimum, maximum);
            Finish<TRows>(1, sum10, sum11, ref Unsafe.Add(ref before, beforeStride), ref Unsafe.Add(ref target, targetStride), minimum, maximum);
            Finish<TRows>(2, sum20, sum21, ref Unsafe.Add(ref before, 2 * beforeStride), ref Unsafe.Add(ref target, 2 * targetStride), minimum, maximum);
            Finish<TRows>(3, sum30, sum31, ref Unsafe.Add(ref before, 3 * beforeStride), ref Unsafe.Add(ref target, 3 * targetStride), minimum, maximum);
            Finish<TRows>(4, sum40, sum41, ref Unsafe.Add(ref before, 4 * beforeStride), ref Unsafe.Add(ref target, 4 * targetStride), minimum, maximum);
            Finish<TRows>(5, sum50, sum51, ref Unsafe.Add(ref before, 5 * beforeStride), ref Unsafe.Add(ref target, 5 * targetStride), minimum, maximum);
            Finish<TRows>(6, sum60, sum61, ref Unsafe.Add(ref before, 6 * beforeStride), ref Unsafe.Add(ref target, 6 * targetStride), minimum, maximum);
            Finish<TRows>(7, sum70, sum71, ref Unsafe.Add(ref before, 7 * beforeStride), ref Unsafe.Add(ref target, 7 * targetStride), minimum, maximum);
            Finish<TRows>(8, sum80, sum81, ref Unsafe.Add(ref before, 8 * beforeStride), ref Unsafe.Add(ref target, 8 * targetStride), minimum, maximum);
            Finish<TRows>(9, sum90, sum91, ref Unsafe.Add(ref before, 9 * beforeStride), ref Unsafe.Add(ref target, 9 * targetStride), minimum, maximum);
            Finish<TRows>(10, sumA0, sumA1, ref Unsafe.Add(ref before, 10 * beforeStride), ref Unsafe.Add(ref target, 10 * targetStride), minimum, maximum);
            Finish<TRows>(11, sumB0, sumB1, ref Unsafe.Add(ref before, 11 * beforeStride), ref Unsafe.Add(ref target, 11 * targetStride), minimum, maximum);
            Finish<TRows>(12, sumC0, sumC1, ref Unsafe.Add(ref before, 12 * beforeStride), ref Unsafe.Add(ref target, 12 * targetStride), minimum, maximum);
            Finish<TRows>(13, sumD0, sumD1, ref Unsafe.Add(ref before, 13 * beforeStride), ref Unsafe.Add(ref target, 13 * targetStride), minimum, maximum);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void OneBlock<TRows, TOrder, TBlocks>(ref float rows, ref int order, nint stride, ref float weights, nint inputs, in Ends ends)
            where TRows : struct, IRows
            where TOrder : struct, IOrder
            where TBlocks : struct, IBlocks
        {
            ref float rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            ref float rows6 = ref Unsafe.Add(ref rows, 6 * stride);
            ref float rows9 = ref Unsafe.Add(ref rows, 9 * stride);
            ref float rows12 = ref Unsafe.Add(ref rows, 12 * stride);
            Vector512<float> sum0 = Load(ref ends.Start, 0);
            Vector512<float> sum1 = sum0, sum2 = sum0, sum3 = sum0, sum4 = sum0, sum5 = sum0, sum6 = sum0;
            Vector512<float> sum7 = sum0, sum8 = sum0, sum9 = sum0, sumA = sum0, sumB = sum0, sumC = sum0, sumD = sum0;
            for (nint input = 0; input < inputs; input++)
            {
                nint from = TOrder.At(ref order, input), second = from + stride, third = second + stride;
                Vector512<float> weightsAt = LoadWeights(ref weights, input * TBlocks.InputStride);
                Add<TRows>(0, ref rows, from, weightsAt, ref sum0);
                Add<TRows>(1, ref rows, second, weightsAt, ref sum1);
                Add<TRows>(2, ref rows, third, weightsAt, ref sum2);
                Add<TRows>(3, ref rows3, from, weightsAt, ref sum3);
                Add<TRows>(4, ref rows3, second, weightsAt, ref sum4);
                Add<TRows>(5, ref rows3, third, weightsAt, ref sum5);
                Add<TRows>(6, ref rows6, from, weightsAt, ref sum6);
                Add<TRows>(7, ref rows6, second, weightsAt, ref sum7);
                Add<TRows>(8, ref rows6, third, weightsAt, ref sum8);
                Add<TRows>(9, ref rows9, from, weightsAt, ref sum9);
                Add<TRows>(10, ref rows9, second, weightsAt, ref sumA);
                Add<TRows>(11, ref rows9, third, weightsAt, ref sumB);
                Add<TRows>(12, ref rows12, from, weightsAt, ref sumC);
                Add<TRows>(13, ref rows12, second, weightsAt, ref sumD);
            }

            Vector512<float> minimum = Vector512.Create(ends.Minimum), maximum = Vector512.Create(ends.Maximum);
            ref float before = ref ends.Before;
            ref float target = ref ends.Target;
            nint beforeStride = ends.BeforeStride, targetStride = ends.TargetStride;
            Finish<TRows>(0, sum0, ref before, ref target, minimum, maximum);
            Finish<TRows>(1, sum1, ref Unsafe.Add(ref before, beforeStride), ref Unsafe.Add(ref target, targetStride), minimum, maximum);
            Finish<TRows>(2, sum2, ref Unsafe.Add(ref before, 2 * beforeStride), ref Unsafe.Add(ref target, 2 * targetStride), minimum, maximum);
            Finish<TRows>(3, sum3, ref Unsafe.Add(ref before, 3 * beforeStride), ref Unsafe.Add(ref target, 3 * targetStride), minimum, maximum);
            Finish<TRows>(4, sum4, ref Unsafe.Add(ref before, 4 * beforeStride), ref Unsafe.Add(ref target, 4 * targetStride), minimum, maximum);
            Finish<TRows>(5, sum5, ref Unsafe.Add(ref before, 5 * beforeStride), ref Unsafe.Add(ref target, 5 * targetStride), minimum, maximum);
            Finish<TRows>(6, sum6, ref Unsafe.Add(ref before, 6 * beforeStride), ref Unsafe.Add(ref target, 6 * targetStride), minimum, maximum);
            Finish<TRows>(7, sum7, ref Unsafe.Add(ref before, 7 * beforeStride), ref Unsafe.Add(ref target, 7 * targetStride), minimum, maximum);
            Finish<TRows>(8, sum8, ref Unsafe.Add(ref before, 8 * beforeStride), ref Unsafe.Add(ref target, 8 * targetStride), minimum, maximum);
            Finish<TRows>(9, sum9, ref Unsafe.Add(ref before, 9 * beforeStride), ref Unsafe.Add(ref target, 9 * targetStride), minimum, maximum);
            Finish<TRows>(10, sumA, ref Unsafe.Add(ref before, 10 * beforeStride), ref Unsafe.Add(ref target, 10 * targetStride), minimum, maximum);
            Finish<TRows>(11, sumB, ref Unsafe.Add(ref before, 11 * beforeStride), ref Unsafe.Add(ref target, 11 * targetStride), minimum, maximum);
            Finish<TRows>(12, sumC, ref Unsafe.Add(ref before, 12 * beforeStride), ref Unsafe.Add(ref target, 12 * targetStride), minimum, maximum);
            Finish<TRows>(13, sumD, ref Unsafe.Add(ref before, 13 * beforeStride), ref Unsafe.Add(ref target, 13 * targetStride), minimum, maximum);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile1x4<TOrder>(ref float row, ref int order, in Weights panel, int block, nint inputs, in Ends ends)
            where TOrder : struct, IOrder
        {
            ref float start = ref ends.Start;
            ref float weights = ref panel[block];
            ref float weights1 = ref panel[block + 1];
            ref float weights2 = ref panel[block + 2];
            ref float weights3 = ref panel[block + 3];
            nint inputStride = panel.InputStride(block);
            Vector512<float> sum0 = Load(ref start, 0), sum1 = Load(ref start, 1);
            Vector512<float> sum2 = Load(ref start, 2), sum3 = Load(ref start, 3);
            for (nint input = 0; input < inputs; input++)
            {
                nint from = TOrder.At(ref order, input);
                nint at = input * inputStride;
                Vector512<float> activation = Broadcast(ref row, from);
                sum0 = Avx512F.FusedMultiplyAdd(activation, LoadWeights(ref weights, at), sum0);
                sum1 = Avx512F.FusedMultiplyAdd(activation, LoadWeights(ref weights1, at), sum1);
                sum2 = Avx512F.FusedMultiplyAdd(activation, LoadWeights(ref weights2, at), sum2);
                sum3 = Avx512F.FusedMultiplyAdd(activation, LoadWeights(ref weights3, at), sum3);
            }

            Vector512<float> minimum = Vector512.Create(ends.Minimum), maximum = Vector512.Create(ends.Maximum);
            ref float before = ref ends.Before;
            ref float target = ref ends.Target;
            Finish<Rows1>(0, sum0, ref before, ref target, minimum, maximum);
            Finish<Rows1>(0, sum1, ref Unsafe.Add(ref before, 16), ref Unsafe.Add(ref target, 16), minimum, maximum);
            Finish<Rows1>(0, sum2, ref Unsafe.Add(ref before, 32), ref Unsafe.Add(ref target, 32), minimum, maximum);
            Finish<Rows1>(0, sum3, ref Unsafe.Add(ref before, 48), ref Unsafe.Add(ref target, 48), minimum, maximum);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Add<TRows>(
            int row, ref float rows, nint at, Vector512<float> weights0, Vector512<float> weights1, ref Vector512<float> sum0, ref Vector512<float> sum1)
            where TRows : struct, IRows
        {
            if (row < TRows.Count)
            {
                Vector512<float> activation = Broadcast(ref rows, at);
                sum0 = Avx512F.FusedMultiplyAdd(activation, weights0, sum0);
                sum1 = Avx512F.FusedMultiplyAdd(activation, weights1, sum1);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Add<TRows>(int row, ref float rows, nint at, Vector512<float> weights, ref Vector512<float> sum)
            where TRows : struct, IRows
        {
            if (row < TRows.Count)
            {
                sum = Avx512F.FusedMultiplyAdd(Broadcast(ref rows, at), weights, sum);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Broadcast(ref float row, nint at) => Vector512.Create(Unsafe.Add(ref row, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> LoadWeights(ref float weights, nint at) => Vector512.LoadUnsafe(ref weights, (nuint)at);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Load(ref float start, int column) => Vector512.LoadUnsafe(ref start, (nuint)(column * 16));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Finish<TRows>(
            int row, Vector512<float> sum0, Vector512<float> sum1, ref float before, ref float target, Vector512<float> minimum, Vector512<float> maximum)
            where TRows : struct, IRows
        {
            Finish<TRows>(row, sum0, ref before, ref target, minimum, maximum);
            Finish<TRows>(row, sum1, ref Unsafe.Add(ref before, 16), ref Unsafe.Add(ref target, 16), minimum, maximum);
        }

        /// <summary>Clamps with the instructions that return their second operand when one is NaN.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Finish<TRows>(int row, Vector512<float> sum, ref float before, ref float target, Vector512<float> minimum, Vector512<float> maximum)
            where TRows : struct, IRows
        {
            if (row < TRows.Count)
            {
                Vector512<float> total = Avx512F.Add(Vector512.LoadUnsafe(ref before), sum);
                Avx512F.Min(maximum, Avx512F.Max(minimum, total)).StoreUnsafe(ref target);
            }
        }
    }
}
