using System;
using System.Collections.Immutable;
using System.Linq;
using System.Linq.Expressions;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;
using Code = System.Linq.Expressions.Expression;
using Expression = ModelCompiler.Plans.Expression;

namespace ModelCompiler.Compiler.Execution;

/// <summary>Evaluates elementwise expressions on constants, with the very functions that generated code calls.</summary>
public static class ElementwiseEvaluator
{
    private delegate void Loop(Array[] inputs, int[][] offsets, Array output);

    /// <summary>Evaluates an expression over broadcast inputs.</summary>
    public static Tensor Evaluate(Expression expression, ImmutableArray<Tensor> inputs)
    {
        Shape shape = inputs.Select(input => input.Shape).Aggregate(Shape.Broadcast);
        Tensor output = Tensor.Zeros(new TensorType(expression.Type, shape));
        int[][] offsets = [.. inputs.Select(input => Strided.Offsets(shape, input.Shape.StridesTo(shape)))];
        Compile(expression)([.. inputs.Select(input => input.Data)], offsets, output.Data);
        return output;
    }

    /// <summary>The code of an expression, given that of its inputs.</summary>
    public static Code Translate(Expression expression, Func<InputExpression, Code> input) => expression switch
    {
        InputExpression leaf => input(leaf),
        LiteralExpression literal => Code.Constant(ElementwiseMethods.ValueOf(literal), literal.Type.NetType()),
        CallExpression call => Code.Call(ElementwiseMethods.Of(call.Function, call.Operands[0].Type), call.Operands.Select(operand => Translate(operand, input))),
        ConvertExpression convert => Cast(Translate(convert.Operand, input), convert.Type.NetType()),
        SelectExpression select => Code.Condition(
            Translate(select.Condition, input), Translate(select.WhenTrue, input), Translate(select.WhenFalse, input)),
        _ => throw new ArgumentOutOfRangeException(nameof(expression)),
    };

    private static Loop Compile(Expression expression)
    {
        ParameterExpression inputs = Code.Parameter(typeof(Array[]));
        ParameterExpression offsets = Code.Parameter(typeof(int[][]));
        ParameterExpression output = Code.Parameter(typeof(Array));
        ParameterExpression index = Code.Variable(typeof(int));
        Code body = Translate(expression, leaf => Code.ArrayIndex(
            Code.Convert(Code.ArrayIndex(inputs, Code.Constant(leaf.Index)), leaf.Type.NetType().MakeArrayType()),
            Code.ArrayIndex(Code.ArrayIndex(offsets, Code.Constant(leaf.Index)), index)));
        Code typedOutput = Code.Convert(output, expression.Type.NetType().MakeArrayType());
        LabelTarget done = Code.Label();
        Code loop = Code.Block(
            [index],
            Code.Loop(
                Code.IfThenElse(
                    Code.LessThan(index, Code.ArrayLength(typedOutput)),
                    Code.Block(Code.Assign(Code.ArrayAccess(typedOutput, index), body), Code.PostIncrementAssign(index)),
                    Code.Break(done)),
                done));
        return Code.Lambda<Loop>(loop, inputs, offsets, output).Compile();
    }

    private static Code Cast(Code operand, Type type) =>
        operand.Type == typeof(bool) ? Code.Condition(operand, Code.Constant(Convert.ChangeType(1, type, null), type), Code.Default(type))
        : type == typeof(bool) ? Code.NotEqual(operand, Code.Default(operand.Type))
        : Code.Convert(operand, type);
}
