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

        public static int ShortestRow => 24;

        public static int Lanes => BlockChannels;

        [MethodImpl(KernelOptions.Hot)]
        public static void Multiply<TOrder>(
            ref float activations, ref int order, nint rowStride, in Weights weights, nint inputs, in Ends ends, int rows, int channels)
            where TOrder : struct, IOrder
        {
            int blocks = (channels + BlockChannels - 1) / BlockChannels;
            int block = 0;
            while (block < blocks)
            {
                ref float panel = ref weights[block];
                nint inputStride = weights.InputStride(block);
                Ends panelEnds = ends.At(0, block * BlockChannels);
                bool wide = rows < 6 && blocks - block >= 2;
                if (rows == 6)
                {
                    Tile6x2<TOrder>(ref activations, ref order, rowStride, ref panel, inputStride, inputs, panelEnds);
                }

                for (int row = 0; rows < 6 && row < rows; row++)
                {
                    ref float single = ref Unsafe.Add(ref activations, row * rowStride);
                    if (wide)
                    {
                        Tile1x4<TOrder>(ref single, ref order, ref panel, weights.BlockStride(block), inputStride, inputs, panelEnds.At(row, 0));
                    }
                    else
                    {
                        Tile1x2<TOrder>(ref single, ref order, ref panel, inputStride, inputs, panelEnds.At(row, 0));
                    }
                }

                block += wide ? 2 : 1;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Copy(ref float from, ref float to, nint length)
        {
            if (length >= 8)
            {
                for (nint at = 0; at < length - 8; at += 8)
                {
                    Vector256.LoadUnsafe(ref from, (nuint)at).StoreUnsafe(ref to, (nuint)at);
                }

                Vector256.LoadUnsafe(ref from, (nuint)(length - 8)).StoreUnsafe(ref to, (nuint)(length - 8));
            }
            else
            {
                CopyVector128(ref from, ref to, length);
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile6x2<TOrder>(ref float rows, ref int order, nint stride, ref float weights, nint inputStride, nint inputs, in Ends ends)
            where TOrder : struct, IOrder
        {
            ref float start = ref ends.Start;
            ref float rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            Vector256<float> sum00 = Load(ref start, 0), sum01 = Load(ref start, 1);
            Vector256<float> sum10 = Load(ref start, 0), sum11 = Load(ref start, 1);
            Vector256<float> sum20 = Load(ref start, 0), sum21 = Load(ref start, 1);
            Vector256<float> sum30 = Load(ref start, 0), sum31 = Load(ref start, 1);
            Vector256<float> sum40 = Load(ref start, 0), sum41 = Load(ref start, 1);
            Vector256<float> sum50 = Load(ref start, 0), sum51 = Load(ref start, 1);
            for (nint input = 0; input < inputs; input++)
            {
                nint from = TOrder.At(ref order, input);
                nint at = input * inputStride;
                Vector256<float> weightsAt0 = LoadWeights(ref weights, at);
                Vector256<float> weightsAt1 = LoadWeights(ref weights, at + 8);
                Vector256<float> activation = Broadcast(ref rows, from);
                sum00 = Fma.MultiplyAdd(activation, weightsAt0, sum00);
                sum01 = Fma.MultiplyAdd(activation, weightsAt1, sum01);
                activation = Broadcast(ref rows, from + stride);
                sum10 = Fma.MultiplyAdd(activation, weightsAt0, sum10);
                sum11 = Fma.MultiplyAdd(activation, weightsAt1, sum11);
                activation = Broadcast(ref rows, from + (2 * stride));
                sum20 = Fma.MultiplyAdd(activation, weightsAt0, sum20);
                sum21 = Fma.MultiplyAdd(activation, weightsAt1, sum21);
                activation = Broadcast(ref rows3, from);
                sum30 = Fma.MultiplyAdd(activation, weightsAt0, sum30);
                sum31 = Fma.MultiplyAdd(activation, weightsAt1, sum31);
                activation = Broadcast(ref rows3, from + stride);
                sum40 = Fma.MultiplyAdd(activation, weightsAt0, sum40);
                sum41 = Fma.MultiplyAdd(activation, weightsAt1, sum41);
                activation = Broadcast(ref rows3, from + (2 * stride));
                sum50 = Fma.MultiplyAdd(activation, weightsAt0, sum50);
                sum51 = Fma.MultiplyAdd(activation, weightsAt1, sum51);
            }

            Finish(0, sum00, sum01, ends);
            Finish(1, sum10, sum11, ends);
            Finish(2, sum20, sum21, ends);
            Finish(3, sum30, sum31, ends);
            Finish(4, sum40, sum41, ends);
            Finish(5, sum50, sum51, ends);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile1x4<TOrder>(ref float row, ref int order, ref float weights, nint blockStride, nint inputStride, nint inputs, in Ends ends)
            where TOrder : struct, IOrder
        {
            ref float start = ref ends.Start;
            ref float weights1 = ref Unsafe.Add(ref weights, blockStride);
            Vector256<float> sum0 = Load(ref start, 0), sum1 = Load(ref start, 1);
            Vector256<float> sum2 = Load(ref start, 2), sum3 = Load(ref start, 3);
            for (nint input = 0; input < inputs; input++)
            {
                nint from = TOrder.At(ref order, input);
                nint at = input * inputStride;
                Vector256<float> activation = Broadcast(ref row, from);
                sum0 = Fma.MultiplyAdd(activation, LoadWeights(ref weights, at), sum0);
                sum1 = Fma.MultiplyAdd(activation, LoadWeights(ref weights, at + 8), sum1);
                sum2 = Fma.MultiplyAdd(activation, LoadWeights(ref weights1, at), sum2);
                sum3 = Fma.MultiplyAdd(activation, LoadWeights(ref weights1, at + 8), sum3);
            }

            Finish(0, sum0, sum1, sum2, sum3, ends);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile1x2<TOrder>(ref float row, ref int order, ref float weights, nint inputStride, nint inputs, in Ends ends)
            where TOrder : struct, IOrder
        {
            ref float start = ref ends.Start;
            Vector256<float> sum0 = Load(ref start, 0), sum1 = Load(ref start, 1);
            for (nint input = 0; input < inputs; input++)
            {
                nint from = TOrder.At(ref order, input);
                nint at = input * inputStride;
                Vector256<float> activation = Broadcast(ref row, from);
                sum0 = Fma.MultiplyAdd(activation, LoadWeights(ref weights, at), sum0);
                sum1 = Fma.MultiplyAdd(activation, LoadWeights(ref weights, at + 8), sum1);
            }

            Finish(0, sum0, sum1, ends);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> Broadcast(ref float row, nint at) => Vector256.Create(Unsafe.Add(ref row, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> LoadWeights(ref float weights, nint at) => Vector256.LoadUnsafe(ref weights, (nuint)at);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> Load(ref float start, int column) => Vector256.LoadUnsafe(ref start, (nuint)(column * 8));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Finish(nint row, Vector256<float> sum0, Vector256<float> sum1, in Ends ends)
        {
            Finish(row, 0, sum0, ends);
            Finish(row, 8, sum1, ends);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Finish(nint row, Vector256<float> sum0, Vector256<float> sum1, Vector256<float> sum2, Vector256<float> sum3, in Ends ends)
        {
            Finish(row, 0, sum0, ends);
            Finish(row, 8, sum1, ends);
            Finish(row, 16, sum2, ends);
            Finish(row, 24, sum3, ends);
        }

        /// <summary>Clamps with the instructions that return their second operand when one is NaN.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Finish(nint row, nint lane, Vector256<float> sum, in Ends ends)
        {
            Vector256<float> total = Avx.Add(Vector256.LoadUnsafe(ref ends.Before, (nuint)((row * ends.BeforeStride) + lane)), sum);
            total = Avx.Max(Vector256.Create(ends.Minimum), total);
            Avx.Min(Vector256.Create(ends.Maximum), total).StoreUnsafe(ref ends.Target, (nuint)((row * ends.TargetStride) + lane));
        }
    }
}
