using System;
using System.Collections.Immutable;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>Rows [M, K] times weights [N, K] plus a bias [N], clamped: [M, N].</summary>
/// <param name="Minimum">Least output, −∞ for none.</param>
/// <param name="Maximum">Greatest output, +∞ for none.</param>
public sealed record FullyConnected(float Minimum = float.NegativeInfinity, float Maximum = float.PositiveInfinity) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        Require(SameType(inputs) == ElementType.Float32, $"a fully connected layer of {inputs[0].Type}");
        Shape rows = inputs[0].Shape;
        Shape weights = inputs[1].Shape;
        Require(rows.Rank == 2 && weights.Rank == 2 && rows[1] == weights[1], $"rows of shape {rows} and weights of shape {weights}");
        Require(inputs[2].Shape == [weights[0]], $"a bias of shape {inputs[2].Shape} for {weights[0]} outputs");
        return [new TensorType(ElementType.Float32, [rows[0], weights[0]])];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs)
    {
        float[] rows = inputs[0].Values<float>();
        float[] weights = inputs[1].Values<float>();
        float[] bias = inputs[2].Values<float>();
        int depth = inputs[0].Shape[1];
        var output = new float[inputs[0].Shape[0] * bias.Length];
        for (int index = 0; index < output.Length; index++)
        {
            double sum = bias[index % bias.Length];
            for (int k = 0; k < depth; k++)
            {
                sum += (double)rows[(index / bias.Length * depth) + k] * weights[(index % bias.Length * depth) + k];
            }

            output[index] = Math.Min(Math.Max((float)sum, Minimum), Maximum);
        }

        return [Tensor.Of([inputs[0].Shape[0], bias.Length], output)];
    }

    /// <inheritdoc/>
    public override long MultiplyAccumulates(ImmutableArray<TensorType> inputs, ImmutableArray<TensorType> outputs) =>
        inputs[0].Shape[0] * inputs[1].Shape.ElementCount;
}
