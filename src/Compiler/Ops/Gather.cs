using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>Picks along an axis of the first input by the int64 indices in the second; negative ones count from the end. The axis becomes the axes of the indices.</summary>
/// <param name="Axis">Not negative.</param>
public sealed record Gather(int Axis) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        Shape data = inputs[0].Shape;
        Require(Axis >= 0 && Axis < data.Rank, $"axis {Axis} of {data}");
        Require(inputs[1].Type == ElementType.Int64, $"indices of {inputs[1].Type}");
        return [inputs[0] with { Shape = Shape.From([.. data.Extents[..Axis], .. inputs[1].Shape, .. data.Extents[(Axis + 1)..]]) }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs)
    {
        Shape data = inputs[0].Shape;
        int length = data[Axis];
        int inner = (int)Shape.From(data.Extents[(Axis + 1)..]).ElementCount;
        int outer = (int)Shape.From(data.Extents[..Axis]).ElementCount;
        long[] indices = inputs[1].Values<long>();
        Require(indices.All(index => index >= -length && index < length), $"an index is outside axis {Axis} of {data}");
        int[] offsets = [.. Enumerable.Range(0, outer).SelectMany(before => indices.SelectMany(index =>
            Enumerable.Range((((before * length) + (int)(index < 0 ? index + length : index)) * inner), inner)))];
        return [Strided.TakeAt(inputs[0], Infer([.. inputs.Select(input => input.TensorType)])[0].Shape, offsets)];
    }
}
