using System.Collections.Immutable;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Ops;

/// <summary>The same elements in the same order under another shape.</summary>
/// <param name="Shape">The shape; as many elements as the input has.</param>
public sealed record Reshape(Shape Shape) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        Require(inputs[0].Shape.ElementCount == Shape.ElementCount, $"{inputs[0].Shape} cannot be reshaped to {Shape}");
        return [inputs[0] with { Shape = Shape }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs) => [inputs[0].Reshape(Shape)];
}
