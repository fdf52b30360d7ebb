using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Numerics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>
/// The largest or smallest elements along an axis, the best first, and their int64 places. Of equals the lower place comes first; NaN is beyond
/// every number, in both directions.
/// </summary>
/// <param name="Axis">Not negative.</param>
/// <param name="Count">How many.</param>
/// <param name="Largest">The largest rather than the smallest.</param>
public sealed record TopK(int Axis, int Count, bool Largest) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        TensorType input = inputs[0];
        Require(
            input.Type is ElementType.Float32 or ElementType.Float64 or ElementType.Int32 or ElementType.Int64 or ElementType.UInt64, $"the best of {input.Type}");
        Require(Axis >= 0 && Axis < input.Shape.Rank, $"axis {Axis} of {input.Shape}");
        Require(Count >= 0 && Count <= input.Shape[Axis], $"the best {Count} of axis {Axis} of {input.Shape}");
        Shape shape = input.Shape.With(Axis, Count);
        return [input with { Shape = shape }, new TensorType(ElementType.Int64, shape)];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs) => inputs[0].Type switch
    {
        ElementType.Float32 => Evaluate<float>(inputs[0]),
        ElementType.Float64 => Evaluate<double>(inputs[0]),
        ElementType.Int32 => Evaluate<int>(inputs[0]),
        ElementType.Int64 => Evaluate<long>(inputs[0]),
        _ => Evaluate<ulong>(inputs[0]),
    };

    private ImmutableArray<Tensor> Evaluate<T>(Tensor input)
        where T : INumber<T>
    {
        Shape shape = input.Shape.With(Axis, Count);
        T[] source = input.Values<T>();
        int stride = input.Shape.Strides()[Axis];
        var values = new T[(int)shape.ElementCount];
        var places = new long[values.Length];
        int[] lanes = Strided.Offsets(shape.With(Axis, 1), input.Shape.Strides());
        int[] targets = Strided.Offsets(shape.With(Axis, 1), shape.Strides());
        for (int lane = 0; lane < lanes.Length && values.Length > 0; lane++)
        {
            IOrderedEnumerable<int> ordered = Enumerable.Range(0, input.Shape[Axis]).OrderByDescending(place => T.IsNaN(source[lanes[lane] + (place * stride)]));
            List<int> best = [.. Largest
                ? ordered.ThenByDescending(place => source[lanes[lane] + (place * stride)])
                : ordered.ThenBy(place => source[lanes[lane] + (place * stride)])];
            for (int rank = 0; rank < Count; rank++)
            {
                int target = targets[lane] + (rank * shape.Strides()[Axis]);
                places[target] = best[rank];
                values[target] = source[lanes[lane] + (best[rank] * stride)];
            }
        }

        return [Tensor.Of(shape, values), Tensor.Of(shape, places)];
    }
}
