using System;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using ModelCompiler.Benchmarks.Measuring;

namespace ModelCompiler.Benchmarks.Published;

/// <summary>Predicts once and says when it was done, in the words of <c>ColdProcess</c>.</summary>
public static class Program
{
    /// <summary>Prints nanoseconds since the process was started, those since its program began, and the most memory that it had.</summary>
    /// <param name="arguments">When the process was started, by the <see cref="ThreadClock"/> of who started it.</param>
    /// <returns>0.</returns>
    public static int Main(string[] arguments)
    {
        double begun = ThreadClock.Now;
        Predict();

        // The first thread's own time begins with the process.
        double done = ThreadClock.Now;
        double started = ThreadClock.IsOwn ? 0 : double.Parse(arguments[0], CultureInfo.InvariantCulture);
        Print(done - started, done - begun);
        return 0;
    }

    // A method of its own, so that what is only mentioned here is not loaded before.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Print(double sinceStart, double sinceBegin)
    {
        using Process process = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sinceStart} {sinceBegin} {process.PeakWorkingSet64}"));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Predict() => new Adapter().Predict();
}
