using System;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>Puts a constant around and between elements. (Reflection and the like are gathers.)</summary>
/// <param name="Before">Elements before, one an axis, not negative (cutting is a slice).</param>
/// <param name="After">Elements after, one an axis, not negative.</param>
/// <param name="Between">Elements between neighbours, one an axis: what a transposed convolution does to its input.</param>
/// <param name="Value">The constant.</param>
public sealed record Pad(EquatableArray<int> Before, EquatableArray<int> After, EquatableArray<int> Between, double Value) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        Shape shape = inputs[0].Shape;
        Require(Before.Count == shape.Rank && After.Count == shape.Rank && Between.Count == shape.Rank, $"padding of rank {Before.Count} of {shape}");
        Require(Before.Concat(After).Concat(Between).All(count => count >= 0), "negative padding");
        return [inputs[0] with
        {
            Shape = Shape.From(shape.Select((extent, axis) => checked(Before[axis] + extent + (Math.Max(0, extent - 1) * Between[axis]) + After[axis]))),
        }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs)
    {
        TensorType type = Infer([inputs[0].TensorType])[0];
        Tensor output = Tensor.Zeros(type);
        object fill = type.Type == ElementType.Boolean ? Value != 0 : Convert.ChangeType(Value, type.Type.NetType(), null);
        for (int index = 0; index < output.Count; index++)
        {
            output.Data.SetValue(fill, index);
        }

        int[] strides = type.Shape.Strides();
        int first = Before.Select((count, axis) => count * strides[axis]).Sum();
        int[] offsets = Strided.Offsets(inputs[0].Shape, [.. strides.Select((stride, axis) => stride * (Between[axis] + 1))], first);
        Array source = inputs[0].Data;
        for (int index = 0; index < offsets.Length; index++)
        {
            Array.Copy(source, index, output.Data, offsets[index], 1);
        }

        return [output];
    }
}
