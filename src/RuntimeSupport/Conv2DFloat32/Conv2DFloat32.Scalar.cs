using System;

namespace ModelCompiler.RuntimeSupport;

public static partial class Conv2DFloat32
{
    /// <summary>The truth that every other path agrees with.</summary>
    internal static void RunScalar(in Arguments arguments)
    {
        ConvolutionGeometry geometry = arguments.Geometry;
        for (int batch = 0; batch < geometry.Batches; batch++)
        {
            for (int row = 0; row < geometry.OutputHeight; row++)
            {
                for (int column = 0; column < geometry.OutputWidth; column++)
                {
                    int window = (batch * geometry.InputBatchStride) + (row * geometry.InputRowStep) + (column * geometry.InputPixelStep);
                    int pixel = (batch * geometry.OutputBatchStride) + (row * geometry.OutputRowStride) + (column * geometry.OutputPixelStride);
                    ConvolutionGeometry added = arguments.Addend.Geometry;
                    int addend = (batch * added.OutputBatchStride) + (row * added.OutputRowStride) + (column * added.OutputPixelStride);
                    for (int group = 0; group < arguments.Groups; group++)
                    {
                        int channel = group * arguments.OutputChannels;
                        RunScalarPixel(arguments, group, window + (group * arguments.InputChannels), pixel + channel, addend + channel);
                    }
                }
            }
        }
    }

    private static void RunScalarPixel(in Arguments arguments, int group, int window, int pixel, int addend)
    {
        int runs = arguments.RunOffsets.Length;
        for (int channel = 0; channel < arguments.OutputChannels; channel++)
        {
            int inGroup = channel / BlockChannels;
            int block = (group * arguments.Blocks) + inGroup;
            int lane = channel % BlockChannels;
            bool isInPair = arguments.WeightsInPairs && (inGroup | 1) < arguments.Blocks;
            int termStride = isInPair ? 2 * BlockChannels : BlockChannels;
            int terms = runs * arguments.RunLength;
            int weights = isInPair ? ((block - (inGroup & 1)) * terms * BlockChannels) + ((inGroup & 1) * BlockChannels) + lane : (block * terms * BlockChannels) + lane;
            float before = arguments.Addend.IsPresent ? arguments.Addend.Values[addend + channel] : ProductSum.Nothing;
            var sum = new ProductSum(arguments.Bias[(block * BlockChannels) + lane], before);
            for (int run = 0; run < runs; run++)
            {
                ReadOnlySpan<float> activations = arguments.Input.Slice(window + arguments.RunOffsets[run], arguments.RunLength);
                foreach (float activation in activations)
                {
                    sum.Add(activation, arguments.Weights[weights]);
                    weights += termStride;
                }
            }

            arguments.Output[pixel + channel] = FloatRange.Clamp(sum.Value, arguments.Minimum, arguments.Maximum);
        }
    }
}
