using System;
using System.Diagnostics;
using System.Globalization;
using ModelCompiler.Benchmarks.Models;

namespace ModelCompiler.Benchmarks.Measuring;

/// <summary>From a model's file to an assembly in a process of its own: import, passes, plan, generator, C# compiler.</summary>
/// <param name="Seconds">From the start of the process, that of .NET included.</param>
/// <param name="PeakBytes">The most memory that the process had.</param>
internal sealed record ColdBuild(double Seconds, long PeakBytes)
{
    /// <summary>The first argument of such a process; the model's name follows.</summary>
    public const string Verb = "cold-build";

    /// <summary>Starts such a process.</summary>
    /// <exception cref="BenchmarkException">It fails.</exception>
    public static ColdBuild Measure(BenchmarkModel model)
    {
        long start = Stopwatch.GetTimestamp();
        string[] words = ChildProcess.Run([Verb, model.Name]);
        return new ColdBuild(Math.Round(Stopwatch.GetElapsedTime(start).TotalSeconds, 1), long.Parse(words[0], CultureInfo.InvariantCulture));
    }

    /// <summary>The process: builds and prints the most memory that it had.</summary>
    /// <returns>0.</returns>
    public static int Run(string name)
    {
        CompiledModel.Build(ModelCatalog.Find([name])[0]);
        using Process process = Process.GetCurrentProcess();
        Console.WriteLine(process.PeakWorkingSet64.ToString(CultureInfo.InvariantCulture));
        return 0;
    }
}
