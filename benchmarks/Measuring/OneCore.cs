using System;
using System.Diagnostics;

namespace ModelCompiler.Benchmarks.Measuring;

/// <summary>Keeps the program on one core until disposed, where the system can. On Linux that is the main thread, which is the one that predicts.</summary>
internal sealed class OneCore : IDisposable
{
    private readonly Process process = Process.GetCurrentProcess();
    private readonly IntPtr before;

    /// <summary>Pins, to the last core: the first has the most interrupts.</summary>
    public OneCore()
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
        {
            before = process.ProcessorAffinity;
            process.ProcessorAffinity = Last(before);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
        {
            process.ProcessorAffinity = before;
        }

        process.Dispose();
    }

    private static nint Last(nint cores) => (nint)(1UL << (63 - System.Numerics.BitOperations.LeadingZeroCount((ulong)cores)));
}
