using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

/// <content>Two taps at a time as int16 pairs with AVX-512; 32 channels at a time, or 16 where there are fewer.</content>
public static partial class ByteDepthwiseConvolution
{
    /// <summary>The most pixels whose sums are requantised together.</summary>
    private const int PixelsTogether = 64;

    /// <summary>At least 16 channels.</summary>
    internal static void RunAvx512<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        if (arguments.Channels >= 32 && TRequantizer.HasAvx512Products(ref MemoryMarshal.GetReference(arguments.Multipliers), arguments.PaddedChannels, arguments.Target))
        {
            RunAvx512Blocks<TRequantizer>(arguments);
        }
        else
        {
            RunAvx512Sums<TRequantizer>(arguments);
        }
    }

    /// <summary>Sums of many pixels, then their requantisation: fewer than 32 channels, or rare multipliers.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void RunAvx512Sums<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        int width = arguments.Channels >= 32 ? 32 : 16;
        int taps = (arguments.TapOffsets.Length + 1) / 2 * 2;
        Span<int> order = stackalloc int[taps];
        FindOrder(isGrid: false, isTurned: false, arguments.TapOffsets.Length, order);
        Span<int> offsets = stackalloc int[taps];
        PairOffsets(arguments.TapOffsets, offsets);
        Span<short> weights = CacheLine.Align(stackalloc short[(taps * width) + (CacheLine.Bytes / sizeof(short))]);
        Span<int> sums = CacheLine.Align(stackalloc int[(PixelsTogether * width) + (CacheLine.Bytes / sizeof(int))]);
        Span<int> pixels = stackalloc int[PixelsTogether];
        ConvolutionGeometry geometry = arguments.Geometry;
        for (int block = 0; block * width < arguments.Channels; block++)
        {
            int channel = BlockBegin(block, width, arguments.Channels);
            WidenWeights(arguments, channel, width, order, ref weights[0]);
            for (int row = 0; row < geometry.Batches * geometry.OutputHeight; row++)
            {
                (nint window, nint pixel) = RowBegin(geometry, row);
                for (int column = 0; column < geometry.OutputWidth; column += PixelsTogether)
                {
                    int columns = Math.Min(PixelsTogether, geometry.OutputWidth - column);
                    for (int within = 0; within < columns; within++)
                    {
                        pixels[within] = (int)pixel + ((column + within) * geometry.OutputPixelStride);
                    }

                    ref byte first = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), window + (column * geometry.InputPixelStep) + channel);
                    ref int bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), channel);
                    if (width == 32)
                    {
                        Sum32(ref first, geometry.InputPixelStep, offsets, weights, ref bias, ref sums[0], columns);
                    }
                    else
                    {
                        Sum16(ref first, geometry.InputPixelStep, offsets, weights, ref bias, ref sums[0], columns);
                    }

                    Requantize<TRequantizer>(arguments, channel, width, sums, pixels.Slice(0, columns));
                }
            }
        }
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
}
