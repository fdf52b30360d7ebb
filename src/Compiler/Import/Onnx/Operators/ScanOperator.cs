using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>Scan: a loop over the elements of sequences.</summary>
internal static class ScanOperator
{
    /// <summary>Sequences along any axes, in any direction.</summary>
    public static ImmutableArray<string?> Version9(OnnxNode node, OnnxContext context)
    {
        GraphProto body = node.Graph("body");
        ImmutableArray<string> inputs = node.Variadic();
        int scans = Scans(node, body, inputs.Length);
        int states = inputs.Length - scans;
        int stacked = body.Output.Count - states;
        long[] inputAxes = Each(node, "scan_input_axes", scans), outputAxes = Each(node, "scan_output_axes", stacked);
        bool[] inputDirections = Directions(node, "scan_input_directions", scans), outputDirections = Directions(node, "scan_output_directions", stacked);
        string[] sequences = [.. inputs[states..].Select((input, index) => context.MoveAxis(input, context.ShapeOf(input).Axis(inputAxes[index]), 0))];
        ImmutableArray<string> outputs = Loop(context, body, [.. inputs[..states]], sequences, inputDirections, outputDirections, null);
        return [.. outputs.Select((output, index) =>
            index < states ? output : context.MoveAxis(output, 0, context.ShapeOf(output).Axis(outputAxes[index - states])))];
    }

    /// <summary>The first version: a batch of sequences along the second axis, each of its own length; the elements of the batch know nothing of each other.</summary>
    public static ImmutableArray<string?> Version8(OnnxNode node, OnnxContext context)
    {
        GraphProto body = node.Graph("body");
        ImmutableArray<string> inputs = [.. Enumerable.Range(1, System.Math.Max(0, node.Inputs.Length - 1)).Select(index => node[index])];
        int scans = Scans(node, body, inputs.Length);
        int states = inputs.Length - scans;
        int stacked = body.Output.Count - states;
        bool[] directions = Directions(node, "directions", scans);
        foreach (string input in inputs.Where(input => context.ShapeOf(input).Rank == 0 || context.ShapeOf(input)[0] != context.ShapeOf(inputs[0])[0]))
        {
            throw new ShapeException($"Scan of {context.ShapeOf(inputs[0])} and {context.ShapeOf(input)}, whose batches differ");
        }

        string? lengths = Lengths(node, context, inputs[states]);
        if (lengths is not null && directions.Contains(true))
        {
            throw ImportException.Attribute("Scan", "a sequence that is read backwards from a length of its own", "leave 'sequence_lens' out, or use a later opset");
        }

        OnnxLoop batch = context.BeginLoop(context.ShapeOf(inputs[0])[0]);
        string[] elements = [.. inputs.Select(input => batch.Scan(input))];
        string? length = lengths is null ? null : batch.Scan(lengths);
        ImmutableArray<string> results = batch.Inside(() => Loop(context, body, elements[..states], elements[states..], directions, new bool[stacked], length, batch));
        return [.. batch.End([], results.Select(result => (result, false)))];
    }

    private static ImmutableArray<string> Loop(
        OnnxContext context, GraphProto body, string[] initial, string[] sequences, bool[] inputDirections, bool[] outputDirections, string? length, OnnxLoop? batch = null)
    {
        int count = context.ShapeOf(sequences[0]).Rank > 0 ? context.ShapeOf(sequences[0])[0] : throw new ShapeException("Scan of a scalar");
        foreach (string sequence in sequences.Where(sequence => context.ShapeOf(sequence).Rank == 0 || context.ShapeOf(sequence)[0] != count))
        {
            throw new ShapeException($"Scan of sequences of {count} and {context.ShapeOf(sequence)} elements");
        }

        if (count == 1 && length is null && batch is null)
        {
            string[] only = [.. sequences.Select(sequence => context.Reshape(sequence, Shape.From(context.ShapeOf(sequence).Extents[1..])))];
            ImmutableArray<string> once = context.ImportGraph(body, [.. initial, .. only]);
            return [.. once[..initial.Length], .. once[initial.Length..].Select(element => context.Reshape(element, Shape.From([1, .. context.ShapeOf(element)])))];
        }

        OnnxLoop loop = context.BeginLoop(count);
        string[] states = [.. initial.Select(loop.State)];
        string[] elements = [.. sequences.Select((sequence, index) => loop.Scan(sequence, inputDirections[index]))];
        string? isInside = length is null ? null : loop.Scan(context.Map(context.Count(count, 1, 0), context.Convert(length, ElementType.Int64), (number, end) => number < end));
        ImmutableArray<string> results = context.ImportBody(loop, batch, body, [.. states, .. elements]);
        if (isInside is not null)
        {
            results = loop.Inside<ImmutableArray<string>>(() => [.. results.Select((result, index) => index < states.Length
                ? context.Map(isInside, result, states[index], (condition, x, y) => condition.Select(x, y))
                : context.Map(isInside, result, (condition, x) => condition.Select(x, x.Like(0))))]);
        }

        return loop.End(results[..states.Length], results[states.Length..].Select((element, index) => (element, outputDirections[index])));
    }

    private static int Scans(OnnxNode node, GraphProto body, int inputs)
    {
        LoopOperators.RequireTensors(body);
        long scans = node.Integer("num_scan_inputs");
        return scans >= 1 && scans <= inputs && body.Input.Count == inputs && body.Output.Count >= inputs - scans
            ? (int)scans
            : throw ImportException.Invalid($"Scan has {inputs} inputs, {scans} of them sequences, and its body {body.Input.Count} inputs and {body.Output.Count} outputs");
    }

    private static bool[] Directions(OnnxNode node, string attribute, int count) => [.. Each(node, attribute, count).Select(direction => direction switch
    {
        0 => false,
        1 => true,
        _ => throw ImportException.Invalid($"attribute '{attribute}' of Scan holds {direction}"),
    })];

    private static long[] Each(OnnxNode node, string attribute, int count)
    {
        long[] values = node.Integers(attribute) ?? new long[count];
        return values.Length == count ? values : throw ImportException.Invalid($"attribute '{attribute}' of Scan has {values.Length} elements for {count} sequences");
    }

    // The lengths of the sequences, unless all are as long as can be.
    private static string? Lengths(OnnxNode node, OnnxContext context, string sequence)
    {
        if (node.Optional(0) is not { } lengths)
        {
            return null;
        }

        Shape shape = context.ShapeOf(sequence);
        return shape.Rank < 2 || context.ShapeOf(lengths) != [shape[0]]
            ? throw new ShapeException($"lengths of the shape {context.ShapeOf(lengths)} for sequences of the shape {shape}")
            : context.ConstantOf(lengths)?.ToInt64().All(length => length == shape[1]) == true ? null : lengths;
    }
}
