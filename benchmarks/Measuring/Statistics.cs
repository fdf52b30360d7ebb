using System.Collections.Generic;
using System.Linq;

namespace ModelCompiler.Benchmarks.Measuring;

/// <summary>What is made of many measurements.</summary>
internal static class Statistics
{
    /// <summary>The median.</summary>
    /// <param name="values">At least one.</param>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
