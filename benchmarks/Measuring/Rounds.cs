using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Benchmarks.Contenders;

namespace ModelCompiler.Benchmarks.Measuring;

/// <summary>The times of one contender.</summary>
/// <param name="Rounds">The median of each round, microseconds a prediction.</param>
/// <param name="Least">The least of all.</param>
/// <param name="AllocatedBytes">Managed bytes a prediction.</param>
internal sealed record Times(ImmutableArray<double> Rounds, double Least, long AllocatedBytes)
{
    /// <summary>The median of the rounds.</summary>
    public double Median => Statistics.Median(Rounds);

    /// <summary>How many times as long as another contender: the median of the ratios of adjacent slices, in which a slow minute of the machine cancels out.</summary>
    /// <param name="other">The other contender, of the same rounds.</param>
    public double Over(Times other) => Statistics.Median(Rounds.Zip(other.Rounds, (mine, others) => mine / others));
}

/// <summary>Measures contenders by turns: a round gives each a slice of time, forwards and backwards alternately.</summary>
/// <param name="rounds">How many rounds.</param>
/// <param name="slice">How long a contender predicts in a round, at least once.</param>
internal sealed class Rounds(int rounds, TimeSpan slice)
{
    // Microseconds: the clock's own cost must not show.
    private const double LeastTimed = 100;

    private const int AllocationPredictions = 10;

    /// <summary>Measures.</summary>
    /// <param name="contenders">What is measured, inputs filled.</param>
    /// <returns>The times of each.</returns>
    public ImmutableArray<Times> Measure(IReadOnlyList<IContender> contenders)
    {
        int[] groups = [.. contenders.Select(contender => Math.Max(1, (int)Math.Ceiling(LeastTimed / Math.Max(WarmUp.Run(contender), 0.01))))];
        double[][] medians = [.. contenders.Select(_ => new double[rounds])];
        double[] least = [.. contenders.Select(_ => double.PositiveInfinity)];
        for (int round = 0; round < rounds; round++)
        {
            for (int turn = 0; turn < contenders.Count; turn++)
            {
                int index = round % 2 == 0 ? turn : contenders.Count - 1 - turn;
                List<double> times = Slice(contenders[index], groups[index]);
                medians[index][round] = Statistics.Median(times);
                least[index] = Math.Min(least[index], times.Min());
            }
        }

        return [.. contenders.Select((contender, index) => new Times([.. medians[index]], least[index], AllocatedBytes(contender)))];
    }

    private static double Time(IContender contender, int predictions)
    {
        double start = ThreadClock.Now;
        for (int count = 0; count < predictions; count++)
        {
            contender.Predict();
        }

        return (ThreadClock.Now - start) / 1e3 / predictions;
    }

    private static long AllocatedBytes(IContender contender)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Time(contender, AllocationPredictions);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / AllocationPredictions;
    }

    private List<double> Slice(IContender contender, int group)
    {
        var times = new List<double>();
        double end = ThreadClock.Now + slice.TotalNanoseconds;
        do
        {
            times.Add(Time(contender, group));
        }
        while (ThreadClock.Now < end);

        return times;
    }
}
