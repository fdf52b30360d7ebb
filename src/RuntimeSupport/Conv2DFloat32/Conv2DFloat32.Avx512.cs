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
        public static void Multiply<TOrder>(
            ref float activations, ref int order, nint rowStride, ref float weights, nint blockStride, nint inputs, in Ends ends, int rows, int blocks)
            where TOrder : struct, IOrder
        {
            int block = 0;
            while (block < blocks)
            {
                ref float panel = ref Unsafe.Add(ref weights, block * blockStride);
                Ends panelEnds = ends.At(0, block * BlockChannels);
                if (rows == 12 && blocks - block >= 2)
                {
                    Tile12x2<TOrder>(ref activations, ref order, rowStride, ref panel, blockStride, inputs, panelEnds);
                    block += 2;
                }
                else if (rows == 12)
                {
                    Tile12x1<TOrder>(ref activations, ref order, rowStride, ref panel, inputs, panelEnds);
                    block++;
                }
                else if (rows < 4 && blocks - block >= 4)
                {
                    for (int row = 0; row < rows; row++)
                    {
                        Tile1x4<TOrder>(ref Unsafe.Add(ref activations, row * rowStride), ref order, ref panel, blockStride, inputs, panelEnds.At(row, 0));
                    }

                    block += 4;
                }
                else
                {
                    MultiplyBlock<TOrder>(ref activations, ref order, rowStride, ref panel, inputs, panelEnds, rows);
                    block++;
                }
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

        /// <summary>Any number of rows by one block, in fours.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void MultiplyBlock<TOrder>(ref float activations, ref int order, nint rowStride, ref float weights, nint inputs, in Ends ends, int rows)
            where TOrder : struct, IOrder
        {
            int row = 0;
            for (; row <= rows - 4; row += 4)
            {
                Tile4x1<TOrder>(ref Unsafe.Add(ref activations, row * rowStride), ref order, rowStride, ref weights, inputs, ends.At(row, 0));
            }

            for (; row < rows; row++)
            {
                Tile1x1<TOrder>(ref Unsafe.Add(ref activations, row * rowStride), ref order, ref weights, inputs, ends.At(row, 0));
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile12x2<TOrder>(ref float rows, ref int order, nint stride, ref float weights, nint blockStride, nint inputs, in Ends ends)
            where TOrder : struct, IOrder
        {
            ref float start = ref ends.Start;
            ref float rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            ref float rows6 = ref Unsafe.Add(ref rows, 6 * stride);
            ref float rows9 = ref Unsafe.Add(ref rows, 9 * stride);
            ref float weights1 = ref Unsafe.Add(ref weights, blockStride);
            Vector512<float> sum00 = Load(ref start, 0), sum01 = Load(ref start, 1);
            Vector512<float> sum10 = sum00, sum20 = sum00, sum30 = sum00, sum40 = sum00, sum50 = sum00, sum60 = sum00;
            Vector512<float> sum70 = sum00, sum80 = sum00, sum90 = sum00, sumA0 = sum00, sumB0 = sum00;
            Vector512<float> sum11 = sum01, sum21 = sum01, sum31 = sum01, sum41 = sum01, sum51 = sum01, sum61 = sum01;
            Vector512<float> sum71 = sum01, sum81 = sum01, sum91 = sum01, sumA1 = sum01, sumB1 = sum01;
            for (nint input = 0; input < inputs; input++)
            {
                nint from = TOrder.At(ref order, input);
                nint at = input * BlockChannels;
                Vector512<float> weightsAt0 = LoadWeights(ref weights, at);
                Vector512<float> weightsAt1 = LoadWeights(ref weights1, at);
                Vector512<float> activation = Broadcast(ref rows, from);
                sum00 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum00);
                sum01 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum01);
                activation = Broadcast(ref rows, from + stride);
                sum10 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum10);
                sum11 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum11);
                activation = Broadcast(ref rows, from + (2 * stride));
                sum20 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum20);
                sum21 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum21);
                activation = Broadcast(ref rows3, from);
                sum30 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum30);
                sum31 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum31);
                activation = Broadcast(ref rows3, from + stride);
                sum40 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum40);
                sum41 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum41);
                activation = Broadcast(ref rows3, from + (2 * stride));
                sum50 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum50);
                sum51 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum51);
                activation = Broadcast(ref rows6, from);
                sum60 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum60);
                sum61 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum61);
                activation = Broadcast(ref rows6, from + stride);
                sum70 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum70);
                sum71 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum71);
                activation = Broadcast(ref rows6, from + (2 * stride));
                sum80 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum80);
                sum81 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum81);
                activation = Broadcast(ref rows9, from);
                sum90 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum90);
                sum91 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sum91);
                activation = Broadcast(ref rows9, from + stride);
                sumA0 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sumA0);
                sumA1 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sumA1);
                activation = Broadcast(ref rows9, from + (2 * stride));
                sumB0 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sumB0);
                sumB1 = Avx512F.FusedMultiplyAdd(activation, weightsAt1, sumB1);
            }

            Vector512<float> minimum = Vector512.Create(ends.Minimum), maximum = Vector512.Create(ends.Maximum);
            ref float before = ref ends.Before;
            ref float target = ref ends.Target;
            nint beforeStride = ends.BeforeStride, targetStride = ends.TargetStride;
            Finish(sum00, sum01, ref before, ref target, minimum, maximum);
            Finish(sum10, sum11, ref Unsafe.Add(ref before, beforeStride), ref Unsafe.Add(ref target, targetStride), minimum, maximum);
            Finish(sum20, sum21, ref Unsafe.Add(ref before, 2 * beforeStride), ref Unsafe.Add(ref target, 2 * targetStride), minimum, maximum);
            Finish(sum30, sum31, ref Unsafe.Add(ref before, 3 * beforeStride), ref Unsafe.Add(ref target, 3 * targetStride), minimum, maximum);
            Finish(sum40, sum41, ref Unsafe.Add(ref before, 4 * beforeStride), ref Unsafe.Add(ref target, 4 * targetStride), minimum, maximum);
            Finish(sum50, sum51, ref Unsafe.Add(ref before, 5 * beforeStride), ref Unsafe.Add(ref target, 5 * targetStride), minimum, maximum);
            Finish(sum60, sum61, ref Unsafe.Add(ref before, 6 * beforeStride), ref Unsafe.Add(ref target, 6 * targetStride), minimum, maximum);
            Finish(sum70, sum71, ref Unsafe.Add(ref before, 7 * beforeStride), ref Unsafe.Add(ref target, 7 * targetStride), minimum, maximum);
            Finish(sum80, sum81, ref Unsafe.Add(ref before, 8 * beforeStride), ref Unsafe.Add(ref target, 8 * targetStride), minimum, maximum);
            Finish(sum90, sum91, ref Unsafe.Add(ref before, 9 * beforeStride), ref Unsafe.Add(ref target, 9 * targetStride), minimum, maximum);
            Finish(sumA0, sumA1, ref Unsafe.Add(ref before, 10 * beforeStride), ref Unsafe.Add(ref target, 10 * targetStride), minimum, maximum);
            Finish(sumB0, sumB1, ref Unsafe.Add(ref before, 11 * beforeStride), ref Unsafe.Add(ref target, 11 * targetStride), minimum, maximum);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile12x1<TOrder>(ref float rows, ref int order, nint stride, ref float weights, nint inputs, in Ends ends)
            where TOrder : struct, IOrder
        {
            ref float rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            ref float rows6 = ref Unsafe.Add(ref rows, 6 * stride);
            ref float rows9 = ref Unsafe.Add(ref rows, 9 * stride);
            Vector512<float> sum0 = Load(ref ends.Start, 0);
            Vector512<float> sum1 = sum0, sum2 = sum0, sum3 = sum0, sum4 = sum0, sum5 = sum0, sum6 = sum0;
            Vector512<float> sum7 = sum0, sum8 = sum0, sum9 = sum0, sumA = sum0, sumB = sum0;
            for (nint input = 0; input < inputs; input++)
            {
                nint from = TOrder.At(ref order, input);
                Vector512<float> weightsAt = LoadWeights(ref weights, input * BlockChannels);
                sum0 = Avx512F.FusedMultiplyAdd(Broadcast(ref rows, from), weightsAt, sum0);
                sum1 = Avx512F.FusedMultiplyAdd(Broadcast(ref rows, from + stride), weightsAt, sum1);
                sum2 = Avx512F.FusedMultiplyAdd(Broadcast(ref rows, from + (2 * stride)), weightsAt, sum2);
                sum3 = Avx512F.FusedMultiplyAdd(Broadcast(ref rows3, from), weightsAt, sum3);
                sum4 = Avx512F.FusedMultiplyAdd(Broadcast(ref rows3, from + stride), weightsAt, sum4);
                sum5 = Avx512F.FusedMultiplyAdd(Broadcast(ref rows3, from + (2 * stride)), weightsAt, sum5);
                sum6 = Avx512F.FusedMultiplyAdd(Broadcast(ref rows6, from), weightsAt, sum6);
                sum7 = Avx512F.FusedMultiplyAdd(Broadcast(ref rows6, from + stride), weightsAt, sum7);
                sum8 = Avx512F.FusedMultiplyAdd(Broadcast(ref rows6, from + (2 * stride)), weightsAt, sum8);
                sum9 = Avx512F.FusedMultiplyAdd(Broadcast(ref rows9, from), weightsAt, sum9);
                sumA = Avx512F.FusedMultiplyAdd(Broadcast(ref rows9, from + stride), weightsAt, sumA);
                sumB = Avx512F.FusedMultiplyAdd(Broadcast(ref rows9, from + (2 * stride)), weightsAt, sumB);
            }

            Vector512<float> minimum = Vector512.Create(ends.Minimum), maximum = Vector512.Create(ends.Maximum);
            ref float before = ref ends.Before;
            ref float target = ref ends.Target;
            nint beforeStride = ends.BeforeStride, targetStride = ends.TargetStride;
            Finish(sum0, ref before, ref target, minimum, maximum);
            Finish(sum1, ref Unsafe.Add(ref before, beforeStride), ref Unsafe.Add(ref target, targetStride), minimum, maximum);
            Finish(sum2, ref Unsafe.Add(ref before, 2 * beforeStride), ref Unsafe.Add(ref target, 2 * targetStride), minimum, maximum);
            Finish(sum3, ref Unsafe.Add(ref before, 3 * beforeStride), ref Unsafe.Add(ref target, 3 * targetStride), minimum, maximum);
            Finish(sum4, ref Unsafe.Add(ref before, 4 * beforeStride), ref Unsafe.Add(ref target, 4 * targetStride), minimum, maximum);
            Finish(sum5, ref Unsafe.Add(ref before, 5 * beforeStride), ref Unsafe.Add(ref target, 5 * targetStride), minimum, maximum);
            Finish(sum6, ref Unsafe.Add(ref before, 6 * beforeStride), ref Unsafe.Add(ref target, 6 * targetStride), minimum, maximum);
            Finish(sum7, ref Unsafe.Add(ref before, 7 * beforeStride), ref Unsafe.Add(ref target, 7 * targetStride), minimum, maximum);
            Finish(sum8, ref Unsafe.Add(ref before, 8 * beforeStride), ref Unsafe.Add(ref target, 8 * targetStride), minimum, maximum);
            Finish(sum9, ref Unsafe.Add(ref before, 9 * beforeStride), ref Unsafe.Add(ref target, 9 * targetStride), minimum, maximum);
            Finish(sumA, ref Unsafe.Add(ref before, 10 * beforeStride), ref Unsafe.Add(ref target, 10 * targetStride), minimum, maximum);
            Finish(sumB, ref Unsafe.Add(ref before, 11 * beforeStride), ref Unsafe.Add(ref target, 11 * targetStride), minimum, maximum);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile4x1<TOrder>(ref float rows, ref int order, nint stride, ref float weights, nint inputs, in Ends ends)
            where TOrder : struct, IOrder
        {
            ref float start = ref ends.Start;
            ref float rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            Vector512<float> sum0 = Load(ref start, 0);
            Vector512<float> sum1 = Load(ref start, 0);
            Vector512<float> sum2 = Load(ref start, 0);
            Vector512<float> sum3 = Load(ref start, 0);
            for (nint input = 0; input < inputs; input++)
            {
                nint from = TOrder.At(ref order, input);
                nint at = input * BlockChannels;
                Vector512<float> weightsAt0 = LoadWeights(ref weights, at);
                Vector512<float> activation = Broadcast(ref rows, from);
                sum0 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum0);
                activation = Broadcast(ref rows, from + stride);
                sum1 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum1);
                activation = Broadcast(ref rows, from + (2 * stride));
                sum2 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum2);
                activation = Broadcast(ref rows3, from);
                sum3 = Avx512F.FusedMultiplyAdd(activation, weightsAt0, sum3);
            }

            Vector512<float> minimum = Vector512.Create(ends.Minimum), maximum = Vector512.Create(ends.Maximum);
            ref float before = ref ends.Before;
            ref float target = ref ends.Target;
            nint beforeStride = ends.BeforeStride, targetStride = ends.TargetStride;
            Finish(sum0, ref before, ref target, minimum, maximum);
            Finish(sum1, ref Unsafe.Add(ref before, beforeStride), ref Unsafe.Add(ref target, targetStride), minimum, maximum);
            Finish(sum2, ref Unsafe.Add(ref before, 2 * beforeStride), ref Unsafe.Add(ref target, 2 * targetStride), minimum, maximum);
            Finish(sum3, ref Unsafe.Add(ref before, 3 * beforeStride), ref Unsafe.Add(ref target, 3 * targetStride), minimum, maximum);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile1x4<TOrder>(ref float row, ref int order, ref float weights, nint blockStride, nint inputs, in Ends ends)
            where TOrder : struct, IOrder
        {
            ref float start = ref ends.Start;
            ref float weights1 = ref Unsafe.Add(ref weights, blockStride);
            ref float weights2 = ref Unsafe.Add(ref weights, 2 * blockStride);
            ref float weights3 = ref Unsafe.Add(ref weights, 3 * blockStride);
            Vector512<float> sum0 = Load(ref start, 0), sum1 = Load(ref start, 1);
            Vector512<float> sum2 = Load(ref start, 2), sum3 = Load(ref start, 3);
            for (nint input = 0; input < inputs; input++)
            {
                nint from = TOrder.At(ref order, input);
                nint at = input * BlockChannels;
                Vector512<float> activation = Broadcast(ref row, from);
                sum0 = Avx512F.FusedMultiplyAdd(activation, LoadWeights(ref weights, at), sum0);
                sum1 = Avx512F.FusedMultiplyAdd(activation, LoadWeights(ref weights1, at), sum1);
                sum2 = Avx512F.FusedMultiplyAdd(activation, LoadWeights(ref weights2, at), sum2);
                sum3 = Avx512F.FusedMultiplyAdd(activation, LoadWeights(ref weights3, at), sum3);
            }

            Vector512<float> minimum = Vector512.Create(ends.Minimum), maximum = Vector512.Create(ends.Maximum);
            ref float before = ref ends.Before;
            ref float target = ref ends.Target;
            Finish(sum0, sum1, sum2, sum3, ref before, ref target, minimum, maximum);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile1x1<TOrder>(ref float row, ref int order, ref float weights, nint inputs, in Ends ends)
            where TOrder : struct, IOrder
        {
            ref float start = ref ends.Start;
            Vector512<float> sum0 = Load(ref start, 0);
            for (nint input = 0; input < inputs; input++)
            {
                nint from = TOrder.At(ref order, input);
                nint at = input * BlockChannels;
                Vector512<float> activation = Broadcast(ref row, from);
                sum0 = Avx512F.FusedMultiplyAdd(activation, LoadWeights(ref weights, at), sum0);
            }

            Vector512<float> minimum = Vector512.Create(ends.Minimum), maximum = Vector512.Create(ends.Maximum);
            ref float before = ref ends.Before;
            ref float target = ref ends.Target;
            Finish(sum0, ref before, ref target, minimum, maximum);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Broadcast(ref float row, nint at) => Vector512.Create(Unsafe.Add(ref row, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> LoadWeights(ref float weights, nint at) => Vector512.LoadUnsafe(ref weights, (nuint)at);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Load(ref float start, int column) => Vector512.LoadUnsafe(ref start, (nuint)(column * 16));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Finish(
            Vector512<float> sum0, Vector512<float> sum1, ref float before, ref float target, Vector512<float> minimum, Vector512<float> maximum)
        {
            Finish(sum0, ref before, ref target, minimum, maximum);
            Finish(sum1, ref Unsafe.Add(ref before, 16), ref Unsafe.Add(ref target, 16), minimum, maximum);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Finish(
            Vector512<float> sum0, Vector512<float> sum1, Vector512<float> sum2, Vector512<float> sum3,
            ref float before, ref float target, Vector512<float> minimum, Vector512<float> maximum)
        {
            Finish(sum0, sum1, ref before, ref target, minimum, maximum);
            Finish(sum2, sum3, ref Unsafe.Add(ref before, 32), ref Unsafe.Add(ref target, 32), minimum, maximum);
        }

        /// <summary>Clamps with the instructions that return their second operand when one is NaN.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Finish(Vector512<float> sum, ref float before, ref float target, Vector512<float> minimum, Vector512<float> maximum)
        {
            Vector512<float> total = Avx512F.Add(Vector512.LoadUnsafe(ref before), sum);
            Avx512F.Min(maximum, Avx512F.Max(minimum, total)).StoreUnsafe(ref target);
        }
    }
}
