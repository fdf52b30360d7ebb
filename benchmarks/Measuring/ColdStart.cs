using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;

namespace ModelCompiler.Benchmarks.Measuring;

/// <summary>From the start of a process to its first prediction.</summary>
/// <param name="Milliseconds">From the start of the process, that of .NET included.</param>
/// <param name="LoadMilliseconds">From the start of its program: loading the model and the first prediction.</param>
/// <param name="PeakBytes">The most memory that the process had.</param>
internal sealed record ColdStart(double Milliseconds, double LoadMilliseconds, long PeakBytes)
{
    /// <summary>Starts processes, those of the contenders in turn.</summary>
    /// <param name="recipes">What each contender is made of: <see cref="Contenders.IContender.Recipe"/> or <see cref="PublishedProgram.Recipe"/>; empty for a process that does nothing.</param>
    /// <param name="repetitions">Processes for each.</param>
    /// <returns>The medians for each.</returns>
    /// <exception cref="BenchmarkException">A process fails.</exception>
    public static ImmutableArray<ColdStart> Measure(IReadOnlyList<ImmutableArray<string>> recipes, int repetitions)
    {
        List<ColdStart>[] starts = [.. recipes.Select(_ => new List<ColdStart>())];
        for (int repetition = 0; repetition < repetitions; repetition++)
        {
            for (int index = 0; index < recipes.Count; index++)
            {
                starts[index].Add(Once(recipes[index]));
            }
        }

        return [.. starts.Select(list => new ColdStart(
            Statistics.Median(list.Select(start => start.Milliseconds)),
            Statistics.Median(list.Select(start => start.LoadMilliseconds)),
            (long)Statistics.Median(list.Select(start => (double)start.PeakBytes))))];
    }

    private static ColdStart Once(ImmutableArray<string> recipe)
    {
        string now = ThreadClock.Now.ToString(CultureInfo.InvariantCulture);
        string[] words = recipe is [nameof(PublishedProgram), string path] ? ChildProcess.Run(path, [now]) : ChildProcess.Run([ColdProcess.Verb, now, .. recipe]);
        return new ColdStart(Number(words[0]) / 1e6, Number(words[1]) / 1e6, (long)Number(words[2]));
    }

    private static double Number(string word) => double.Parse(word, CultureInfo.InvariantCulture);
}
