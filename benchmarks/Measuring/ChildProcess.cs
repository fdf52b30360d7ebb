using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;

namespace ModelCompiler.Benchmarks.Measuring;

/// <summary>A program in a process of its own.</summary>
internal static class ChildProcess
{
    /// <summary>Runs this program once more, to its end.</summary>
    /// <param name="arguments">Its command line.</param>
    /// <returns>The words that it printed.</returns>
    /// <exception cref="BenchmarkException">It fails or prints nothing.</exception>
    public static string[] Run(IEnumerable<string> arguments)
    {
        // "dotnet Benchmarks.dll" or the program itself.
        string program = Environment.ProcessPath!;
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        return Run(program, [.. host, .. arguments]);
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">The program; it runs on the framework that this one runs on.</param>
    /// <param name="arguments">Its command line.</param>
    /// <returns>The words that it printed.</returns>
    /// <exception cref="BenchmarkException">It fails or prints nothing.</exception>
    public static string[] Run(string program, IReadOnlyCollection<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        using Process process = Process.Start(start)!;
        string[] words = process.StandardOutput.ReadToEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return process.ExitCode == 0 && words.Length > 0
            ? words
            : throw new BenchmarkException($"A process of its own ({program} {string.Join(' ', arguments)}) ended with {process.ExitCode}.");
    }
}
