using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteWinogradConvolution
{
    /// <summary>From a tile's products in a block of channels to the next tile's: <c>[36][16]</c>.</summary>
    internal const int TileProducts = Positions * ByteConvolution.BlockChannels;

    /// <summary>Pixels that are requantised together.</summary>
    private const int PixelsTogether = 64;

    /// <summary>Input channels whose weights are transformed together: those of more would not stay in the second-level cache.</summary>
    private const int InputsTogether = 128;

    private const int TilePixels = TileExtent * TileExtent;

    /// <summary>Room for the sums of pixels, and for those that the last tile writes beyond the image.</summary>
    private const int SumsLength = (PixelsTogether + TileExtent) * ByteConvolution.BlockChannels;

    /// <summary>Words between positions, of transformed inputs and weights, that keep them from falling on the same cache sets.</summary>
    private const int PositionGap = 32;

    /// <summary>What an instruction set contributes to <see cref="RunTiles{TTile, TRequantizer}"/>.</summary>
    internal interface ITile
    {
        /// <summary>Transforms a tile's inputs, as <see cref="TransformInputs{TWords, TVector}"/> does.</summary>
        static abstract void TransformInputs(ref byte input, ReadOnlySpan<int> offsets, nint channels, ref short stage, ref short transformed, nint positionStride);

        /// <summary>Transforms the weights of a block of output channels, as <see cref="TransformWeights{TWords, TVector}"/> does.</summary>
        static abstract void TransformWeights(ref sbyte weights, nint tap, nint quads, ref short transformed, nint positionStride);

        /// <summary>Multiplies tiles in one position by the weights of a block, and adds to the sums so far unless they are the first; those of a tile are <see cref="TileProducts"/> from the next tile's.</summary>
        static abstract void Multiply(ref short tiles, nint tileStride, ref short weights, nint pairs, ref int products, int tileCount, bool isFirst);

        /// <summary>Transforms a tile's products, as <see cref="TransformProducts{TIntegers, TVector}"/> does.</summary>
        static abstract void TransformProducts(ref int products, ref int bias, ref int stage, ref int sums, nint rows, nint columns);

        /// <summary>Quantises 16 channels of some pixels; <c>offsets</c> says where each one's results go.</summary>
        static abstract void Requantize<TRequantizer>(ref int sums, ref int multipliers, ref byte output, ref int offsets, int pixels, RequantizationTarget target)
            where TRequantizer : struct, IRequantizer;
    }

    private static int TargetsBegin => SumsLength + StageLength;

    private static int ProductsBegin(int tilesTogether) => TargetsBegin + (tilesTogether * TilePixels) + ((tilesTogether + ByteConvolution.BlockChannels - 1) / ByteConvolution.BlockChannels * ByteConvolution.BlockChannels);

    private static long WordsBegin(int tilesTogether) => ProductsBegin(tilesTogether) + ((long)tilesTogether * TileProducts);

    private static long WordStride(int tilesTogether, int inputChannels) => ((long)tilesTogether * PaddedInputs(inputChannels)) + PositionGap;

    private static long WeightsBegin(int tilesTogether, int inputChannels) => WordsBegin(tilesTogether) + (Positions * WordStride(tilesTogether, inputChannels) / 2);

    // Without vectors, those of all inputs to one output lie there.
    private static long WeightStride(int inputChannels) =>
        Math.Max(Math.Min(InputsTogether, PaddedInputs(inputChannels)) * ByteConvolution.BlockChannels, PaddedInputs(inputChannels)) + PositionGap;

    /// <summary>
    /// The loops around the tiles, which are one flat sequence. Some tiles are transformed at a time, as many as stay in the second-level cache; the weights
    /// of a block of channels are transformed too and multiplied by them in all positions, and what comes of it is transformed back. Transformed weights are
    /// 8 times as large as the file's: to make them again for other tiles takes less time than to read them from memory, and no memory.
    /// </summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunTiles<TTile, TRequantizer>(in Arguments arguments)
        where TTile : struct, ITile
        where TRequantizer : struct, IRequantizer
    {
        var cursor = new TileCursor(arguments.Geometry);
        for (int tile = 0; tile < cursor.Tiles; tile += arguments.TilesTogether)
        {
            int tiles = Math.Min(arguments.TilesTogether, cursor.Tiles - tile);
            TransformTiles<TTile>(arguments, ref cursor, tiles);
            for (int block = 0; block < arguments.Blocks; block++)
            {
                MultiplyBlock<TTile>(arguments, block, tiles);
                StoreBlock<TTile, TRequantizer>(arguments, block, tiles);
            }
        }
    }

    /// <summary>Transforms the inputs of some tiles, and notes where their outputs go.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void TransformTiles<TTile>(in Arguments arguments, ref TileCursor cursor, int tiles)
        where TTile : struct, ITile
    {
        Span<int> offsets = stackalloc int[2 * InputExtent];
        Span<int> targets = arguments.Scratch.Slice(TargetsBegin);
        Span<int> extents = targets.Slice(arguments.TilesTogether * TilePixels);
        ref short words = ref Words(arguments);
        ref short stage = ref Unsafe.As<int, short>(ref arguments.Scratch[SumsLength]);
        nint stride = (nint)WordStride(arguments.TilesTogether, arguments.InputChannels);
        int pixels = 0;
        for (int tile = 0; tile < tiles; tile++)
        {
            cursor.FindInputs(offsets);
            TTile.TransformInputs(
                ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), cursor.Input), offsets, arguments.InputChannels,
                ref stage, ref Unsafe.Add(ref words, (nint)tile * PaddedInputs(arguments.InputChannels)), stride);
            pixels += cursor.FindOutputs(targets.Slice(pixels));
            extents[tile] = (cursor.Rows * (TileExtent + 1)) + cursor.Columns;
            cursor.MoveNext();
        }
    }

    /// <summary>Multiplies some tiles in all positions by the weights of a block of channels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void MultiplyBlock<TTile>(in Arguments arguments, int block, int tiles)
        where TTile : struct, ITile
    {
        nint padded = PaddedInputs(arguments.InputChannels), tap = padded * ByteConvolution.BlockChannels;
        nint stride = (nint)WordStride(arguments.TilesTogether, arguments.InputChannels), weightStride = (nint)WeightStride(arguments.InputChannels);
        ref short words = ref Words(arguments);
        ref sbyte weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), block * Taps * tap);
        ref short transformed = ref Unsafe.As<int, short>(ref arguments.Scratch[(int)WeightsBegin(arguments.TilesTogether, arguments.InputChannels)]);
        ref int products = ref arguments.Scratch[ProductsBegin(arguments.TilesTogether)];

        // What the last group is filled up with is left from other tiles, and not stored.
        int filled = (tiles + TileGroup - 1) / TileGroup * TileGroup;
        for (nint first = 0; first < padded; first += InputsTogether)
        {
            nint inputs = Math.Min(InputsTogether, padded - first);
            TTile.TransformWeights(ref Unsafe.Add(ref weights, first * ByteConvolution.BlockChannels), tap, inputs / 4, ref transformed, weightStride);
            for (nint position = 0; position < Positions; position++)
            {
                TTile.Multiply(
                    ref Unsafe.Add(ref words, (position * stride) + first), padded, ref Unsafe.Add(ref transformed, position * weightStride), inputs / 2,
                    ref Unsafe.Add(ref products, position * ByteConvolution.BlockChannels), filled, isFirst: first == 0);
            }
        }
    }

    /// <summary>Transforms the products of some tiles in a block of channels back, and quantises them.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void StoreBlock<TTile, TRequantizer>(in Arguments arguments, int block, int tiles)
        where TTile : struct, ITile
        where TRequantizer : struct, IRequantizer
    {
        int channel = block * ByteConvolution.BlockChannels;
        Span<int> targets = arguments.Scratch.Slice(TargetsBegin);
        ReadOnlySpan<int> extents = targets.Slice(arguments.TilesTogether * TilePixels);
        ref int sums = ref MemoryMarshal.GetReference(arguments.Scratch);
        ref int stage = ref arguments.Scratch[SumsLength];
        ref int bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), channel);
        ref int products = ref arguments.Scratch[ProductsBegin(arguments.TilesTogether)];
        int pixels = 0;
        for (int tile = 0; tile < tiles; tile++)
        {
            int rows = extents[tile] / (TileExtent + 1), columns = extents[tile] % (TileExtent + 1);
            TTile.TransformProducts(
                ref Unsafe.Add(ref products, (nint)tile * TileProducts), ref bias, ref stage, ref Unsafe.Add(ref sums, pixels * ByteConvolution.BlockChannels), rows, columns);
            pixels += rows * columns;
            if (pixels > PixelsTogether - TilePixels || tile == tiles - 1)
            {
                Requantize<TTile, TRequantizer>(arguments, channel, targets.Slice(0, pixels));
                targets = targets.Slice(pixels);
                pixels = 0;
            }
        }
    }

    /// <summary>Quantises a block of channels of some pixels.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Requantize<TTile, TRequantizer>(in Arguments arguments, int channel, Span<int> targets)
        where TTile : struct, ITile
        where TRequantizer : struct, IRequantizer
    {
        ref int sums = ref MemoryMarshal.GetReference(arguments.Scratch);
        ref int multipliers = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Multipliers), channel);
        ref byte output = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), channel);
        int channels = arguments.OutputChannels - channel;
        if (channels >= ByteConvolution.BlockChannels)
        {
            TTile.Requantize<TRequantizer>(ref sums, ref multipliers, ref output, ref MemoryMarshal.GetReference(targets), targets.Length, arguments.Target);
        }
        else
        {
            RequantizePart<TTile, TRequantizer>(ref sums, ref multipliers, ref output, targets, channels, arguments.Target);
        }
    }

    /// <summary>The last block's 1…15 channels: stored whole first, then copied.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void RequantizePart<TTile, TRequantizer>(ref int sums, ref int multipliers, ref byte output, ReadOnlySpan<int> targets, int channels, RequantizationTarget target)
        where TTile : struct, ITile
        where TRequantizer : struct, IRequantizer
    {
        Span<byte> whole = stackalloc byte[PixelsTogether * ByteConvolution.BlockChannels];
        Span<int> offsets = stackalloc int[PixelsTogether];
        for (int pixel = 0; pixel < targets.Length; pixel++)
        {
            offsets[pixel] = pixel * ByteConvolution.BlockChannels;
        }

        TTile.Requantize<TRequantizer>(ref sums, ref multipliers, ref MemoryMarshal.GetReference(whole), ref MemoryMarshal.GetReference(offsets), targets.Length, target);
        ByteConvolution.CopyPixels(whole, ref output, targets, channels);
    }

    private static ref short Words(in Arguments arguments) => ref Unsafe.As<int, short>(ref arguments.Scratch[(int)WordsBegin(arguments.TilesTogether)]);

    /// <summary>Walks the tiles of all images, row by row. What is called for every tile is part of the loops: it would not be optimised for long otherwise.</summary>
    private struct TileCursor(ConvolutionGeometry geometry)
    {
        private readonly int tileRows = (geometry.OutputHeight + TileExtent - 1) / TileExtent;
        private readonly int tileColumns = (geometry.OutputWidth + TileExtent - 1) / TileExtent;
        private int batch;
        private int row;
        private int column;

        /// <summary>Number of tiles.</summary>
        public readonly int Tiles => geometry.Batches * tileRows * tileColumns;

        /// <summary>Where the tile's image begins.</summary>
        public readonly int Input => batch * geometry.InputBatchStride;

        /// <summary>Rows of the tile within the image.</summary>
        public readonly int Rows => Math.Min(TileExtent, geometry.OutputHeight - row);

        /// <summary>Columns of the tile within the image.</summary>
        public readonly int Columns => Math.Min(TileExtent, geometry.OutputWidth - column);

        /// <summary>Where the tile's rows of inputs begin in the image, then the columns in a row; those beyond the image, which nobody needs, are its last.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void FindInputs(Span<int> offsets)
        {
            for (int index = 0; index < InputExtent; index++)
            {
                offsets[index] = Math.Min(row + index, geometry.OutputHeight + 1) * geometry.InputRowStep;
                offsets[InputExtent + index] = Math.Min(column + index, geometry.OutputWidth + 1) * geometry.InputPixelStep;
            }
        }

        /// <summary>Where the tile's pixels are in the output; returns how many there are.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly int FindOutputs(Span<int> offsets)
        {
            int first = (batch * geometry.OutputBatchStride) + (row * geometry.OutputRowStride) + (column * geometry.OutputPixelStride);
            int pixels = 0;
            for (int y = 0; y < Rows; y++)
            {
                for (int x = 0; x < Columns; x++)
                {
                    offsets[pixels++] = first + (y * geometry.OutputRowStride) + (x * geometry.OutputPixelStride);
                }
            }

            return pixels;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void MoveNext()
        {
            column += TileExtent;
            if (column < geometry.OutputWidth)
            {
                return;
            }

            column = 0;
            row += TileExtent;
            if (row >= geometry.OutputHeight)
            {
                row = 0;
                batch++;
            }
        }
    }
}
