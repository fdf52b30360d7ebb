using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>Reorders the axes: output axis <c>i</c> is input axis <c>Permutation[i]</c>.</summary>
/// <param name="Permutation">Of 0…rank − 1.</param>
public sealed record Transpose(EquatableArray<int> Permutation) : Op
{
    /// <summary>N×C×H×W to N×H×W×C.</summary>
    public static Transpose ToChannelsLast => new(new EquatableArray<int>([0, 2, 3, 1]));

    /// <summary>N×H×W×C to N×C×H×W.</summary>
    public static Transpose ToChannelsFirst => new(new EquatableArray<int>([0, 3, 1, 2]));

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        Shape shape = inputs[0].Shape;
        Require(Permutation.Order().SequenceEqual(Enumerable.Range(0, shape.Rank)), $"{Permutation} does not permute the axes of {shape}");
        return [inputs[0] with { Shape = Shape.From(Permutation.Select(axis => shape[axis])) }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs)
    {
        int[] strides = inputs[0].Shape.Strides();
        Shape shape = Shape.From(Permutation.Select(axis => inputs[0].Shape[axis]));
        int[] steps = [.. Permutation.Select(axis => strides[axis])];
        StoredIntegers? stored = inputs[0].Integers is { } integers
            ? new StoredIntegers(Strided.Take(integers.Levels, shape, steps), integers.Scales, integers.Scales.Length == 1 ? 0 : Permutation.ToList().IndexOf(integers.Axis))
            : null;
        return [Strided.Take(inputs[0], shape, steps).WithIntegers(stored)];
    }
}
