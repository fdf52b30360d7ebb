using System;
using System.Collections.Immutable;
using System.Linq;
using System.Numerics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>What a reduction makes of many elements.</summary>
public enum ReduceKind
{
    /// <summary>The sum.</summary>
    Sum,

    /// <summary>The mean.</summary>
    Mean,

    /// <summary>The greatest.</summary>
    Maximum,

    /// <summary>The least.</summary>
    Minimum,

    /// <summary>The product.</summary>
    Product,

    /// <summary>The sum of squares.</summary>
    SumOfSquares,

    /// <summary>The sum of absolute values.</summary>
    SumOfAbsolutes,
}

/// <summary>Reduces axes away (they are not kept as extents of 1; a reshape does that). float32, float64, int32, int64.</summary>
/// <param name="Kind">What it makes.</param>
/// <param name="Axes">Ascending, distinct, not negative.</param>
public sealed record Reduce(ReduceKind Kind, EquatableArray<int> Axes) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        TensorType input = inputs[0];
        Require(input.Type is ElementType.Float32 or ElementType.Float64 or ElementType.Int32 or ElementType.Int64, $"a reduction of {input.Type}");
        Require(Axes.All(axis => axis >= 0 && axis < input.Shape.Rank) && Axes.Distinct().Count() == Axes.Count, $"axes {Axes} of {input.Shape}");
        return [new TensorType(input.Type, Shape.From(input.Shape.Where((_, axis) => !Axes.Contains(axis))))];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs) => inputs[0].Type switch
    {
        ElementType.Float32 => [Evaluate<float>(inputs[0], float.NegativeInfinity, float.PositiveInfinity)],
        ElementType.Float64 => [Evaluate<double>(inputs[0], double.NegativeInfinity, double.PositiveInfinity)],
        ElementType.Int32 => [Evaluate<int>(inputs[0], int.MinValue, int.MaxValue)],
        _ => [Evaluate<long>(inputs[0], long.MinValue, long.MaxValue)],
    };

    private Tensor Evaluate<T>(Tensor input, T least, T greatest)
        where T : INumber<T>
    {
        int[] strides = input.Shape.Strides();
        int[] kept = [.. Enumerable.Range(0, input.Shape.Rank).Where(axis => !Axes.Contains(axis))];
        Shape outer = Shape.From(kept.Select(axis => input.Shape[axis]));
        int[] inner = Strided.Offsets(Shape.From(Axes.Select(axis => input.Shape[axis])), [.. Axes.Select(axis => strides[axis])]);
        T[] source = input.Values<T>();
        int[] outerOffsets = Strided.Offsets(outer, [.. kept.Select(axis => strides[axis])]);
        T start = Kind switch { ReduceKind.Maximum => least, ReduceKind.Minimum => greatest, ReduceKind.Product => T.One, _ => T.Zero };
        T[] output = Array.ConvertAll(outerOffsets, offset =>
        {
            T result = start;
            foreach (int step in inner)
            {
                result = Combine(result, source[offset + step]);
            }

            return Kind != ReduceKind.Mean ? result : inner.Length > 0 || result is float or double ? result / T.CreateChecked(inner.Length) : T.Zero;
        });
        return Tensor.Of(outer, output);
    }

    private T Combine<T>(T result, T element)
        where T : INumber<T> => Kind switch
        {
            ReduceKind.Sum or ReduceKind.Mean => result + element,
            ReduceKind.Maximum => T.Max(result, element),
            ReduceKind.Minimum => T.Min(result, element),
            ReduceKind.Product => result * element,
            ReduceKind.SumOfSquares => result + (element * element),
            _ => result + T.Abs(element),
        };
}
