using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    /// <summary>6 pixels × 32 channels in int16 pairs, which the even and the odd bytes of activations and weights become by masks and shifts.</summary>
    internal readonly struct Avx512Row : IDirectRow
    {
        public static int Pixels => 6;

        public static int Blocks => 2;

        /// <summary>Pixels that are quantised together.</summary>
        private const int PixelsTogether = 48;

        public static int ScratchLength => ((2 * BlockChannels) + 1) * PixelsTogether;

        public static int LargestWork => 192;

        [MethodImpl(KernelOptions.Hot)]
        public static void Run<TRequantizer>(
            in Arguments arguments, ReadOnlySpan<int> offsets, ref sbyte weights, ref int bias, ref int multipliers, ref byte input, ref byte output, Span<int> scratch, int channels)
            where TRequantizer : struct, IRequantizer
        {
            if (channels > BlockChannels)
            {
                RunTwo<TRequantizer>(arguments, offsets, ref weights, ref bias, ref multipliers, ref input, ref output, scratch, channels);
            }
            else
            {
                RunOne<TRequantizer>(arguments, offsets, ref weights, ref bias, ref multipliers, ref input, ref output, scratch, channels);
            }
        }

        /// <summary>Two blocks: 17 channels or more.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void RunTwo<TRequantizer>(
            in Arguments arguments, ReadOnlySpan<int> offsets, ref sbyte weights, ref int bias, ref int multipliers, ref byte input, ref byte output, Span<int> scratch, int channels)
            where TRequantizer : struct, IRequantizer
        {
            nint step = arguments.Geometry.InputPixelStep, outputStep = arguments.Geometry.OutputPixelStride;
            int width = arguments.Geometry.OutputWidth;
            Span<int> sums = scratch.Slice(0, 2 * BlockChannels * PixelsTogether), targets = scratch.Slice(2 * BlockChannels * PixelsTogether);
            int count = 0;
            ref sbyte weights1 = ref Unsafe.Add(ref weights, offsets.Length * QuadWeights);
            for (int tile = 0; tile < width; tile += 6)
            {
                nint pixel = Math.Min(tile, width - 6);
                ref byte rows = ref Unsafe.Add(ref input, pixel * step);
                ref byte rows3 = ref Unsafe.Add(ref rows, 3 * step);
                Vector512<int> sum00 = Vector512.LoadUnsafe(ref bias), sum01 = Vector512.LoadUnsafe(ref bias, 16);
                Vector512<int> sum10 = sum00, sum11 = sum01, sum20 = sum00, sum21 = sum01, sum30 = sum00, sum31 = sum01;
                Vector512<int> sum40 = sum00, sum41 = sum01, sum50 = sum00, sum51 = sum01;
                for (int quad = 0; quad < offsets.Length; quad++)
                {
                    nint at = offsets[quad];
                    Vector512<short> both = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights, quad * QuadWeights)).AsInt16();
                    Vector512<short> even0 = Even(both), odd0 = Odd(both);
                    both = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights1, quad * QuadWeights)).AsInt16();
                    Vector512<short> even1 = Even(both), odd1 = Odd(both);

                    Vector512<short> activations = Broadcast(ref rows, at);
                    sum00 += Dot(activations, even0, odd0);
                    sum01 += Dot(activations, even1, odd1);
                    activations = Broadcast(ref rows, at + step);
                    sum10 += Dot(activations, even0, odd0);
                    sum11 += Dot(activations, even1, odd1);
                    activations = Broadcast(ref rows, at + (2 * step));
                    sum20 += Dot(activations, even0, odd0);
                    sum21 += Dot(activations, even1, odd1);
                    activations = Broadcast(ref rows3, at);
                    sum30 += Dot(activations, even0, odd0);
                    sum31 += Dot(activations, even1, odd1);
                    activations = Broadcast(ref rows3, at + step);
                    sum40 += Dot(activations, even0, odd0);
                    sum41 += Dot(activations, even1, odd1);
                    activations = Broadcast(ref rows3, at + (2 * step));
                    sum50 += Dot(activations, even0, odd0);
                    sum51 += Dot(activations, even1, odd1);
                }

                ref int spilled = ref sums[count * BlockChannels];
                Store(ref spilled, sum00, sum10, sum20, sum30, sum40, sum50);
                Store(ref Unsafe.Add(ref spilled, PixelsTogether * BlockChannels), sum01, sum11, sum21, sum31, sum41, sum51);
                count = FindPixels(targets, count, pixel, outputStep);
                if (count == PixelsTogether || tile + 6 >= width)
                {
                    ref int multipliers1 = ref Unsafe.Add(ref multipliers, BlockChannels);
                    Requantize<TRequantizer>(sums, ref multipliers, ref output, targets.Slice(0, count), BlockChannels, arguments.Target);
                    Requantize<TRequantizer>(
                        sums.Slice(PixelsTogether * BlockChannels), ref multipliers1, ref Unsafe.Add(ref output, BlockChannels), targets.Slice(0, count), channels - BlockChannels, arguments.Target);
                    count = 0;
                }
            }
        }

        /// <summary>One block: 1…16 channels.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void RunOne<TRequantizer>(
            in Arguments arguments, ReadOnlySpan<int> offsets, ref sbyte weights, ref int bias, ref int multipliers, ref byte input, ref byte output, Span<int> scratch, int channels)
            where TRequantizer : struct, IRequantizer
        {
            nint step = arguments.Geometry.InputPixelStep, outputStep = arguments.Geometry.OutputPixelStride;
            int width = arguments.Geometry.OutputWidth;
            Span<int> sums = scratch.Slice(0, 2 * BlockChannels * PixelsTogether), targets = scratch.Slice(2 * BlockChannels * PixelsTogether);
            int count = 0;
            for (int tile = 0; tile < width; tile += 6)
            {
                nint pixel = Math.Min(tile, width - 6);
                ref byte rows = ref Unsafe.Add(ref input, pixel * step);
                ref byte rows3 = ref Unsafe.Add(ref rows, 3 * step);
                Vector512<int> sum0 = Vector512.LoadUnsafe(ref bias);
                Vector512<int> sum1 = sum0, sum2 = sum0, sum3 = sum0, sum4 = sum0, sum5 = sum0;
                for (int quad = 0; quad < offsets.Length; quad++)
                {
                    nint at = offsets[quad];
                    Vector512<short> both = Vector512.LoadUnsafe(ref Unsafe.Add(ref weights, quad * QuadWeights)).AsInt16();
                    Vector512<short> even = Even(both), odd = Odd(both);
                    sum0 += Dot(Broadcast(ref rows, at), even, odd);
                    sum1 += Dot(Broadcast(ref rows, at + step), even, odd);
                    sum2 += Dot(Broadcast(ref rows, at + (2 * step)), even, odd);
                    sum3 += Dot(Broadcast(ref rows3, at), even, odd);
                    sum4 += Dot(Broadcast(ref rows3, at + step), even, odd);
                    sum5 += Dot(Broadcast(ref rows3, at + (2 * step)), even, odd);
                }

                Store(ref sums[count * BlockChannels], sum0, sum1, sum2, sum3, sum4, sum5);
                count = FindPixels(targets, count, pixel, outputStep);
                if (count == PixelsTogether || tile + 6 >= width)
                {
                    Requantize<TRequantizer>(sums, ref multipliers, ref output, targets.Slice(0, count), channels, arguments.Target);
                    count = 0;
                }
            }
        }

        /// <summary>Notes where six pixels go, and returns how many are noted.</summary>
        private static int FindPixels(Span<int> targets, int count, nint pixel, nint outputStep)
        {
            for (int index = 0; index < 6; index++)
            {
                targets[count + index] = (int)((pixel + index) * outputStep);
            }

            return count + 6;
        }

        /// <summary>Quantises a block of channels of some pixels.</summary>
        [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
        private static void Requantize<TRequantizer>(Span<int> sums, ref int multipliers, ref byte output, Span<int> targets, int channels, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer
        {
            ref int first = ref MemoryMarshal.GetReference(sums);
            if (channels >= BlockChannels)
            {
                TRequantizer.Avx512Rows(ref first, BlockChannels, ref multipliers, ref output, ref MemoryMarshal.GetReference(targets), targets.Length, target);
                return;
            }

            Span<byte> whole = stackalloc byte[PixelsTogether * BlockChannels];
            Span<int> offsets = stackalloc int[PixelsTogether];
            for (int pixel = 0; pixel < targets.Length; pixel++)
            {
                offsets[pixel] = pixel * BlockChannels;
            }

            TRequantizer.Avx512Rows(ref first, BlockChannels, ref multipliers, ref MemoryMarshal.GetReference(whole), ref MemoryMarshal.GetReference(offsets), targets.Length, target);
            CopyPixels(whole, ref output, targets, channels);
        }

        /// <summary>Sums leave their registers for the requantisation, which takes one block of channels of many pixels at a time.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store(ref int spilled, Vector512<int> sum0, Vector512<int> sum1, Vector512<int> sum2, Vector512<int> sum3, Vector512<int> sum4, Vector512<int> sum5)
        {
            sum0.StoreUnsafe(ref spilled);
            sum1.StoreUnsafe(ref spilled, BlockChannels);
            sum2.StoreUnsafe(ref spilled, 2 * BlockChannels);
            sum3.StoreUnsafe(ref spilled, 3 * BlockChannels);
            sum4.StoreUnsafe(ref spilled, 4 * BlockChannels);
            sum5.StoreUnsafe(ref spilled, 5 * BlockChannels);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<short> Even(Vector512<short> bytes) => Avx512BW.ShiftRightArithmetic(Avx512BW.ShiftLeftLogical(bytes, 8), 8);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<short> Odd(Vector512<short> bytes) => Avx512BW.ShiftRightArithmetic(bytes, 8);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<short> Broadcast(ref byte row, nint at) =>
            Vector512.Create(Unsafe.ReadUnaligned<int>(ref Unsafe.Add(ref row, at))).AsInt16();

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<int> Dot(Vector512<short> activations, Vector512<short> evenWeights, Vector512<short> oddWeights)
        {
            Vector512<short> even = Avx512F.And(activations, Vector512.Create((short)0xFF)), odd = Avx512BW.ShiftRightLogical(activations, 8);
            return Avx512F.Add(Avx512BW.MultiplyAddAdjacent(even, evenWeights), Avx512BW.MultiplyAddAdjacent(odd, oddWeights));
        }
    }
}
