using System;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Ops;

/// <summary>Joins tensors along an axis.</summary>
/// <param name="Axis">Not negative.</param>
public sealed record Concat(int Axis) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        SameType(inputs);
        Shape first = inputs[0].Shape;
        Require(Axis >= 0 && Axis < first.Rank, $"axis {Axis} of {first}");
        Require(
            inputs.All(input => input.Shape.Rank == first.Rank && input.Shape.With(Axis, 0) == first.With(Axis, 0)),
            $"{string.Join(", ", inputs.Select(input => input.Shape))} do not join along axis {Axis}");
        return [inputs[0] with { Shape = first.With(Axis, inputs.Sum(input => input.Shape[Axis])) }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs)
    {
        Tensor output = Tensor.Zeros(Infer([.. inputs.Select(input => input.TensorType)])[0]);
        int outer = output.Shape.Extents[..Axis].Aggregate(1, (count, extent) => count * extent);
        Array[] sources = [.. inputs.Select(input => input.Data)];
        int position = 0;
        for (int index = 0; index < outer; index++)
        {
            foreach (Array source in sources)
            {
                int length = source.Length / outer;
                Array.Copy(source, index * length, output.Data, position, length);
                position += length;
            }
        }

        return [output];
    }
}
