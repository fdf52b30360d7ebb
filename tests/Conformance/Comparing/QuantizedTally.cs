using System;
using System.Globalization;
using ModelCompiler.Conformance.Cases;

namespace ModelCompiler.Conformance.Comparing;

/// <summary>Counts quantised elements over all test vectors of a model: roundings that go the other way in an early layer move a few of many.</summary>
/// <param name="tolerance">How far they may be off, and how many of them further.</param>
internal sealed class QuantizedTally(Tolerance tolerance)
{
    private long beyond;

    /// <summary>Elements counted.</summary>
    public long Elements { get; private set; }

    /// <summary>Those that are as expected.</summary>
    public long Equal { get; private set; }

    /// <summary>What is wrong, or <see langword="null"/>.</summary>
    public string? Problem => Elements == 0 || tolerance.QuantizedShare is not { } share ? null
        : beyond > (1 - share) * Elements ? string.Create(
            CultureInfo.InvariantCulture, $"{beyond} of {Elements} quantised elements ({(double)beyond / Elements:P1}) are off by more than {tolerance.QuantizedSteps}")
        : tolerance.EqualShare is { } equalShare && Equal < equalShare * Elements ? string.Create(
            CultureInfo.InvariantCulture, $"{Elements - Equal} of {Elements} quantised elements ({(double)(Elements - Equal) / Elements:P2}) are not equal")
        : null;

    /// <summary>Counts the elements of an output.</summary>
    public void Add(TestTensor expected, Array values)
    {
        if (expected.IsQuantized && tolerance.QuantizedShare is not null)
        {
            Elements += values.Length;
            beyond += Comparer.Beyond(expected, values, tolerance);
            Equal += values.Length - Comparer.Beyond(expected, values, tolerance with { QuantizedSteps = 0 });
        }
    }
}
