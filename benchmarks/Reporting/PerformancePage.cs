using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Text;
using ModelCompiler.Benchmarks.Contenders;
using ModelCompiler.Benchmarks.Measuring;

namespace ModelCompiler.Benchmarks.Reporting;

/// <summary>docs/performance.md.</summary>
internal static class PerformancePage
{
    private static readonly ImmutableArray<string> Peers = [OnnxRuntimeContender.Float, OnnxRuntimeContender.Int8, TensorFlowLiteContender.Title];

    /// <summary>The page's text.</summary>
    public static string Write(Results results)
    {
        var page = new StringBuilder();
        Introduction(page, results);
        Predictions(page, results);
        Starts(page, results);
        GoalTable(page, results);
        PublishedTable(page, results);
        return page.ToString();
    }

    private static void Introduction(StringBuilder page, Results results)
    {
        Machine machine = results.Machine;
        string[] loads = [.. results.Models.Where(model => model.Load is not null).Select(model => model.Load!.Value).Order().Select(Figures.Number)];
        string[] rounds = [.. results.Models.Select(model => model.Rounds).Distinct().Order().Select(count => count.ToString(CultureInfo.InvariantCulture))];
        Lines(
            page,
            "# Performance",
            "",
            "Written by `dotnet run -c Release --project benchmarks -- --write`; the numbers are in [results.json](../benchmarks/results.json) too.",
            "",
            "![How many times as long as ModelCompiler others take](performance.svg)",
            "",
            $"* {machine.Processor} ({machine.InstructionSets}; {Plural(machine.Cores, "core")}), {machine.System}, {machine.Runtime}; ONNX Runtime {machine.OnnxRuntime}"
                + (machine.TensorFlowLite is null ? "" : $", TensorFlow Lite {machine.TensorFlowLite} with XNNPACK") + ".",
            "* One thread of one process, pinned to a core; everybody is given the same numbers, and copying inputs and outputs is counted. "
                + (ThreadClock.IsOwn ? "Measured is the time that the thread has a core for: that of a quiet machine, however busy this one is. " : "")
                + $"{string.Join("…", rounds)} rounds, in each of which everybody predicts for a while in turn; a time is the median of the rounds, "
                + "a ratio the median of the ratios within a round (above 1: ours is faster).",
            $"* The roof is what our convolution kernel reaches on operands that stay in the second-level cache, measured in the same runs: {Figures.Number(results.RoofInt8)} GMAC/s in int8 (by weights that sums in int16 hold; those of TensorFlow Lite's files are larger), "
                + $"{Figures.Number(results.RoofFloat32)} GMAC/s in float32. A share of it is of the least time. "
                + "Where the processor has a 512-bit VNNI, which C# has no intrinsic for, others may be above it.",
            "* ONNX Runtime int8 is our quantised graph, exported with QuantizeLinear and DequantizeLinear; ONNX Runtime float32 of a TensorFlow Lite model is our float graph, exported.",
            "* torchvision's networks have random weights (`benchmarks/export_torchvision.py`); they are calibrated on noise, which serves for time.");
        if (loads.Length > 0)
        {
            Lines(page, $"* Load of the machine while models were measured, ourselves included: {loads[0]} to {loads[^1]}, median {loads[loads.Length / 2]}"
                + (results.Models.Max(model => model.Load) > results.Machine.Cores ? ". **It was not quiet: caches and memory were shared, so that all are slower than they could be, large models most.**" : "."));
        }

        Lines(page, "");
    }

    private static void Predictions(StringBuilder page, Results results)
    {
        Lines(
            page,
            "## A prediction",
            "",
            "Microseconds, and in brackets how many times as long as ours.",
            "",
            $"| model | MMAC | {GeneratedContender.Title} | least | of the roof | {string.Join(" | ", Peers)} |",
            $"|---|--:|--:|--:|--:|{string.Concat(Peers.Select(_ => "--:|"))}");
        foreach (ModelResult model in results.Models)
        {
            ContenderResult ours = model.Contenders[0];
            IEnumerable<string> peers = Peers.Select(peer => model.Find(peer) is { } result ? $"{Figures.Number(result.MedianMicroseconds)} ({Figures.Ratio(result.Ratio!.Value)})" : "–");
            Lines(page, $"| {model.Name} | {Figures.Millions(model.MultiplyAccumulates)} | {Figures.Number(ours.MedianMicroseconds)} | {Figures.Number(ours.LeastMicroseconds)} | "
                + $"{Figures.Share(results.RoofShare(model, ours))} | {string.Join(" | ", peers)} |");
        }

        Lines(page, "");
        string[] absent = [.. results.Models.Where(model => !model.Absent.IsEmpty).Select(model => $"* {model.Name} without {string.Join("; ", model.Absent)}.")];
        if (absent.Length > 0)
        {
            Lines(page, [.. absent, ""]);
        }
    }

