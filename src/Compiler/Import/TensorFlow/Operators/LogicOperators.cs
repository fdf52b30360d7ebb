using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlow.Operators;

/// <summary>Comparisons, truth values, bits, choices and conversions.</summary>
internal static class LogicOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<TensorFlowEntry> Entries =>
    [
        ArithmeticOperators.Binary("Equal", (x, y) => x.EqualTo(y)),
        ArithmeticOperators.Binary("NotEqual", (x, y) => x.EqualTo(y).Not()),
        ArithmeticOperators.Binary("Less", (x, y) => x < y),
        ArithmeticOperators.Binary("LessEqual", (x, y) => x <= y),
        ArithmeticOperators.Binary("Greater", (x, y) => x > y),
        RandomOperators.NotLess(ArithmeticOperators.Binary("GreaterEqual", (x, y) => x >= y)),
        ArithmeticOperators.Binary("LogicalAnd", (x, y) => x.And(y)),
        ArithmeticOperators.Binary("LogicalOr", (x, y) => x.Logical(ElementwiseFunction.Or, y)),
        ActivationOperators.Unary("LogicalNot", (x, _) => x.Not()),
        ArithmeticOperators.Binary("BitwiseAnd", (x, y) => x.Bits(ElementwiseFunction.BitwiseAnd, y)),
        ArithmeticOperators.Binary("BitwiseOr", (x, y) => x.Bits(ElementwiseFunction.BitwiseOr, y)),
        ArithmeticOperators.Binary("BitwiseXor", (x, y) => x.Bits(ElementwiseFunction.BitwiseXor, y)),
        ActivationOperators.Unary("Invert", (x, _) => x.Bits(ElementwiseFunction.BitwiseNot)),
        ActivationOperators.Unary("IsNan", (x, _) => x.Test(ElementwiseFunction.IsNaN)),
        ActivationOperators.Unary("IsInf", (x, _) => x.Abs().EqualTo(double.PositiveInfinity)),
        ActivationOperators.Unary("IsFinite", (x, _) => x.Abs() < double.PositiveInfinity),
        new("Select", Select),
        new("SelectV2", (node, context) => Choose(context, node[0], node[1], node[2])),
        new("Cast", (node, context) => context.Convert(node[0], node.Type("DstT", TensorFlowTypes.Float))),
    ];

    // A vector chooses between slices of the first axis.
    private static string Select(TensorFlowNode node, TensorFlowContext context)
    {
        Shape shape = context.ShapeOf(node[1]);
        Shape condition = context.ShapeOf(node[0]);
        bool isBySlice = condition.Rank == 1 && shape.Rank > 1;
        if (context.ShapeOf(node[2]) != shape || !(condition.Rank == 0 || condition == shape || (isBySlice && condition[0] == shape[0])))
        {
            throw new ShapeException($"a choice by {condition} between {shape} and {context.ShapeOf(node[2])}");
        }

        string choice = isBySlice ? context.Reshape(node[0], Shape.From([condition[0], .. Enumerable.Repeat(1, shape.Rank - 1)])) : node[0];
        return Choose(context, choice, node[1], node[2]);
    }

    /// <summary>One of two values by a condition.</summary>
    public static string Choose(TensorFlowContext context, string condition, string whenTrue, string whenFalse) =>
        context.Map(condition, whenTrue, whenFalse, (c, x, y) => c.Select(x, y));
}
