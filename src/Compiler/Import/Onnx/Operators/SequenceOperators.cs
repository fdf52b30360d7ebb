using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>
/// Sequences and optionals exist while the file is read only: a sequence is a list of values whose length and places are known, an optional is
/// the value itself or nothing. They cannot be inputs or outputs of the model.
/// </summary>
internal static class SequenceOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("SequenceEmpty", 11, (_, context) => context.AddSequence([])),
        new("SequenceConstruct", 11, (node, context) => context.AddSequence(node.Variadic())),
        new("SequenceInsert", 11, Insert),
        new("SequenceErase", 11, Erase),
        new("SequenceAt", 11, At),
        new("SequenceLength", 11, (node, context) => context.Constant(Tensor.Scalar((long)context.SequenceInput(0).Length))),
        new("SplitToSequence", 11, Split),
        new("ConcatFromSequence", 11, Concat),
        new("Optional", 15, OptionalOf),
        new("OptionalGetElement", 15, (node, _) => node[0]),
        new("OptionalHasElement", 15, (node, context) => context.Constant(Tensor.Scalar(node.Optional(0) is not null))),
    ];

    private static ImmutableArray<string?> OptionalOf(OnnxNode node, OnnxContext context) => [node.Optional(0)];

    private static string At(OnnxNode node, OnnxContext context)
    {
        ImmutableArray<string> sequence = context.SequenceInput(0);
        return sequence[Place(node, context, 1, sequence.Length)];
    }

    private static string Insert(OnnxNode node, OnnxContext context)
    {
        ImmutableArray<string> sequence = context.SequenceInput(0);
        int place = node.Optional(2) is null ? sequence.Length : Place(node, context, 2, sequence.Length + 1, sequence.Length);
        return context.AddSequence(sequence.Insert(place, node[1]));
    }

    private static string Erase(OnnxNode node, OnnxContext context)
    {
        ImmutableArray<string> sequence = context.SequenceInput(0);
        return context.AddSequence(sequence.RemoveAt(node.Optional(1) is null && sequence.Length > 0 ? sequence.Length - 1 : Place(node, context, 1, sequence.Length)));
    }

    private static string Split(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer("axis", 0));
        int length = shape[axis];
        if (node.Optional(1) is null)
        {
            // keepdims is for parts of one slice only.
            IEnumerable<string> slices = Enumerable.Range(0, length).Select(start => context.Slice(node[0], axis, start, 1));
            return context.AddSequence(node.Flag("keepdims", true)
                ? [.. slices]
                : [.. slices.Select(slice => context.Reshape(slice, Shape.From(shape.Where((_, other) => other != axis))))]);
        }

        long[] given = context.IntegerInput(1);
        bool isVector = context.ShapeOf(node[1]).Rank == 1;
        long size = given.Length > 0 ? given[0] : 0;
        long[] sizes = isVector ? given
            : size > 0 ? [.. Enumerable.Range(0, (int)((length + size - 1) / size)).Select(part => Math.Min(size, length - (part * size)))]
            : throw new ShapeException($"parts of {size} elements");
        if (sizes.Any(part => part < 0) || sizes.Sum() != length)
        {
            throw new ShapeException($"parts of {string.Join(", ", sizes)} do not make up axis {axis} of {shape}");
        }

        var parts = ImmutableArray.CreateBuilder<string>();
        int first = 0;
        foreach (long part in sizes)
        {
            parts.Add(context.Slice(node[0], axis, first, (int)part));
            first += (int)part;
        }

        return context.AddSequence(parts.ToImmutable());
    }

    private static string Concat(OnnxNode node, OnnxContext context)
    {
        string[] sequence = [.. context.SequenceInput(0)];
        if (sequence.Length == 0)
        {
            throw new ShapeException("a concatenation of no tensors");
        }

        Shape shape = context.ShapeOf(sequence[0]);
        if (!node.Flag("new_axis"))
        {
            return context.Concat(shape.Axis(node.Integer("axis")), sequence);
        }

        int axis = shape.Insert(0, 1).Axis(node.Integer("axis"));
        return context.Concat(axis, [.. sequence.Select(value => context.Reshape(value, context.ShapeOf(value).Insert(axis, 1)))]);
    }

    private static int Place(OnnxNode node, OnnxContext context, int input, int count, int? length = null)
    {
        long place = context.IntegerInput(input)[0];
        long fromStart = place < 0 ? place + (length ?? count) : place;
        return fromStart >= 0 && fromStart < count ? (int)fromStart : throw ImportException.Invalid($"{node.Operator} at place {place} of a sequence of {length ?? count}");
    }
}
