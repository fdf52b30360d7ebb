using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Execution;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Ops;

/// <summary>A function of the elements at one place of its inputs, which broadcast as NumPy's do. Activations, arithmetic, comparisons, casts: all of them.</summary>
/// <param name="Expression">The function; input <c>i</c> of the node is its <c>x_i</c>.</param>
public sealed record Elementwise(Expression Expression) : Op
{
    /// <inheritdoc/>
    public override ImmutableArray<TensorType> Infer(ImmutableArray<TensorType> inputs)
    {
        foreach (InputExpression input in InputsOf(Expression))
        {
            Require(input.Index < inputs.Length, $"input {input.Index} is missing");
            Require(inputs[input.Index].Type == input.Type, $"input {input.Index} is {inputs[input.Index].Type}, not {input.Type}");
        }

        return [new TensorType(Expression.Type, inputs.Select(input => input.Shape).Aggregate(Shape.Broadcast))];
    }

    /// <inheritdoc/>
    public override ImmutableArray<Tensor> Evaluate(ImmutableArray<Tensor> inputs) => [ElementwiseEvaluator.Evaluate(Expression, inputs)];

    /// <summary>The inputs that an expression reads.</summary>
    public static IEnumerable<InputExpression> InputsOf(Expression expression) => expression switch
    {
        InputExpression input => [input],
        CallExpression call => call.Operands.SelectMany(InputsOf),
        ConvertExpression convert => InputsOf(convert.Operand),
        SelectExpression select => InputsOf(select.Condition).Concat(InputsOf(select.WhenTrue)).Concat(InputsOf(select.WhenFalse)),
        _ => [],
    };
}
