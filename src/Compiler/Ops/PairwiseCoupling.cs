using System.Collections.Immutable;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;
using ModelCompiler.RuntimeSupport;

namespace ModelCompiler.Compiler.Ops;

/// <summary>
/// Probabilities of classes from those of each pair of them, as libsvm's second method has it: [N, pairs] becomes [N, classes], float32. The pairs
/// are (0, 1), (0, 2), …, (1, 2), …; each number is the probability of the first. It is an iteration that ends when the data says so, hence an op.
/// </summary>
/// <param name="Classes">Number of classes, two or more.</param>
public sealed record PairwiseCoupling(int Classes) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        TensorType input = inputs[0];
        Require(input.Type == ElementType.Float32 && input.Shape.Rank == 2, $"a coupling of {input}");
        Require(Classes >= 2 && input.Shape[1] == (long)Classes * (Classes - 1) / 2, $"a coupling of {input.Shape[1]} pairs of {Classes} classes");
        return [input with { Shape = [input.Shape[0], Classes] }];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs)
    {
        // Where the iteration ends is part of the definition: the kernel is the plain form already.
        int rows = inputs[0].Shape[0];
        var output = new float[rows * Classes];
        PairwiseCouplingFloat32.Run(inputs[0].Values<float>(), new float[Classes * (Classes + 1)], output, rows, Classes);
        return [Tensor.Of([rows, Classes], output)];
    }
}
