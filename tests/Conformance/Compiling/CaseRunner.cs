using System;
using System.Collections.Immutable;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Threading;
using ModelCompiler.Conformance.Cases;
using ModelCompiler.Conformance.Comparing;
using ModelCompiler.Conformance.Reporting;
using ModelCompiler.Plans;

namespace ModelCompiler.Conformance.Compiling;

/// <summary>Runs a generated class on its test vectors.</summary>
internal static class CaseRunner
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>The verdict.</summary>
    /// <param name="batch">Where the class is.</param>
    /// <param name="item">The test.</param>
    public static Verdict Run(LoadedBatch batch, CompiledCase item)
    {
        var tally = new QuantizedTally(item.Tolerance);
        string? problem = $"no answer in {Patience.TotalSeconds:0} s";
        var thread = new Thread(() => problem = Guarded(batch, item, tally)) { IsBackground = true };
        thread.Start();
        thread.Join(Patience);
        string? found = Volatile.Read(ref problem);
        Verdict verdict = found is null ? Verdict.Passed(item.Name, item.HasFixedInputs) : Verdict.Failed(item.Name, found);
        return verdict with { Quantized = tally.Elements, Equal = tally.Equal };
    }

    private static string? Guarded(LoadedBatch batch, CompiledCase item, QuantizedTally tally)
    {
        try
        {
            Func<Array[], Array[]> run = batch.Create(item.Plan);
            foreach (TestVector vector in item.Vectors)
            {
                if (Check(run, item, vector, tally) is { } problem)
                {
                    return problem;
                }
            }

            return tally.Problem;
        }
        catch (Exception exception)
        {
            // Whatever a generated class throws is this test's failure and nobody else's.
            Exception cause = exception is TargetInvocationException { InnerException: { } inner } ? inner : exception;
            return $"{cause.GetType().Name}: {cause.Message}";
        }
    }

    private static string? Check(Func<Array[], Array[]> run, CompiledCase item, TestVector vector, QuantizedTally tally)
    {
        if (vector.Outputs.Length != item.Plan.Outputs.Count)
        {
            return $"the class has {item.Plan.Outputs.Count} outputs, the test {vector.Outputs.Length}";
        }

        Array[] inputs = [.. item.Plan.Inputs.Select(port => Input(port, vector.Inputs))];
        Array[] outputs = run(inputs);
        for (int index = 0; index < outputs.Length; index++)
        {
            PlanPort port = item.Plan.Outputs[index];
            if (Comparer.Difference(vector.Outputs[index], port.Type, ShapeOf(port, outputs[index]), outputs[index], item.Tolerance) is { } difference)
            {
                return difference;
            }

            tally.Add(vector.Outputs[index], outputs[index]);
        }

        // An instance is used again and again: nothing of a prediction may reach the next.
        return run(inputs).Zip(outputs).All(pair => Bytes(pair.First).SequenceEqual(Bytes(pair.Second)))
            ? null
            : "the second run of an instance gives other outputs than the first";
    }

    // As many slices as the elements make, where that depends on the data.
    private static int[] ShapeOf(PlanPort port, Array elements)
    {
        int[] shape = [.. port.Shape];
        if (port.Bound is { } bound)
        {
            int others = shape.Where((_, axis) => axis != bound.Axis).Aggregate(1, (product, extent) => product * extent);
            shape[bound.Axis] = others == 0 ? shape[bound.Axis] : elements.Length / others;
        }

        return shape;
    }

    private static Array Input(PlanPort port, ImmutableArray<TestTensor> tensors)
    {
        TestTensor tensor = tensors.FirstOrDefault(candidate => candidate.Name == port.Name)
            ?? throw new TestDataException($"the test has no data for input '{port.Name}'");
        return tensor.Type == port.Type && tensor.Shape.SequenceEqual(port.Shape)
            ? tensor.Values
            : throw new TestDataException($"input '{port.Name}' is {TestTensor.Describe(port.Type, port.Shape.ToArray())}, its data {tensor.Description}");
    }

    private static Span<byte> Bytes(Array array) =>
        MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(array), Buffer.ByteLength(array));
}
