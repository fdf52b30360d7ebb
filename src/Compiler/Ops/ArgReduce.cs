using System.Collections.Immutable;
using System.Linq;
using System.Numerics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>The int64 index of the greatest or least element along an axis, which goes away.</summary>
/// <param name="Axis">Not negative.</param>
/// <param name="Maximum">The greatest rather than the least.</param>
/// <param name="LastIndex">Of equals, the last rather than the first.</param>
public sealed record ArgReduce(int Axis, bool Maximum, bool LastIndex) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        TensorType input = inputs[0];
        Require(input.Type is ElementType.Float32 or ElementType.UInt8 or ElementType.Int32 or ElementType.Int64, $"an index of the extremes of {input.Type}");
        Require(Axis >= 0 && Axis < input.Shape.Rank && input.Shape[Axis] > 0, $"axis {Axis} of {input.Shape}");
        return [new TensorType(ElementType.Int64, Shape.From(input.Shape.Extents.RemoveAt(Axis)))];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs) => inputs[0].Type switch
    {
        ElementType.Float32 => [Evaluate<float>(inputs[0])],
        ElementType.UInt8 => [Evaluate<byte>(inputs[0])],
        ElementType.Int32 => [Evaluate<int>(inputs[0])],
        _ => [Evaluate<long>(inputs[0])],
    };

    private Tensor Evaluate<T>(Tensor input)
        where T : INumber<T>
    {
        int[] strides = input.Shape.Strides();
        Shape outer = Shape.From(input.Shape.Extents.RemoveAt(Axis));
        T[] source = input.Values<T>();
        long[] output = [.. Strided.Offsets(outer, [.. strides.Where((_, axis) => axis != Axis)]).Select(offset =>
        {
            int best = 0;
            for (int index = 1; index < input.Shape[Axis]; index++)
            {
                T candidate = source[offset + (index * strides[Axis])];
                T leader = source[offset + (best * strides[Axis])];
                if ((Maximum ? candidate > leader : candidate < leader) || (LastIndex && candidate == leader))
                {
                    best = index;
                }
            }

            return (long)best;
        })];
        return Tensor.Of(outer, output);
    }
}
