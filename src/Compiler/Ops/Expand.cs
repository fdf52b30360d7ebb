using System.Collections.Immutable;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Ops;

/// <summary>Repeats elements so that the tensor has the shape it broadcasts to.</summary>
/// <param name="Shape">The shape.</param>
public sealed record Expand(Shape Shape) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        Require(Shape.Broadcast(inputs[0].Shape, Shape) == Shape, $"{inputs[0].Shape} does not broadcast to {Shape}");
        return [inputs[0] with { Shape = Shape }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs) =>
        [Strided.Take(inputs[0], Shape, inputs[0].Shape.StridesTo(Shape))];
}
