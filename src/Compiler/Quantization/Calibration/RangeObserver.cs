using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Lowering;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>
/// Runs the float program on example inputs and notes what numbers every value takes: first its range, then – in a second pass over the same examples, for
/// those calibrators that want it – how they are distributed in that range. But for the moving average nothing depends on the order of the examples,
/// and nothing on whether they come one a file.
/// </summary>
public sealed class RangeObserver
{
    private readonly ProgramObserver program;
    private readonly Dictionary<string, ObservedValue> values = new(StringComparer.Ordinal);

    /// <summary>Prepares to observe a model lowered in float32.</summary>
    public RangeObserver(LoweredModel model)
    {
        program = new ProgramObserver(model);
        InputValue = model.InputValues[0];
    }

    /// <summary>The value that the input is, once it has the layout in which the program reads it.</summary>
    public string InputValue { get; }

    /// <summary>What has been seen so far, by value.</summary>
    public IReadOnlyDictionary<string, ObservedValue> Values => values;

    /// <summary>The ranges seen so far, by value.</summary>
    public IReadOnlyDictionary<string, ValueRange> Ranges => values.ToDictionary(pair => pair.Key, pair => pair.Value.Range, StringComparer.Ordinal);

    /// <summary>The program that is observed.</summary>
    public PlanExecutor Executor => program.Executor;

    /// <summary>First pass: runs the model on an example and notes ranges.</summary>
    /// <param name="sample">The example.</param>
    /// <param name="path">Its file, for messages.</param>
    /// <exception cref="DiagnosticException">A value is NaN or infinite.</exception>
    public void Observe(Sample sample, string path) => program.Run(sample, (value, elements) =>
    {
        ValueRange range = Extremes(elements);
        if (!range.IsFinite)
        {
            throw new DiagnosticException(DiagnosticKinds.CalibrationNotFinite.At(path, "", value));
        }

        if (!values.TryGetValue(value, out ObservedValue? observed))
        {
            observed = new ObservedValue();
            values.Add(value, observed);
        }

        observed.Note(range);
    });

    /// <summary>Second pass: runs the model on an example that was observed before and counts where in their ranges the elements lie.</summary>
    public void Count(Sample sample) => program.Run(sample, (value, elements) => values[value].Count(elements));

    private static ValueRange Extremes(ReadOnlySpan<float> elements)
    {
        float minimum = float.PositiveInfinity;
        float maximum = float.NegativeInfinity;
        foreach (float element in elements)
        {
            minimum = Math.Min(minimum, element);
            maximum = Math.Max(maximum, element);
        }

        return new ValueRange(minimum, maximum);
    }
}
