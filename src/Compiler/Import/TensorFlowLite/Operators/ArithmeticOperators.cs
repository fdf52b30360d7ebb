using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>Functions of two or more numbers, which broadcast.</summary>
internal static class ArithmeticOperators
{
    // Inputs of one expression; sums of more are sums of sums, so that expressions stay shallow.
    private const int MaximumOperands = 8;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        Activated("ADD", (x, y) => x + y),
        Activated("SUB", (x, y) => x - y),
        Activated("MUL", (x, y) => x * y),
        Activated("DIV", (x, y) => x / y),
        Binary("FLOOR_DIV", FloorDivide),
        Binary("FLOOR_MOD", FloorModulo),
        Binary("MAXIMUM", (x, y) => x.Maximum(y)),
        Binary("MINIMUM", (x, y) => x.Minimum(y)),
        Binary("POW", (x, y) => x.Power(y)),
        Binary("SQUARED_DIFFERENCE", (x, y) => (x - y).Square()),
        Binary("ATAN2", ArcTangent),
        Binary("EQUAL", (x, y) => x.EqualTo(y)),
        Binary("NOT_EQUAL", (x, y) => x.EqualTo(y).Not()),
        Binary("LESS", (x, y) => x < y),
        Binary("LESS_EQUAL", (x, y) => x <= y),
        Binary("GREATER", (x, y) => x > y),
        Binary("GREATER_EQUAL", (x, y) => x >= y),
        Binary("LOGICAL_AND", (x, y) => x.And(y)),
        Binary("LOGICAL_OR", (x, y) => x.Logical(ElementwiseFunction.Or, y)),
        Binary("BITWISE_XOR", (x, y) => x.Bits(ElementwiseFunction.BitwiseXor, y)),
        Binary("RIGHT_SHIFT", (x, y) => x.Bits(ElementwiseFunction.ShiftRight, y.Clamp(0, (8 * x.Type.SizeOf()) - 1))),
        new("ADD_N", Sum),
        new("SELECT", Select),
        new("SELECT_V2", (node, context) => context.Map(node[0], node[1], node[2], (condition, x, y) => condition.Select(x, y))),
    ];

    private static LiteEntry Binary(string name, Func<Term, Term, Term> function) => new(name, (node, context) => context.Map(node[0], node[1], function));

    private static LiteEntry Activated(string name, Func<Term, Term, Term> function) =>
        new(name, (node, context) => context.Map(node[0], node[1], (x, y) => context.Activated(function(x, y), node.Choice(0))));

    private static Term FloorDivide(Term x, Term y) => x.Type.IsFloat() ? (x / y).Floor() : (x - FloorModulo(x, y)) / y;

    // With the divisor's sign.
    private static Term FloorModulo(Term x, Term y)
    {
        Term remainder = x.Arithmetic(ElementwiseFunction.Remainder, y);
        Term isOpposite = (remainder < 0).Compare(ElementwiseFunction.Equal, y < 0).Not();
        return remainder.EqualTo(0).Not().And(isOpposite).Select(remainder + y, remainder);
    }

    private static Term ArcTangent(Term y, Term x)
    {
        Term angle = (y / x).Real(ElementwiseFunction.Atan);
        Term behind = (y < 0).Select(angle - Math.PI, angle + Math.PI);
        Term upright = y.Sign() * (Math.PI / 2);
        return x.EqualTo(0).Select(upright, (x < 0).Select(behind, angle));
    }

    private static string Sum(LiteOperator node, LiteContext context)
    {
        string[] operands = node.All;
        while (operands.Length > 1)
        {
            operands = [.. operands.Chunk(MaximumOperands).Select(chunk => context.Map(chunk, terms => terms.Aggregate((x, y) => x + y)))];
        }

        return operands.Length == 1 ? operands[0] : throw ImportException.Invalid($"{node.Operator} of nothing");
    }

    // A condition of one axis chooses rows.
    private static string Select(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[1]);
        Shape condition = context.ShapeOf(node[0]);
        string rows = condition.Rank == 1 && shape.Rank > 1 ? context.Reshape(node[0], Shape.From([condition[0], .. Enumerable.Repeat(1, shape.Rank - 1)])) : node[0];
        return context.Map(rows, node[1], node[2], (choice, x, y) => choice.Select(x, y));
    }
}
