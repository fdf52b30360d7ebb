using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using ModelCompiler.Compiler;
using Spectre.Console;

namespace ModelCompiler.Benchmarks;

/// <summary>How long a prediction of the digit model takes, on one thread, when everything is warm.</summary>
internal static class PredictionTime
{
    private const int Pixels = 28 * 28;
    private const int PixelsSeed = 20;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    /// <summary>Measures every precision and prints a table.</summary>
    /// <exception cref="BenchmarkException">The model is missing.</exception>
    public static void Print()
    {
        Table table = new Table()
            .AddColumn("digits.onnx")
            .AddColumn(new TableColumn("MMAC").RightAligned())
            .AddColumn(new TableColumn("median µs").RightAligned())
            .AddColumn(new TableColumn("least µs").RightAligned())
            .AddColumn(new TableColumn("GMAC/s").RightAligned());
        foreach (Precision precision in Enum.GetValues<Precision>())
        {
            var model = new DigitModel(precision);
            (double median, double least) = Measure(model);
            double operations = model.Report.MultiplyAccumulates;
            table.AddRow(precision.ToString(), Number(operations / 1e6, "0.00"), Number(median, "0.0"), Number(least, "0.0"), Number(operations / median / 1e3, "0.0"));
        }

        AnsiConsole.Write(table);
        Console.WriteLine("One thread, from pixels to scores, by the plan's executor: the generated class makes the same calls of the same kernels.");
    }

    private static (double Median, double Least) Measure(DigitModel model)
    {
        byte[] pixels = new byte[Pixels];
        new Random(PixelsSeed).NextBytes(pixels);
        Repeat(model, pixels, WarmUp);
        List<double> times = Repeat(model, pixels, Duration);
        times.Sort();
        return (times[times.Count / 2], times[0]);
    }

    private static List<double> Repeat(DigitModel model, byte[] pixels, TimeSpan duration)
    {
        var times = new List<double>();
        long start = Stopwatch.GetTimestamp();
        do
        {
            long before = Stopwatch.GetTimestamp();
            model.Run(pixels);
            times.Add(Stopwatch.GetElapsedTime(before).TotalMicroseconds);
        }
        while (Stopwatch.GetElapsedTime(start) < duration);

        return times;
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
