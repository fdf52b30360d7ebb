using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// 32 channels at a time with AVX2. Unpacking works within the halves of a vector, so that the four vectors of a block hold the channels
/// 0…3 and 16…19, 4…7 and 20…23, 8…11 and 24…27, 12…15 and 28…31; packing the results puts them in order again without a permutation.
/// </content>
public static partial class ByteDepthwiseConvolution
{
    /// <summary>Weights of 32 channels as <c>[pair][4][8][2]</c> int16, in the order of unpacked activations.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void WidenWeights32(in Arguments arguments, int channel, Span<short> pairs)
    {
        ref sbyte weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), channel);
        ref sbyte target = ref Unsafe.As<short, sbyte>(ref MemoryMarshal.GetReference(pairs));
        nuint paddedChannels = (nuint)arguments.PaddedChannels;
        for (int tap = 0; tap < arguments.TapOffsets.Length; tap += 2)
        {
            ref sbyte row = ref Unsafe.Add(ref weights, (nuint)tap * paddedChannels);
            Vector256<sbyte> first = Unsafe.As<sbyte, Vector256<sbyte>>(ref row);
            Vector256<sbyte> second = tap + 1 < arguments.TapOffsets.Length ? Unsafe.As<sbyte, Vector256<sbyte>>(ref Unsafe.Add(ref row, paddedChannels)) : default;
            Vector256<sbyte> lower = Avx2.UnpackLow(first, second), upper = Avx2.UnpackHigh(first, second);
            Vector256<sbyte> lowerSigns = Avx2.CompareGreaterThan(default, lower), upperSigns = Avx2.CompareGreaterThan(default, upper);
            ref Vector256<sbyte> pair = ref Unsafe.As<sbyte, Vector256<sbyte>>(ref Unsafe.Add(ref target, tap * 64));
            pair = Avx2.UnpackLow(lower, lowerSigns);
            Unsafe.Add(ref pair, 1) = Avx2.UnpackHigh(lower, lowerSigns);
            Unsafe.Add(ref pair, 2) = Avx2.UnpackLow(upper, upperSigns);
            Unsafe.Add(ref pair, 3) = Avx2.UnpackHigh(upper, upperSigns);
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunBlock32<TRequantizer>(in Arguments arguments, int channel, Span<int> offsets, Span<short> weights)
        where TRequantizer : struct, IRequantizer
    {
        ref byte input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), channel);
        ref byte output = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), channel);
        ref int multipliers = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Multipliers), channel);
        ref int bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), channel);
        ref int taps = ref MemoryMarshal.GetReference(offsets);
        nint tapCount = offsets.Length;
        RequantizationTarget target = arguments.Target;
        Vector256<int> multiplier0 = Halves(ref multipliers, 0), multiplier1 = Halves(ref multipliers, 4);
        Vector256<int> multiplier2 = Halves(ref multipliers, 8), multiplier3 = Halves(ref multipliers, 12);
        nuint shifts = (nuint)target.ShiftDistance;
        Vector256<int> shift0 = TRequantizer.HasShifts ? Halves(ref multipliers, shifts) : default, shift1 = TRequantizer.HasShifts ? Halves(ref multipliers, shifts + 4) : default;
        Vector256<int> shift2 = TRequantizer.HasShifts ? Halves(ref multipliers, shifts + 8) : default, shift3 = TRequantizer.HasShifts ? Halves(ref multipliers, shifts + 12) : default;
        ConvolutionGeometry geometry = arguments.Geometry;
        for (int row = 0; row < geometry.Batches * geometry.OutputHeight; row++)
        {
            (nint position, nint pixel) = RowBegin(geometry, row);
            for (int column = 0; column < geometry.OutputWidth; column++)
            {
                ref byte window = ref Unsafe.Add(ref input, position);
                ref short filter = ref MemoryMarshal.GetReference(weights);
                Vector256<int> sum0 = Halves(ref bias, 0), sum1 = Halves(ref bias, 4), sum2 = Halves(ref bias, 8), sum3 = Halves(ref bias, 12);
                for (nint tap = 0; tap < tapCount; tap += 2)
                {
                    Vector256<byte> first = Unsafe.As<byte, Vector256<byte>>(ref Unsafe.Add(ref window, Unsafe.Add(ref taps, tap)));
                    Vector256<byte> second = Unsafe.As<byte, Vector256<byte>>(ref Unsafe.Add(ref window, Unsafe.Add(ref taps, tap + 1)));
                    Vector256<byte> lower = Avx2.UnpackLow(first, second), upper = Avx2.UnpackHigh(first, second);
                    sum0 = AddPairs(sum0, Avx2.UnpackLow(lower, Vector256<byte>.Zero), ref filter, 0);
                    sum1 = AddPairs(sum1, Avx2.UnpackHigh(lower, Vector256<byte>.Zero), ref filter, 16);
                    sum2 = AddPairs(sum2, Avx2.UnpackLow(upper, Vector256<byte>.Zero), ref filter, 32);
                    sum3 = AddPairs(sum3, Avx2.UnpackHigh(upper, Vector256<byte>.Zero), ref filter, 48);
                    filter = ref Unsafe.Add(ref filter, 64);
                }

                Vector256<int> quantised0 = TRequantizer.Avx2Integers(sum0, multiplier0, shift0, target), quantised1 = TRequantizer.Avx2Integers(sum1, multiplier1, shift1, target);
                Vector256<int> quantised2 = TRequantizer.Avx2Integers(sum2, multiplier2, shift2, target), quantised3 = TRequantizer.Avx2Integers(sum3, multiplier3, shift3, target);
                Unsafe.As<byte, Vector256<byte>>(ref Unsafe.Add(ref output, pixel)) =
                    Avx2.PackUnsignedSaturate(Avx2.PackSignedSaturate(quantised0, quantised1), Avx2.PackSignedSaturate(quantised2, quantised3));
                position += geometry.InputPixelStep;
                pixel += geometry.OutputPixelStride;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> AddPairs(Vector256<int> sums, Vector256<byte> activations, ref short filter, nuint at) =>
        Avx2.Add(sums, Avx2.MultiplyAddAdjacent(Unsafe.As<Vector256<byte>, Vector256<short>>(ref activations), Unsafe.As<short, Vector256<short>>(ref Unsafe.Add(ref filter, at))));

    /// <summary>Four numbers from an index on, and the four that are 16 further.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Halves(ref int numbers, nuint at) =>
        Avx2.InsertVector128(Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref numbers, at)), Unsafe.As<int, Vector128<int>>(ref Unsafe.Add(ref numbers, at + 16)), 1);
}
