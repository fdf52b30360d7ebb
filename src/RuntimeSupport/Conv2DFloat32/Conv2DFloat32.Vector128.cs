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

        [MethodImpl(KernelOptions.Hot)]
        public static void Multiply(
            ref float activations, nint rowStride, ref float weights, nint blockStride, nint inputs,
            ref float start, nint startStride, ref float sums, int rows, int blocks)
        {
            for (int block = 0; block < blocks; block++)
            {
                ref float panel = ref Unsafe.Add(ref weights, block * blockStride);
                ref float panelStart = ref Unsafe.Add(ref start, block * BlockChannels);
                ref float panelSums = ref Unsafe.Add(ref sums, block * BlockChannels);
                if (rows == 4 && TFused.IsInstruction)
                {
                    Tile4x4(ref activations, rowStride, ref panel, inputs, ref panelStart, startStride, ref panelSums);
                    continue;
                }

                for (int row = 0; row < rows; row++)
                {
                    Tile1x4(
                        ref Unsafe.Add(ref activations, row * rowStride), ref panel, inputs,
                        ref Unsafe.Add(ref panelStart, row * startStride), ref Unsafe.Add(ref panelSums, row * PanelChannels));
                }
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        public static void Clamp(ref float sums, ref float output, int channels, float minimum, float maximum)
        {
            for (nint at = 0; at < channels; at += 4)
            {
                Vector128<float> values = Vector128.LoadUnsafe(ref sums, (nuint)at);
                FloatRange.Clamp(values, Vector128.Create(minimum), Vector128.Create(maximum)).StoreUnsafe(ref output, (nuint)at);
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile4x4(
            ref float rows, nint stride, ref float weights, nint inputs, ref float start, nint startStride, ref float sums)
        {
            ref float rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            Vector128<float> sum00 = Load(ref start, 0, 0), sum01 = Load(ref start, 0, 1);
            Vector128<float> sum02 = Load(ref start, 0, 2), sum03 = Load(ref start, 0, 3);
            Vector128<float> sum10 = Load(ref start, startStride, 0), sum11 = Load(ref start, startStride, 1);
            Vector128<float> sum12 = Load(ref start, startStride, 2), sum13 = Load(ref start, startStride, 3);
            Vector128<float> sum20 = Load(ref start, 2 * startStride, 0), sum21 = Load(ref start, 2 * startStride, 1);
            Vector128<float> sum22 = Load(ref start, 2 * startStride, 2), sum23 = Load(ref start, 2 * startStride, 3);
            Vector128<float> sum30 = Load(ref start, 3 * startStride, 0), sum31 = Load(ref start, 3 * startStride, 1);
            Vector128<float> sum32 = Load(ref start, 3 * startStride, 2), sum33 = Load(ref start, 3 * startStride, 3);
            for (nint input = 0; input < inputs; input++)
            {
                nint at = input * BlockChannels;
                Vector128<float> weightsAt0 = LoadWeights(ref weights, at);
                Vector128<float> weightsAt1 = LoadWeights(ref weights, at + 4);
                Vector128<float> weightsAt2 = LoadWeights(ref weights, at + 8);
                Vector128<float> weightsAt3 = LoadWeights(ref weights, at + 12);
                Vector128<float> activation = Broadcast(ref rows, input);
                sum00 = TFused.Add(sum00, activation, weightsAt0);
                sum01 = TFused.Add(sum01, activation, weightsAt1);
                sum02 = TFused.Add(sum02, activation, weightsAt2);
                sum03 = TFused.Add(sum03, activation, weightsAt3);
                activation = Broadcast(ref rows, input + stride);
                sum10 = TFused.Add(sum10, activation, weightsAt0);
                sum11 = TFused.Add(sum11, activation, weightsAt1);
                sum12 = TFused.Add(sum12, activation, weightsAt2);
                sum13 = TFused.Add(sum13, activation, weightsAt3);
                activation = Broadcast(ref rows, input + (2 * stride));
                sum20 = TFused.Add(sum20, activation, weightsAt0);
                sum21 = TFused.Add(sum21, activation, weightsAt1);
                sum22 = TFused.Add(sum22, activation, weightsAt2);
                sum23 = TFused.Add(sum23, activation, weightsAt3);
                activation = Broadcast(ref rows3, input);
                sum30 = TFused.Add(sum30, activation, weightsAt0);
                sum31 = TFused.Add(sum31, activation, weightsAt1);
                sum32 = TFused.Add(sum32, activation, weightsAt2);
                sum33 = TFused.Add(sum33, activation, weightsAt3);
            }

            Store(sum00, ref sums, 0, 0);
            Store(sum01, ref sums, 0, 1);
            Store(sum02, ref sums, 0, 2);
            Store(sum03, ref sums, 0, 3);
            Store(sum10, ref sums, 1, 0);
            Store(sum11, ref sums, 1, 1);
            Store(sum12, ref sums, 1, 2);
            Store(sum13, ref sums, 1, 3);
            Store(sum20, ref sums, 2, 0);
            Store(sum21, ref sums, 2, 1);
            Store(sum22, ref sums, 2, 2);
            Store(sum23, ref sums, 2, 3);
            Store(sum30, ref sums, 3, 0);
            Store(sum31, ref sums, 3, 1);
            Store(sum32, ref sums, 3, 2);
            Store(sum33, ref sums, 3, 3);
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void Tile1x4(
            ref float row, ref float weights, nint inputs, ref float start, ref float sums)
        {
            Vector128<float> sum0 = Load(ref start, 0, 0), sum1 = Load(ref start, 0, 1);
            Vector128<float> sum2 = Load(ref start, 0, 2), sum3 = Load(ref start, 0, 3);
            for (nint input = 0; input < inputs; input++)
            {
                nint at = input * BlockChannels;
                Vector128<float> activation = Broadcast(ref row, input);
                sum0 = TFused.Add(sum0, activation, LoadWeights(ref weights, at));
                sum1 = TFused.Add(sum1, activation, LoadWeights(ref weights, at + 4));
                sum2 = TFused.Add(sum2, activation, LoadWeights(ref weights, at + 8));
                sum3 = TFused.Add(sum3, activation, LoadWeights(ref weights, at + 12));
            }

            Store(sum0, ref sums, 0, 0);
            Store(sum1, ref sums, 0, 1);
            Store(sum2, ref sums, 0, 2);
            Store(sum3, ref sums, 0, 3);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<float> Broadcast(ref float row, nint at) => Vector128.Create(Unsafe.Add(ref row, at));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<float> LoadWeights(ref float weights, nint at) => Vector128.LoadUnsafe(ref weights, (nuint)at);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<float> Load(ref float start, nint row, int column) =>
            Vector128.LoadUnsafe(ref start, (nuint)(row + (column * 4)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(Vector128<float> values, ref float sums, int row, int column) =>
            values.StoreUnsafe(ref sums, (nuint)((row * PanelChannels) + (column * 4)));
    }
}
