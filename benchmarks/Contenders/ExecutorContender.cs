using System;
using System.Collections.Immutable;
using System.Linq;
using System.Runtime.InteropServices;
using ModelCompiler.Benchmarks.Models;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Plans;

namespace ModelCompiler.Benchmarks.Contenders;

/// <summary>The plan without generated code: shows whether measurements of steps, which are made with it, hold for the class.</summary>
/// <param name="plan">The plan.</param>
/// <param name="weights">Its constants.</param>
internal sealed class ExecutorContender(ModelPlan plan, byte[] weights) : IContender
{
    private readonly PlanExecutor executor = new(plan, weights);
    private readonly byte[][] inputs = [.. plan.Inputs.Select(port => new byte[port.Shape.Aggregate(port.Type.SizeOf(), (product, extent) => product * extent)])];

    /// <inheritdoc/>
    public string Name => "plan executor";

    /// <inheritdoc/>
    public long ShippedBytes => 0;

    /// <inheritdoc/>
    public ImmutableArray<string> Recipe => [];

    /// <summary>Runs the steps only.</summary>
    /// <param name="afterStep">Called after each step.</param>
    public void Infer(Action<PlanStep, int> afterStep) => executor.Infer(afterStep);

    /// <inheritdoc/>
    public void FillInputs(bool arePixels)
    {
        for (int index = 0; index < inputs.Length; index++)
        {
            Noise.Fill(inputs[index], plan.Inputs[index].Type == ElementType.Float32, arePixels);
        }
    }

    /// <inheritdoc/>
    public void Predict()
    {
        for (int index = 0; index < inputs.Length; index++)
        {
            Feed(plan.Inputs[index], inputs[index]);
        }

        executor.Infer();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Nothing but memory.
    }

    private void Feed(PlanPort port, byte[] input)
    {
        switch (port.Type)
        {
            case ElementType.Float32:
                executor.Feed<float>(port.Name, MemoryMarshal.Cast<byte, float>(input));
                break;
            case ElementType.Int8:
                executor.Feed<sbyte>(port.Name, MemoryMarshal.Cast<byte, sbyte>(input));
                break;
            case ElementType.UInt8:
                executor.Feed<byte>(port.Name, input);
                break;
            default:
                throw new BenchmarkException($"{port.Name}: inputs of {port.Type} cannot be fed.");
        }
    }
}
