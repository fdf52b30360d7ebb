using System;

namespace ModelCompiler.RuntimeSupport;

public static partial class ByteConvolution
{
    /// <summary>The truth that every other path agrees with.</summary>
    internal static void RunScalar<TRequantizer>(in Arguments arguments)
        where TRequantizer : struct, IRequantizer
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
                    for (int group = 0; group < arguments.Groups; group++)
                    {
                        RunScalarPixel<TRequantizer>(arguments, group, window + (group * arguments.InputChannels), pixel + (group * arguments.OutputChannels));
                    }
                }
            }
        }
    }

    private static void RunScalarPixel<TRequantizer>(in Arguments arguments, int group, int window, int pixel)
        where TRequantizer : struct, IRequantizer
    {
        int runs = arguments.RunOffsets.Length;
        for (int channel = 0; channel < arguments.OutputChannels; channel++)
        {
            int block = (group * arguments.Blocks) + (channel / BlockChannels);
            int lane = channel % BlockChannels;
            int sum = arguments.Bias[(block * BlockChannels) + lane];
            for (int run = 0; run < runs; run++)
            {
                ReadOnlySpan<byte> activations = arguments.Input.Slice(window + arguments.RunOffsets[run], arguments.RunLength);
                int weights = ((block * runs) + run) * arguments.QuadsPerRun * QuadWeights;
                for (int k = 0; k < activations.Length; k++)
                {
                    sum += activations[k] * arguments.Weights[weights + (k / 4 * QuadWeights) + (lane * 4) + (k % 4)];
                }
            }

            arguments.Output[pixel + channel] = arguments.Requantize<TRequantizer>(sum, (block * BlockChannels) + lane);
        }
    }
}
