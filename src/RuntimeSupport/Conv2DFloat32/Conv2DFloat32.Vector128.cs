using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace ModelCompiler.RuntimeSupport;

public static partial class Conv2DFloat32
{
    internal static void RunVector128(in Arguments arguments)
    {
        if (AdvSimd.IsSupported)
        {
            RunTiled<Vector128Tile<FusedInstruction.Arm>>(arguments);
        }
        else
        {
            RunTiled<Vector128Tile<FusedInstruction.Exact>>(arguments);
        }
    }

    /// <summary>Tiles of 4 pixels × 16 channels.</summary>
    internal readonly struct Vector128Tile<TFused> : ITile
        where TFused : struct, FusedInstruction.IAdd
    {
        public static int Rows => 4;

        public static int ShortestRow => 24;

        public static int Lanes => BlockChannels;

        [MethodImpl(KernelOptions.Hot)]
        public static void Multiply<TOrder>(
            ref float activations, ref int order, nint rowStride, in Weights weights, nint inputs, in Ends ends, int rows, int channels)
            where TOrder : struct, IOrder
        {
            int blocks = (channels + BlockChannels - 1) / BlockChannels;
            for (int block = 0; block < blocks; block++)
            {
                ref float panel = ref weights[block];
                nint inputStride = weights.InputStride(block);
                Ends panelEnds = ends.At(0, block * BlockChannels);
                if (rows == 4 && TFused.IsInstruction)
                {
                    Tile4x4<TOrder>(ref activations, ref order, rowStride, ref panel, inputStride, inputs, panelEnds);
                    continue;
                }

                for (int row = 0; row < rows; row++)
                {
                    Tile1x4<TOrder>(ref Unsafe.Add(ref activations, row * rowStride), ref order, ref panel, inputStride, inputs, panelEnds.At(row, 0));
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Copy(ref float from, ref float to, nint length)
        {
            CopyVector128(ref from, ref to, length);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile4x4<TOrder>(ref float rows, ref int order, nint stride, ref float weights, nint inputStride, nint inputs, in Ends ends)
            where TOrder : struct, IOrder
        {
            ref float start = ref ends.Start;
            ref float rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            Vector128<float> sum00 = Load(ref start, 0), sum01 = Load(ref start, 1);
            Vector128<float> sum02 = Load(ref start, 2), sum03 = Load(ref start, 3);
            Vector128<float> sum10 = Load(ref start, 0), sum11 = Load(ref start, 1);
            Vector128<float> sum12 = Load(ref start, 2), sum13 = Load(ref start, 3);
            Vector128<float> sum20 = Load(ref start, 0), sum21 = Load(ref start, 1);
            Vector128<float> sum22 = Load(ref start, 2), sum23 = Load(ref start, 3);
            Vector128<float> sum30 = Load(ref start, 0), sum31 = Load(ref start, 1);
            Vector128<float> sum32 = Load(ref start, 2), sum33 = Load(ref start, 3);
            for (nint input = 0; input < inputs; input++)
            {
                nint from = TOrder.At(ref order, input);
                nint at = input * inputStride;
                Vector128<float> weightsAt0 = LoadWeights(ref weights, at);
                Vector128<float> weightsAt1 = LoadWeights(ref weights, at + 4);
                Vector128<float> weightsAt2 = LoadWeights(ref weights, at + 8);
                Vector128<float> weightsAt3 = LoadWeights(ref weights, at + 12);
                Vector128<float> activation = Broadcast(ref rows, from);
                sum00 = TFused.Add(sum00, activation, weightsAt0);
                sum01 = TFused.Add(sum01, activation, weightsAt1);
                sum02 = TFused.Add(sum02, activation, weightsAt2);
                sum03 = TFused.Add(sum03, activation, weightsAt3);
                activation = Broadcast(ref rows, from + stride);
                sum10 = TFused.Add(sum10, activation, weightsAt0);
                sum11 = TFused.Add(sum11, activation, weightsAt1);
                sum12 = TFused.Add(sum12, activation, weightsAt2);
                sum13 = TFused.Add(sum13, activation, weightsAt3);
                activation = Broadcast(ref rows, from + (2 * stride));
                sum20 = TFused.Add(sum20, activation, weightsAt0);
                sum21 = TFused.Add(sum21, activation, weightsAt1);
                sum22 = TFused.Add(sum22, activation, weightsAt2);
                sum23 = TFused.Add(sum23, activation, weightsAt3);
                activation = Broadcast(ref rows3, from);
                sum30 = TFused.Add(sum30, activation, weightsAt0);
                sum31 = TFused.Add(sum31, activation, weightsAt1);
                sum32 = TFused.Add(sum32, activation, weightsAt2);
                sum33 = TFused.Add(sum33, activation, weightsAt3);
            }

            Finish(0, sum00, sum01, sum02, sum03, ends);
            Finish(1, sum10, sum11, sum12, sum13, ends);
            Finish(2, sum20, sum21, sum22, sum23, ends);
            Finish(3, sum30, sum31, sum32, sum33, ends);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile1x4<TOrder>(ref float row, ref int order, ref float weights, nint inputStride, nint inputs, in Ends ends)
            where TOrder : struct, IOrder
        {
            ref float start = ref ends.Start;
            Vector128<float> sum0 = Load(ref start, 0), sum1 = Load(ref start, 1);
            Vector128<float> sum2 = Load(ref start, 2), sum3 = Load(ref start, 3);
            for (nint input = 0; input < inputs; input++)
            {
                nint from = TOrder.At(ref order, input);
                nint at = input * inputStride;
                Vector128<float> activation = Broadcast(ref row, from);
                sum0 = TFused.Add(sum0, activation, LoadWeights(ref weights, at));
                sum1 = TFused.Add(sum1, activation, LoadWeights(ref weights, at + 4));
                sum2 = TFused.Add(sum2, activation, LoadWeights(ref weights, at + 8));
                sum3 = TFused.Add(sum3, activation, LoadWeights(ref weights, at + 12));
            }

            Finish(0, sum0, sum1, sum2, sum3, ends);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<float> Broadcast(ref float row, nint at) => Vector128.Create(Unsafe.Add(ref row, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<float> LoadWeights(ref float weights, nint at) => Vector128.LoadUnsafe(ref weights, (nuint)at);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<float> Load(ref float start, int column) => Vector128.LoadUnsafe(ref start, (nuint)(column * 4));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Finish(nint row, Vector128<float> sum0, Vector128<float> sum1, Vector128<float> sum2, Vector128<float> sum3, in Ends ends)
        {
            Finish(row, 0, sum0, ends);
            Finish(row, 4, sum1, ends);
            Finish(row, 8, sum2, ends);
            Finish(row, 12, sum3, ends);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Finish(nint row, nint lane, Vector128<float> sum, in Ends ends)
        {
            Vector128<float> total = Vector128.LoadUnsafe(ref ends.Before, (nuint)((row * ends.BeforeStride) + lane)) + sum;
            FloatRange.Clamp(total, Vector128.Create(ends.Minimum), Vector128.Create(ends.Maximum)).StoreUnsafe(ref ends.Target, (nuint)((row * ends.TargetStride) + lane));
        }
    }
}
