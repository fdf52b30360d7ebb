using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>Runs the float program on example inputs and notes the range of every value. The result does not depend on the order of the inputs.</summary>
public sealed class RangeObserver
{
    private readonly LoweredModel model;
    private readonly PlanExecutor executor;
    private readonly Dictionary<string, ValueRange> ranges = new(StringComparer.Ordinal);

    /// <summary>Prepares to observe a model lowered in float32.</summary>
    public RangeObserver(LoweredModel model)
    {
        this.model = model;
        executor = new PlanExecutor(model.Plan, model.Weights);
    }

    /// <summary>The ranges seen so far, by value.</summary>
    public IReadOnlyDictionary<string, ValueRange> Ranges => ranges;

    /// <summary>The program that is observed.</summary>
    public PlanExecutor Executor => executor;

    /// <summary>Runs the model on an example.</summary>
    /// <param name="sample">The example.</param>
    /// <param name="path">Its file, for messages.</param>
    /// <exception cref="DiagnosticException">A value is NaN or infinite.</exception>
    public void Observe(Sample sample, string path)
    {
        executor.FeedSample(model.Plan.Inputs[0].Name, sample);
        Note(model.InputValues[0], path);

        // A change of layout that feeding does leaves the input itself without a place, but not without a range.
        if (ranges.TryGetValue(model.InputValues[0], out ValueRange range))
        {
            ranges[model.Plan.Inputs[0].Name] = range;
        }

        Note(model.EarlyResults, path);
        executor.Infer((_, index) => Note(model.Results[index], path));
    }

    private void Note(ImmutableArray<string> values, string path)
    {
        foreach (string value in values)
        {
            Note(value, path);
        }
    }

    private void Note(string value, string path)
    {
        View view = model.Views[value];
        if (view.Type != ElementType.Float32 || view.Shape.ElementCount == 0)
        {
            return;
        }

        ReadOnlySpan<float> elements = executor.Tensor<float>(view.Buffer.Name);
        (float minimum, float maximum) = view.IsContiguous
            ? Extremes(elements.Slice(view.Offset, (int)view.Shape.ElementCount))
            : Extremes(elements, Strided.Offsets(view.Shape, view.Strides, view.Offset));
        if (float.IsNaN(minimum) || float.IsInfinity(minimum) || float.IsInfinity(maximum))
        {
            throw new DiagnosticException(DiagnosticKinds.CalibrationNotFinite.At(path, "", value));
        }

        ranges[value] = ranges.GetValueOrDefault(value, ValueRange.Empty).Union(new ValueRange(minimum, maximum));
    }

    private static (float Minimum, float Maximum) Extremes(ReadOnlySpan<float> elements)
    {
        float minimum = float.PositiveInfinity;
        float maximum = float.NegativeInfinity;
        foreach (float element in elements)
        {
            minimum = Math.Min(minimum, element);
            maximum = Math.Max(maximum, element);
        }

        return (minimum, maximum);
    }

    private static (float Minimum, float Maximum) Extremes(ReadOnlySpan<float> elements, int[] offsets)
    {
        float minimum = float.PositiveInfinity;
        float maximum = float.NegativeInfinity;
        foreach (int offset in offsets)
        {
            minimum = Math.Min(minimum, elements[offset]);
            maximum = Math.Max(maximum, elements[offset]);
        }

        return (minimum, maximum);
    }
}
