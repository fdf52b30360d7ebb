using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;

namespace ModelCompiler.Benchmarks.Measuring;

/// <summary>This program once more, in a process of its own.</summary>
internal static class ChildProcess
{
    /// <summary>Runs it to its end.</summary>
    /// <param name="arguments">Its command line.</param>
    /// <returns>The words that it printed.</returns>
    /// <exception cref="BenchmarkException">It fails or prints nothing.</exception>
    public static string[] Run(IEnumerable<string> arguments)
    {
        // "dotnet Benchmarks.dll" or the program itself.
        string program = Environment.ProcessPath!;
        string[] host = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        string[] all = [.. host, .. arguments];
        using Process process = Process.Start(new ProcessStartInfo(program, all) { RedirectStandardOutput = true })!;
        string[] words = process.StandardOutput.ReadToEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return process.ExitCode == 0 && words.Length > 0
            ? words
            : throw new BenchmarkException($"A process of its own ({string.Join(' ', all)}) ended with {process.ExitCode}.");
    }
}
