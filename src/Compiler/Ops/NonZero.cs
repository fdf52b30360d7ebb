using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>
/// The int64 coordinates of the true elements, in row-major order: an axis a row, padded with zeros to as many columns as there are elements.
/// The second output is the number of true elements.
/// </summary>
public sealed record NonZero : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        Require(inputs[0].Type == ElementType.Boolean, $"the true elements of {inputs[0].Type}");
        Require(inputs[0].Shape.ElementCount <= int.MaxValue, $"the true elements of {inputs[0].Shape}");
        return
        [
            new TensorType(ElementType.Int64, [inputs[0].Shape.Rank, (int)inputs[0].Shape.ElementCount]),
            new TensorType(ElementType.Int64, Shape.Scalar),
        ];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs)
    {
        Shape shape = inputs[0].Shape;
        bool[] elements = inputs[0].Values<bool>();
        int[] places = [.. Enumerable.Range(0, elements.Length).Where(place => elements[place])];
        long[] coordinates = [.. shape.Strides().SelectMany((stride, axis) => Enumerable.Range(0, elements.Length)
            .Select(index => index < places.Length ? (long)(places[index] / stride % shape[axis]) : 0))];
        return [Tensor.Of([shape.Rank, elements.Length], coordinates), Tensor.Scalar((long)places.Length)];
    }
}
