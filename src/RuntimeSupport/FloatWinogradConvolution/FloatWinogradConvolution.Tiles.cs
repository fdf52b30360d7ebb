using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

public static partial class FloatWinogradConvolution
{
    /// <summary>Output channels of a pair of blocks, and from a tile's products to the next tile's.</summary>
    private const int PairChannels = 2 * Conv2DFloat32.BlockChannels;

    /// <summary>Floats of a cache line. Distances between positions, and between tiles, are an odd number of lines, so that they do not fall on the same cache sets.</summary>
    private const int Line = 16;

    private static long TileStride(int inputChannels) => OddLines(inputChannels);

    private static long InputStride(int tilesTogether, int inputChannels) => OddLines(tilesTogether * TileStride(inputChannels));

    private static long WeightStride(int inputChannels) => OddLines((long)Math.Min(ProductSum.Stretch, inputChannels) * PairChannels);

    private static long ProductStride(int tilesTogether) => OddLines((long)tilesTogether * PairChannels);

    private static long OddLines(long length) => (((length + Line - 1) / Line) | 1) * Line;

    /// <summary>
    /// The loops around the tiles, which are one flat sequence. Some tiles are transformed at a time, as many as stay in the second-level cache; the weights
    /// of two blocks of channels are transformed too and multiplied by them in all positions, and what comes of it is transformed back. Transformed weights are
    /// almost twice as large as the file's: to make them again for other tiles takes less time than to read them from memory, and no memory.
    /// </summary>
    [MethodImpl(KernelOptions.Hot)]
    internal static void RunTiles<TTile, TLanes, TVector>(in Arguments arguments)
        where TTile : struct, Conv2DFloat32.ITile
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        var cursor = new TileCursor(arguments.Geometry);
        int all = cursor.Tiles, rows = Math.Min(TTile.Rows, TilesOfProduct(all));
        for (int tile = 0; tile < all; tile += arguments.TilesTogether)
        {
            int tiles = Math.Min(arguments.TilesTogether, all - tile);
            TileCursor first = cursor;
            TransformInputs<TLanes, TVector>(arguments, ref cursor, tiles);
            for (int block = 0; block < arguments.Blocks; block += 2)
            {
                Multiply<TTile, TLanes, TVector>(arguments, block, tiles, rows);
                Store<TLanes, TVector>(arguments, block, first, tiles);
            }
        }
    }

    /// <summary>Transforms the inputs of some tiles: <c>[16][tiles][channels]</c>. The last vector of channels is moved back to end with the pixel.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void TransformInputs<TLanes, TVector>(in Arguments arguments, ref TileCursor cursor, int tiles)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        nint channels = arguments.InputChannels, tileStride = (nint)TileStride(arguments.InputChannels);
        nint positionStride = (nint)InputStride(arguments.TilesTogether, arguments.InputChannels);
        nint row = arguments.Geometry.InputRowStep, column = arguments.Geometry.InputPixelStep;
        ref float target = ref MemoryMarshal.GetReference(arguments.Scratch);
        for (nint tile = 0; tile < tiles; tile++)
        {
            nint lastColumn = cursor.LastColumn;
            ref float row0 = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Input), cursor.Input);
            ref float row1 = ref Unsafe.Add(ref row0, row);
            ref float row2 = ref Unsafe.Add(ref row1, row);
            ref float row3 = ref Unsafe.Add(ref row0, cursor.LastRow);
            for (nint channel = 0; channel < channels; channel += TLanes.Count)
            {
                nint at = channel <= channels - TLanes.Count ? channel : channels - TLanes.Count;
                TransformInput<TLanes, TVector>(ref row0, ref row1, ref row2, ref row3, at, out TVector value00, out TVector value10, out TVector value20, out TVector value30);
                TransformInput<TLanes, TVector>(ref row0, ref row1, ref row2, ref row3, at + column, out TVector value01, out TVector value11, out TVector value21, out TVector value31);
                TransformInput<TLanes, TVector>(ref row0, ref row1, ref row2, ref row3, at + (2 * column), out TVector value02, out TVector value12, out TVector value22, out TVector value32);
                TransformInput<TLanes, TVector>(ref row0, ref row1, ref row2, ref row3, at + lastColumn, out TVector value03, out TVector value13, out TVector value23, out TVector value33);
                ref float to = ref Unsafe.Add(ref target, at);
                StoreInput<TLanes, TVector>(value00, value01, value02, value03, ref to, positionStride);
                StoreInput<TLanes, TVector>(value10, value11, value12, value13, ref Unsafe.Add(ref to, InputExtent * positionStride), positionStride);
                StoreInput<TLanes, TVector>(value20, value21, value22, value23, ref Unsafe.Add(ref to, 2 * InputExtent * positionStride), positionStride);
                StoreInput<TLanes, TVector>(value30, value31, value32, value33, ref Unsafe.Add(ref to, 3 * InputExtent * positionStride), positionStride);
            }

            target = ref Unsafe.Add(ref target, tileStride);
            cursor.MoveNext();
        }
    }

    /// <summary>Multiplies some tiles in all positions by the weights of two blocks of channels: <c>[16][tiles][32]</c>.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Multiply<TTile, TLanes, TVector>(in Arguments arguments, int block, int tiles, int rows)
        where TTile : struct, Conv2DFloat32.ITile
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        Span<float> starts = stackalloc float[2 * PairChannels];
        starts.Slice(0, PairChannels).Clear();
        starts.Slice(PairChannels).Fill(ProductSum.Nothing);
        ref float zeros = ref MemoryMarshal.GetReference(starts);
        ref float nothing = ref Unsafe.Add(ref zeros, PairChannels);
        int blocks = Math.Min(2, arguments.Blocks - block);
        nint channels = arguments.InputChannels, width = blocks * Conv2DFloat32.BlockChannels;
        nint inputStride = (nint)InputStride(arguments.TilesTogether, arguments.InputChannels), tileStride = (nint)TileStride(arguments.InputChannels);
        nint weightStride = (nint)WeightStride(arguments.InputChannels), productStride = (nint)ProductStride(arguments.TilesTogether);
        ref float inputs = ref MemoryMarshal.GetReference(arguments.Scratch);
        ref float weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Weights), Taps * channels * block * Conv2DFloat32.BlockChannels);
        ref float bias = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Bias), block * Conv2DFloat32.BlockChannels);
        ref float transformed = ref Unsafe.Add(ref inputs, Positions * inputStride);
        ref float products = ref Unsafe.Add(ref transformed, Positions * weightStride);
        for (nint first = 0; first < channels; first += ProductSum.Stretch)
        {
            nint count = channels - first < ProductSum.Stretch ? channels - first : ProductSum.Stretch;
            TransformWeights<TLanes, TVector>(ref Unsafe.Add(ref weights, first * width), channels * width, count * width, ref transformed, weightStride);
            for (nint position = 0; position < Positions; position++)
            {
                var panel = new Conv2DFloat32.Weights(ref Unsafe.Add(ref transformed, position * weightStride), count * Conv2DFloat32.BlockChannels, 0, blocks & ~1);
                for (int tile = 0; tile < tiles; tile += rows)
                {
                    ref float sums = ref Unsafe.Add(ref products, (position * productStride) + (tile * PairChannels));
                    var ends = new Conv2DFloat32.Ends(
                        ref first == 0 && position == BiasPosition ? ref bias : ref zeros,
                        ref first == 0 ? ref nothing : ref sums,
                        first == 0 ? 0 : PairChannels,
                        ref sums,
                        PairChannels,
                        float.NegativeInfinity,
                        float.PositiveInfinity);
                    TTile.Multiply<Conv2DFloat32.Neighbours>(
                        ref Unsafe.Add(ref inputs, (position * inputStride) + (tile * tileStride) + first), ref Unsafe.NullRef<int>(), tileStride,
                        panel, count, ends, Math.Min(rows, tiles - tile), (int)width);
                }
            }
        }
    }

    /// <summary>Transforms the products of some tiles in two blocks of channels back, and stores the outputs.</summary>
    [MethodImpl(KernelOptions.Hot)]
    private static void Store<TLanes, TVector>(in Arguments arguments, int block, TileCursor cursor, int tiles)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        int channel = block * Conv2DFloat32.BlockChannels;
        nint channels = Math.Min(PairChannels, arguments.OutputChannels - channel), whole = channels / TLanes.Count * TLanes.Count;
        nint stride = (nint)ProductStride(arguments.TilesTogether);
        nint begin = Positions * ((nint)InputStride(arguments.TilesTogether, arguments.InputChannels) + (nint)WeightStride(arguments.InputChannels));
        ref float products = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Scratch), begin);
        TVector minimum = TLanes.All(arguments.Minimum), maximum = TLanes.All(arguments.Maximum);
        for (int tile = 0; tile < tiles; tile++)
        {
            Target target = TargetOf(arguments, cursor, channel);
            for (nint lane = 0; lane < whole; lane += TLanes.Count)
            {
                TransformProducts<TLanes, TVector>(ref Unsafe.Add(ref products, lane), stride, out TVector sum00, out TVector sum01, out TVector sum10, out TVector sum11);
                StoreRow<TLanes, TVector>(sum00, sum01, minimum, maximum, target, 0, lane);
                if (target.Rows > 1)
                {
                    StoreRow<TLanes, TVector>(sum10, sum11, minimum, maximum, target, 1, lane);
                }
            }

            if (whole < channels)
            {
                StorePart<TLanes, TVector>(arguments, ref Unsafe.Add(ref products, whole), target, whole, channels);
            }

            products = ref Unsafe.Add(ref products, PairChannels);
            cursor.MoveNext();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Target TargetOf(in Arguments arguments, in TileCursor cursor, int channel)
    {
        bool isSum = arguments.Addend.IsPresent;
        ref float addend = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Addend.Values), isSum ? cursor.OutputOf(arguments.Addend.Geometry) + channel : 0);
        ref float output = ref Unsafe.Add(ref MemoryMarshal.GetReference(arguments.Output), cursor.OutputOf(arguments.Geometry) + channel);
        return new Target(
            ref output, arguments.Geometry.OutputRowStride, arguments.Geometry.OutputPixelStride,
            ref addend, arguments.Addend.Geometry.OutputRowStride, arguments.Addend.Geometry.OutputPixelStride, isSum, cursor.Rows, cursor.Columns);
    }

    /// <summary>A row of a tile's outputs, of some channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreRow<TLanes, TVector>(TVector left, TVector right, TVector minimum, TVector maximum, in Target target, nint row, nint lane)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        ref float output = ref Unsafe.Add(ref target.Output, (row * target.RowStride) + lane);
        if (target.IsSum)
        {
            ref float addend = ref Unsafe.Add(ref target.Addend, (row * target.AddendRowStride) + lane);
            left = TLanes.Add(TLanes.Load(ref addend), left);
            right = target.Columns > 1 ? TLanes.Add(TLanes.Load(ref Unsafe.Add(ref addend, target.AddendPixelStride)), right) : right;
        }

        TLanes.Store(TLanes.Clamp(left, minimum, maximum), ref output);
        if (target.Columns > 1)
        {
            TLanes.Store(TLanes.Clamp(right, minimum, maximum), ref Unsafe.Add(ref output, target.PixelStride));
        }
    }

    /// <summary>The last channels, fewer than a vector's.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StorePart<TLanes, TVector>(in Arguments arguments, ref float products, in Target target, nint first, nint channels)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        Span<float> sums = stackalloc float[TileExtent * TileExtent * Conv2DFloat32.BlockChannels];
        TransformProducts<TLanes, TVector>(
            ref products, (nint)ProductStride(arguments.TilesTogether), out TVector sum00, out TVector sum01, out TVector sum10, out TVector sum11);
        TLanes.Store(sum00, ref sums[0]);
        TLanes.Store(sum01, ref sums[Conv2DFloat32.BlockChannels]);
        TLanes.Store(sum10, ref sums[2 * Conv2DFloat32.BlockChannels]);
        TLanes.Store(sum11, ref sums[3 * Conv2DFloat32.BlockChannels]);
        for (int row = 0; row < target.Rows; row++)
        {
            for (int column = 0; column < target.Columns; column++)
            {
                ref float output = ref Unsafe.Add(ref target.Output, (row * target.RowStride) + (column * target.PixelStride));
                ref float addend = ref Unsafe.Add(ref target.Addend, (row * target.AddendRowStride) + (column * target.AddendPixelStride));
                for (nint channel = first; channel < channels; channel++)
                {
                    float before = target.IsSum ? Unsafe.Add(ref addend, channel) : ProductSum.Nothing;
                    float sum = sums[(((row * TileExtent) + column) * Conv2DFloat32.BlockChannels) + (int)(channel - first)];
                    Unsafe.Add(ref output, channel) = FloatRange.Clamp(before + sum, arguments.Minimum, arguments.Maximum);
                }
            }
        }
    }

    /// <summary>Where a tile's outputs go, and what they are added to.</summary>
    private readonly ref struct Target(
        ref float output, nint rowStride, nint pixelStride, ref float addend, nint addendRowStride, nint addendPixelStride, bool isSum, int rows, int columns)
    {
        public readonly ref float Output = ref output;
        public readonly nint RowStride = rowStride;
        public readonly nint PixelStride = pixelStride;
        public readonly ref float Addend = ref addend;
        public readonly nint AddendRowStride = addendRowStride;
        public readonly nint AddendPixelStride = addendPixelStride;
        public readonly bool IsSum = isSum;
        public readonly int Rows = rows;
        public readonly int Columns = columns;
    }
}
