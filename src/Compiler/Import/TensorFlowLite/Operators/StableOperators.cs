using System;
using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>Operators of StableHLO that files hold beside the format's own: those of single elements and movements, and the composite, which names a graph that does the same.</summary>
internal static class StableOperators
{
    private const string Prefix = "STABLEHLO_";

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        Unary("ABS", x => x.Abs()),
        Unary("CBRT", x => x.Sign() * x.Abs().Power(x.Like(1.0 / 3))),
        Unary("COSINE", x => x.Real(ElementwiseFunction.Cos)),
        Unary("EXPONENTIAL", x => x.Exp()),
        Unary("FLOOR", x => x.Floor()),
        Unary("LOG", x => x.Log()),
        Unary("LOGISTIC", x => x.Sigmoid()),
        Unary("NEGATE", x => -x),
        Unary("RSQRT", x => 1 / x.Sqrt()),
        Unary("TANH", x => x.Tanh()),
        Binary("ADD", (x, y) => x + y),
        Binary("SUBTRACT", (x, y) => x - y),
        Binary("MULTIPLY", (x, y) => x * y),
        Binary("DIVIDE", (x, y) => x / y),
        Binary("MAXIMUM", (x, y) => x.Maximum(y)),
        Binary("MINIMUM", (x, y) => x.Minimum(y)),
        Binary("POWER", (x, y) => x.Power(y)),
        Binary("REMAINDER", (x, y) => x.Arithmetic(ElementwiseFunction.Remainder, y)),
        Binary("AND", (x, y) => x.Type == ElementType.Boolean ? x.And(y) : x.Bits(ElementwiseFunction.BitwiseAnd, y)),
        Binary("OR", (x, y) => x.Type == ElementType.Boolean ? x.Logical(ElementwiseFunction.Or, y) : x.Bits(ElementwiseFunction.BitwiseOr, y)),
        new(Prefix + "CLAMP", (node, context) => context.Map(node[0], node[1], node[2], (least, x, greatest) => x.Maximum(least).Minimum(greatest))),
        new(Prefix + "SELECT", (node, context) => context.Map(node[0], node[1], node[2], (condition, x, y) => condition.Select(x, y))),
        new(Prefix + "COMPARE", (node, context) => context.Map(node[0], node[1], (x, y) => Compared(node, x, y))),
        new(Prefix + "CONVERT", (node, context) => context.Convert(node[0], node.OutputTensor().Storage)),
        LiteEntry.Move(Prefix + "RESHAPE", (node, context) => context.Reshape(node[0], node.OutputTensor().Shape)),
        LiteEntry.Move(Prefix + "TRANSPOSE", (node, context) => context.Transpose(node[0], Integers(node, 0))),
        LiteEntry.Move(Prefix + "SLICE", Slice),
        LiteEntry.Move(Prefix + "BROADCAST_IN_DIM", Broadcast),
        new(Prefix + "CONCATENATE", (node, context) => context.Concat(Axis(node, context.ShapeOf(node[0])), node.All)),
        new(Prefix + "IOTA", (node, context) => node.OutputTensor().Shape is var shape && Axis(node, shape) is var axis
            ? context.Expand(context.Convert(context.Count(shape[axis], shape.Rank, axis), node.OutputTensor().Storage), shape)
            : ""),
        new(Prefix + "PAD", Pad),
        new(Prefix + "COMPOSITE", (node, context) => context.Session.ImportGraph(node.Integer(1), node.All)),
    ];

    private static LiteEntry Unary(string name, Func<Term, Term> function) => new(Prefix + name, (node, context) => context.Map(node[0], function));

    private static LiteEntry Binary(string name, Func<Term, Term, Term> function) => new(Prefix + name, (node, context) => context.Map(node[0], node[1], function));

    private static int[] Integers(LiteOperator node, int field) => [.. (node.Node.Options?.Longs(field) ?? []).Select(number => checked((int)number))];

    private static int Axis(LiteOperator node, Shape shape) => shape.Axis(checked((int)(node.Node.Options?.Long(0) ?? 0)));

    private static Term Compared(LiteOperator node, Term x, Term y) => node.Integer(0) switch
    {
        0 => x.EqualTo(y),
        1 => x.EqualTo(y).Not(),
        2 => x >= y,
        3 => x > y,
        4 => x <= y,
        5 => x < y,
        int other => throw ImportException.Invalid($"the comparison {other} of {node.Operator}"),
    };

    private static string Slice(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        (int[] starts, int[] limits, int[] steps) = (Integers(node, 0), Integers(node, 1), Integers(node, 2));
        bool fits = new[] { starts, limits, steps }.All(list => list.Length == shape.Rank)
            && shape.Select((extent, axis) => starts[axis] >= 0 && starts[axis] <= limits[axis] && limits[axis] <= extent && steps[axis] >= 1).All(isInside => isInside);
        return fits
            ? context.Slice(node[0], starts, [.. starts.Select((start, axis) => (limits[axis] - start + steps[axis] - 1) / steps[axis])], steps)
            : throw new ShapeException($"{node.Operator} of {shape} from {string.Join(',', starts)} to {string.Join(',', limits)} by {string.Join(',', steps)}");
    }

    private static string Broadcast(LiteOperator node, LiteContext context)
    {
        Shape shape = context.ShapeOf(node[0]), wide = node.OutputTensor().Shape;
        int[] axes = Integers(node, 0);
        if (axes.Length != shape.Rank || axes.Any(axis => axis < 0 || axis >= wide.Rank) || axes.Distinct().Count() != axes.Length)
        {
            throw new ShapeException($"{node.Operator} of {shape} along {string.Join(',', axes)} to {wide}");
        }

        // The axes in the order of the result, those of no operand's axis with one element.
        string ordered = context.Transpose(node[0], [.. Enumerable.Range(0, axes.Length).OrderBy(axis => axes[axis])]);
        return context.Expand(context.Reshape(ordered, Shape.From(wide.Select((_, axis) => Array.IndexOf(axes, axis) is >= 0 and var source ? shape[source] : 1))), wide);
    }

    private static string Pad(LiteOperator node, LiteContext context)
    {
        int rank = context.ShapeOf(node[0]).Rank;
        int[][] counts = [Integers(node, 0), Integers(node, 1), Integers(node, 2)];
        return counts.All(list => list.Length == rank && list.All(count => count >= 0)) && context.ConstantInput(1) is { Count: 1 } filling
            ? context.Pad(node[0], counts[0], counts[1], filling.ToFloat64()[0], counts[2])
            : throw ImportException.Attribute(node.Operator, "padding that takes elements away", "slice instead");
    }
}
