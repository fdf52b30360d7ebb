using System;
using System.Globalization;
using ModelCompiler.Conformance.Cases;

namespace ModelCompiler.Conformance.Comparing;

/// <summary>Counts quantised elements over all test vectors of a model: roundings that go the other way in an early layer move a few of many.</summary>
/// <param name="tolerance">How far they may be off, and how many of them further.</param>
internal sealed class QuantizedTally(Tolerance tolerance)
{
    private long elements;
    private long beyond;

    /// <summary>What is wrong, or <see langword="null"/>.</summary>
    public string? Problem => tolerance.QuantizedShare is not { } share || beyond <= (1 - share) * elements
        ? null
        : string.Create(
            CultureInfo.InvariantCulture, $"{beyond} of {elements} quantised elements ({(double)beyond / elements:P1}) are off by more than {tolerance.QuantizedSteps}");

    /// <summary>Counts the elements of an output.</summary>
    public void Add(TestTensor expected, Array values)
    {
        if (expected.IsQuantized && tolerance.QuantizedShare is not null)
        {
            elements += values.Length;
            beyond += Comparer.Beyond(expected, values, tolerance);
        }
    }
}
