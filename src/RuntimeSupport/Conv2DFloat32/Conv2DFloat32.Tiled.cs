using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ModelCompiler.RuntimeSupport;

public static partial class Conv2DFloat32
{
    /// <summary>Blocks of output channels that share packed activations.</summary>
    private const int PanelBlocks = 8;

    /// <summary>So many times as many share them where the image is small.</summary>
    private const int MostPanels = 4;

    /// <summary>Distance between two rows of packed activations: 16 more than a stretch keep them from falling on the same cache sets.</summary>
    private const int PackedStride = ProductSum.Stretch + 16;

    /// <summary>Tiles that read the weights of a stretch before the next stretch: the weights of large layers come from afar once for these, not for each.</summary>
    private const int TilesAtATime = 14;

    /// <summary>So many weights of a panel leave room for activations in a second-level cache.</summary>
    private const int NearWeights = 1 << 16;

    /// <summary>Numbers after which the sets of a first-level cache begin again.</summary>
    private const int CachePeriod = 1024;

    /// <summary>So many of a tile's rows may fall on the same cache set; with more they drive each other out, and gathering them pays.</summary>
    private const int RowsInSet = 8;

    /// <summary>More inputs than this are gathered.</summary>
    private const int MaximumListed = 8192;

    /// <summary>What a run has on the stack.</summary>
    private readonly ref struct Workspace(Span<int> order, Span<float> packed, Span<float> sums, int sumsStride, Span<float> zeros, Span<float> nothing)
    {
        /// <summary>Where the inputs of a window are; empty where windows are one run or gathered.</summary>
        public readonly Span<int> Order = order;
        public readonly Span<float> Packed = packed;
        public readonly Span<float> Sums = sums;
        public readonly int SumsStride = sumsStride;
        public readonly Span<float> Zeros = zeros;
        public readonly Span<float> Nothing = nothing;
    }

    /// <summary>A panel of blocks of output channels.</summary>
    private readonly ref struct Panel(ref float input, ref float weights, ref float bias, int output, int channels, int blocks)
    {
        public readonly ref float Input = ref input;
        public readonly ref float Weights = ref weights;
        public readonly ref float Bias = ref bias;

        /// <summary>From a pixel's begin in the output to the panel's channels.</summary>
        public readonly int Output = output;
        public readonly int Channels = channels;
        public readonly int Blocks = blocks;
    }

    /// <summary>What decides whether a tile reads and writes where the tensors lie.</summary>
    private readonly record struct Paths(bool IsListed, bool IsReadable, bool HasUniformInput, bool IsFull, bool HasUniformOutput)
    {
        public bool ReadsDirectly(bool staysInRow) => IsReadable && (HasUniformInput || staysInRow);

        public bool WritesDirectly(bool staysInRow) => IsFull && (HasUniformOutput || staysInRow);
    }

