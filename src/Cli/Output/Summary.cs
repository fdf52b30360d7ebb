using System;
using System.Collections.Generic;
using System.Globalization;
using ModelCompiler.Compiler;
using ModelCompiler.Plans;

namespace ModelCompiler.Cli.Output;

/// <summary>The one line that says what came of a model.</summary>
internal static class Summary
{
    /// <summary>Writes the line, such as <c>Digits: Int8, 23.4 KB weights, 14.1 KB arena, 0.52 MMAC, int8 agrees with float on 100 of 100 calibration files</c>.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="report">The facts.</param>
    public static string Line(ModelPlan plan, CompileReport report)
    {
        var facts = new List<string>
        {
            plan.Precision,
            Bytes(report.WeightBytes) + " weights" + (report.DeflatedWeightBytes is { } deflated ? $" ({Bytes(deflated)} deflated)" : ""),
            Bytes(report.ArenaBytes) + " arena",
            Operations(report.MultiplyAccumulates),
        };
        string precision = plan.Precision == nameof(Precision.Int8) ? Precision.Int8.InProse() : plan.Precision;
        if (report.Agreement is { } agreement)
        {
            int agreeing = (int)Math.Round(agreement * report.CalibrationSamples);
            facts.Add($"{precision} agrees with float on {agreeing} of {report.CalibrationSamples} calibration files");
        }
        else if (report.OutputError is { } outputError)
        {
            facts.Add($"{precision} outputs differ from float by {Number(outputError * 100)} % (root mean square, {report.CalibrationSamples} calibration files)");
        }

        if (!report.FloatLayers.IsEmpty)
        {
            facts.Add($"{report.FloatLayers.Length} of {report.Layers} layers in float32 to reach {report.Bar!.InProse()}");
        }

        if (report.Evaluation is { } evaluation)
        {
            string floating = plan.Precision == nameof(Precision.Float32) ? "" : $" (float {Number(evaluation.AccuracyInFloat * 100)} %)";
            facts.Add($"accuracy {Number(evaluation.Accuracy * 100)} %{floating} on {evaluation.Examples} labelled files");
        }

        return $"{plan.ClassName}: {string.Join(", ", facts)}";
    }

    /// <summary>A size, such as <c>23.4 KB</c>.</summary>
    /// <param name="bytes">The size.</param>
    public static string Bytes(long bytes) => bytes switch
    {
        < 1024 => bytes.ToString(CultureInfo.InvariantCulture) + " bytes",
        < 1024 * 1024 => (bytes / 1024.0).ToString("0.0", CultureInfo.InvariantCulture) + " KB",
        _ => (bytes / (1024.0 * 1024.0)).ToString("0.0", CultureInfo.InvariantCulture) + " MB",
    };

    /// <summary>Multiply-accumulates, such as <c>0.52 MMAC</c>.</summary>
    /// <param name="multiplyAccumulates">Their number.</param>
    public static string Operations(long multiplyAccumulates) => Number(multiplyAccumulates / 1e6) + " MMAC";

    /// <summary>A number to three digits or so.</summary>
    /// <param name="value">The number.</param>
    public static string Number(double value) =>
        value.ToString(Math.Abs(value) switch { < 0.0995 => "0.0##", < 9.95 => "0.0#", < 99.5 => "0.0", _ => "0" }, CultureInfo.InvariantCulture);
}
