using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Lowering;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>The mean of each channel – the last axis – of some values, over examples.</summary>
internal static class ChannelMeans
{
    /// <summary>Measures them by running a program.</summary>
    /// <param name="model">The program, float or quantised.</param>
    /// <param name="channels">The values and how many channels each has.</param>
    /// <param name="samples">The examples.</param>
    public static Dictionary<string, double[]> Of(LoweredModel model, IReadOnlyDictionary<string, int> channels, IEnumerable<Sample> samples)
    {
        var sums = new Dictionary<string, double[]>(StringComparer.Ordinal);
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var program = new ProgramObserver(model, channels.ContainsKey);
        foreach (Sample sample in samples)
        {
            program.Run(sample, (value, elements) =>
            {
                if (!sums.TryGetValue(value, out double[]? sum))
                {
                    sum = new double[channels[value]];
                    sums.Add(value, sum);
                    counts.Add(value, 0);
                }

                for (int start = 0; start < elements.Length; start += sum.Length)
                {
                    for (int channel = 0; channel < sum.Length; channel++)
                    {
                        sum[channel] += elements[start + channel];
                    }
                }

                counts[value] += elements.Length / sum.Length;
            });
        }

        return sums.ToDictionary(pair => pair.Key, pair => Array.ConvertAll(pair.Value, sum => sum / counts[pair.Key]), StringComparer.Ordinal);
    }
}
