using System.Collections.Generic;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>What puts elements at places that are constant: the result is gathered from the old elements and the new ones.</summary>
internal static class ScatterOperators
{
    // Updates of the same place are combined one after the other.
    private const int MaximumRounds = 64;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("Scatter", 9, 10, ScatterElements),
        new("ScatterElements", 11, ScatterElements),
        new("ScatterND", 11, ScatterPlaces),
    ];

    private static string ScatterElements(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        int axis = shape.Axis(node.Integer("axis", 0));
        long[] indices = context.IntegerInput(1);
        Shape places = context.ShapeOf(node[1]);
        if (places.Rank != shape.Rank || context.ShapeOf(node[2]) != places || places.Where((extent, other) => other != axis && extent > shape[other]).Any())
        {
            throw new ShapeException($"indices of shape {places} and updates of {context.ShapeOf(node[2])} into {shape}");
        }

        int[] strides = shape.Strides();
        int[] others = Strided.Offsets(places, [.. strides.Select((stride, other) => other == axis ? 0 : stride)]);
        int[] targets = [.. indices.Select((index, position) => others[position] + (FromStart(index, shape[axis]) * strides[axis]))];
        return Scatter(node, context, shape.Count(..), 1, targets);
    }

    private static string ScatterPlaces(OnnxNode node, OnnxContext context)
    {
        Shape shape = context.ShapeOf(node[0]);
        long[] indices = context.IntegerInput(1);
        Shape places = context.ShapeOf(node[1]);
        int depth = places.Rank > 0 ? places[^1] : 0;
        if (depth == 0 || depth > shape.Rank || context.ShapeOf(node[2]) != Shape.From([.. places.SkipLast(1), .. shape.Skip(depth)]))
        {
            throw new ShapeException($"indices of shape {places} and updates of {context.ShapeOf(node[2])} into {shape}");
        }

        int[] strides = Shape.From(shape.Take(depth)).Strides();
        int[] targets = [.. Enumerable.Range(0, indices.Length / depth).Select(row =>
            Enumerable.Range(0, depth).Sum(axis => FromStart(indices[(row * depth) + axis], shape[axis]) * strides[axis]))];
        return Scatter(node, context, shape.Count(..depth), shape.Count(depth..), targets);
    }

    // Rows of the data, at the targets of which the updates' rows go.
    private static string Scatter(OnnxNode node, OnnxContext context, int rows, int width, int[] targets)
    {
        Shape shape = context.ShapeOf(node[0]);
        string data = context.Reshape(node[0], [rows, width]);
        string updates = context.Reshape(node[2], [targets.Length, width]);
        string reduction = node.Text("reduction", "none");
        string result = data;
        foreach (long[] round in Rounds(node, targets, rows, keepLast: reduction == "none"))
        {
            // Rows without an update come from the result so far, behind all updates.
            string picked = context.Gather(context.Concat(0, updates, result), 0, [.. round.Select((update, row) => update >= 0 ? update : targets.Length + row)]);
            if (reduction == "none")
            {
                result = picked;
                continue;
            }

            string isUpdated = context.Constant(Tensor.Of([rows, 1], [.. round.Select(update => update >= 0)]));
            result = context.Map(isUpdated, result, picked, (condition, old, update) => condition.Select(Combine(node, reduction, old, update), old));
        }

        return context.Reshape(result, shape);
    }

    // For each round and row, which update it gets: −1 for none.
    private static IEnumerable<long[]> Rounds(OnnxNode node, int[] targets, int rows, bool keepLast)
    {
        var rounds = new List<long[]>();
        var next = new int[rows];
        for (int update = 0; update < targets.Length; update++)
        {
            int round = keepLast ? 0 : next[targets[update]]++;
            if (round == MaximumRounds)
            {
                throw ImportException.Attribute(node.Operator, $"more than {MaximumRounds} updates of one place", "sum them beforehand");
            }

            if (round == rounds.Count)
            {
                rounds.Add([.. Enumerable.Repeat(-1L, rows)]);
            }

            rounds[round][targets[update]] = update;
        }

        return rounds;
    }

    private static Term Combine(OnnxNode node, string reduction, Term old, Term update) => reduction switch
    {
        "add" => old + update,
        "mul" => old * update,
        "min" => old.Minimum(update),
        "max" => old.Maximum(update),
        _ => throw ImportException.Invalid($"attribute 'reduction' of {node.Operator} is '{reduction}'"),
    };

    private static int FromStart(long index, int length) =>
        index >= -length && index < length ? (int)(index < 0 ? index + length : index) : throw new ShapeException($"index {index} into an extent of {length}");
}
