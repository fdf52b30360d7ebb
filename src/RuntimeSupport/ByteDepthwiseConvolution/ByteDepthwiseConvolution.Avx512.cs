using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// Two taps at a time as int16 pairs with AVX-512; 32 channels at a time, or 16 where there are fewer. A few rows are convolved for all channels before
/// the next ones are, so that what they read and write stays in the first cache; sums of many pixels are requantised together.
/// </content>
public static partial class ByteDepthwiseConvolution
{
    /// <summary>The most pixels whose sums are requantised together.</summary>
    private const int PixelsTogether = 64;

    /// <summary>The most numbers that widened weights take where they are more than one block's: they share the first cache with the image.</summary>
    private const int WidenedWeights = 10240;

    /// <summary>At least 16 channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunAvx512<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        int width = arguments.Channels >= 32 ? 32 : 16;
        int stride = width == 32 ? GridStride(arguments) : 0;
        Span<int> order = stackalloc int[(arguments.TapOffsets.Length + 1) / 2 * 2];
        FindOrder(stride > 0, arguments.TapOffsets.Length, order);
        int blocks = (arguments.Channels + width - 1) / width;
        int panel = Math.Min(blocks, Math.Max(WidenedWeights / (order.Length * width), 1));
        Span<short> weights = CacheLine.Align(stackalloc short[(panel * order.Length * width) + (CacheLine.Bytes / sizeof(short))]);
        Span<int> sums = CacheLine.Align(stackalloc int[(PixelsTogether * width) + (CacheLine.Bytes / sizeof(int))]);
        for (int block = 0; block < blocks; block += panel)
        {
            int count = Math.Min(panel, blocks - block);
            for (int index = 0; index < count; index++)
            {
                WidenWeights(arguments, BlockBegin(block + index, width, arguments.Channels), width, order, weights.Slice(index * order.Length * width));
            }

            RunPanel<TRequantizer>(arguments, new Panel(block, count, width, stride, order.Length), weights, sums);
        }
    }

    /// <summary>Blocks of channels that are convolved row by row.</summary>
    /// <param name="Block">The first block.</param>
    /// <param name="Blocks">Number of blocks.</param>
    /// <param name="Width">Channels of a block, 16 or 32.</param>
    /// <param name="Stride">Columns from a window to the next one where a window is a grid of 3 × 3 taps that <see cref="Slide1"/> or <see cref="Slide2"/> takes; else 0.</param>
    /// <param name="Taps">Taps, filled up to pairs.</param>
    private readonly record struct Panel(int Block, int Blocks, int Width, int Stride, int Taps)
    {
        public readonly int Block = Block, Blocks = Blocks, Width = Width, Stride = Stride, Taps = Taps;
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunPanel<TRequantizer>(in Arguments arguments, Panel panel, Span<short> weights, Span<int> sums)
        where TRequantizer : struct, IRequantizer
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        int rows = geometry.Batches * geometry.OutputHeight;
        int columnsTogether = Math.Min(geometry.OutputWidth, PixelsTogether), rowsTogether = PixelsTogether / columnsTogether;
        Span<int> offsets = stackalloc int[panel.Taps];
        PairOffsets(arguments.TapOffsets, offsets);
        Span<int> windows = stackalloc int[rowsTogether];
        Span<int> pixels = stackalloc int[PixelsTogether];
        for (int row = 0; row < rows; row += rowsTogether)
        {
            int height = Math.Min(rowsTogether, rows - row);
            for (int column = 0; column < geometry.OutputWidth; column += columnsTogether)
            {
                int columns = Math.Min(columnsTogether, geometry.OutputWidth - column);
                FindPixels(geometry, row, column, columns, windows.Slice(0, height), pixels);
                for (int index = 0; index < panel.Blocks; index++)
                {
                    int channel = BlockBegin(panel.Block + index, panel.Width, arguments.Channels);
                    Sum(arguments, panel, channel, windows.Slice(0, height), columns, offsets, weights.Slice(index * panel.Taps * panel.Width), sums);
                    Requantize<TRequantizer>(arguments, channel, panel.Width, sums, pixels.Slice(0, height * columns));
                }
            }
        }
    }

    /// <summary>Where the windows of some rows begin, and where their pixels are.</summary>
    private static void FindPixels(ConvolutionGeometry geometry, int row, int column, int columns, Span<int> windows, Span<int> pixels)
    {
        int filled = 0;
        for (int index = 0; index < windows.Length; index++)
        {
            (nint window, nint pixel) = RowBegin(geometry, row + index);
            windows[index] = (int)window + (column * geometry.InputPixelStep);
            for (int within = 0; within < columns; within++)
            {
                pixels[filled++] = (int)pixel + ((column + within) * geometry.OutputPixelStride);
            }
        }
    }

    /// <summary>Sums of a block of channels of some pixels of some rows.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Sum(in Arguments arguments, Panel panel, int channel, Span<int> windows, int columns, Span<int> offsets, Span<short> weights, Span<int> sums)
    {
        ref byte input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), channel);
        ref int bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), channel);
        nint step = arguments.Geometry.InputPixelStep;
        for (int row = 0; row < windows.Length; row++)
        {
            ref byte window = ref Unsafe.Add(ref input, windows[row]);
            ref int rowSums = ref sums[row * columns * panel.Width];
            switch (panel.Stride)
            {
                case 1:
                    Slide1(ref window, step, offsets, weights, ref bias, ref rowSums, columns);
                    break;
                case 2:
                    Slide2(ref window, step, offsets, weights, ref bias, ref rowSums, columns);
                    break;
                default:
                    if (panel.Width == 32)
                    {
                        Sum32(ref window, step, offsets, weights, ref bias, ref rowSums, columns);
                    }
                    else
                    {
                        Sum16(ref window, step, offsets, weights, ref bias, ref rowSums, columns);
                    }

                    break;
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
