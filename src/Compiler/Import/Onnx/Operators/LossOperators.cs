using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>How far scores are from the classes they should name.</summary>
internal static class LossOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("NegativeLogLikelihoodLoss", 12, (node, context) => Loss(node, context, node[0])),
        new("SoftmaxCrossEntropyLoss", 12, SoftmaxCrossEntropy),
    ];

    private static ImmutableArray<string?> SoftmaxCrossEntropy(OnnxNode node, OnnxContext context)
    {
        if (context.ShapeOf(node[0]).Rank < 2)
        {
            throw new ShapeException($"{node.Operator} of {context.ShapeOf(node[0])}");
        }

        string logarithms = Distributions.LogSoftmax(context, node[0], 1);
        return [Loss(node, context, logarithms), logarithms];
    }

    // The weighted sum of −x[class]. A class to ignore reads class 0, with the weight 0.
    private static string Loss(OnnxNode node, OnnxContext context, string logarithms)
    {
        Shape shape = context.ShapeOf(logarithms);
        string classes = IndexOperators.Indices(node, context, 1);
        Shape places = context.ShapeOf(classes);
        if (shape.Rank < 2 || places != Shape.From(shape.Extents.RemoveAt(1)))
        {
            throw new ShapeException($"{node.Operator} of {shape} with classes of {places}");
        }

        ElementType type = context.ElementTypeOf(logarithms);
        string safe = Unless(node, context, classes, classes);
        string picked = Unless(node, context, classes, Picked(context, logarithms, safe));
        string? weights = Weights(node, context, classes, safe, shape[1], type);
        string losses = weights is null ? context.Map(picked, x => -x) : context.Map(picked, weights, (x, weight) => -x * weight);
        int[] all = [.. Enumerable.Range(0, places.Rank)];
        return node.Text("reduction", "mean") switch
        {
            "none" => losses,
            "sum" => context.Reduce(ReduceKind.Sum, losses, all, keep: false),
            "mean" when weights is null => context.Reduce(ReduceKind.Mean, losses, all, keep: false),
            "mean" => context.Map(context.Reduce(ReduceKind.Sum, losses, all, keep: false), context.Reduce(ReduceKind.Sum, weights, all, keep: false), (x, y) => x / y),
            var other => throw ImportException.Invalid($"attribute 'reduction' of {node.Operator} is '{other}'"),
        };
    }

    // What each element counts, or null when all count the same.
    private static string? Weights(OnnxNode node, OnnxContext context, string classes, string safe, int count, ElementType type)
    {
        if (node.Optional(2) is not { } given)
        {
            return node.Has("ignore_index") ? Unless(node, context, classes, context.Map(classes, _ => Term.Literal(1, type))) : null;
        }

        return context.ShapeOf(given) == [count]
            ? Unless(node, context, classes, context.Emit(new Gather(0), context.Convert(given, type), safe))
            : throw new ShapeException($"weights of {context.ShapeOf(given)} for {count} classes");
    }

    // The value, or 0 where the class is to be ignored.
    private static string Unless(OnnxNode node, OnnxContext context, string classes, string value) =>
        node.Has("ignore_index")
            ? context.Map(classes, value, (index, x) => index.EqualTo(node.Integer("ignore_index")).Select(x.Like(0), x))
            : value;

    // N×C×… at the classes N×…: one gather of the flat tensor. A class there is not asks for an element that is not there, which the gather refuses.
    private static string Picked(OnnxContext context, string value, string classes)
    {
        Shape shape = context.ShapeOf(value);
        int[] strides = shape.Strides();
        Shape places = context.ShapeOf(classes);
        int[] others = Strided.Offsets(places, [.. strides.Where((_, axis) => axis != 1)]);
        string offsets = context.Constant(Tensor.Of(places, System.Array.ConvertAll(others, offset => (long)offset)));
        string flat = context.Map(classes, offsets, (index, offset) => (index >= 0).And(index < shape[1]).Select((index * strides[1]) + offset, index.Like(int.MaxValue)));
        return context.Emit(new Gather(0), context.Reshape(value, [shape.Count(..)]), flat);
    }
}
