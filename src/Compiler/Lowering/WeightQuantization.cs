using System;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>int8 weights of a layer, symmetric per output channel, with what its kernel needs beside them.</summary>
/// <param name="Weights">In the order of the float weights: in [−127, 127], but the file's own may be −128.</param>
/// <param name="Bias">int32 at scale input × weight; contains −zero point · Σw.</param>
/// <param name="Multipliers">input scale × weight scale / output scale, one a channel.</param>
/// <param name="Steps">input scale × weight scale, one a channel: what the sums count.</param>
public sealed record QuantizedWeights(sbyte[] Weights, int[] Bias, float[] Multipliers, double[] Steps)
{
    // Keeps a bias of a channel with tiny weights far from overflow; its rounding error is 2^-24 of it.
    private const double LargestBias = 1 << 24;

    // The file's scale of a bias is a product in float32 of what the scale of its sums is here.
    private const double SameScale = 1e-6;

    /// <summary>The file's own weights if it has some that fit, else the float weights quantised; their first axis is the output channel.</summary>
    public static QuantizedWeights Of(Tensor weights, Tensor? bias, QuantizationParameters input, QuantizationParameters output) =>
        OfFile(weights, bias, input, output)
        ?? Of(weights.Values<float>(), bias?.Values<float>() ?? new float[weights.Shape[0]], input, output);

    /// <summary>
    /// The file's own integers and scales; <see langword="null"/> when there are none for each output channel or sums of them could overflow.
    /// </summary>
    public static QuantizedWeights? OfFile(Tensor weights, Tensor? bias, QuantizationParameters input, QuantizationParameters output)
    {
        if (weights.Integers is not { IsPerFirstAxis: true, Levels.Type: ElementType.Int8 } stored)
        {
            return null;
        }

        sbyte[] levels = stored.Levels.Values<sbyte>();
        int channels = weights.Shape[0];
        int each = levels.Length / channels;
        var biases = new int[channels];
        var multipliers = new float[channels];
        var steps = new double[channels];
        for (int channel = 0; channel < channels; channel++)
        {
            double scale = (double)input.Scale * stored.ScaleOf(channel);
            (long sum, long magnitude) = (0, 0);
            foreach (sbyte level in levels.AsSpan(channel * each, each))
            {
                sum += level;
                magnitude += Math.Abs((int)level);
            }

            double start = BiasLevel(bias, channel, scale);
            multipliers[channel] = (float)(scale / output.Scale);
            steps[channel] = scale;
            if (!(Math.Abs(start) + (2.0 * byte.MaxValue * magnitude) <= int.MaxValue) || !float.IsFinite(multipliers[channel]))
            {
                return null;
            }

            biases[channel] = (int)((long)start - (input.ZeroPoint * sum));
        }

        return new QuantizedWeights(levels, biases, multipliers, steps);
    }

    /// <summary>Quantises weights whose first axis is the output channel.</summary>
    public static QuantizedWeights Of(float[] weights, float[] bias, QuantizationParameters input, QuantizationParameters output)
    {
        int channels = bias.Length;
        int each = weights.Length / channels;
        var quantized = new sbyte[weights.Length];
        var biases = new int[channels];
        var multipliers = new float[channels];
        var steps = new double[channels];
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
            steps[channel] = input.Scale * scale;
        }

        return new QuantizedWeights(quantized, biases, multipliers, steps);
    }

    /// <summary>
    /// The multipliers as integers, with <paramref name="steps"/> that a sum counts; <see langword="null"/> when one of the products could overflow.
    /// </summary>
    /// <param name="output">How the results are stored.</param>
    /// <param name="steps">One a channel.</param>
    public FixedPointMultiplier[]? FixedPoint(QuantizationParameters output, double[] steps)
    {
        int each = Weights.Length / Bias.Length;
        var multipliers = new FixedPointMultiplier[Bias.Length];
        for (int channel = 0; channel < multipliers.Length; channel++)
        {
            long largest = Math.Abs((long)Bias[channel]);
            foreach (sbyte weight in Weights.AsSpan(channel * each, each))
            {
                largest += byte.MaxValue * Math.Abs((int)weight);
            }

            if (FixedPointMultiplier.Of(steps[channel] / output.Scale, largest) is not { } multiplier)
            {
                return null;
            }

            multipliers[channel] = multiplier;
        }

        return multipliers;
    }

    // The bias in steps of the sums: the file's integer where its scale is theirs.
    private static double BiasLevel(Tensor? bias, int channel, double scale) => bias switch
    {
        null => 0,
        { Integers: { IsPerFirstAxis: true, Levels.Type: ElementType.Int32 } stored } when Math.Abs((stored.ScaleOf(channel) / scale) - 1) <= SameScale =>
            stored.Levels.Values<int>()[channel],
        _ => Math.Round(bias.Values<float>()[channel] / scale, MidpointRounding.ToEven),
    };

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
