using System;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ModelCompiler.Benchmarks.Measuring;

/// <summary>
/// Time that the calling thread has had a core for, where the system tells, else the time of day. Everybody predicts on the calling thread, so on a quiet
/// machine both are the same; on a busy one only the first is of use.
/// </summary>
internal static class ThreadClock
{
    private const int ThreadProcessorTime = 3;
    private const double Nanoseconds = 1e9;

    /// <summary>Whether it is the thread's own time.</summary>
    public static bool IsOwn => OperatingSystem.IsLinux();

    /// <summary>Nanoseconds since some moment.</summary>
    public static double Now
    {
        get
        {
            if (!IsOwn)
            {
                return Stopwatch.GetTimestamp() * (Nanoseconds / Stopwatch.Frequency);
            }

            _ = GetTime(ThreadProcessorTime, out Moment moment);
            return (moment.Seconds * Nanoseconds) + moment.Nanoseconds;
        }
    }

    [DllImport("libc", EntryPoint = "clock_gettime")]
    private static extern int GetTime(int clock, out Moment moment);

    [StructLayout(LayoutKind.Sequential)]
    private struct Moment
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
