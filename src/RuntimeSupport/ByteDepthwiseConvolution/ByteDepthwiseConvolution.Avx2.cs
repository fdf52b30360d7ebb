using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteDepthwiseConvolution
{
    /// <summary>Two taps at a time as int16 pairs; 32 channels at a time, or 16 or 8 where there are fewer. At least 8 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx2<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        int taps = arguments.TapOffsets.Length;
        int pairs = (taps + 1) / 2;
        Span<int> offsets = stackalloc int[2 * pairs];
        PairOffsets(arguments.TapOffsets, offsets);
        int width = arguments.Channels >= 32 ? 32 : arguments.Channels >= 16 ? 16 : 8;
        Span<short> weights = stackalloc short[pairs * 2 * width];
        for (int block = 0; block * width < arguments.Channels; block++)
        {
            int channel = BlockBegin(block, width, arguments.Channels);
            if (width == 32)
            {
                WidenWeights32(arguments, channel, weights);
                RunBlock32<TRequantizer>(arguments, channel, offsets, weights);
            }
            else if (width == 16)
            {
                WidenWeights16(arguments, channel, weights);
                RunBlock16<TRequantizer>(arguments, channel, offsets, weights);
            }
            else
            {
                WidenWeights8(arguments, channel, weights);
                RunBlock8<TRequantizer>(arguments, channel, offsets, weights);
            }
        }
    }

    /// <summary>Weights of 16 channels as <c>[pair][16][2]</c> int16.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void WidenWeights16(in Arguments arguments, int channel, Span<short> pairs)
    {
        ref sbyte weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), channel);
        ref short target = ref MemoryMarshal.GetReference(pairs);
        for (int tap = 0; tap < arguments.TapOffsets.Length; tap += 2)
        {
            Vector128<sbyte> first = Vector128.LoadUnsafe(ref weights, (nuint)tap * (nuint)arguments.PaddedChannels);
            Vector128<sbyte> second = tap + 1 < arguments.TapOffsets.Length
                ? Vector128.LoadUnsafe(ref weights, ((nuint)tap + 1) * (nuint)arguments.PaddedChannels)
                : default;
            Avx2.ConvertToVector256Int16(Sse2.UnpackLow(first, second)).StoreUnsafe(ref target, (nuint)tap * 16);
            Avx2.ConvertToVector256Int16(Sse2.UnpackHigh(first, second)).StoreUnsafe(ref target, ((nuint)tap * 16) + 16);
        }
    }

    /// <summary>Weights of 8 channels as <c>[pair][8][2]</c> int16.</summary>
    private static void WidenWeights8(in Arguments arguments, int channel, Span<short> pairs)
    {
        pairs.Clear();
        for (int tap = 0; tap < arguments.TapOffsets.Length; tap++)
        {
            for (int lane = 0; lane < 8; lane++)
            {
                pairs[(tap / 2 * 16) + (lane * 2) + (tap % 2)] = arguments.Weights[(tap * arguments.PaddedChannels) + channel + lane];
            }
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunBlock16<TRequantizer>(in Arguments arguments, int channel, Span<int> offsets, Span<short> weights)
        where TRequantizer : struct, IRequantizer
    {
        ref byte input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), channel);
        ref byte output = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), channel);
        ref int multipliers = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Multipliers), channel);
        ref int taps = ref MemoryMarshal.GetReference(offsets);
        ref short filter = ref MemoryMarshal.GetReference(weights);
        Vector256<int> bias0 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), channel));
        Vector256<int> bias1 = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), channel + 8));
        RequantizationTarget target = arguments.Target;
        ConvolutionGeometry geometry = arguments.Geometry;
        for (int row = 0; row < geometry.Batches * geometry.OutputHeight; row++)
        {
            (nint position, nint pixel) = RowBegin(geometry, row);
            for (int column = 0; column < geometry.OutputWidth; column++)
            {
                ref byte window = ref Unsafe.Add(ref input, position);
                Vector256<int> sum0 = bias0, sum1 = bias1;
                for (nint tap = 0; tap < offsets.Length; tap += 2)
                {
                    Vector128<byte> first = Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref window, Unsafe.Add(ref taps, tap)));
                    Vector128<byte> second = Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref window, Unsafe.Add(ref taps, tap + 1)));
                    Vector256<short> lower = Avx2.ConvertToVector256Int16(Sse2.UnpackLow(first, second));
                    Vector256<short> upper = Avx2.ConvertToVector256Int16(Sse2.UnpackHigh(first, second));
                    sum0 = Avx2.Add(sum0, Avx2.MultiplyAddAdjacent(lower, Unsafe.As<short, Vector256<short>>(ref Unsafe.Add(ref filter, tap * 16))));
                    sum1 = Avx2.Add(sum1, Avx2.MultiplyAddAdjacent(upper, Unsafe.As<short, Vector256<short>>(ref Unsafe.Add(ref filter, (tap * 16) + 16))));
                }

                Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref output, pixel)) = ByteLanes.Avx2Bytes<TRequantizer>(sum0, sum1, ref multipliers, target);
                position += geometry.InputPixelStep;
                pixel += geometry.OutputPixelStride;
            }
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunBlock8<TRequantizer>(in Arguments arguments, int channel, Span<int> offsets, Span<short> weights)
        where TRequantizer : struct, IRequantizer
    {
        ref byte input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), channel);
        ref byte output = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), channel);
        ref int taps = ref MemoryMarshal.GetReference(offsets);
        ref short filter = ref MemoryMarshal.GetReference(weights);
        Vector256<int> bias = Unsafe.As<int, Vector256<int>>(ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), channel));
        ref int multipliers = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Multipliers), channel);
        RequantizationTarget target = arguments.Target;
        ConvolutionGeometry geometry = arguments.Geometry;
        for (int row = 0; row < geometry.Batches * geometry.OutputHeight; row++)
        {
            (nint position, nint pixel) = RowBegin(geometry, row);
            for (int column = 0; column < geometry.OutputWidth; column++)
            {
                ref byte window = ref Unsafe.Add(ref input, position);
                Vector256<int> sum = bias;
                for (nint tap = 0; tap < offsets.Length; tap += 2)
                {
                    Vector128<byte> first = Load8(ref Unsafe.Add(ref window, Unsafe.Add(ref taps, tap)));
                    Vector128<byte> second = Load8(ref Unsafe.Add(ref window, Unsafe.Add(ref taps, tap + 1)));
                    Vector256<short> both = Avx2.ConvertToVector256Int16(Sse2.UnpackLow(first, second));
                    sum = Avx2.Add(sum, Avx2.MultiplyAddAdjacent(both, Unsafe.As<short, Vector256<short>>(ref Unsafe.Add(ref filter, tap * 8))));
                }

                Vector256<int> quantised = ByteLanes.Avx2Integers<TRequantizer>(sum, ref multipliers, 0, target);
                Vector128<byte> bytes = ByteLanes.Avx2Bytes(quantised, quantised);
                Unsafe.WriteUnaligned(ref Unsafe.Add(ref output, pixel), bytes.AsUInt64().ToScalar());
                position += geometry.InputPixelStep;
                pixel += geometry.OutputPixelStride;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Load8(ref byte source) => Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(ref source)).AsByte();
}
