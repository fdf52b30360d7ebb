using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler;
using ModelCompiler.Compiler.Diagnostics;

namespace ModelCompiler.Cli;

/// <summary>Reads values as the metadata of a <c>ModelFile</c> item has them; what is wrong becomes a finding at the model file.</summary>
/// <param name="modelPath">Path of the model file.</param>
/// <param name="diagnostics">Takes the findings.</param>
internal sealed class MetadataReader(string modelPath, List<Diagnostic> diagnostics)
{
    private static readonly char[] Separators = [',', ';'];

    /// <summary>Notes that a value is wrong unless the condition holds.</summary>
    /// <param name="condition">Whether the value is right.</param>
    /// <param name="name">Name of the metadata.</param>
    /// <param name="value">Its value.</param>
    /// <param name="advice">What to write instead.</param>
    public void Require(bool condition, string name, string value, string advice)
    {
        if (!condition)
        {
            diagnostics.Add(DiagnosticKinds.MetadataInvalid.At(modelPath, "", name, value, advice));
        }
    }

    /// <summary>One of some names, in any case; <see langword="null"/> when there is none or it is wrong.</summary>
    public string? Choice(string name, string? value, IReadOnlyList<string> choices)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return null;
        }

        string? choice = choices.FirstOrDefault(choice => choice.Equals(value.Trim(), StringComparison.OrdinalIgnoreCase));
        Require(choice is not null, name, value, $"use {string.Join(", ", choices.SkipLast(1))} or {choices[^1]}");
        return choice;
    }

    /// <summary>One of an enumeration's names.</summary>
    public T? Choice<T>(string name, string? value)
        where T : struct, Enum => Choice(name, value, Enum.GetNames<T>()) is { } choice ? Enum.Parse<T>(choice) : null;

    /// <summary>true or false, in any case.</summary>
    public bool Switch(string name, string? value, bool standard) => (Choice(name, value, ["true", "false"]) ?? (standard ? "true" : "false")) == "true";

    /// <summary>Finite numbers separated by <c>,</c> or <c>;</c>.</summary>
    public ImmutableArray<float> Numbers(string name, string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return [];
        }

        var numbers = ImmutableArray.CreateBuilder<float>();
        foreach (string part in value.Split(Separators))
        {
            if (!float.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) || !float.IsFinite(number))
            {
                Require(false, name, value, "use one number, or one a channel separated by commas, such as 0.5 or 123.7,116.3,103.5");
                return [];
            }

            numbers.Add(number);
        }

        return numbers.ToImmutable();
    }

    /// <summary>A whole number within limits.</summary>
    public int? Count(string name, string? value, int least = 0, int most = int.MaxValue)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return null;
        }

        bool valid = int.TryParse(value, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int count)
            && count >= least && count <= most;
        Require(valid, name, value, $"use a whole number from {least} to {most}");
        return valid ? count : null;
    }

    /// <summary>A whole number of at least 1, however large.</summary>
    public long? Limit(string name, string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return null;
        }

        bool valid = long.TryParse(value, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out long limit) && limit > 0;
        Require(valid, name, value, "use a whole number of at least 1");
        return valid ? limit : null;
    }

    /// <summary>A share from 0 to 1, or the same as a percentage: <c>0.99</c>, <c>99 %</c>.</summary>
    public double? Share(string name, string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            return null;
        }

        bool isPercentage = value.TrimEnd().EndsWith('%');
        string number = isPercentage ? value.TrimEnd()[..^1] : value;
        bool valid = double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double share);
        share /= isPercentage ? 100 : 1;
        valid &= share is >= 0 and <= 1;
        Require(valid, name, value, "use a share from 0 to 1, such as 0.99, or a percentage, such as 99 %");
        return valid ? share : null;
    }

    /// <summary>Shapes by input name, <c>name:1,3,224,224;other:1,10</c>. A name may hold colons itself.</summary>
    public ImmutableDictionary<string, ImmutableArray<int>> Shapes(string name, string? value) =>
        ByInput(name, value, Dimensions, "use each input's name once, with a colon and its dimensions, such as data:1,3,224,224;other:1,10");

    /// <summary>Numbers by input name, <c>axes:1,2;scale:0.5</c>. A name may hold colons itself.</summary>
    public ImmutableDictionary<string, ImmutableArray<double>> Values(string name, string? value) =>
        ByInput(name, value, Numbers, "use each input's name once, with a colon and its numbers, such as axes:1,2;scale:0.5");

    private ImmutableDictionary<string, ImmutableArray<T>> ByInput<T>(string name, string? value, Func<string, ImmutableArray<T>> read, string advice)
    {
        var found = ImmutableDictionary.CreateBuilder<string, ImmutableArray<T>>(StringComparer.Ordinal);
        foreach (string part in (value ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int colon = part.LastIndexOf(':');
            ImmutableArray<T> numbers = colon > 0 ? read(part[(colon + 1)..]) : [];
            string input = colon > 0 ? part[..colon].Trim() : "";
            Require(!numbers.IsEmpty && !found.ContainsKey(input), name, value!, advice);
            found[input] = numbers;
        }

        return found.ToImmutable();
    }

    private static ImmutableArray<double> Numbers(string text)
    {
        var numbers = ImmutableArray.CreateBuilder<double>();
        foreach (string part in text.Split(','))
        {
            if (!double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || !double.IsFinite(number))
            {
                return [];
            }

            numbers.Add(number);
        }

        return numbers.ToImmutable();
    }

    /// <summary>Outputs and inputs, <c>output=input;output2=input2</c>.</summary>
    public ImmutableArray<StateLink> Links(string name, string? value)
    {
        var links = ImmutableArray.CreateBuilder<StateLink>();
        foreach (string part in (value ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string output = equals > 0 ? part[..equals].Trim() : "", input = part[(equals + 1)..].Trim();
            Require(output.Length > 0 && input.Length > 0, name, value!, "use an output's name, = and an input's name, such as h_out=h_in;c_out=c_in");
            links.Add(new StateLink(output, input));
        }

        return links.ToImmutable();
    }

    /// <summary>Names separated by <c>;</c>, each once.</summary>
    public ImmutableArray<string> Names(string name, string? value)
    {
        ImmutableArray<string> names = [.. (value ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        Require(names.Distinct(StringComparer.Ordinal).Count() == names.Length, name, value ?? "", "name each node once, separated by semicolons");
        return names;
    }

    /// <summary>Files, wildcards expanded, in the order given.</summary>
    public ImmutableArray<string> Files(string name, IEnumerable<string> patterns)
    {
        var files = ImmutableArray.CreateBuilder<string>();
        foreach (string pattern in patterns)
        {
            ImmutableArray<string> matches = FilePattern.Expand(pattern);
            Require(!matches.IsEmpty, name, pattern, "no file matches");
            files.AddRange(matches);
        }

        return files.ToImmutable();
    }

    private static ImmutableArray<int> Dimensions(string text)
    {
        var dimensions = ImmutableArray.CreateBuilder<int>();
        foreach (string part in text.Split(','))
        {
            if (!int.TryParse(part, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out int dimension) || dimension < 1)
            {
                return [];
            }

            dimensions.Add(dimension);
        }

        return dimensions.ToImmutable();
    }
}
