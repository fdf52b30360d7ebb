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
public sealed record CalibrationCache(
    string Model, string Data, string Settings, QuantizationChoice Choice, int Samples, int SameTop, double? OutputError)
{
    private const string Heading = "ModelCompiler calibration 1";

    /// <summary>What of the options decides what calibration gives.</summary>
    public static string SettingsOf(CompileOptions options) =>
        string.Join(' ', QuantizationTechnique.All.Where(technique => technique.IsWanted(options)).Select(technique => technique.Name).Prepend(options.Calibrator).Prepend(options.Precision.ToString()));

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
        foreach ((string value, ValueRange range) in Choice.Ranges)
        {
            Line("range", Escape(value), Number(range.Minimum), Number(range.Maximum));
        }

        foreach ((string value, ImmutableArray<float> bias) in Choice.Biases)
        {
            Line("bias", Escape(value), string.Join(' ', bias.Select(Number)));
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
        var ranges = ImmutableSortedDictionary.CreateBuilder<string, ValueRange>(StringComparer.Ordinal);
        var biases = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<float>>(StringComparer.Ordinal);
        var weights = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<sbyte>>(StringComparer.Ordinal);
        for (int index = 1; index < lines.Length; index++)
        {
            string[] fields = lines[index].Split('\t');
            try
            {
                switch (fields)
                {
                    case ["range", string value, string minimum, string maximum]:
                        ranges.Add(Unescape(value), new ValueRange(Real(minimum), Real(maximum)));
                        break;
                    case ["bias", string value, string numbers]:
                        biases.Add(Unescape(value), [.. numbers.Split(' ').Select(Real)]);
                        break;
                    case ["weights", string value, string levels]:
                        weights.Add(Unescape(value), [.. Convert.FromBase64String(levels).Select(level => unchecked((sbyte)level))]);
                        break;
                    default:
                        facts.Add(fields[0], fields[1..]);
                        break;
                }
            }
            catch (Exception exception) when (exception is FormatException or ArgumentException or OverflowException)
            {
                throw new InvalidDataException($"line {(index + 1).ToString(CultureInfo.InvariantCulture)} is not understood");
            }
        }

        return Assemble(facts, ranges.ToImmutable(), biases.ToImmutable(), weights.ToImmutable());
    }

    private static CalibrationCache Assemble(
        Dictionary<string, string[]> facts,
        ImmutableSortedDictionary<string, ValueRange> ranges,
        ImmutableSortedDictionary<string, ImmutableArray<float>> biases,
        ImmutableSortedDictionary<string, ImmutableArray<sbyte>> weights)
    {
        string[] measured = Fact("measured", 3);
        if (!int.TryParse(measured[0], NumberStyles.None, CultureInfo.InvariantCulture, out int samples)
            || !int.TryParse(measured[1], NumberStyles.None, CultureInfo.InvariantCulture, out int sameTop))
        {
            throw new InvalidDataException("the line 'measured' is not understood");
        }

        double? error = double.TryParse(measured[2], NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? number : null;
        var choice = new QuantizationChoice
        {
            Calibrator = Fact("calibrator", 1)[0],
            IsEqualized = Fact("equalized", 1)[0] == "true",
            KeepsBranchScales = Fact("branch scales", 1)[0] == "true",
            Ranges = ranges,
            Biases = biases,
            Levels = weights,
        };
        return new CalibrationCache(Fact("model", 1)[0], Fact("data", 1)[0], Fact("settings", 1)[0], choice, samples, sameTop, error);

        string[] Fact(string name, int count) => facts.TryGetValue(name, out string[]? fields) && fields.Length == count
            ? fields
            : throw new InvalidDataException($"a line '{name}' is missing or not understood");
    }

    private static string Number(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static float Real(string text) =>
        float.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture) is var value && float.IsFinite(value) ? value : throw new FormatException();

    // A name may hold anything; the fields of a line may not hold what separates them.
    private static string Escape(string name) => Uri.EscapeDataString(name);

    private static string Unescape(string name) => Uri.UnescapeDataString(name);
}
