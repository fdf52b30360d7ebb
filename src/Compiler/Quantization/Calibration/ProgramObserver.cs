using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Data;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Lowering;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Quantization;

/// <summary>Sees the real numbers of a value at the moment when they are complete, in row-major order.</summary>
/// <param name="value">Name of the value.</param>
/// <param name="elements">Its elements; they are overwritten afterwards.</param>
public delegate void ValueVisitor(string value, ReadOnlySpan<float> elements);

/// <summary>Runs a program, float or quantised, on examples and shows every float value while it exists: memory is reused later.</summary>
public sealed class ProgramObserver
{
    private readonly LoweredModel model;
    private readonly Func<string, bool> isWanted;
    private readonly Dictionary<string, int[]> rows = new(StringComparer.Ordinal);
    private float[] buffer = [];

    /// <summary>Prepares to run a program.</summary>
    /// <param name="model">The program.</param>
    /// <param name="isWanted">Which values are looked at; <see langword="null"/> for all.</param>
    public ProgramObserver(LoweredModel model, Func<string, bool>? isWanted = null)
    {
        this.model = model;
        this.isWanted = isWanted ?? (_ => true);
        Executor = new PlanExecutor(model.Plan, model.Weights);
    }

    /// <summary>The program.</summary>
    public PlanExecutor Executor { get; }

    /// <summary>Runs the program on an example.</summary>
    /// <param name="sample">The example.</param>
    /// <param name="visit">Shown each wanted value once.</param>
    public void Run(Sample sample, ValueVisitor visit)
    {
        string port = model.Plan.Inputs[0].Name;
        string input = model.InputValues[0];
        Executor.FeedSample(port, sample);
        Visit(input, input, visit);

        // A change of layout that feeding does leaves the input itself without a place: it is shown by that of the changed one, in its order.
        if (port != input)
        {
            Visit(input, port, visit);
        }

        Visit(model.EarlyResults.Where(value => value != input && value != port), visit);
        Executor.Infer((_, index) => Visit(model.Results[index], visit));
    }

    private void Visit(IEnumerable<string> values, ValueVisitor visit)
    {
        foreach (string value in values)
        {
            Visit(value, value, visit);
        }
    }

    private void Visit(string value, string name, ValueVisitor visit)
    {
        View view = model.Views[value];
        int count = checked((int)view.Shape.ElementCount);
        if (count == 0 || !isWanted(name) || (view.Type != ElementType.Float32 && view.Quantization is null))
        {
            return;
        }

        if (view.Type == ElementType.Float32 && view.IsContiguous)
        {
            visit(name, Executor.Tensor<float>(view.Buffer.Name).Slice(view.Offset, count));
            return;
        }

        buffer = buffer.Length < count ? new float[count] : buffer;
        if (view.Type == ElementType.Float32)
        {
            Gather(view, name, Executor.Tensor<float>(view.Buffer.Name), element => element);
        }
        else
        {
            (float scale, int zero) = (view.Quantization!.Scale, view.Quantization.ZeroPoint);
            Gather(view, name, Executor.Tensor<byte>(view.Buffer.Name), level => (level - zero) * scale);
        }

        visit(name, buffer.AsSpan(0, count));
    }

    // Row by row: the offsets of all elements would be as large as the values themselves.
    private void Gather<T>(View view, string name, ReadOnlySpan<T> elements, Func<T, float> convert)
    {
        int rank = view.Shape.Rank;
        int length = rank == 0 ? 1 : view.Shape[rank - 1];
        int step = rank == 0 ? 0 : view.Strides[rank - 1];
        if (!rows.TryGetValue(name, out int[]? starts))
        {
            starts = rank == 0 ? [view.Offset] : Strided.Offsets(Graphs.Shape.From(view.Shape.Extents[..^1]), [.. view.Strides.Take(rank - 1)], view.Offset);
            rows.Add(name, starts);
        }

        int position = 0;
        foreach (int start in starts)
        {
            for (int index = 0; index < length; index++)
            {
                buffer[position++] = convert(elements[start + (index * step)]);
            }
        }
    }
}
