using System;

namespace ModelCompiler.RuntimeSupport;

/// <summary>Convolution in float32 by weights that are stored as int8, with a scale an output channel.</summary>
public static partial class Conv2DInt8Weights
{
    /// <summary>Convolves: the bits of <see cref="Conv2DFloat32"/> with the expanded weights, <c>weight · scale</c> rounded to float32.</summary>
    /// <param name="input">Activations, beginning at the window of output pixel (0, 0), as <see cref="Conv2DFloat32"/> has them.</param>
    /// <param name="weights">For each group <c>[ceil(outputChannels / 16)][runs][runLength][16]</c>.</param>
    /// <param name="scales">One an output channel; for each group padded to a multiple of 16.</param>
    /// <param name="bias">Start of the sums; for each group padded to a multiple of 16.</param>
    /// <param name="output">Results, as <see cref="Conv2DFloat32"/> has them.</param>
    /// <param name="scratch">For expanded weights.</param>
    /// <param name="scratchLength">How much of it may be written: at least runs × runLength × 16 elements, for a single pixel and run at least 128; 8 times as many are best.</param>
    /// <param name="runOffsets">Where each run of contiguous inputs begins, from the window's begin; at least one, none negative.</param>
    /// <param name="geometry">Sizes and strides.</param>
    /// <param name="runLength">Activations in a run.</param>
    /// <param name="groups">Number of groups.</param>
    /// <param name="inputChannelsPerGroup">Input channels of a group.</param>
    /// <param name="outputChannelsPerGroup">Output channels of a group.</param>
    /// <param name="outputMinimum">Smallest result, −∞ for none; a NaN stays a NaN.</param>
    /// <param name="outputMaximum">Largest result, +∞ for none.</param>
    /// <exception cref="ArgumentException">A span is shorter than the other arguments imply, or a count is outside its range.</exception>
    public static void Run(
        ReadOnlySpan<float> input,
        ReadOnlySpan<sbyte> weights,
        ReadOnlySpan<float> scales,
        ReadOnlySpan<float> bias,
        Span<float> output,
        Span<float> scratch,
        int scratchLength,
        ReadOnlySpan<int> runOffsets,
        ConvolutionGeometry geometry,
        int runLength,
        int groups,
        int inputChannelsPerGroup,
        int outputChannelsPerGroup,
        float outputMinimum,
        float outputMaximum)
    {
        var layer = new Conv2DFloat32.Arguments(
            input, default, bias, output, runOffsets, geometry, runLength, groups, inputChannelsPerGroup, outputChannelsPerGroup, outputMinimum, outputMaximum);
        Conv2DFloat32.CheckAround(layer);
        KernelGuard.Holds(scales.Length, (long)groups * layer.Blocks * Conv2DFloat32.BlockChannels, nameof(scales));
        StoredWeightLayer.Run<sbyte, StoredWeightLayer.Int8>(layer, weights, scales, StoredWeightLayer.Writable(scratch, scratchLength));
    }
}
