using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class Conv2DFloat32
{
    internal readonly partial struct Avx512Tile
    {
        /// <summary>Up to so many channels at the end take vectors half as long, of which a processor adds twice as many in a cycle.</summary>
        private const int HalfBlock = BlockChannels / 2;

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void RunHalfBlock<TRows, TOrder>(
            ref float rows, ref int order, nint stride, in Weights weights, int block, nint inputs, in Ends ends)
            where TRows : struct, IRows
            where TOrder : struct, IOrder
        {
            if (weights.IsInPair(block))
            {
                HalfOfBlock<TRows, TOrder, Alternating>(ref rows, ref order, stride, ref weights[block], inputs, ends);
            }
            else
            {
                HalfOfBlock<TRows, TOrder, Apart>(ref rows, ref order, stride, ref weights[block], inputs, ends);
            }
        }

        [MethodImpl(KernelOptions.Hot)]
        private static void HalfOfBlock<TRows, TOrder, TBlocks>(ref float rows, ref int order, nint stride, ref float weights, nint inputs, in Ends ends)
            where TRows : struct, IRows
            where TOrder : struct, IOrder
            where TBlocks : struct, IBlocks
        {
            ref float rows3 = ref Unsafe.Add(ref rows, 3 * stride);
            ref float rows6 = ref Unsafe.Add(ref rows, 6 * stride);
            ref float rows9 = ref Unsafe.Add(ref rows, 9 * stride);
            ref float rows12 = ref Unsafe.Add(ref rows, 12 * stride);
            Vector256<float> sum0 = Vector256.LoadUnsafe(ref ends.Start);
            Vector256<float> sum1 = sum0, sum2 = sum0, sum3 = sum0, sum4 = sum0, sum5 = sum0, sum6 = sum0;
            Vector256<float> sum7 = sum0, sum8 = sum0, sum9 = sum0, sumA = sum0, sumB = sum0, sumC = sum0, sumD = sum0;
            for (nint input = 0; input < inputs; input++)
            {
                nint from = TOrder.At(ref order, input), second = from + stride, third = second + stride;
                Vector256<float> weightsAt = Vector256.LoadUnsafe(ref weights, (nuint)(input * TBlocks.InputStride));
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

            Vector256<float> minimum = Vector256.Create(ends.Minimum), maximum = Vector256.Create(ends.Maximum);
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

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Add<TRows>(int row, ref float rows, nint at, Vector256<float> weights, ref Vector256<float> sum)
            where TRows : struct, IRows
        {
            if (row < TRows.Count)
            {
                sum = Fma.MultiplyAdd(Vector256.Create(Unsafe.Add(ref rows, at)), weights, sum);
            }
        }

        /// <summary>Clamps with the instructions that return their second operand when one is NaN.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Finish<TRows>(int row, Vector256<float> sum, ref float before, ref float target, Vector256<float> minimum, Vector256<float> maximum)
            where TRows : struct, IRows
        {
            if (row < TRows.Count)
            {
                Vector256<float> total = Avx.Add(Vector256.LoadUnsafe(ref before), sum);
                Avx.Min(maximum, Avx.Max(minimum, total)).StoreUnsafe(ref target);
            }
        }
    }
}
