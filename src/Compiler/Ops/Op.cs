using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>
/// An operation of the small core that every format is lowered to. One file an op: its attributes, its type rule, its reference evaluation.
/// Images are channels-last (N×H×W×C); axes are counted from 0.
/// </summary>
public abstract record Op
{
    /// <summary>The types of the outputs.</summary>
    /// <exception cref="ShapeException">The inputs do not fit.</exception>
    public abstract ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs);

    /// <summary>The outputs, computed plainly. Constant folding and the tests' oracle use it; types have been inferred before.</summary>
    public abstract ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs);

    /// <summary>Multiply-accumulates of one evaluation, counted as the field does: those of convolutions and matrix products.</summary>
    public virtual long MultiplyAccumulates(ImmutableArray<TensorType> inputs, ImmutableArray<TensorType> outputs) => 0;

    /// <summary>What evaluating takes: elements read and written, and multiplications.</summary>
    public virtual long Work(ImmutableArray<TensorType> inputs, ImmutableArray<TensorType> outputs) =>
        MultiplyAccumulates(inputs, outputs) + inputs.Concat(outputs).Sum(type => type.Shape.ElementCount);

    /// <summary>Fails unless something holds.</summary>
    protected static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ShapeException(message);
        }
    }

    /// <summary>Fails unless all types are the same.</summary>
    protected static ElementType SameType(ImmutableArray<TensorType> inputs)
    {
        Require(inputs.All(input => input.Type == inputs[0].Type), $"the inputs have different types: {string.Join(", ", inputs)}");
        return inputs[0].Type;
    }
}
