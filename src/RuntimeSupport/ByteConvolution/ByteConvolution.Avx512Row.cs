using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelCompiler.RuntimeSupport;

/// <content>
/// First layers with AVX-512: stretches of image rows and the weights are widened to int16 once, so that a pair of inputs is one broadcast wherever it begins,
/// and a kernel row of 9 inputs takes 5 pairs rather than 3 quads. The last tile of a stretch is moved back to end with it, and computes some pixels again.
/// </content>
public static partial class ByteConvolution
{
    /// <summary>Pixels that are multiplied together.</summary>
    private const int RowTile = 8;

    /// <summary>Pixels that are multiplied together where the same number of tiles then computes fewer pixels twice.</summary>
    private const int ShortRowTile = 7;

    /// <summary>Pixels of a stretch, which are quantised together.</summary>
    private const int RowPixels = 56;

    /// <summary>The most widened inputs of a stretch: they share the first cache with weights and sums.</summary>
    private const int RowInputs = 6144;

    /// <summary>The most quads × blocks for which widened weights leave the first cache to the rest.</summary>
    private const int RowWork = 192;

    /// <summary>Whether reading activations where they lie beats packing them: windows of few inputs, in short runs, overlap or lie close together.</summary>
    private static bool IsRow(in Arguments arguments) =>
        HasFullTiles(arguments.Geometry.OutputWidth) && HasFewInputs(arguments) && arguments.RunOffsets.Length * (long)StretchInputs(arguments, 0) <= RowInputs;

    /// <summary>
    /// Whether that is so of columns: rows are shorter than a tile, and the windows of a column lie so close together that they are widened as one run, which takes
    /// <paramref name="span"/> inputs more than one of its runs.
    /// </summary>
    private static bool IsTurnedRow(in Arguments arguments, out int span)
    {
        span = 0;
        if (arguments.Geometry.OutputWidth >= RowTile || !HasFullTiles(arguments.Geometry.OutputHeight) || !HasFewInputs(arguments))
        {
            return false;
        }

        foreach (int offset in arguments.RunOffsets)
        {
            span = Math.Max(span, offset - arguments.RunOffsets[0]);
            if (offset < arguments.RunOffsets[0])
            {
                return false;
            }
        }

        Arguments turned = arguments.Turned();
        return !IsNarrow(turned) && (span > 0 || arguments.RunOffsets.Length == 1) && span <= (arguments.RunOffsets.Length - 1) * StretchInputs(turned, 0) && StretchInputs(turned, span) <= RowInputs;
    }

    private static bool HasFewInputs(in Arguments arguments) =>
        arguments.RunOffsets.Length <= DirectQuads
        && arguments.QuadsPerRun <= Math.Min(DirectRunQuads, DirectQuads / arguments.RunOffsets.Length)
        && arguments.Blocks <= RowWork / (arguments.RunOffsets.Length * arguments.QuadsPerRun);

    /// <summary>Whether few pixels of a row are computed twice, by the tile that is moved back.</summary>
    private static bool HasFullTiles(int width) => width >= 2 * RowTile || width is RowTile or > 12;

    private static bool HasShortTiles(int pixels) => (pixels + RowTile - 1) / RowTile == (pixels + ShortRowTile - 1) / ShortRowTile;

    /// <summary>Whether pixels are multiplied in pairs, as up to 8 channels are.</summary>
    private static bool IsNarrow(in Arguments arguments) => arguments.OutputChannels <= NarrowChannels && arguments.Geometry.OutputWidth % 2 == 0;

    /// <summary>Inputs of a stretch's widened run, filled up to whole vectors and one more, which an odd last input is paired with; words, where pixels are in pairs.</summary>
    private static long StretchInputs(in Arguments arguments, int span)
    {
        long pixels = Math.Min(arguments.Geometry.OutputWidth, RowPixels), copies = 1;
        if (IsNarrow(arguments))
        {
            pixels = (pixels + PairTile - 1) / PairTile * PairTile;
            copies = 2;
        }

        return copies * (((((pixels - 1) * arguments.Geometry.InputPixelStep) + arguments.RunLength + span) / Vector512<short>.Count * Vector512<short>.Count) + Vector512<short>.Count);
    }

