using System;

namespace ModelCompiler.RuntimeSupport;

public static partial class FloatWinogradConvolution
{
    /// <summary>The truth that every other path agrees with.</summary>
    internal static void RunScalar(in Arguments arguments)
    {
        Span<float> weights = arguments.Scratch.Slice(0, arguments.InputChannels * Positions);
        for (int channel = 0; channel < arguments.OutputChannels; channel++)
        {
            TransformChannel(arguments, channel, weights);
            var cursor = new TileCursor(arguments.Geometry);
            for (int tile = 0; tile < cursor.Tiles; tile++)
            {
                RunScalarTile(arguments, channel, weights, cursor);
                cursor.MoveNext();
            }
        }
    }

    /// <summary>The transformed weights of an output channel: <c>[input channels][16]</c>.</summary>
    private static void TransformChannel(in Arguments arguments, int channel, Span<float> weights)
    {
        (int block, int lane) = Math.DivRem(channel, Conv2DFloat32.BlockChannels);
        int stride = ((block | 1) < arguments.Blocks ? 2 : 1) * Conv2DFloat32.BlockChannels;
        int first = stride == Conv2DFloat32.BlockChannels
            ? (block * Taps * arguments.InputChannels * stride) + lane
            : ((block & ~1) * Taps * arguments.InputChannels * Conv2DFloat32.BlockChannels) + ((block & 1) * Conv2DFloat32.BlockChannels) + lane;
        Span<float> columns = stackalloc float[InputExtent * Kernel];
        for (int input = 0; input < arguments.InputChannels; input++)
        {
            ReadOnlySpan<float> window = arguments.Weights.Slice(first + (input * stride));
            int tap = arguments.InputChannels * stride;
            for (int column = 0; column < Kernel; column++)
            {
                TransformWeights(window[column * tap], window[(Kernel + column) * tap], window[((2 * Kernel) + column) * tap], columns.Slice(column), Kernel);
            }

            for (int row = 0; row < InputExtent; row++)
            {
                ReadOnlySpan<float> from = columns.Slice(row * Kernel, Kernel);
                TransformWeights(from[0], from[1], from[2], weights.Slice((input * Positions) + (row * InputExtent)), 1);
            }
        }
    }

    /// <summary>G times three weights.</summary>
    private static void TransformWeights(float weight0, float weight1, float weight2, Span<float> target, int step)
    {
        float outer = weight0 + weight2;
        target[0] = weight0;
        target[step] = (outer + weight1) * 0.5f;
        target[2 * step] = (outer - weight1) * 0.5f;
        target[3 * step] = weight2;
    }

    private static void RunScalarTile(in Arguments arguments, int channel, ReadOnlySpan<float> weights, in TileCursor cursor)
    {
        Span<float> inputs = stackalloc float[Positions];
        Span<ProductSum> sums = stackalloc ProductSum[Positions];
        for (int position = 0; position < Positions; position++)
        {
            sums[position] = new ProductSum(position == BiasPosition ? arguments.Bias[channel] : 0);
        }

        for (int input = 0; input < arguments.InputChannels; input++)
        {
            TransformInputs(arguments, input, cursor, inputs);
            for (int position = 0; position < Positions; position++)
            {
                sums[position].Add(inputs[position], weights[(input * Positions) + position]);
            }
        }

        StoreTile(arguments, channel, sums, cursor);
    }

    private static void TransformInputs(in Arguments arguments, int channel, in TileCursor cursor, Span<float> target)
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        Span<float> columns = stackalloc float[Positions];
        for (int column = 0; column < InputExtent; column++)
        {
            ReadOnlySpan<float> inputs = arguments.Input.Slice(cursor.Input + Math.Min(column * geometry.InputPixelStep, cursor.LastColumn) + channel);
            TransformInputs(inputs[0], inputs[geometry.InputRowStep], inputs[2 * geometry.InputRowStep], inputs[cursor.LastRow], columns.Slice(column), InputExtent);
        }

        for (int row = 0; row < InputExtent; row++)
        {
            ReadOnlySpan<float> from = columns.Slice(row * InputExtent, InputExtent);
            TransformInputs(from[0], from[1], from[2], from[3], target.Slice(row * InputExtent), 1);
        }
    }

    /// <summary>Bᵀ times four inputs.</summary>
    private static void TransformInputs(float input0, float input1, float input2, float input3, Span<float> target, int step)
    {
        target[0] = input0 - input2;
        target[step] = input1 + input2;
        target[2 * step] = input2 - input1;
        target[3 * step] = input1 - input3;
    }

    private static void StoreTile(in Arguments arguments, int channel, ReadOnlySpan<ProductSum> sums, in TileCursor cursor)
    {
        Span<float> rows = stackalloc float[TileExtent * InputExtent];
        for (int column = 0; column < InputExtent; column++)
        {
            rows[column] = sums[column].Value + sums[InputExtent + column].Value + sums[(2 * InputExtent) + column].Value;
            rows[InputExtent + column] = sums[InputExtent + column].Value - sums[(2 * InputExtent) + column].Value - sums[(3 * InputExtent) + column].Value;
        }

        for (int row = 0; row < cursor.Rows; row++)
        {
            ReadOnlySpan<float> from = rows.Slice(row * InputExtent, InputExtent);
            StorePixel(arguments, channel, row, 0, from[0] + from[1] + from[2], cursor);
            if (cursor.Columns > 1)
            {
                StorePixel(arguments, channel, row, 1, from[1] - from[2] - from[3], cursor);
            }
        }
    }

    private static void StorePixel(in Arguments arguments, int channel, int row, int column, float sum, in TileCursor cursor)
    {
        ConvolutionGeometry image = arguments.Addend.Geometry;
        float before = arguments.Addend.IsPresent
            ? arguments.Addend.Values[cursor.OutputOf(image) + (row * image.OutputRowStride) + (column * image.OutputPixelStride) + channel]
            : ProductSum.Nothing;
        image = arguments.Geometry;
        arguments.Output[cursor.OutputOf(image) + (row * image.OutputRowStride) + (column * image.OutputPixelStride) + channel] =
            FloatRange.Clamp(before + sum, arguments.Minimum, arguments.Maximum);
    }
}