    private static void Starts(StringBuilder page, Results results)
    {
        Lines(
            page,
            "## First prediction, memory, size",
            "",
            "From the start of a process to its first result, that of .NET included, by the same clock; in brackets what loading the model and predicting take of it. Peak memory is that process's. "
                + "Shipped are our assembly, or the runtime's libraries, with the model. A build is one from the model's file to the assembly in a process of its own; where there is calibration, "
                + "only its time is given."
                + (results.EmptyProcessMilliseconds is { } empty ? $" A .NET process that does nothing takes {Figures.Number(empty)} ms and {Figures.Millions((double)results.EmptyProcessBytes!)} MB." : ""),
            "",
            $"{GeneratedContender.Title} by itself leaves all machine code to the process, as a program does that was built and not published. Of some models there is a program around the same class "
                + "as it is published, too: with `PublishReadyToRun`; with kernels in its image, which are compiled for this processor (`MODELCOMPILER_READYTORUN`, `--instruction-set:native`; see "
                + "[msbuild.md](msbuild.md#readytorun)); by NativeAOT with `IlcInstructionSet` `native`, where what is shipped is the whole program with what it needs of .NET.",
            "",
            "| model | runtime | first result, ms | peak, MB | shipped, MB | allocated a prediction, bytes | arena, kB (of what is needed at once) | build, s (peak, MB) |",
            "|---|---|--:|--:|--:|--:|--:|--:|");
        foreach (ModelResult model in results.Models)
        {
            foreach (ContenderResult contender in model.Contenders)
            {
                bool isOurs = contender == model.Contenders[0];
                string cold = contender.ColdMilliseconds is { } total ? Start(total, contender.ColdLoadMilliseconds!.Value) : "–";
                string peak = contender.PeakBytes is { } bytes ? Figures.Millions(bytes) : "–";
                Lines(page, $"| {(isOurs ? model.Name : "")} | {contender.Name} | {cold} | {peak} | {Figures.Millions(contender.ShippedBytes)} | "
                    + $"{contender.AllocatedBytes.ToString("#,0", CultureInfo.InvariantCulture)} | {(isOurs ? Arena(model) : "")} | {(isOurs ? Build(model) : "")} |");
                foreach (PublishedResult form in (isOurs ? model.Published : null) ?? [])
                {
                    Lines(page, $"|  | {form.Name} | {Start(form.ColdMilliseconds, form.ColdLoadMilliseconds)} | {Figures.Millions(form.PeakBytes)} | {Figures.Millions(form.ShippedBytes)} |  |  |  |");
                }
            }
        }

        Lines(page, "");
    }

    private static string Start(double total, double load) => $"{Figures.Number(total)} ({Figures.Number(load)})";

    private static string Build(ModelResult model) => model.Build is { } build
        ? $"{Figures.Number(build.Seconds)} ({Figures.Millions(build.PeakBytes)})"
        : $"{Figures.Number(model.BuildSeconds)} with calibration";

    private static string Arena(ModelResult model) =>
        $"{Figures.Number(model.ArenaBytes / 1e3)} ({Figures.Ratio((double)model.ArenaBytes / model.LiveBytes)})";

    private static void GoalTable(StringBuilder page, Results results)
    {
        Lines(page, "## Goals", "", "| model | against | at least | now | |", "|---|---|--:|--:|---|");
        foreach (Goal goal in Goals.All)
        {
            double? value = goal.Value(results);
            Lines(page, $"| {goal.Model} | {goal.Against} | {goal.AtLeast.ToString("0.0#", CultureInfo.InvariantCulture)} | "
                + $"{(value is { } number ? number.ToString("0.00", CultureInfo.InvariantCulture) : "–")} | {(value is null ? "not measured" : value >= goal.AtLeast ? "reached" : "**not yet**")} |");
        }
    }

    // Not goals: those are of what is built and not published.
    private static void PublishedTable(StringBuilder page, Results results)
    {
        string[] forms = [.. PublishedForm.All.Select(form => form.Name)];
        ModelResult[] models = [.. results.Models.Where(model => model.Published is not null && model.Find(OnnxRuntimeContender.Int8)?.ColdMilliseconds is not null)];
        if (models.Length == 0)
        {
            return;
        }

        Lines(
            page,
            "",
            $"What published programs would give, cold process to first prediction against {OnnxRuntimeContender.Int8}:",
            "",
            $"| model | {string.Join(" | ", forms)} |",
            $"|---|{string.Concat(forms.Select(_ => "--:|"))}");
        foreach (ModelResult model in models)
        {
            double peer = model.Find(OnnxRuntimeContender.Int8)!.ColdMilliseconds!.Value;
            IEnumerable<string> ratios = forms.Select(form => model.Published!.Value.FirstOrDefault(result => result.Name == form) is { } result ? Figures.Number(peer / result.ColdMilliseconds) : "–");
            Lines(page, $"| {model.Name} | {string.Join(" | ", ratios)} |");
        }
    }

    private static string Plural(int count, string noun) => $"{count.ToString(CultureInfo.InvariantCulture)} {noun}{(count == 1 ? "" : "s")}";

    private static void Lines(StringBuilder page, params string[] lines) => Array.ForEach(lines, line => page.Append(line).Append('\n'));
}
