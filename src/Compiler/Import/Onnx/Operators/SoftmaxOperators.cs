using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>What makes a distribution of scores. Until version 12 the axes from the given one on are taken together.</summary>
internal static class SoftmaxOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("Softmax", 1, (node, context) => Along(node, context, (value, axis) => Softmax(context, value, axis))),
        new("LogSoftmax", 1, (node, context) => Along(node, context, (value, axis) => LogSoftmax(context, value, axis))),
        new("Hardmax", 1, (node, context) => Along(node, context, (value, axis) => Hardmax(node, context, value, axis))),
    ];

    /// <summary>Softmax along any axis.</summary>
    public static string Softmax(OnnxContext context, string value, int axis)
    {
        int last = context.ShapeOf(value).Rank - 1;
        if (context.ElementTypeOf(value) == ElementType.Float32)
        {
            return context.MoveAxis(context.Emit(new Softmax(), context.MoveAxis(value, axis, last)), last, axis);
        }

        string greatest = context.Reduce(ReduceKind.Maximum, value, [axis], keep: true);
        string exponentials = context.Map(value, greatest, (x, y) => (x - y).Exp());
        return context.Map(exponentials, context.Reduce(ReduceKind.Sum, exponentials, [axis], keep: true), (x, y) => x / y);
    }

    /// <summary>The logarithm of softmax, without taking it of 0.</summary>
    public static string LogSoftmax(OnnxContext context, string value, int axis) =>
        context.Map(value, ReductionOperators.LogSumExp(context, value, [axis]), (x, y) => x - y);

    private static string Hardmax(OnnxNode node, OnnxContext context, string value, int axis)
    {
        Shape shape = context.ShapeOf(value);
        string greatest = context.Reshape(ReductionOperators.ArgReduce(node, context, value, axis, maximum: true, last: false), shape.With(axis, 1));
        ElementType type = context.ElementTypeOf(value);
        return context.Map(greatest, context.Count(shape[axis], shape.Rank, axis), (x, y) => x.EqualTo(y).To(type));
    }

    private static string Along(OnnxNode node, OnnxContext context, System.Func<string, int, string> function)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer("axis", node.Opset < 13 ? 1 : -1));
        if (node.Opset >= 13 || shape.Skip(axis + 1).All(extent => extent == 1))
        {
            return function(node[0], axis);
        }

        return context.Reshape(function(context.Reshape(node[0], [shape.Count(..axis), shape.Count(axis..)]), 1), shape);
    }
}
