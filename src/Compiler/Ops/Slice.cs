using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>Every <c>Steps[i]</c>-th element of axis <c>i</c> from <c>Starts[i]</c> on, <c>Sizes[i]</c> of them. Steps may be negative.</summary>
/// <param name="Starts">One an axis, not negative.</param>
/// <param name="Sizes">One an axis.</param>
/// <param name="Steps">One an axis, not 0.</param>
public sealed record Slice(EquatableArray<int> Starts, EquatableArray<int> Sizes, EquatableArray<int> Steps) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        Shape shape = inputs[0].Shape;
        Require(Starts.Count == shape.Rank && Sizes.Count == shape.Rank && Steps.Count == shape.Rank, $"a slice of rank {Starts.Count} of {shape}");
        for (int axis = 0; axis < shape.Rank; axis++)
        {
            long last = Starts[axis] + ((Sizes[axis] - 1L) * Steps[axis]);
            Require(Sizes[axis] == 0 || (Starts[axis] >= 0 && Starts[axis] < shape[axis] && last >= 0 && last < shape[axis]), $"a slice beyond axis {axis} of {shape}");
        }

        return [inputs[0] with { Shape = Shape.From(Sizes) }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs)
    {
        int[] strides = inputs[0].Shape.Strides();
        Shape shape = Shape.From(Sizes);
        int first = shape.ElementCount == 0 ? 0 : Starts.Select((start, axis) => start * strides[axis]).Sum();
        int[] steps = [.. strides.Select((stride, axis) => stride * Steps[axis])];
        StoredIntegers? stored = inputs[0].Integers is { } integers && KeepsSlices(integers)
            ? integers with { Levels = Strided.Take(integers.Levels, shape, steps, first) }
            : null;
        return [Strided.Take(inputs[0], shape, steps, first).WithIntegers(stored)];
    }

    // Mirroring the taps of a kernel leaves each channel its scale.
    private bool KeepsSlices(StoredIntegers integers) =>
        integers.Scales.Length == 1 || (Starts[integers.Axis] == 0 && Steps[integers.Axis] == 1 && Sizes[integers.Axis] == integers.Scales.Length);
}