    /// <summary>Convolves; <see cref="IsRow"/> and <see cref="IRequantizer.HasAvx512Products"/> hold.</summary>
    internal static void RunAvx512Rows<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer => RunAvx512Rows<TRequantizer>(arguments, 0);

    /// <summary>Convolves; runs are widened as one that is by <paramref name="span"/> longer, where that is not 0.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void RunAvx512Rows<TRequantizer>(in Arguments arguments, int span)
        where TRequantizer : struct, IRequantizer
    {
        int pairs = arguments.RunOffsets.Length * ((arguments.RunLength + 1) / 2);
        int stretchInputs = (int)StretchInputs(arguments, span), stretchRuns = span > 0 ? 1 : arguments.RunOffsets.Length;
        bool isNarrow = IsNarrow(arguments);
        Span<int> offsets = stackalloc int[pairs];
        FindPairs(arguments, span > 0 ? 0 : stretchInputs, isNarrow ? 4 : 2, offsets);
        Span<short> weights = CacheLine.Align(stackalloc short[(arguments.Blocks * pairs * 2 * BlockChannels) + (CacheLine.Bytes / sizeof(short))]);
        Span<short> inputs = CacheLine.Align(stackalloc short[(stretchRuns * stretchInputs) + (CacheLine.Bytes / sizeof(short))]);
        Span<int> sums = CacheLine.Align(stackalloc int[(RowPixels * BlockChannels) + (CacheLine.Bytes / sizeof(int))]);
        ConvolutionGeometry geometry = arguments.Geometry;
        Span<int> targets = stackalloc int[RowPixels], prepared = CacheLine.Align(stackalloc int[(isNarrow ? RepeatedNumbers : arguments.Blocks * ByteLanes.PreparedNumbers) + (CacheLine.Bytes / sizeof(int))]);
        for (int pixel = 0; pixel < RowPixels; pixel++)
        {
            targets[pixel] = unchecked(pixel * geometry.OutputPixelStride);
        }

        for (int group = 0; group < arguments.Groups; group++)
        {
            WidenWeights(arguments, group, weights);
            if (isNarrow)
            {
                RepeatWeights(weights.Slice(0, pairs * 2 * BlockChannels));
                RepeatMultipliers(arguments, group, prepared);
            }
            else if (arguments.OutputChannels >= 2 * BlockChannels)
            {
                Prepare<TRequantizer>(arguments, group * arguments.Blocks, arguments.Blocks, prepared);
            }

            for (int row = 0; row < geometry.Batches * geometry.OutputHeight; row++)
            {
                (int batch, int y) = Math.DivRem(row, geometry.OutputHeight);
                int input = (batch * geometry.InputBatchStride) + (y * geometry.InputRowStep) + (group * arguments.InputChannels);
                int output = (batch * geometry.OutputBatchStride) + (y * geometry.OutputRowStride) + (group * arguments.OutputChannels);
                for (int stretch = 0; stretch < geometry.OutputWidth; stretch += RowPixels)
                {
                    int pixels = Math.Clamp(geometry.OutputWidth - stretch, RowTile, RowPixels);
                    int pixel = Math.Min(stretch, geometry.OutputWidth - pixels);
                    WidenRuns(
                        ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), input + (pixel * geometry.InputPixelStep)), geometry.InputPixelStep,
                        ((pixels - 1) * geometry.InputPixelStep) + arguments.RunLength + span, arguments.RunOffsets.Slice(0, stretchRuns), stretchInputs, isNarrow, inputs);
                    RunStretch<TRequantizer>(
                        arguments, group, inputs, weights, offsets, sums, prepared,
                        ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), output + (pixel * geometry.OutputPixelStride)), targets.Slice(0, pixels));
                }
            }
        }
    }

    /// <summary>Where each pair of inputs is among the widened ones, whose runs are some distance apart, or, if that is 0, where they were.</summary>
    private static void FindPairs(in Arguments arguments, int stretchInputs, int distance, Span<int> offsets)
    {
        int pairsPerRun = (arguments.RunLength + 1) / 2;
        for (int pair = 0; pair < offsets.Length; pair++)
        {
            (int run, int within) = Math.DivRem(pair, pairsPerRun);
            offsets[pair] = (stretchInputs > 0 ? run * stretchInputs : arguments.RunOffsets[run] - arguments.RunOffsets[0]) + (distance * within);
        }
    }

    /// <summary>The weights of a group's blocks as <c>[pair][16][2]</c> int16; an odd last input's second weight is one of the zeros that fill up its quad.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void WidenWeights(in Arguments arguments, int group, Span<short> widened)
    {
        int quadsPerRun = arguments.QuadsPerRun;
        int pairsPerRun = (arguments.RunLength + 1) / 2;
        int runs = arguments.Blocks * arguments.RunOffsets.Length;
        ref sbyte weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), (nint)group * runs * quadsPerRun * QuadWeights);
        int written = 0;
        for (int run = 0; run < runs; run++)
        {
            for (int pair = 0; pair < pairsPerRun; pair++)
            {
                Vector512<int> quads = Unsafe.As<sbyte, Vector512<int>>(ref Unsafe.Add(ref weights, ((run * quadsPerRun) + (pair / 2)) * QuadWeights));
                Vector512<int> low = pair % 2 == 0 ? Avx512F.ShiftLeftLogical(quads, 16) : quads;

                // The two bytes are the upper half of each lane now: one goes to either half, its sign with it.
                Vector512<int> second = Avx512F.And(Avx512F.ShiftRightArithmetic(low, 8), Vector512.Create(unchecked((int)0xFFFF0000)));
                Vector512<int> first = Avx512F.ShiftRightLogical(Avx512F.ShiftRightArithmetic(Avx512F.ShiftLeftLogical(low, 8), 8), 16);
                Unsafe.As<short, Vector512<int>>(ref widened[written]) = Avx512F.Or(first, second);
                written += 2 * BlockChannels;
            }
        }
    }

    /// <summary>Widens what the windows of some pixels of a row read: runs of some length.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void WidenRuns(ref byte window, int step, int length, ReadOnlySpan<int> runs, int stretchInputs, bool isNarrow, Span<short> widened)
    {
        for (int run = 0; run < runs.Length; run++)
        {
            ref byte from = ref Unsafe.Add(ref window, runs[run]);
            ref short to = ref widened[run * stretchInputs];
            if (isNarrow)
            {
                WidenPairs(ref from, length - step, step, ref to);
            }
            else
            {
                WidenInputs(ref from, length, ref to);
            }
        }
    }

    /// <summary>Widens a run of inputs.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void WidenInputs(ref byte from, int length, ref short to)
    {
        int at = 0;
        for (; at <= length - Vector256<byte>.Count; at += Vector256<byte>.Count)
        {
            Unsafe.As<short, Vector512<short>>(ref Unsafe.Add(ref to, at)) = Avx512BW.ConvertToVector512Int16(Unsafe.As<byte, Vector256<byte>>(ref Unsafe.Add(ref from, at)));
        }

        if (at <= length - Vector128<byte>.Count)
        {
            Unsafe.As<short, Vector256<short>>(ref Unsafe.Add(ref to, at)) = Avx2.ConvertToVector256Int16(Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref from, at)));
            at += Vector128<byte>.Count;
        }

        if (at < length && length >= Vector128<byte>.Count)
        {
            // Some are widened again.
            int last = length - Vector128<byte>.Count;
            Unsafe.As<short, Vector256<short>>(ref Unsafe.Add(ref to, last)) = Avx2.ConvertToVector256Int16(Unsafe.As<byte, Vector128<byte>>(ref Unsafe.Add(ref from, last)));
            return;
        }

        for (; at < length; at++)
        {
            Unsafe.Add(ref to, at) = Unsafe.Add(ref from, at);
        }
    }

    /// <summary>Convolves and quantises a stretch of pixels; <c>targets</c> says where each goes, from <c>output</c>.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void RunStretch<TRequantizer>(
        in Arguments arguments, int group, Span<short> inputs, Span<short> weights, Span<int> offsets, Span<int> sums, Span<int> prepared, ref byte output, Span<int> targets)
        where TRequantizer : struct, IRequantizer
    {
        if (IsNarrow(arguments))
        {
            RunNarrowStretch<TRequantizer>(arguments, group, inputs, weights, offsets, sums, prepared, ref output, targets);
            return;
        }

        int blockWeights = offsets.Length * 2 * BlockChannels;
        for (int block = 0; block < arguments.Blocks; block++)
        {
            int channels = arguments.OutputChannels - (block * BlockChannels), first = ((group * arguments.Blocks) + block) * BlockChannels;
            ref int bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), first);
            ref byte blockOutput = ref Unsafe.Add(ref output, block * BlockChannels);
            if (channels >= 2 * BlockChannels)
            {
                RunPair<TRequantizer>(arguments, inputs, offsets, ref weights[block * blockWeights], ref bias, ref prepared[block * ByteLanes.PreparedNumbers], ref blockOutput, targets);
                block++;
                continue;
            }

            SumBlock(arguments, inputs, offsets, ref weights[block * blockWeights], ref bias, sums, targets.Length);
            Requantize<TRequantizer>(sums, ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Multipliers), first), ref blockOutput, targets, channels, arguments.Target);
        }
    }

    /// <summary>Convolves and quantises two blocks of channels of a stretch.</summary>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    private static void RunPair<TRequantizer>(
        in Arguments arguments, Span<short> inputs, Span<int> offsets, ref short weights, ref int bias, ref int prepared, ref byte output, Span<int> targets)
        where TRequantizer : struct, IRequantizer
    {
        nint step = arguments.Geometry.InputPixelStep;
        for (int tile = 0; tile < targets.Length; tile += RowTile)
        {
            int pixel = Math.Min(tile, targets.Length - RowTile);
            Tile8x32<TRequantizer>(
                ref Unsafe.Add(ref MemoryMarshal.GetReference(inputs), pixel * step), step, offsets, ref weights, ref bias, ref prepared, ref output, ref targets[pixel], arguments.Target);
        }
    }

    /// <summary>Sums of a block of channels of a stretch.</summary>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    private static void SumBlock(in Arguments arguments, Span<short> inputs, Span<int> offsets, ref short weights, ref int bias, Span<int> sums, int pixels)
    {
        nint step = arguments.Geometry.InputPixelStep;
        int together = HasShortTiles(pixels) ? ShortRowTile : RowTile;
        for (int tile = 0; tile < pixels; tile += together)
        {
            int pixel = Math.Min(tile, pixels - together);
            ref short window = ref Unsafe.Add(ref MemoryMarshal.GetReference(inputs), pixel * step);
            if (together == RowTile)
            {
                TileOf16<RowTilePixels>(ref window, step, offsets, ref weights, ref bias, ref sums[pixel * BlockChannels]);
            }
            else
            {
                TileOf16<ShortRowTilePixels>(ref window, step, offsets, ref weights, ref bias, ref sums[pixel * BlockChannels]);
            }
        }
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
        }
        else
        {
            RequantizePart<TRequantizer>(ref first, ref multipliers, ref output, targets, channels, target);
        }
    }

    /// <summary>The last block's 1…15 channels: stored whole first, then copied. A method of its own, which most layers need not compile.</summary>
    [MethodImpl(KernelOptions.Hot | MethodImplOptions.NoInlining)]
    private static void RequantizePart<TRequantizer>(ref int sums, ref int multipliers, ref byte output, Span<int> targets, int channels, RequantizationTarget target)
        where TRequantizer : struct, IRequantizer
    {
        Span<byte> whole = stackalloc byte[RowPixels * BlockChannels];
        Span<int> offsets = stackalloc int[RowPixels];
        for (int pixel = 0; pixel < targets.Length; pixel++)
        {
            offsets[pixel] = pixel * BlockChannels;
        }

        TRequantizer.Avx512Rows(
            ref sums, BlockChannels, ref multipliers, ref MemoryMarshal.GetReference(whole), ref MemoryMarshal.GetReference(offsets), targets.Length, target);
        CopyPixels(whole, ref output, targets, channels);
    }
}
