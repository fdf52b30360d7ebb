using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>What makes a distribution of scores. Until version 12 the axes from the given one on are taken together.</summary>
internal static class SoftmaxOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("Softmax", 1, (node, context) => Along(node, context, (value, axis) => Distributions.Softmax(context, value, axis))),
        new("LogSoftmax", 1, (node, context) => Along(node, context, (value, axis) => Distributions.LogSoftmax(context, value, axis))),
        new("Hardmax", 1, (node, context) => Along(node, context, (value, axis) => Hardmax(node, context, value, axis))),
    ];

    private static string Hardmax(OnnxNode node, OnnxContext context, string value, int axis)
    {
        Shape shape = context.ShapeOf(value);
        string greatest = context.Reshape(Distributions.ArgReduce(context, value, axis, maximum: true, last: false), shape.With(axis, 1));
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
