using System.Collections.Immutable;
using System.Linq;
using System.Numerics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>Matrix product over the last two axes, the axes before broadcast: [… M, K] × [… K, N] = [… M, N]. float32, float64, int32, int64.</summary>
public sealed record MatMul : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        ElementType type = SameType(inputs);
        Require(type is ElementType.Float32 or ElementType.Float64 or ElementType.Int32 or ElementType.Int64, $"a matrix product of {type}");
        Shape left = inputs[0].Shape;
        Shape right = inputs[1].Shape;
        Require(left.Rank >= 2 && right.Rank >= 2 && left[^1] == right[^2], $"a matrix product of {left} and {right}");
        Shape batch = Batch(left, right);
        return [new TensorType(type, Shape.From([.. batch, left[^2], right[^1]]))];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs) => inputs[0].Type switch
    {
        ElementType.Float32 => Evaluate<float>(inputs),
        ElementType.Float64 => Evaluate<double>(inputs),
        ElementType.Int32 => Evaluate<int>(inputs),
        _ => Evaluate<long>(inputs),
    };

    /// <inheritdoc/>
    public override long MultiplyAccumulates(ImmutableArray<TensorType> inputs, ImmutableArray<TensorType> outputs) =>
        outputs[0].Shape.ElementCount * inputs[0].Shape[^1];

    /// <summary>The axes before the matrices, broadcast.</summary>
    public static Shape Batch(Shape left, Shape right) =>
        Shape.Broadcast(Shape.From(left.Extents[..^2]), Shape.From(right.Extents[..^2]));

    private ImmutableArray<Tensor> Evaluate<T>(ImmutableArray<Tensor> inputs)
        where T : INumber<T>
    {
        Shape left = inputs[0].Shape;
        Shape right = inputs[1].Shape;
        Shape shape = Infer([.. inputs.Select(input => input.TensorType)])[0].Shape;
        Shape batch = Batch(left, right);
        int rows = left[^2], depth = left[^1], columns = right[^1];
        int[] leftBatches = Strided.Offsets(batch, Shape.From(left.Extents[..^2]).StridesTo(batch));
        int[] rightBatches = Strided.Offsets(batch, Shape.From(right.Extents[..^2]).StridesTo(batch));
        T[] a = inputs[0].Values<T>(), b = inputs[1].Values<T>();
        var output = new T[shape.ElementCount];
        int position = 0;
        for (int index = 0; index < leftBatches.Length; index++)
        {
            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    T sum = T.Zero;
                    for (int k = 0; k < depth; k++)
                    {
                        sum += a[(((leftBatches[index] * rows) + row) * depth) + k] * b[(((rightBatches[index] * depth) + k) * columns) + column];
                    }

                    output[position++] = sum;
                }
            }
        }

        return [Tensor.Of(shape, output)];
    }
}
