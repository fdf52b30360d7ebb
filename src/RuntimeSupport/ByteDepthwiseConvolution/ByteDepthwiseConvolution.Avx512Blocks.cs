using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// Blocks of 32 channels, whose sums are quantised before they leave the registers. A row is convolved for all channels before the next one is, so that what it
/// reads and writes stays in the first cache. All that a block needs is in a table: widened weights, bias and what requantisation reads, in the order of the sums.
/// </content>
public static partial class ByteDepthwiseConvolution
{
    /// <summary>In an order of taps: a tap of zeros.</summary>
    private const int NoTap = -1;

    /// <summary>Channels of a block.</summary>
    private const int BlockChannels = 32;

    /// <summary>The most numbers that tables take where they are more than one block's: they share the first cache with the image.</summary>
    private const int TableNumbers = 8192;

    /// <summary>Numbers of a table behind the weights: bias and what requantisation reads.</summary>
    private const int ChannelNumbers = BlockChannels + (2 * ByteLanes.PreparedNumbers);

    /// <summary>Images no wider are turned where they are higher than wide, so that more windows share columns.</summary>
    private const int TurnedWidth = 8;

    /// <summary>At least 32 channels; <see cref="IRequantizer.HasAvx512Products"/> holds.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void RunAvx512Blocks<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        bool isTurned = IsTurned(arguments);
        int stride = isTurned ? 1 : GridStride(arguments);
        int taps = (arguments.TapOffsets.Length + 1) / 2 * 2;
        Span<int> order = stackalloc int[taps], offsets = stackalloc int[taps];
        FindOrder(stride > 0, isTurned, arguments.TapOffsets.Length, order);
        FindOffsets(arguments.TapOffsets, stride > 0, isTurned, offsets);
        int blocks = (arguments.Channels + BlockChannels - 1) / BlockChannels;
        int numbers = (taps * BlockChannels / 2) + ChannelNumbers;
        int panel = Math.Min(blocks, Math.Max(TableNumbers / numbers, 1));
        Span<int> tables = CacheLine.Align(stackalloc int[(panel * numbers) + (CacheLine.Bytes / sizeof(int))]);
        for (int block = 0; block < blocks; block += panel)
        {
            int count = Math.Min(panel, blocks - block);
            for (int index = 0; index < count; index++)
            {
                FillTable<TRequantizer>(arguments, BlockBegin(block + index, BlockChannels, arguments.Channels), order, ref tables[index * numbers]);
            }

            RunRows<TRequantizer>(arguments, isTurned ? arguments.Geometry.Turned() : arguments.Geometry, stride, block, count, offsets, ref MemoryMarshal.GetReference(tables), numbers);
        }
    }

    /// <summary>Whether columns are taken for rows.</summary>
    private static bool IsTurned(in Arguments arguments) =>
        arguments.Geometry.OutputWidth <= TurnedWidth && arguments.Geometry.OutputHeight > arguments.Geometry.OutputWidth
        && GridStride(arguments) == 1
        && arguments.Geometry.InputRowStep == arguments.TapOffsets[3] - arguments.TapOffsets[0]
        && arguments.Geometry.InputRowStep == arguments.TapOffsets[6] - arguments.TapOffsets[3];

    /// <summary>
    /// Columns from a window to the next one, 1 or 2, where a window is three taps high and three wide, columns being one distance apart;
    /// else 0. Such windows share columns.
    /// </summary>
    private static int GridStride(in Arguments arguments)
    {
        ReadOnlySpan<int> taps = arguments.TapOffsets;
        if (taps.Length != 9)
        {
            return 0;
        }

        int column = taps[1] - taps[0];
        for (int tap = 0; tap < 9; tap++)
        {
            if (taps[tap] != taps[tap / 3 * 3] + (tap % 3 * column))
            {
                return 0;
            }
        }

        return column <= 0 ? 0 : arguments.Geometry.InputPixelStep == column ? 1 : arguments.Geometry.InputPixelStep == 2L * column ? 2 : 0;
    }

    /// <summary>Which taps make pairs: in a grid, two of a column, and two of the lowest row; or, turned, two of a row, and two of the last column.</summary>
    private static void FindOrder(bool isGrid, bool isTurned, int taps, Span<int> order)
    {
        if (isGrid)
        {
            ReadOnlySpan<int> pairs = isTurned ? [0, 1, 3, 4, 6, 7, 2, 5, NoTap, 8] : [0, 3, 1, 4, 2, 5, 6, 7, NoTap, 8];
            pairs.CopyTo(order);
            return;
        }

        for (int tap = 0; tap < order.Length; tap++)
        {
            order[tap] = tap < taps ? tap : NoTap;
        }
    }

    /// <summary>Where a grid's rows begin; else where each tap is.</summary>
    private static void FindOffsets(ReadOnlySpan<int> taps, bool isGrid, bool isTurned, Span<int> offsets)
    {
        PairOffsets(taps, offsets);
        if (isGrid && !isTurned)
        {
            offsets[1] = taps[3];
            offsets[2] = taps[6];
        }
    }

    private static void FillTable<TRequantizer>(in Arguments arguments, int channel, ReadOnlySpan<int> order, ref int table)
        where TRequantizer : struct, IRequantizer
    {
        WidenWeights(arguments, channel, BlockChannels, order, ref Unsafe.As<int, short>(ref table));
        ref int bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), channel);
        ref int multipliers = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Multipliers), channel);
        ref int shifts = ref Unsafe.Add(ref multipliers, arguments.Target.ShiftDistance);
        ref int start = ref Unsafe.Add(ref table, order.Length * BlockChannels / 2);
        Span<int> ordered = stackalloc int[2 * BlockChannels];
        ref Vector512<int> vectors = ref Unsafe.As<int, Vector512<int>>(ref MemoryMarshal.GetReference(ordered));
        vectors = StartLow(ref multipliers);
        Unsafe.Add(ref vectors, 1) = StartHigh(ref multipliers);
        Unsafe.Add(ref vectors, 2) = StartLow(ref shifts);
        Unsafe.Add(ref vectors, 3) = StartHigh(ref shifts);
        Unsafe.As<int, Vector512<int>>(ref start) = StartLow(ref bias);
        Unsafe.As<int, Vector512<int>>(ref Unsafe.Add(ref start, 16)) = StartHigh(ref bias);
        RequantizationTarget target = arguments.Target.WithShiftDistance(BlockChannels);
        ref int prepared = ref Unsafe.Add(ref start, BlockChannels);
        TRequantizer.Avx512Prepare(ref MemoryMarshal.GetReference(ordered), target, ref prepared);
        TRequantizer.Avx512Prepare(ref ordered[16], target, ref Unsafe.Add(ref prepared, ByteLanes.PreparedNumbers));
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunRows<TRequantizer>(
        in Arguments arguments, ConvolutionGeometry geometry, int stride, int block, int blocks, Span<int> offsets, ref int tables, int numbers)
        where TRequantizer : struct, IRequantizer
    {
        nint step = geometry.InputPixelStep, pixelStride = geometry.OutputPixelStride;
        for (int row = 0; row < geometry.Batches * geometry.OutputHeight; row++)
        {
            (nint window, nint pixel) = RowBegin(geometry, row);
            for (int index = 0; index < blocks; index++)
            {
                int channel = BlockBegin(block + index, BlockChannels, arguments.Channels);
                ref byte first = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), window + channel);
                ref byte output = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), pixel + channel);
                ref int table = ref Unsafe.Add(ref tables, index * numbers);
                switch (stride)
                {
                    case 1:
                        Slide1<TRequantizer>(ref first, step, offsets, ref table, ref output, pixelStride, geometry.OutputWidth, arguments.Target);
                        break;
                    case 2:
                        Slide2<TRequantizer>(ref first, step, offsets, ref table, ref output, pixelStride, geometry.OutputWidth, arguments.Target);
                        break;
                    default:
                        AllTaps<TRequantizer>(ref first, step, offsets, ref table, ref output, pixelStride, geometry.OutputWidth, arguments.Target);
                        break;
                }
            }
        }
    }
}
