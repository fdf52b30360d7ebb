using System;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using ModelCompiler.Benchmarks.Contenders;

namespace ModelCompiler.Benchmarks.Measuring;

/// <summary>The other end of <see cref="ColdStart"/>: a process that makes one contender, predicts once and says when it was done.</summary>
internal static class ColdProcess
{
    /// <summary>The first argument of such a process.</summary>
    public const string Verb = "cold-start";

    /// <summary>Prints nanoseconds since the process was started, those since its program began, and the most memory that it had.</summary>
    /// <param name="arguments">When the process was started, by the <see cref="ThreadClock"/> of who started it, and a contender's recipe; without one, nothing is run.</param>
    /// <returns>0.</returns>
    public static int Run(string[] arguments)
    {
        double begun = ThreadClock.Now;
        if (arguments.Length > 1)
        {
            Predict(arguments[1..]);
        }

        // The first thread's own time begins with the process.
        double done = ThreadClock.Now;
        double started = ThreadClock.IsOwn ? 0 : double.Parse(arguments[0], CultureInfo.InvariantCulture);
        Print(done - started, done - begun);
        return 0;
    }

    // A method of its own for the same reason as the next.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Print(double sinceStart, double sinceBegin)
    {
        using Process process = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{sinceStart} {sinceBegin} {process.PeakWorkingSet64}"));
    }

    // A method of its own, so that an empty process does not load what is only mentioned here. Inputs stay zero: filling them is no part of a prediction.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Predict(string[] recipe) => ContenderFactory.Create(recipe).Predict();
}
