using System.Collections.Immutable;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>Resizes one axis: element <c>i</c> of it is the sum over taps <c>t</c> of <c>Weights[i·Taps+t]</c> times element <c>Indices[i·Taps+t]</c>. float32.</summary>
/// <param name="Axis">Not negative.</param>
/// <param name="Taps">Terms of each sum.</param>
/// <param name="Indices">Places in the input, <paramref name="Taps"/> for each of the output.</param>
/// <param name="Weights">As many.</param>
public sealed record ResampleAxis(int Axis, int Taps, EquatableArray<int> Indices, EquatableArray<float> Weights) : Op
{
    /// <summary>The axis's extent after resizing.</summary>
    public int OutputLength => Indices.Count / Taps;

    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        Require(inputs[0].Type == ElementType.Float32, $"resampling of {inputs[0].Type}");
        Require(Axis >= 0 && Axis < inputs[0].Shape.Rank && Indices.Count == Weights.Count, $"axis {Axis} of {inputs[0].Shape}");
        return [inputs[0] with { Shape = inputs[0].Shape.With(Axis, OutputLength) }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs)
    {
        Shape shape = inputs[0].Shape;
        int inner = (int)Shape.From(shape.Extents[(Axis + 1)..]).ElementCount;
        int outer = (int)Shape.From(shape.Extents[..Axis]).ElementCount;
        float[] source = inputs[0].Values<float>();
        var output = new float[outer * OutputLength * inner];
        for (int index = 0; index < output.Length; index++)
        {
            int place = index / inner % OutputLength;
            int before = index / inner / OutputLength;
            float sum = 0;
            for (int tap = 0; tap < Taps; tap++)
            {
                int from = Indices[(place * Taps) + tap];
                sum += Weights[(place * Taps) + tap] * source[(((before * shape[Axis]) + from) * inner) + (index % inner)];
            }

            output[index] = sum;
        }

        return [Tensor.Of(shape.With(Axis, OutputLength), output)];
    }
}
