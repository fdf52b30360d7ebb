using System;
using System.Runtime.InteropServices;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteWinogradConvolution
{
    /// <summary>Bᵀ: from a column of inputs to its transform.</summary>
    private static ReadOnlySpan<sbyte> InputMatrix =>
    [
        4, 0, -5, 0, 1, 0,
        0, -4, -4, 1, 1, 0,
        0, 4, -4, -1, 1, 0,
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

    /// <summary>The truth that every other path agrees with.</summary>
    internal static void RunScalar<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        Span<short> words = MemoryMarshal.Cast<int, short>(arguments.Scratch);
        for (int batch = 0; batch < geometry.Batches; batch++)
        {
            for (int row = 0; row < geometry.OutputHeight; row += TileExtent)
            {
                for (int column = 0; column < geometry.OutputWidth; column += TileExtent)
                {
                    TransformInputs(arguments, batch, row, column, words);
                    for (int channel = 0; channel < arguments.OutputChannels; channel++)
                    {
                        ComputeTile<TRequantizer>(arguments, batch, row, column, channel, words);
                    }
                }
            }
        }
    }

    /// <summary>Transforms a tile's inputs: [positions][input channels].</summary>
    private static void TransformInputs(in Arguments arguments, int batch, int row, int column, Span<short> words)
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        int padded = PaddedInputs(arguments.InputChannels);
        Span<int> half = stackalloc int[Positions];
        for (int channel = 0; channel < arguments.InputChannels; channel++)
        {
            for (int place = 0; place < Positions; place++)
            {
                (int i, int x) = Math.DivRem(place, InputExtent);
                half[place] = 0;
                for (int y = 0; y < InputExtent; y++)
                {
                    // Inputs beyond the image are those of outputs beyond it: any number will do.
                    int at = (batch * geometry.InputBatchStride)
                        + (Math.Min(row + y, geometry.OutputHeight + 1) * geometry.InputRowStep)
                        + (Math.Min(column + x, geometry.OutputWidth + 1) * geometry.InputPixelStep);
                    half[place] += InputMatrix[(i * InputExtent) + y] * arguments.Input[at + channel];
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

    /// <summary>The outputs of a tile in one channel.</summary>
    private static void ComputeTile<TRequantizer>(in Arguments arguments, int batch, int row, int column, int channel, ReadOnlySpan<short> words)
        where TRequantizer : struct, IRequantizer
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        Span<int> products = stackalloc int[Positions];
        for (int place = 0; place < Positions; place++)
        {
            products[place] = Product(arguments, place, channel, words);
        }

        for (int y = 0; y < Math.Min(TileExtent, geometry.OutputHeight - row); y++)
        {
            for (int x = 0; x < Math.Min(TileExtent, geometry.OutputWidth - column); x++)
            {
                int output = (batch * geometry.OutputBatchStride) + ((row + y) * geometry.OutputRowStride) + ((column + x) * geometry.OutputPixelStride);
                int sum = unchecked((Scaled(products, y, x) * InverseOfNine) >> ScaleShift);
                arguments.Output[output + channel] = arguments.Requantize<TRequantizer>(unchecked(sum + arguments.Bias[channel]), channel);
            }
        }
    }

    /// <summary>The product of transformed inputs and weights at a place.</summary>
    private static int Product(in Arguments arguments, int place, int channel, ReadOnlySpan<short> words)
    {
        int padded = PaddedInputs(arguments.InputChannels);
        int weights = (((channel / ByteConvolution.BlockChannels) * Positions) + place) * Pairs(arguments.InputChannels) * PairWeights;
        int sum = 0;
        for (int input = 0; input < arguments.InputChannels; input++)
        {
            int weight = arguments.Transformed[weights + (input / 2 * PairWeights) + (channel % ByteConvolution.BlockChannels * 2) + (input % 2)];
            sum = unchecked(sum + (words[(place * padded) + input] * weight));
        }

        return sum;
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
