using System;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteWinogradConvolution
{
    /// <summary>Bᵀ: from a column of inputs to its transform.</summary>
    private static ReadOnlySpan<sbyte> InputMatrix =>
    [
        4, 0, -5, 0, 1, 0,
        0, 4, 4, -1, -1, 0,
        0, -4, 4, 1, -1, 0,
        0, -2, -1, 2, 1, 0,
        0, 2, -1, -2, 1, 0,
        0, 4, 0, -5, 0, 1,
    ];

    /// <summary>Aᵀ: from a column of products to outputs.</summary>
    private static ReadOnlySpan<sbyte> OutputMatrix =>
    [
        1, 1, 1, 1, 1, 0,
        0, 1, -1, 2, -2, 0,
        0, 1, 1, 4, 4, 0,
        0, 1, -1, 8, -8, 1,
    ];

    /// <summary>What the transform of the weights leaves of the factor 24 to the columns of Aᵀ, for rows: there it would not fit in int16.</summary>
    private static ReadOnlySpan<sbyte> ColumnScales => [1, 2, 2, 1, 1, 4];

    /// <summary>24·G: from a column of weights to its transform.</summary>
    private static ReadOnlySpan<sbyte> WeightMatrix =>
    [
        6, 0, 0,
        4, 4, 4,
        4, -4, 4,
        1, 2, 4,
        1, -2, 4,
        0, 0, 24,
    ];

    /// <summary>The truth that every other path agrees with.</summary>
    internal static void RunScalar<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        int wordsOfTile = Positions * PaddedInputs(arguments.InputChannels);
        Span<short> words = MemoryMarshal.Cast<int, short>(arguments.Scratch.Slice((int)WordsBegin(arguments.TilesTogether)));
        Span<short> weights = MemoryMarshal.Cast<int, short>(arguments.Scratch.Slice((int)WeightsBegin(arguments.TilesTogether, arguments.InputChannels)));
        var cursor = new TileCursor(arguments.Geometry);
        for (int first = 0; first < cursor.Tiles; first += arguments.TilesTogether)
        {
            int tiles = Math.Min(arguments.TilesTogether, cursor.Tiles - first);
            TileCursor next = cursor;
            for (int tile = 0; tile < tiles; tile++, next.MoveNext())
            {
                TransformInputs(arguments, next, words.Slice(tile * wordsOfTile));
            }

            for (int channel = 0; channel < arguments.OutputChannels; channel++)
            {
                TransformWeights(arguments, channel, weights);
                next = cursor;
                for (int tile = 0; tile < tiles; tile++, next.MoveNext())
                {
                    ComputeTile<TRequantizer>(arguments, next, channel, words.Slice(tile * wordsOfTile), weights);
                }
            }

            cursor = next;
        }
    }

    /// <summary>Transforms a tile's inputs: [positions][input channels].</summary>
    private static void TransformInputs(in Arguments arguments, TileCursor cursor, Span<short> words)
    {
        int padded = PaddedInputs(arguments.InputChannels);
        Span<int> offsets = stackalloc int[2 * InputExtent];
        cursor.FindInputs(offsets);
        Span<int> half = stackalloc int[Positions];
        for (int channel = 0; channel < arguments.InputChannels; channel++)
        {
            for (int place = 0; place < Positions; place++)
            {
                (int i, int x) = Math.DivRem(place, InputExtent);
                half[place] = 0;
                for (int y = 0; y < InputExtent; y++)
                {
                    half[place] += InputMatrix[(i * InputExtent) + y] * arguments.Input[cursor.Input + offsets[y] + offsets[InputExtent + x] + channel];
                }
            }

            for (int place = 0; place < Positions; place++)
            {
                (int i, int j) = Math.DivRem(place, InputExtent);
                int sum = 0;
                for (int x = 0; x < InputExtent; x++)
                {
                    sum += InputMatrix[(j * InputExtent) + x] * half[(i * InputExtent) + x];
                }

                words[(place * padded) + channel] = (short)sum;
            }
        }
    }

    /// <summary>Transforms the weights of an output channel: [positions][input channels].</summary>
    private static void TransformWeights(in Arguments arguments, int channel, Span<short> transformed)
    {
        int padded = PaddedInputs(arguments.InputChannels);
        (int block, int lane) = Math.DivRem(channel, ByteConvolution.BlockChannels);
        for (int place = 0; place < Positions; place++)
        {
            (int i, int j) = Math.DivRem(place, InputExtent);
            for (int input = 0; input < arguments.InputChannels; input++)
            {
                int sum = 0;
                for (int tap = 0; tap < Taps; tap++)
                {
                    int quad = (((block * Taps) + tap) * padded / 4) + (input / 4);
                    int factor = WeightMatrix[(i * Kernel) + (tap / Kernel)] * WeightMatrix[(j * Kernel) + (tap % Kernel)] / ColumnScales[j];
                    sum += factor * arguments.Weights[(quad * ByteConvolution.QuadWeights) + (lane * 4) + (input % 4)];
                }

                transformed[(place * padded) + input] = (short)sum;
            }
        }
    }

    /// <summary>The outputs of a tile in one channel.</summary>
    private static void ComputeTile<TRequantizer>(in Arguments arguments, TileCursor cursor, int channel, ReadOnlySpan<short> words, ReadOnlySpan<short> weights)
        where TRequantizer : struct, IRequantizer
    {
        int padded = PaddedInputs(arguments.InputChannels);
        Span<int> products = stackalloc int[Positions];
        for (int place = 0; place < Positions; place++)
        {
            products[place] = 0;
            for (int input = place * padded; input < (place * padded) + arguments.InputChannels; input++)
            {
                products[place] = unchecked(products[place] + (words[input] * weights[input]));
            }
        }

        Span<int> offsets = stackalloc int[TilePixels];
        int pixels = cursor.FindOutputs(offsets);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            (int y, int x) = Math.DivRem(pixel, cursor.Columns);
            int sum = unchecked((Scaled(products, y, x) * InverseOfNine) >> ScaleShift);
            arguments.Output[offsets[pixel] + channel] = arguments.Requantize<TRequantizer>(unchecked(sum + arguments.Bias[channel]), channel);
        }
    }

    /// <summary>576 times the sum of an output, modulo 2³².</summary>
    private static int Scaled(ReadOnlySpan<int> products, int y, int x)
    {
        int sum = 0;
        for (int place = 0; place < Positions; place++)
        {
            (int i, int j) = Math.DivRem(place, InputExtent);
            int factor = OutputMatrix[(y * InputExtent) + i] * OutputMatrix[(x * InputExtent) + j] * ColumnScales[j];
            sum = unchecked(sum + (factor * products[place]));
        }

        return sum;
    }
}