    /// <summary>
    /// The loops around the tiles. Output pixels are one flat sequence, cut into tiles of rows. Windows of several runs in images that are not too narrow are read where they
    /// lie, by a list of their inputs' places; otherwise, where the windows of a tile's rows are not one step apart, the activations of a stretch are gathered once
    /// for a panel. Where a tile's pixels are one stride apart, the last stretch is written where it belongs.
    /// </summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunTiled<TTile>(in Arguments arguments)
        where TTile : struct, ITile
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        int tileRows = (int)Math.Min(TTile.Rows, (long)geometry.Batches * geometry.OutputHeight * geometry.OutputWidth);
        int rows = (int)Math.Min(RowsAtATime<TTile>(arguments), (long)geometry.Batches * geometry.OutputHeight * geometry.OutputWidth);
        nint blockWeights = (nint)arguments.RunOffsets.Length * arguments.RunLength * BlockChannels;
        bool listed = IsListed<TTile>(arguments);
        bool neverPacked = listed || (IsReadable<TTile>(arguments) && ConvolutionExtents.IsUniform(geometry));
        int panelBlocks = Math.Min(neverPacked ? PanelBlocks : PanelBlocks * Math.Min(MostPanels, RowsAtATime<TTile>(arguments) / rows), arguments.Blocks);
        int sumsStride = panelBlocks * BlockChannels;
        Span<int> order = stackalloc int[listed ? arguments.RunOffsets.Length * arguments.RunLength : 0];
        List(arguments, order);
        Span<float> packed = stackalloc float[neverPacked ? 0 : tileRows * PackedStride];
        Span<float> sums = stackalloc float[rows * sumsStride];
        Span<float> zeros = stackalloc float[sumsStride];
        Span<float> nothing = stackalloc float[sumsStride];
        zeros.Clear();
        nothing.Fill(ProductSum.Nothing);
        var workspace = new Workspace(order, packed, sums, sumsStride, zeros, nothing);
        for (int group = 0; group < arguments.Groups; group++)
        {
            for (int block = 0; block < arguments.Blocks; block += panelBlocks)
            {
                int firstBlock = (group * arguments.Blocks) + block;
                int firstChannel = block * BlockChannels;
                int blocks = Math.Min(panelBlocks, arguments.Blocks - block);
                var panel = new Panel(
                    ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), group * arguments.InputChannels),
                    ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), firstBlock * blockWeights),
                    ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), firstBlock * BlockChannels),
                    (group * arguments.OutputChannels) + firstChannel,
                    Math.Min(blocks * BlockChannels, arguments.OutputChannels - firstChannel),
                    blocks);
                RunPanel<TTile>(arguments, panel, workspace);
            }
        }
    }

    private static bool IsListed<TTile>(in Arguments arguments)
        where TTile : struct, ITile =>
        arguments.RunOffsets.Length > 1
        && arguments.Geometry.OutputWidth >= TTile.ShortestRow
        && (long)arguments.RunOffsets.Length * arguments.RunLength <= MaximumListed
        && !Collides<TTile>(arguments.Geometry);

    /// <summary>Whether windows are one run that is best read where it lies.</summary>
    private static bool IsReadable<TTile>(in Arguments arguments)
        where TTile : struct, ITile => arguments.RunOffsets.Length == 1 && !Collides<TTile>(arguments.Geometry);

    /// <summary>Whether too many of a tile's rows fall on the same cache sets: where pixels are a power of two apart, or almost.</summary>
    private static bool Collides<TTile>(in ConvolutionGeometry geometry)
        where TTile : struct, ITile
    {
        long pixels = (long)geometry.Batches * geometry.OutputHeight * geometry.OutputWidth;
        int apart = Math.Min(geometry.InputPixelStep & -geometry.InputPixelStep, CachePeriod);
        return Math.Min(TTile.Rows, pixels) * apart > RowsInSet * CachePeriod;
    }

    private static void List(in Arguments arguments, Span<int> order)
    {
        for (int input = 0; input < order.Length; input++)
        {
            (int run, int within) = Math.DivRem(input, arguments.RunLength);
            order[input] = arguments.RunOffsets[run] + within;
        }
    }

    /// <summary>How many pixels a stretch's weights are read for at a time; where tiles are cut at the ends of rows, whole rows or parts of one.</summary>
    private static int PixelsAtATime<TTile>(in Arguments arguments, in Paths paths, in PixelCursor cursor)
        where TTile : struct, ITile
    {
        int most = RowsAtATime<TTile>(arguments), width = arguments.Geometry.OutputWidth;
        if (!paths.IsListed)
        {
            return most;
        }

        return width > most ? Even(cursor.LeftInRow, most) : most / width * width;
    }

    /// <summary>Weights that stay near are read for each tile, whose sums stay nearer still.</summary>
    private static int RowsAtATime<TTile>(in Arguments arguments)
        where TTile : struct, ITile
    {
        long inputs = (long)arguments.RunOffsets.Length * arguments.RunLength;
        return inputs * Math.Min(PanelBlocks, arguments.Blocks) * BlockChannels <= NearWeights ? TTile.Rows : TTile.Rows * TilesAtATime;
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunPanel<TTile>(in Arguments arguments, in Panel panel, in Workspace workspace)
        where TTile : struct, ITile
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        var paths = new Paths(
            !workspace.Order.IsEmpty,
            IsReadable<TTile>(arguments),
            ConvolutionExtents.IsUniform(geometry),
            panel.Channels % TTile.Lanes == 0,
            ConvolutionExtents.HasUniformOutput(geometry));
        int inputs = arguments.RunOffsets.Length * arguments.RunLength;
        int pixels = geometry.Batches * geometry.OutputHeight * geometry.OutputWidth;
        var begin = new PixelCursor(geometry);
        for (int pixel = 0, count; pixel < pixels; pixel += count)
        {
            count = Math.Min(PixelsAtATime<TTile>(arguments, paths, begin), pixels - pixel);
            for (int first = 0; first < inputs; first += ProductSum.Stretch)
            {
                PixelCursor cursor = begin;
                for (int row = 0, rows; row < count; row += rows)
                {
                    rows = Height<TTile>(paths.IsListed ? Math.Min(cursor.LeftInRow, count - row) : count - row, paths.IsListed);
                    RunTile<TTile>(arguments, panel, workspace, paths, cursor, first, row, rows);
                    cursor.Advance(rows);
                }
            }

            begin.Advance(count);
        }
    }

    /// <summary>How many of some pixels the next tile takes: rows of an image are cut evenly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Height<TTile>(int left, bool evenly)
        where TTile : struct, ITile => left <= TTile.Rows ? left : evenly ? Even(left, TTile.Rows) : TTile.Rows;

    private static int Even(int left, int most)
    {
        int tiles = (left + most - 1) / most;
        return (left + tiles - 1) / tiles;
    }

    /// <summary>A stretch of a tile.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void RunTile<TTile>(
        in Arguments arguments, in Panel panel, in Workspace workspace, in Paths paths, in PixelCursor cursor, int first, int firstRow, int rows)
        where TTile : struct, ITile
    {
        int inputs = arguments.RunOffsets.Length * arguments.RunLength;
        int count = Math.Min(ProductSum.Stretch, inputs - first);
        bool isFirst = first == 0, isLast = first + count == inputs;
        bool staysInRow = rows <= cursor.LeftInRow;
        bool direct = paths.ReadsDirectly(staysInRow), toOutput = isLast && paths.WritesDirectly(staysInRow);
        int sumsBegin = firstRow * workspace.SumsStride;
        ref float sums = ref Unsafe.Add(ref MemoryMarshal.GetReference(workspace.Sums), sumsBegin);
        ref float activations = ref direct
            ? ref Unsafe.Add(ref panel.Input, cursor.Input + arguments.RunOffsets[0] + first)
            : ref MemoryMarshal.GetReference(workspace.Packed);
        if (!direct && !paths.IsListed)
        {
            Pack<TTile>(arguments, ref panel.Input, cursor, first, count, ref activations, rows);
        }

        ref float before = ref isFirst ? ref MemoryMarshal.GetReference(workspace.Nothing) : ref sums;
        nint beforeStride = isFirst ? 0 : workspace.SumsStride;
        if (isFirst && arguments.Addend.IsPresent)
        {
            bool isCopy = CopiesAddend<TTile>(arguments, panel, paths, cursor, ref sums, workspace.SumsStride, rows);
            ref float addend = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Addend.Values), cursor.OutputOf(arguments.Addend.Geometry) + panel.Output);
            before = ref isCopy ? ref sums : ref addend;
            beforeStride = isCopy ? workspace.SumsStride : arguments.Addend.Geometry.OutputPixelStride;
        }

        var ends = new Ends(
            ref isFirst ? ref panel.Bias : ref MemoryMarshal.GetReference(workspace.Zeros),
            ref before,
            beforeStride,
            ref toOutput ? ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), cursor.Output + panel.Output) : ref sums,
            toOutput ? arguments.Geometry.OutputPixelStride : workspace.SumsStride,
            isLast ? arguments.Minimum : float.NegativeInfinity,
            isLast ? arguments.Maximum : float.PositiveInfinity);
        var weights = new Weights(ref panel.Weights, (nint)inputs * BlockChannels, first, arguments.WeightsInPairs ? panel.Blocks & ~1 : 0);
        if (paths.IsListed)
        {
            TTile.Multiply<Listed>(
                ref Unsafe.Add(ref panel.Input, cursor.Input), ref workspace.Order[first], arguments.Geometry.InputPixelStep,
                weights, count, ends, rows, panel.Channels);
        }
        else
        {
            TTile.Multiply<Neighbours>(
                ref activations, ref Unsafe.NullRef<int>(), direct ? arguments.Geometry.InputPixelStep : PackedStride,
                weights, count, ends, rows, panel.Channels);
        }

        if (isLast && !toOutput)
        {
            Write<TTile>(arguments, panel, workspace.Sums.Slice(sumsBegin), workspace.SumsStride, cursor, rows);
        }
    }

    /// <summary>Gathers a stretch of a tile's activations.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Pack<TTile>(in Arguments arguments, ref float input, PixelCursor cursor, int first, int count, ref float packed, int rows)
        where TTile : struct, ITile
    {
        (int firstRun, int firstWithin) = Math.DivRem(first, arguments.RunLength);
        for (int row = 0; row < rows; row++)
        {
            ref float window = ref Unsafe.Add(ref input, cursor.Input);
            ref float to = ref Unsafe.Add(ref packed, row * PackedStride);
            int run = firstRun, within = firstWithin;
            for (int left = count; left > 0;)
            {
                int length = Math.Min(left, arguments.RunLength - within);
                TTile.Copy(ref Unsafe.Add(ref window, arguments.RunOffsets[run] + within), ref to, length);
                to = ref Unsafe.Add(ref to, length);
                left -= length;
                within = 0;
                run++;
            }

            cursor.MoveNext();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CopyVector128(ref float from, ref float to, nint length)
    {
        if (length < 4)
        {
            for (nint at = 0; at < length; at++)
            {
                Unsafe.Add(ref to, at) = Unsafe.Add(ref from, at);
            }

            return;
        }

        // The last four may overlap those before.
        for (nint at = 0; at < length - 4; at += 4)
        {
            Vector128.LoadUnsafe(ref from, (nuint)at).StoreUnsafe(ref to, (nuint)at);
        }

        Vector128.LoadUnsafe(ref from, (nuint)(length - 4)).StoreUnsafe(ref to, (nuint)(length - 4));
    }

    /// <summary>Moves results to where they belong.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Write<TTile>(in Arguments arguments, in Panel panel, Span<float> sums, int sumsStride, PixelCursor cursor, int rows)
        where TTile : struct, ITile
    {
        for (int row = 0; row < rows; row++)
        {
            TTile.Copy(
                ref MemoryMarshal.GetReference(sums.Slice(row * sumsStride, panel.Channels)),
                ref MemoryMarshal.GetReference(arguments.Output.Slice(cursor.Output + panel.Output, panel.Channels)),
                panel.Channels);
            cursor.MoveNext();
        }
    }
}
