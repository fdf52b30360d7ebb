using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using ModelCompiler.Conformance.Cases;
using ModelCompiler.Conformance.Compiling;
using ModelCompiler.Conformance.Reporting;

namespace ModelCompiler.Conformance;

/// <summary>Runs public test vectors through the compiler, the generator and the C# compiler, and compares what comes out.</summary>
public static class Program
{
    /// <summary>The command line; see <see cref="CommandLine.Usage"/>.</summary>
    public static int Main(string[] arguments) => Run(arguments, Console.Out, Console.Error);

    /// <summary>The command line, and where it prints.</summary>
    /// <returns>0; 1 when a test failed; 2 when the command line makes no sense.</returns>
    internal static int Run(string[] arguments, TextWriter output, TextWriter error)
    {
        try
        {
            return Run(CommandLine.Parse(arguments), output);
        }
        catch (Exception exception) when (exception is UsageException or IOException or UnauthorizedAccessException)
        {
            error.WriteLine(exception.Message);
            return 2;
        }
    }

    private static bool Regressed(CommandLine options, ImmutableArray<Verdict> verdicts, TextWriter output)
    {
        Dictionary<string, Verdict> byName = verdicts.ToDictionary(verdict => verdict.Case, StringComparer.Ordinal);
        string[] regressed = [.. PassingList.Read(options.Folder).Where(name => byName.GetValueOrDefault(name)?.Outcome != Outcome.Passed)];
        foreach (string name in regressed)
        {
            output.WriteLine($"regressed {name}: {(byName.TryGetValue(name, out Verdict? verdict) ? $"{verdict.Outcome}, {verdict.Reason}" : "there is no such test")}");
        }

        return regressed.Length > 0;
    }

    private static int Run(CommandLine options, TextWriter output)
    {
        IReadOnlyList<ConformanceCase> cases =
        [
            .. (options.Suite == "onnx" ? OnnxSuite.Find(options.Folder) : GoldenSuite.Find(options.Folder))
                .Where(candidate => options.Filter is null || candidate.Name.Contains(options.Filter, StringComparison.OrdinalIgnoreCase)),
        ];
        if (cases.Count == 0)
        {
            throw new UsageException($"There are no {options.Suite} tests in {options.Folder}{(options.Filter is null ? "" : $" whose names contain '{options.Filter}'")}.");
        }

        var runner = new ConformanceRunner(options.Precision, options.Rounding, options.FixInputs, options.Verbose ? output : null);
        ImmutableArray<Verdict> verdicts = runner.Run(cases);
        Report.Print(output, verdicts, options);
        if (options.UpdatePassing)
        {
            PassingList.Write(options.Folder, verdicts);
        }

        return (options.CheckPassing && Regressed(options, verdicts, output)) || verdicts.Any(verdict => verdict.Outcome == Outcome.Failed) ? 1 : 0;
    }
}
