using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler;
using ModelCompiler.Conformance.Comparing;

namespace ModelCompiler.Conformance.Reporting;

/// <summary>Prints what came out of a suite.</summary>
internal static class Report
{
    /// <summary>Failures and skipped tests when asked for, what is not supported, and last the counts.</summary>
    public static void Print(TextWriter output, ImmutableArray<Verdict> verdicts, CommandLine options)
    {
        if (options.ListSkipped)
        {
            List(output, verdicts, Outcome.Skipped);
        }

        if (options.ListFailures)
        {
            List(output, verdicts, Outcome.Failed);
        }

        Skipped(output, verdicts);
        if (options.Precision == Precision.Int8)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"int8, calibrated on each test's own inputs; an output passes when the root mean square of its error is at most {Tolerance.OfInt8.RootMeanSquare:P0} of the output's."));
        }

        long quantized = verdicts.Sum(verdict => verdict.Quantized);
        if (quantized > 0)
        {
            long equal = verdicts.Sum(verdict => verdict.Equal);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{equal} of {quantized} quantised elements are equal ({(double)equal / quantized:P2})."));
        }

        int constant = verdicts.Count(verdict => verdict.HasFixedInputs && verdict.Outcome == Outcome.Passed);
        if (constant > 0)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{constant} of those that passed had inputs that decide shapes fixed with InputValue."));
        }

        output.WriteLine(CountLine(verdicts));
    }

    /// <summary>The counts.</summary>
    public static string CountLine(IReadOnlyCollection<Verdict> verdicts) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Count(verdicts, Outcome.Passed)} passed, {Count(verdicts, Outcome.Failed)} failed, {Count(verdicts, Outcome.Skipped)} skipped");

    private static int Count(IEnumerable<Verdict> verdicts, Outcome outcome) => verdicts.Count(verdict => verdict.Outcome == outcome);

    private static void List(TextWriter output, IEnumerable<Verdict> verdicts, Outcome outcome)
    {
        foreach (Verdict verdict in verdicts.Where(verdict => verdict.Outcome == outcome))
        {
            output.WriteLine($"{outcome.ToString().ToLowerInvariant()} {verdict.Case}: {verdict.Reason.ReplaceLineEndings(" ")}");
        }
    }

    private static void Skipped(TextWriter output, IEnumerable<Verdict> verdicts)
    {
        var kinds = verdicts
            .Where(verdict => verdict.Outcome == Outcome.Skipped)
            .GroupBy(verdict => verdict.Kind, StringComparer.Ordinal)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .ToList();
        if (kinds.Count > 0)
        {
            output.WriteLine("Skipped, for want of:");
        }

        foreach (IGrouping<string, Verdict> kind in kinds)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind.Count(),5}  {kind.Key}"));
        }
    }
}
