using System;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>int8 weights of a layer, symmetric per output channel, with what its kernel needs beside them.</summary>
/// <param name="Weights">In [−127, 127], in the order of the float weights.</param>
/// <param name="Bias">int32 at scale input × weight; contains −zero point · Σw.</param>
/// <param name="Multipliers">input scale × weight scale / output scale, one a channel.</param>
public sealed record QuantizedWeights(sbyte[] Weights, int[] Bias, float[] Multipliers)
{
    // Keeps a bias of a channel with tiny weights far from overflow; its rounding error is 2^-24 of it.
    private const double LargestBias = 1 << 24;

    /// <summary>Quantises weights whose first axis is the output channel.</summary>
    public static QuantizedWeights Of(float[] weights, float[] bias, QuantizationParameters input, QuantizationParameters output)
    {
        int channels = bias.Length;
        int each = weights.Length / channels;
        var quantized = new sbyte[weights.Length];
        var biases = new int[channels];
        var multipliers = new float[channels];
        for (int channel = 0; channel < channels; channel++)
        {
            ReadOnlySpan<float> row = weights.AsSpan(channel * each, each);
            double scale = Scale(row, bias[channel], input.Scale);
            long sum = 0;
            for (int index = 0; index < each; index++)
            {
                sbyte value = (sbyte)Math.Clamp(Math.Round(row[index] / scale, MidpointRounding.ToEven), -127, 127);
                quantized[(channel * each) + index] = value;
                sum += value;
            }

            double real = Math.Round(bias[channel] / (input.Scale * scale), MidpointRounding.ToEven) - (input.ZeroPoint * (double)sum);
            biases[channel] = (int)Math.Clamp(real, int.MinValue, int.MaxValue);
            multipliers[channel] = (float)(input.Scale * scale / output.Scale);
        }

        return new QuantizedWeights(quantized, biases, multipliers);
    }

    private static double Scale(ReadOnlySpan<float> row, float bias, float inputScale)
    {
        double greatest = 0;
        foreach (float weight in row)
        {
            greatest = Math.Max(greatest, Math.Abs(weight));
        }

        double scale = Math.Max(greatest / 127, Math.Abs(bias) / (inputScale * LargestBias));
        return scale > 0 ? scale : 1;
    }
}
