using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// What calibration decided, as a text file to commit and diff: one fact a line, its fields separated by tabs, in ordinal order. With it a model is built where the data is not.
/// </summary>
/// <param name="Model">Stands for the model.</param>
/// <param name="Data">Stands for the calibration files.</param>
/// <param name="Settings">What the user asked for.</param>
/// <param name="Choice">What was decided.</param>
/// <param name="Samples">Examples that the figures were measured on.</param>
/// <param name="SameTop">How many of them have the same greatest output in float and int8.</param>
/// <param name="OutputError">The error of the outputs; <see langword="null"/> when none is float.</param>
/// <param name="Calibrators">What each calibrator tried gave.</param>
/// <param name="Techniques">What each technique tried gave.</param>
public sealed record CalibrationCache(
    string Model,
    string Data,
    string Settings,
    QuantizationChoice Choice,
    int Samples,
    int SameTop,
    double? OutputError,
    ImmutableArray<TechniqueGain> Calibrators,
    ImmutableArray<TechniqueGain> Techniques)
{
    private const string Heading = "ModelCompiler calibration 1";
    private const string CalibratorKind = "calibrator tried";
    private const string TechniqueKind = "technique tried";

    /// <summary>What of the options decides what calibration gives.</summary>
    public static string SettingsOf(CompileOptions options, QualityBar? bar) => string.Join(' ', (string[])
    [
        options.Precision.ToString(),
        options.Calibrator,
        .. QuantizationTechnique.All.Where(technique => technique.IsWanted(options)).Select(technique => technique.Name),
        $"Rounding={(options.IsFixedPoint ? Rounding.TfLite : Rounding.Float)}",
        .. bar?.MinimumAgreement is { } agreement ? [$"MinimumAgreement={Number(agreement)}"] : Array.Empty<string>(),
        .. bar?.MaximumError is { } error ? [$"MaximumError={Number(error)}"] : Array.Empty<string>(),
    ]);

    /// <summary>The text.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        Line(Heading);
        Line("model", Model);
        Line("data", Data);
        Line("settings", Settings);
        Line("calibrator", Choice.Calibrator);
        Line("equalized", Choice.IsEqualized ? "true" : "false");
        Line("branch scales", Choice.KeepsBranchScales ? "true" : "false");
        Line("measured", Number(Samples), Number(SameTop), OutputError is { } error ? Number(error) : "");
        foreach ((string kind, ImmutableArray<TechniqueGain> gains) in new[] { (CalibratorKind, Calibrators), (TechniqueKind, Techniques) })
        {
            foreach (TechniqueGain gain in gains)
            {
                Line(kind, gain.Name, Number(gain.ErrorBefore), Number(gain.ErrorAfter), gain.IsKept ? "kept" : "not kept");
            }
        }

        foreach ((string value, double? cost) in Choice.FloatLayers)
        {
            Line("float layer", Escape(value), cost is { } measured ? Number(measured) : "");
        }

        foreach ((string value, ValueRange range) in Choice.Ranges)
        {
            Line("range", Escape(value), Number(range.Minimum), Number(range.Maximum));
        }

        foreach ((string value, ImmutableArray<float> factors) in Choice.Factors)
        {
            Line("factors", Escape(value), string.Join(' ', factors.Select(Number)));
        }

        foreach ((string value, ImmutableArray<int> copies) in Choice.Copies)
        {
            Line("copies", Escape(value), string.Join(' ', copies.Select(Number)));
        }

        foreach ((string value, ImmutableArray<float> bias) in Choice.Biases)
        {
            Line("bias", Escape(value), string.Join(' ', bias.Select(Number)));
        }

        foreach ((string value, ImmutableArray<float> scales) in Choice.WeightScales)
        {
            Line("weight scales", Escape(value), string.Join(' ', scales.Select(Number)));
        }

        foreach ((string value, ImmutableArray<sbyte> levels) in Choice.Levels)
        {
            Line("weights", Escape(value), Convert.ToBase64String(MemoryMarshal.AsBytes(levels.AsSpan())));
        }

        return text.ToString();

        void Line(params string[] fields) => text.Append(string.Join('\t', fields)).Append('\n');
    }

    /// <summary>Reads the text.</summary>
    /// <exception cref="InvalidDataException">It is not such a text; the message says which line is wrong.</exception>
    public static CalibrationCache Read(string text)
    {
        string[] lines = text.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0 || lines[0] != Heading)
        {
            throw new InvalidDataException($"it does not begin with '{Heading}'");
        }

        var facts = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var cache = new CalibrationCache("", "", "", new QuantizationChoice { Calibrator = "", Ranges = QuantizationChoice.Empty<ValueRange>() }, 0, 0, null, [], []);
        for (int index = 1; index < lines.Length; index++)
        {
            try
            {
                cache = Add(cache, lines[index].Split('\t'), facts);
            }
            catch (Exception exception) when (exception is FormatException or ArgumentException or OverflowException)
            {
                throw new InvalidDataException($"line {(index + 1).ToString(CultureInfo.InvariantCulture)} is not understood");
            }
        }

        return Complete(cache, facts);
    }

    // A line that lists something; what is said once is kept as it is.
    private static CalibrationCache Add(CalibrationCache cache, string[] fields, Dictionary<string, string[]> facts)
    {
        QuantizationChoice choice = cache.Choice;
        switch (fields)
        {
            case [CalibratorKind, .. var gain]:
                return cache with { Calibrators = cache.Calibrators.Add(Gain(gain)) };
            case [TechniqueKind, .. var gain]:
                return cache with { Techniques = cache.Techniques.Add(Gain(gain)) };
            case ["float layer", string value, string error]:
                return cache with { Choice = choice with { FloatLayers = choice.FloatLayers.Add(Unescape(value), error.Length == 0 ? null : Finite(error)) } };
            case ["range", string value, string minimum, string maximum]:
                return cache with { Choice = choice with { Ranges = choice.Ranges.Add(Unescape(value), new ValueRange(Real(minimum), Real(maximum))) } };
            case ["factors", string value, string numbers]:
                return cache with { Choice = choice with { Factors = choice.Factors.Add(Unescape(value), [.. numbers.Split(' ').Select(Factor)]) } };
            case ["copies", string value, string numbers]:
                return cache with { Choice = choice with { Copies = choice.Copies.Add(Unescape(value), [.. numbers.Split(' ').Select(CopyCount)]) } };
            case ["bias", string value, string numbers]:
                return cache with { Choice = choice with { Biases = choice.Biases.Add(Unescape(value), [.. numbers.Split(' ').Select(Real)]) } };
            case ["weight scales", string value, string numbers]:
                return cache with { Choice = choice with { WeightScales = choice.WeightScales.Add(Unescape(value), [.. numbers.Split(' ').Select(WeightScale)]) } };
            case ["weights", string value, string levels]:
                return cache with { Choice = choice with { Levels = choice.Levels.Add(Unescape(value), [.. Convert.FromBase64String(levels).Select(level => unchecked((sbyte)level))]) } };
            case ["float layer" or "range" or "factors" or "copies" or "bias" or "weight scales" or "weights", ..]:
                throw new FormatException();
            default:
                facts.Add(fields[0], fields[1..]);
                return cache;
        }
    }

    private static CalibrationCache Complete(CalibrationCache cache, Dictionary<string, string[]> facts)
    {
        string[] measured = Fact("measured", 3);
        if (!int.TryParse(measured[0], NumberStyles.None, CultureInfo.InvariantCulture, out int samples)
            || !int.TryParse(measured[1], NumberStyles.None, CultureInfo.InvariantCulture, out int sameTop) || samples == 0 || sameTop > samples)
        {
            throw new InvalidDataException("the line 'measured' is not understood");
        }

        return cache with
        {
            Model = Fact("model", 1)[0],
            Data = Fact("data", 1)[0],
            Settings = Fact("settings", 1)[0],
            Choice = cache.Choice with
            {
                Calibrator = Fact("calibrator", 1)[0],
                IsEqualized = Fact("equalized", 1)[0] == "true",
                KeepsBranchScales = Fact("branch scales", 1)[0] == "true",
            },
            Samples = samples,
            SameTop = sameTop,
            OutputError = double.TryParse(measured[2], NumberStyles.Float, CultureInfo.InvariantCulture, out double error) && double.IsFinite(error) ? error : null,
        };

        string[] Fact(string name, int count) => facts.TryGetValue(name, out string[]? fields) && fields.Length == count
            ? fields
            : throw new InvalidDataException($"a line '{name}' is missing or not understood");
    }

    private static TechniqueGain Gain(string[] fields) => fields is [string name, string before, string after, string kept]
        ? new TechniqueGain(name, double.Parse(before, CultureInfo.InvariantCulture), double.Parse(after, CultureInfo.InvariantCulture), kept == "kept")
        : throw new FormatException();

    private static string Number(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static float Real(string text) =>
        float.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) is var value && float.IsFinite(value) ? value : throw new FormatException();

    private static double Finite(string text) =>
        double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) is var value && double.IsFinite(value) ? value : throw new FormatException();

    private static float Factor(string text) => Real(text) is var factor and >= 1e-6f and <= 1e6f ? factor : throw new FormatException();

    private static int CopyCount(string text) =>
        int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) is var count and >= 1 and <= ChannelSplitting.MostCopies ? count : throw new FormatException();

    private static float WeightScale(string text) => Real(text) is var scale and > 0 ? scale : throw new FormatException();

    // A name may hold anything; the fields of a line may not hold what separates them.
    private static string Escape(string name) => Uri.EscapeDataString(name);

    private static string Unescape(string name) => Uri.UnescapeDataString(name);
}
