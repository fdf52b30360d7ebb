using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteDepthwiseConvolution
{
    /// <summary>Pixels whose sums are requantised together.</summary>
    private const int PixelsTogether = 32;

    /// <summary>Two taps at a time as int16 pairs; 32 channels at a time, or 16 where there are fewer; sums of many pixels are requantised together. At least 16 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx512<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        int pairs = (arguments.TapOffsets.Length + 1) / 2;
        Span<int> offsets = stackalloc int[2 * pairs];
        PairOffsets(arguments.TapOffsets, offsets);
        int width = arguments.Channels >= 32 ? 32 : 16;
        Span<short> weights = CacheLine.Align(stackalloc short[(pairs * 2 * width) + (CacheLine.Bytes / sizeof(short))]);
        Span<int> sums = CacheLine.Align(stackalloc int[(PixelsTogether * width) + (CacheLine.Bytes / sizeof(int))]);
        for (int block = 0; block * width < arguments.Channels; block++)
        {
            int channel = BlockBegin(block, width, arguments.Channels);
            if (width == 32)
            {
                WidenWeights32(arguments, channel, weights);
            }
            else
            {
                WidenWeights16(arguments, channel, weights);
            }

            RunBlockAvx512<TRequantizer>(arguments, channel, width, offsets, weights, sums);
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunBlockAvx512<TRequantizer>(in Arguments arguments, int channel, int width, Span<int> offsets, Span<short> weights, Span<int> sums)
        where TRequantizer : struct, IRequantizer
    {
        ref byte input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), channel);
        ref int bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), channel);
        Span<int> pixels = stackalloc int[PixelsTogether];
        int filled = 0;
        ConvolutionGeometry geometry = arguments.Geometry;
        for (int row = 0; row < geometry.Batches * geometry.OutputHeight; row++)
        {
            (nint position, nint pixel) = RowBegin(geometry, row);
            int count;
            for (int column = 0; column < geometry.OutputWidth; column += count)
            {
                count = Math.Min(PixelsTogether - filled, geometry.OutputWidth - column);
                ref byte window = ref Unsafe.Add(ref input, position + (column * (nint)geometry.InputPixelStep));
                if (width == 32)
                {
                    Sum32(ref window, geometry.InputPixelStep, offsets, weights, ref bias, ref sums[filled * 32], count);
                }
                else
                {
                    Sum16(ref window, geometry.InputPixelStep, offsets, weights, ref bias, ref sums[filled * 16], count);
                }

                for (int index = 0; index < count; index++)
                {
                    pixels[filled++] = (int)pixel + ((column + index) * geometry.OutputPixelStride);
                }

                if (filled == PixelsTogether)
                {
                    Requantize<TRequantizer>(arguments, channel, width, sums, pixels);
                    filled = 0;
                }
            }
        }

        Requantize<TRequantizer>(arguments, channel, width, sums, pixels.Slice(0, filled));
    }

    /// <summary>Quantises a block of channels of some pixels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Requantize<TRequantizer>(in Arguments arguments, int channel, int width, Span<int> sums, Span<int> pixels)
        where TRequantizer : struct, IRequantizer
    {
        for (int block = 0; block < width; block += 16)
        {
            TRequantizer.Avx512Rows(
                ref sums[block],
                width,
                ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Multipliers), channel + block),
                ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), channel + block),
                ref MemoryMarshal.GetReference(pixels),
                pixels.Length,
                arguments.Target);
        }
    }

    /// <summary>Sums of 32 channels of some pixels of a row, in vectors of 256 bits: unpacking is what takes the time, and wider vectors make it no faster.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Sum32(ref byte window, nint step, Span<int> offsets, Span<short> weights, ref int bias, ref int sums, int pixels)
    {
        ref int taps = ref MemoryMarshal.GetReference(offsets);
        nint tapCount = offsets.Length;
        Vector256<int> start0 = Halves(ref bias, 0), start1 = Halves(ref bias, 4), start2 = Halves(ref bias, 8), start3 = Halves(ref bias, 12);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            ref short filter = ref MemoryMarshal.GetReference(weights);
            Vector256<int> sum0 = start0, sum1 = start1, sum2 = start2, sum3 = start3;
            for (nint tap = 0; tap < tapCount; tap += 2)
            {
                Vector256<byte> first = Vector256.LoadUnsafe(ref Unsafe.Add(ref window, Unsafe.Add(ref taps, tap)));
                Vector256<byte> second = Vector256.LoadUnsafe(ref Unsafe.Add(ref window, Unsafe.Add(ref taps, tap + 1)));
                Vector256<byte> lower = Avx2.UnpackLow(first, second), upper = Avx2.UnpackHigh(first, second);
                sum0 = AddPairs(sum0, Avx2.UnpackLow(lower, Vector256<byte>.Zero), ref filter, 0);
                sum1 = AddPairs(sum1, Avx2.UnpackHigh(lower, Vector256<byte>.Zero), ref filter, 16);
                sum2 = AddPairs(sum2, Avx2.UnpackLow(upper, Vector256<byte>.Zero), ref filter, 32);
                sum3 = AddPairs(sum3, Avx2.UnpackHigh(upper, Vector256<byte>.Zero), ref filter, 48);
                filter = ref Unsafe.Add(ref filter, 64);
            }

            Avx2.Permute2x128(sum0, sum1, 0x20).StoreUnsafe(ref sums);
            Avx2.Permute2x128(sum2, sum3, 0x20).StoreUnsafe(ref sums, 8);
            Avx2.Permute2x128(sum0, sum1, 0x31).StoreUnsafe(ref sums, 16);
            Avx2.Permute2x128(sum2, sum3, 0x31).StoreUnsafe(ref sums, 24);
            sums = ref Unsafe.Add(ref sums, 32);
            window = ref Unsafe.Add(ref window, step);
        }
    }

    /// <summary>Sums of 16 channels of some pixels of a row.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Sum16(ref byte window, nint step, Span<int> offsets, Span<short> weights, ref int bias, ref int sums, int pixels)
    {
        ref int taps = ref MemoryMarshal.GetReference(offsets);
        nint tapCount = offsets.Length;
        Vector512<int> start = Vector512.LoadUnsafe(ref bias);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            ref short filter = ref MemoryMarshal.GetReference(weights);
            Vector512<int> sum = start;
            for (nint tap = 0; tap < tapCount; tap += 2)
            {
                Vector128<byte> first = Vector128.LoadUnsafe(ref Unsafe.Add(ref window, Unsafe.Add(ref taps, tap)));
                Vector128<byte> second = Vector128.LoadUnsafe(ref Unsafe.Add(ref window, Unsafe.Add(ref taps, tap + 1)));
                Vector256<byte> both = Vector256.Create(Sse2.UnpackLow(first, second), Sse2.UnpackHigh(first, second));
                sum = Avx512F.Add(sum, Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(both), Vector512.LoadUnsafe(ref filter)));
                filter = ref Unsafe.Add(ref filter, 32);
            }

            sum.StoreUnsafe(ref sums);
            sums = ref Unsafe.Add(ref sums, 16);
            window = ref Unsafe.Add(ref window, step);
        }
    }
}
