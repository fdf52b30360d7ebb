using System;
using System.Collections.Immutable;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>Softmax over the last axis, float32.</summary>
public sealed record Softmax : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        Require(inputs[0].Type == ElementType.Float32 && inputs[0].Shape.Rank > 0, $"softmax of {inputs[0]}");
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs)
    {
        int columns = inputs[0].Shape[^1];
        float[] output = [.. inputs[0].Values<float>()];
        for (int start = 0; columns > 0 && start < output.Length; start += columns)
        {
            Span<float> row = output.AsSpan(start, columns);
            float maximum = float.NegativeInfinity;
            foreach (float element in row)
            {
                maximum = Math.Max(maximum, element);
            }

            double sum = 0;
            foreach (ref float element in row)
            {
                element = MathF.Exp(element - maximum);
                sum += element;
            }

            foreach (ref float element in row)
            {
                element = (float)(element / sum);
            }
        }

        return [Tensor.Of(inputs[0].Shape, output)];
    }
}
