using System;
using System.Threading;
using ModelCompiler.Benchmarks.Contenders;

namespace ModelCompiler.Benchmarks.Measuring;

/// <summary>
/// Predicts until .NET has compiled everything for good. It does so in steps: after 30 calls, when nothing new was compiled for a tenth of a second, a method is
/// compiled again in the background, to be observed and then once more. Predicting on and on does not suffice: on a busy machine the background never gets its turn.
/// </summary>
internal static class WarmUp
{
    private const int Cycles = 6;
    private const int PredictionsInCycle = 60;

    private static readonly TimeSpan LongestCycle = TimeSpan.FromSeconds(0.4);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.2);

    /// <summary>Warms up.</summary>
    /// <returns>The least time of a prediction, in microseconds.</returns>
    public static double Run(IContender contender)
    {
        double least = double.PositiveInfinity;
        for (int cycle = 0; cycle < Cycles; cycle++)
        {
            double end = ThreadClock.Now + LongestCycle.TotalNanoseconds;
            for (int count = 0; count < PredictionsInCycle && ThreadClock.Now < end; count++)
            {
                double start = ThreadClock.Now;
                contender.Predict();
                least = Math.Min(least, (ThreadClock.Now - start) / 1e3);
            }

            Thread.Sleep(Pause);
        }

        return least;
    }
}
