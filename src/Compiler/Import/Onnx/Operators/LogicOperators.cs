using System.Collections.Generic;
using ModelCompiler.Plans;
using static ModelCompiler.Compiler.Import.Onnx.Operators.ActivationOperators;
using static ModelCompiler.Compiler.Import.Onnx.Operators.ArithmeticOperators;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Comparisons, truth values and bits.</summary>
internal static class LogicOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        Binary("Equal", 1, (x, y, _) => x.EqualTo(y)),
        Binary("Less", 1, (x, y, _) => x < y),
        Binary("LessOrEqual", 12, (x, y, _) => x <= y),
        Binary("Greater", 1, (x, y, _) => x > y),
        Binary("GreaterOrEqual", 12, (x, y, _) => x >= y),
        Unary("Not", 1, (x, _) => x.Not()),
        Binary("And", 1, (x, y, _) => x.And(y)),
        Binary("Or", 1, (x, y, _) => x.Logical(ElementwiseFunction.Or, y)),
        Binary("Xor", 1, (x, y, _) => x.Logical(ElementwiseFunction.Xor, y)),
        Unary("BitwiseNot", 18, (x, _) => x.Bits(ElementwiseFunction.BitwiseNot)),
        Binary("BitwiseAnd", 18, (x, y, _) => x.Bits(ElementwiseFunction.BitwiseAnd, y)),
        Binary("BitwiseOr", 18, (x, y, _) => x.Bits(ElementwiseFunction.BitwiseOr, y)),
        Binary("BitwiseXor", 18, (x, y, _) => x.Bits(ElementwiseFunction.BitwiseXor, y)),
        Binary("BitShift", 11, BitShift),
        Unary("IsNaN", 9, (x, _) => x.Test(ElementwiseFunction.IsNaN)),
        Unary("IsInf", 10, IsInfinite),
        new("Where", 9, Where),
    ];

    private static Term BitShift(Term x, Term y, OnnxNode node) => node.Text("direction", "") switch
    {
        "LEFT" => x.Bits(ElementwiseFunction.ShiftLeft, y),
        "RIGHT" => x.Bits(ElementwiseFunction.ShiftRight, y),
        var other => throw ImportException.Invalid($"attribute 'direction' of BitShift is '{other}'"),
    };

    private static Term IsInfinite(Term x, OnnxNode node) => (node.Flag("detect_negative", true), node.Flag("detect_positive", true)) switch
    {
        (true, true) => x.Abs().EqualTo(double.PositiveInfinity),
        (true, false) => x.EqualTo(double.NegativeInfinity),
        (false, true) => x.EqualTo(double.PositiveInfinity),
        _ => Term.Literal(0, ElementType.Boolean),
    };

    private static string Where(OnnxNode node, OnnxContext context) =>
        context.Map(node[0], node[1], node[2], (condition, x, y) => condition.Select(x, y));
}
