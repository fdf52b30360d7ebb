using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Lowering;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>Figures of each channel – the last axis – of some values, over examples.</summary>
internal static class ChannelStatistics
{
    /// <summary>The mean.</summary>
    /// <param name="model">The program, float or quantised.</param>
    /// <param name="channels">The values and how many channels each has.</param>
    /// <param name="samples">The examples.</param>
    public static Dictionary<string, double[]> Means(LoweredModel model, IReadOnlyDictionary<string, int> channels, IEnumerable<Sample> samples)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        Dictionary<string, double[]> sums = Gather(model, channels, samples, (value, elements, sum) =>
        {
            for (int start = 0; start < elements.Length; start += sum.Length)
            {
                for (int channel = 0; channel < sum.Length; channel++)
                {
                    sum[channel] += elements[start + channel];
                }
            }

            counts[value] = counts.GetValueOrDefault(value) + (elements.Length / sum.Length);
        });
        return sums.ToDictionary(pair => pair.Key, pair => Array.ConvertAll(pair.Value, sum => sum / counts[pair.Key]), StringComparer.Ordinal);
    }

    /// <summary>The greatest number, without its sign.</summary>
    /// <param name="model">The program, float or quantised.</param>
    /// <param name="channels">The values and how many channels each has.</param>
    /// <param name="samples">The examples.</param>
    public static Dictionary<string, double[]> Greatest(LoweredModel model, IReadOnlyDictionary<string, int> channels, IEnumerable<Sample> samples) =>
        Gather(model, channels, samples, (_, elements, greatest) =>
        {
            for (int start = 0; start < elements.Length; start += greatest.Length)
            {
                for (int channel = 0; channel < greatest.Length; channel++)
                {
                    greatest[channel] = Math.Max(greatest[channel], Math.Abs(elements[start + channel]));
                }
            }
        });

    private static Dictionary<string, double[]> Gather(LoweredModel model, IReadOnlyDictionary<string, int> channels, IEnumerable<Sample> samples, Collector collect)
    {
        var figures = new Dictionary<string, double[]>(StringComparer.Ordinal);
        var program = new ProgramObserver(model, channels.ContainsKey);
        foreach (Sample sample in samples)
        {
            program.Run(sample, (value, elements) =>
            {
                if (!figures.TryGetValue(value, out double[]? own))
                {
                    own = new double[channels[value]];
                    figures.Add(value, own);
                }

                collect(value, elements, own);
            });
        }

        return figures;
    }

    private delegate void Collector(string value, ReadOnlySpan<float> elements, double[] figures);
}
