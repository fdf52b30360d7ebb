using System;
using System.Collections.Immutable;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>
/// The same real numbers in another storage: quantises, dequantises, or changes the scale. In a graph that the quantiser has not seen yet it is
/// what the model's file says of a value: it lies on this grid, whatever its storage turns out to be.
/// </summary>
/// <param name="Target">How the output is stored; <see langword="null"/> for float32.</param>
public sealed record Requantize(QuantizationParameters? Target) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        Require(inputs[0].Type == ElementType.Float32, $"quantising {inputs[0].Type}");
        return [inputs[0]];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs) =>
        Target is null
            ? inputs
            : [Tensor.Of(inputs[0].Shape, Array.ConvertAll(inputs[0].Values<float>(), value => (Element(value, Target) - Target.ZeroPoint) * Target.Scale))];

    /// <summary>The uint8 nearest to a real number, ties to even.</summary>
    public static byte Element(float value, QuantizationParameters target) =>
        float.IsNaN(value)
            ? (byte)target.ZeroPoint
            : (byte)(MathF.Round(Math.Clamp(value * (1f / target.Scale), -target.ZeroPoint, 255 - target.ZeroPoint)) + target.ZeroPoint);
}
