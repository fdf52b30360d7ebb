using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    /// <summary>Blocks of output channels that share packed activations: their weights for one tile's pass fit the second-level cache.</summary>
    private const int PanelBlocks = 8;

    /// <summary>Distance between the accumulators of two rows of a tile.</summary>
    internal const int PanelChannels = PanelBlocks * BlockChannels;

    /// <summary>Quads of inputs packed at a time: a tile of packed activations stays in the first-level cache.</summary>
    private const int ChunkQuads = 256;

    /// <summary>The most inputs of a row for which packing many rows as one matters.</summary>
    private const int ContiguousInputs = 128;

    /// <summary>The most rows that a tile has.</summary>
    private const int MaximumRows = 28;

    /// <summary>The form that activations are packed in. A quad is four consecutive inputs.</summary>
    internal interface IPacking
    {
        /// <summary>Bytes that a packed quad takes.</summary>
        static abstract int QuadBytes { get; }

        /// <summary>Brings a run of activations into that form.</summary>
        static abstract void Pack(ref byte source, ref byte destination, nint quads);
    }

    /// <summary>What an instruction set contributes to <see cref="RunTiled{TTile, TRequantizer}"/>. A row is an output pixel; <see cref="Multiply"/> reads what is packed.</summary>
    internal interface ITile : IPacking
    {
        /// <summary>Rows of a full tile, <see cref="MaximumRows"/> at most.</summary>
        static abstract int Rows { get; }

        /// <summary>Rows that are multiplied together; a part of the others may be computed and not stored.</summary>
        static virtual int RowsTogether => 1;

        /// <summary>Whether a packed quad is the input's own four bytes, so that a single run need not be packed at all.</summary>
        static abstract bool ReadsInput { get; }

        /// <summary>Changes the start of a block's 16 sums to make up for what packing did to the activations.</summary>
        static abstract void Correct(ref sbyte weights, nint quads, ref int start);

        /// <summary>
        /// Adds the products of rows × channels × quads to <c>start</c>, whose rows are <c>startStride</c> apart; rows of the accumulators
        /// are <see cref="PanelChannels"/> apart.
        /// </summary>
        static abstract void Multiply(
            ref byte activations, nint rowBytes, ref sbyte weights, nint blockBytes, nint quads,
            ref int start, nint startStride, ref int accumulators, int rows, int channels);

        /// <summary>Quantises rows of blocks of 16 channels; <c>offsets</c> says where each row's results go.</summary>
        static abstract void Requantize<TRequantizer>(ref int accumulators, ref int multipliers, ref byte output, ref int offsets, int rows, int blocks, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer;
    }

    /// <summary>What becomes of a tile's accumulators.</summary>
    internal interface IStore
    {
        /// <summary>Stores rows of up to 8 blocks of channels, beginning with <paramref name="block"/>, and moves to the next rows.</summary>
        static abstract void Store<TTile>(in Arguments arguments, int group, int block, int blocks, ref PixelCursor target, Span<int> accumulators, int rows)
            where TTile : struct, ITile;
    }

    /// <summary>Convolves to quantised bytes.</summary>
    internal static void RunTiled<TTile, TRequantizer>(in Arguments arguments)
        where TTile : struct, ITile
        where TRequantizer : struct, IRequantizer => Run<TTile, Requantised<TRequantizer>>(arguments);

    /// <summary>
    /// The loops around the tiles. Output pixels are one flat sequence, cut into tiles of rows; the activations of a tile are packed
    /// once for a panel of up to 8 blocks of channels.
    /// </summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void Run<TTile, TStore>(in Arguments arguments)
        where TTile : struct, ITile
        where TStore : struct, IStore
    {
        int quads = arguments.RunOffsets.Length * arguments.QuadsPerRun;

        // The 64 bytes keep rows from falling on the same cache sets.
        int rowBytes = (Math.Min(quads, ChunkQuads) * TTile.QuadBytes) + (IsContiguous(arguments) ? 0 : 64);
        // A single row, as fully connected layers have, need not clear the memory of a tile.
        int pixels = arguments.Geometry.Batches * arguments.Geometry.OutputHeight * arguments.Geometry.OutputWidth;
        int rows = pixels == 1 ? 1 : Math.Min(TTile.Rows, pixels + TTile.RowsTogether - 1);
        Span<byte> packed = stackalloc byte[rows * rowBytes];
        Span<int> accumulators = CacheLine.Align(stackalloc int[(rows * PanelChannels) + (CacheLine.Bytes / sizeof(int))]);
        Span<int> start = CacheLine.Align(stackalloc int[PanelChannels + (CacheLine.Bytes / sizeof(int))]);
        for (int group = 0; group < arguments.Groups; group++)
        {
            for (int block = 0; block < arguments.Blocks; block += PanelBlocks)
            {
                int blocks = Math.Min(PanelBlocks, arguments.Blocks - block);
                int firstBlock = (group * arguments.Blocks) + block;
                ref sbyte weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), (nint)firstBlock * quads * QuadWeights);
                arguments.Bias.Slice(firstBlock * BlockChannels, blocks * BlockChannels).CopyTo(start);
                for (int index = 0; index < blocks; index++)
                {
                    TTile.Correct(ref Unsafe.Add(ref weights, (nint)index * quads * QuadWeights), quads, ref start[index * BlockChannels]);
                }

                RunPanel<TTile, TStore>(arguments, group, block, blocks, ref weights, start, packed, rowBytes, accumulators);
            }
        }
    }

    [MethodImpl(KernelOptions.Hot)]
    private static void RunPanel<TTile, TStore>(
        in Arguments arguments, int group, int block, int blocks, ref sbyte weights, Span<int> start, Span<byte> packed, int rowBytes, Span<int> accumulators)
        where TTile : struct, ITile
        where TStore : struct, IStore
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        int pixels = geometry.Batches * geometry.OutputHeight * geometry.OutputWidth;
        int channels = Math.Min(blocks * BlockChannels, arguments.OutputChannels - (block * BlockChannels));
        bool direct = TTile.ReadsInput && arguments.RunOffsets.Length == 1 && ConvolutionExtents.IsUniform(geometry);
        ref byte input = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), group * arguments.InputChannels);
        var source = new PixelCursor(geometry);
        var target = new PixelCursor(geometry);
        for (int pixel = 0; pixel < pixels; pixel += TTile.Rows)
        {
            int rows = Math.Min(TTile.Rows, pixels - pixel);
            if (direct)
            {
                ref byte window = ref Unsafe.Add(ref input, ((nint)pixel * geometry.InputPixelStep) + arguments.RunOffsets[0]);
                nint quads = arguments.QuadsPerRun;
                TTile.Multiply(
                    ref window, geometry.InputPixelStep, ref weights, quads * QuadWeights, quads,
                    ref MemoryMarshal.GetReference(start), 0, ref MemoryMarshal.GetReference(accumulators), rows, channels);
            }
            else
            {
                MultiplyPacked<TTile>(arguments, ref input, ref source, ref weights, packed, rowBytes, start, accumulators, rows, channels);
            }

            TStore.Store<TTile>(arguments, group, block, blocks, ref target, accumulators, rows);
        }
    }

    /// <summary>Packs and multiplies a tile, a chunk of inputs at a time.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void MultiplyPacked<TTile>(
        in Arguments arguments,
        ref byte input,
        ref PixelCursor source,
        ref sbyte weights,
        Span<byte> packed,
        int rowBytes,
        Span<int> start,
        Span<int> accumulators,
        int rows,
        int channels)
        where TTile : struct, ITile
    {
        int quads = arguments.RunOffsets.Length * arguments.QuadsPerRun;
        PixelCursor next = source;
        for (int quad = 0; quad < quads; quad += ChunkQuads)
        {
            int count = Math.Min(ChunkQuads, quads - quad);
            next = source;
            PackRows<TTile>(arguments, ref input, ref next, quad, count, ref MemoryMarshal.GetReference(packed), rowBytes, rows);

            // The first chunk begins at the bias, the others where the one before ended.
            ref int first = ref MemoryMarshal.GetReference(quad == 0 ? start : accumulators);
            TTile.Multiply(
                ref MemoryMarshal.GetReference(packed), rowBytes, ref Unsafe.Add(ref weights, (nint)quad * QuadWeights), (nint)quads * QuadWeights, count,
                ref first, quad == 0 ? 0 : PanelChannels, ref MemoryMarshal.GetReference(accumulators), rows, channels);
        }

        source = next;
    }

    /// <summary>Whether the few inputs of a row follow those of the row before without a gap, so that all rows are packed as one.</summary>
    private static bool IsContiguous(in Arguments arguments) =>
        arguments.RunOffsets.Length == 1
        && arguments.RunLength <= ContiguousInputs
        && arguments.RunLength % 4 == 0
        && arguments.Geometry.InputPixelStep == arguments.RunLength
        && ConvolutionExtents.IsUniform(arguments.Geometry);

    /// <summary>Packs a chunk of inputs of some rows. Packing is written in one place only: it is compiled wherever it is written.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void PackRows<TPacking>(
        in Arguments arguments, ref byte input, ref PixelCursor pixel, int quad, int count, ref byte destination, nint rowBytes, int rows)
        where TPacking : struct, IPacking
    {
        int quadsPerRun = arguments.QuadsPerRun;
        (int firstRun, int firstQuad) = Math.DivRem(quad, quadsPerRun);
        bool isContiguous = rowBytes == count * TPacking.QuadBytes;
        if (isContiguous)
        {
            count *= rows;
            quadsPerRun = count;
        }

        for (int row = 0; row < rows; row++)
        {
            ref byte window = ref Unsafe.Add(ref input, pixel.Input);
            ref byte packed = ref destination;
            int run = firstRun, within = firstQuad, left = count;
            do
            {
                int length = Math.Min(left, quadsPerRun - within);
                TPacking.Pack(ref Unsafe.Add(ref window, arguments.RunOffsets[run] + (within * 4)), ref packed, length);
                packed = ref Unsafe.Add(ref packed, length * TPacking.QuadBytes);
                left -= length;
                within = 0;
                run++;
            }
            while (left > 0);

            if (isContiguous)
            {
                pixel.Advance(rows);
                return;
            }

            destination = ref Unsafe.Add(ref destination, rowBytes);
            pixel.MoveNext();
        }
    }

    /// <summary>Where rows go, and beyond them the last one's place.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void FindOutputs(in Arguments arguments, ref PixelCursor target, Span<int> offsets, int rows)
    {
        ref int places = ref MemoryMarshal.GetReference(offsets);
        int output = target.Output;
        if (ConvolutionExtents.HasUniformOutput(arguments.Geometry))
        {
            int stride = arguments.Geometry.OutputPixelStride;
            for (nint row = 0; row < offsets.Length; row++)
            {
                Unsafe.Add(ref places, row) = output;
                output += row < rows - 1 ? stride : 0;
            }

            target.Advance(rows);
            return;
        }

        for (nint row = 0; row < offsets.Length; row++)
        {
            if (row < rows)
            {
                output = target.Output;
                target.MoveNext();
            }

            Unsafe.Add(ref places, row) = output;
        }
    }

    /// <summary>Bytes on the output's scale.</summary>
    internal readonly struct Requantised<TRequantizer> : IStore
        where TRequantizer : struct, IRequantizer
    {
        [MethodImpl(KernelOptions.Hot)]
        public static void Store<TTile>(
            in Arguments arguments, int group, int block, int blocks, ref PixelCursor target, Span<int> accumulators, int rows)
            where TTile : struct, ITile
        {
            int channels = Math.Min(blocks * BlockChannels, arguments.OutputChannels - (block * BlockChannels));
            int fullBlocks = channels / BlockChannels;
            int rest = channels - (fullBlocks * BlockChannels);
            ref int multipliers = ref Unsafe.Add(
                ref MemoryMarshal.GetReference(arguments.Multipliers), ((nint)group * arguments.Blocks * BlockChannels) + (block * BlockChannels));
            int pixel = (group * arguments.OutputChannels) + (block * BlockChannels);
            ref byte output = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), pixel);
            ref int sums = ref MemoryMarshal.GetReference(accumulators);
            Span<int> offsets = stackalloc int[MaximumRows];
            FindOutputs(arguments, ref target, offsets, rows);

            ref int first = ref MemoryMarshal.GetReference(offsets);
            TTile.Requantize<TRequantizer>(ref sums, ref multipliers, ref output, ref first, rows, fullBlocks, arguments.Target);
            if (rest > 0)
            {
                nint done = fullBlocks * BlockChannels;
                StoreRest<TTile>(
                    ref Unsafe.Add(ref sums, done), ref Unsafe.Add(ref multipliers, done), ref Unsafe.Add(ref output, done), offsets.Slice(0, rows), rest, arguments.Target);
            }
        }

        /// <summary>The last block's 1…15 channels: stored whole first, then copied.</summary>
        [MethodImpl(KernelOptions.Hot)]
        private static void StoreRest<TTile>(ref int sums, ref int multipliers, ref byte output, ReadOnlySpan<int> offsets, int rest, RequantizationTarget target)
            where TTile : struct, ITile
        {
            Span<int> whole = stackalloc int[MaximumRows];
            for (int row = 0; row < offsets.Length; row++)
            {
                whole[row] = row * BlockChannels;
            }

            Span<byte> bytes = stackalloc byte[MaximumRows * BlockChannels];
            ref byte from = ref MemoryMarshal.GetReference(bytes);
            TTile.Requantize<TRequantizer>(ref sums, ref multipliers, ref from, ref MemoryMarshal.GetReference(whole), offsets.Length, 1, target);
            CopyPixels(bytes, ref output, offsets, rest);
        }
    }
}
