using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Reports;

/// <summary>
/// Runs the float program and the compiled one side by side on examples and compares every value that both have. What the compiled one stores as
/// uint8 counts as the real numbers it stands for.
/// </summary>
public sealed class LayerObserver
{
    /// <summary>Pairs of output elements that a report keeps.</summary>
    public const int MostPairs = 2000;

    private readonly LoweredModel reference;
    private readonly LoweredModel compiled;
    private readonly PlanExecutor referenceExecutor;
    private readonly PlanExecutor compiledExecutor;
    private readonly Dictionary<string, float[]> expected = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ValueStatistics> statistics = new(StringComparer.Ordinal);
    private readonly List<OutputPair> pairs = [];
    private int stride = 1;
    private long outputElements;

    /// <summary>Prepares to compare two programs of one model.</summary>
    public LayerObserver(LoweredModel reference, PlanExecutor referenceExecutor, LoweredModel compiled, PlanExecutor compiledExecutor)
    {
        this.reference = reference;
        this.compiled = compiled;
        this.referenceExecutor = referenceExecutor;
        this.compiledExecutor = compiledExecutor;
    }

    /// <summary>Examples so far.</summary>
    public int Samples { get; private set; }

    /// <summary>Pairs of elements of the first float output, evenly taken.</summary>
    public ImmutableArray<OutputPair> Pairs => [.. pairs];

    /// <summary>What was measured of a value, or <see langword="null"/>.</summary>
    public MeasuredValue? Find(string value) => statistics.GetValueOrDefault(value)?.Measured;

    /// <summary>Runs both programs on an example.</summary>
    /// <param name="feed">Gives the example to a program.</param>
    public void Observe(Action<PlanExecutor> feed)
    {
        Run(reference, referenceExecutor, feed, Expect);
        Run(compiled, compiledExecutor, feed, Compare);
        expected.Clear();
        Samples++;
        foreach (PlanPort output in reference.Plan.Outputs)
        {
            if (output is { Type: ElementType.Float32, Bound: null })
            {
                Pair(referenceExecutor.Fetch<float>(output.Name), compiledExecutor.Fetch<float>(output.Name));
                break;
            }
        }
    }

    private static void Run(LoweredModel model, PlanExecutor executor, Action<PlanExecutor> feed, Action<string> note)
    {
        feed(executor);
        foreach (string value in model.InputValues.AddRange(model.EarlyResults))
        {
            note(value);
        }

        executor.Infer((_, index) =>
        {
            foreach (string value in model.Results[index])
            {
                note(value);
            }
        });
    }

    private void Expect(string value)
    {
        if (compiled.Views.ContainsKey(value) && Read(reference, referenceExecutor, value) is { } elements)
        {
            expected[value] = elements;
        }
    }

    private void Compare(string value)
    {
        if (expected.TryGetValue(value, out float[]? wanted) && Read(compiled, compiledExecutor, value) is { } actual && actual.Length == wanted.Length)
        {
            View view = compiled.Views[value];
            if (!statistics.TryGetValue(value, out ValueStatistics? gathered))
            {
                gathered = new ValueStatistics(view.Shape, view.Quantization);
                statistics.Add(value, gathered);
            }

            gathered.Add(wanted, actual);
        }
    }

    // The elements as real numbers, row-major; null of what is neither float32 nor quantised.
    private static float[]? Read(LoweredModel model, PlanExecutor executor, string value)
    {
        View view = model.Views[value];
        if (view.Type != ElementType.Float32 && view.Quantization is null)
        {
            return null;
        }

        if (view.Quantization is not { } grid)
        {
            return Take(executor.Tensor<float>(view.Buffer.Name), view);
        }

        byte[] levels = Take(executor.Tensor<byte>(view.Buffer.Name), view);
        var numbers = new float[levels.Length];
        for (int index = 0; index < numbers.Length; index++)
        {
            numbers[index] = (levels[index] - grid.ZeroPoint) * grid.Scale;
        }

        return numbers;
    }

    private static T[] Take<T>(ReadOnlySpan<T> source, View view)
    {
        if (view.IsContiguous)
        {
            return source.Slice(view.Offset, (int)view.Shape.ElementCount).ToArray();
        }

        int[] offsets = Strided.Offsets(view.Shape, view.Strides, view.Offset);
        var taken = new T[offsets.Length];
        for (int index = 0; index < taken.Length; index++)
        {
            taken[index] = source[offsets[index]];
        }

        return taken;
    }

    // Every stride-th element is kept; when there are too many, every second of them goes.
    private void Pair(float[] wanted, float[] actual)
    {
        for (int index = 0; index < Math.Min(wanted.Length, actual.Length); index++, outputElements++)
        {
            if (outputElements % stride != 0)
            {
                continue;
            }

            pairs.Add(new OutputPair(wanted[index], actual[index]));
            if (pairs.Count > MostPairs)
            {
                for (int kept = 0; kept < pairs.Count / 2; kept++)
                {
                    pairs[kept] = pairs[kept * 2];
                }

                pairs.RemoveRange(pairs.Count / 2, pairs.Count - (pairs.Count / 2));
                stride *= 2;
            }
        }
    }
}
