using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>What carries a state from one call to the next, as an input and an output of the model.</summary>
internal static class StateOperators
{
    // Each step of a recurrence is some nodes of its own.
    private const int MaximumSteps = 256;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("LinearAttention", 27, LinearAttention),
        new("CausalConvWithState", 27, CausalConvolution),
        new("TensorScatter", 24, TensorScatter),
    ];

    private static ImmutableArray<string?> LinearAttention(OnnxNode node, OnnxContext context)
    {
        Shape queries = context.ShapeOf(node[0]);
        Shape keys = context.ShapeOf(node[1]);
        Shape values = context.ShapeOf(node[2]);
        long heads = node.Integer("q_num_heads");
        long keyHeads = node.Integer("kv_num_heads");
        bool fits = queries.Rank == 3 && keys.Rank == 3 && values.Rank == 3 && keyHeads > 0 && heads > 0 && heads % keyHeads == 0
            && queries[2] % heads == 0 && keys[2] % keyHeads == 0 && values[2] % keyHeads == 0 && queries[2] / heads == keys[2] / keyHeads
            && queries[1] > 0 && keys[0] == queries[0] && values[0] == queries[0] && keys[1] == queries[1] && values[1] == queries[1];
        if (!fits)
        {
            throw new ShapeException($"linear attention of {queries}, {keys} and {values} with {heads} and {keyHeads} heads");
        }

        if (queries[1] > MaximumSteps)
        {
            throw ImportException.Attribute(node.Operator, $"a sequence of {queries[1]} elements", $"feed up to {MaximumSteps} at a time; the state carries on");
        }

        float given = node.Number("scale", 0);
        double scale = given == 0 ? Math.Sqrt((double)heads / queries[2]) : given;
        var recurrence = new LinearRecurrence(node, context, (int)keyHeads);
        var outputs = new string[queries[1]];
        for (int step = 0; step < outputs.Length; step++)
        {
            outputs[step] = recurrence.Step(step);
        }

        string output = context.Map(context.Concat(1, outputs), x => x * scale);
        return [output, recurrence.State];
    }

    // Each channel by itself, over the elements of the last call and this one's.
    private static ImmutableArray<string?> CausalConvolution(OnnxNode node, OnnxContext context)
    {
        context.RequireFloat32(node, 0);
        Shape signal = context.ShapeOf(node[0]);
        Shape kernel = context.ShapeOf(node[1]);
        if (signal.Rank != 3 || kernel.Rank != 3 || kernel[0] != signal[1] || kernel[1] != 1 || kernel[2] == 0)
        {
            throw new ShapeException($"a convolution of each channel of {signal} with weights of {kernel}");
        }

        int before = kernel[2] - 1;
        string extended = node.Optional(3) is not { } past ? context.Pad(node[0], [0, 0, before], [0, 0, 0])
            : context.ShapeOf(past) == signal.With(2, before) ? (before == 0 ? node[0] : context.Concat(2, past, node[0]))
            : throw new ShapeException($"a state of {context.ShapeOf(past)} for {signal} and weights of {kernel}");
        var op = new Conv2D(new Window(1, kernel[2]), signal[1]);
        string[] operands = [context.ToImage(extended), context.ToImage(node[1]), .. node.Optional(2) is { } bias ? new[] { bias } : []];
        string output = context.FromImage(context.Emit(op, operands), isSignal: true);
        string activated = node.Text("activation", "none") switch
        {
            "none" => output,
            "silu" or "swish" => context.Map(output, x => x * x.Sigmoid()),
            var other => throw ImportException.Attribute(node.Operator, $"the activation '{other}'", "use 'none', 'silu' or 'swish'"),
        };
        return [activated, context.Slice(extended, 2, signal[2], before)];
    }

    // Each row of the result is gathered: from the update if it was written, else from the cache.
    private static string TensorScatter(OnnxNode node, OnnxContext context)
    {
        Shape cache = context.ShapeOf(node[0]);
        Shape update = context.ShapeOf(node[1]);
        int axis = cache.Axis(node.Integer("axis", -2));
        if (axis == 0 || update.Rank != cache.Rank || update.With(axis, cache[axis]) != cache || update[axis] > cache[axis])
        {
            throw new ShapeException($"an update of {update} along axis {axis} of {cache}");
        }

        string mode = node.Text("mode", "linear");
        int batches = cache[0], length = cache[axis], count = update[axis];
        string starts = node.Optional(2) is null ? context.Constant(Tensor.Of([1, 1], 0L)) : context.Reshape(IndexOperators.Indices(node, context, 2), [batches, 1]);
        string behind = context.Map(context.Count(length, 2, 1), starts, (place, start) => mode switch
        {
            "linear" => place - start,
            "circular" => Modulo(place - start, length),
            _ => throw ImportException.Invalid($"attribute 'mode' of TensorScatter is '{mode}'"),
        });
        string index = context.Map(behind, context.Count(length, 2, 1), (offset, place) => offset.AtLeastZeroBelow(count).Select(offset, place + count));
        if (mode == "linear")
        {
            // An update that would not fit asks for an element that is not there, which the gather refuses.
            index = context.Map(index, starts, (x, start) => start.AtLeastZeroBelow(length - count + 1).Select(x, x.Like(int.MaxValue)));
        }

        string rows = context.MoveAxis(context.Concat(axis, node[1], node[0]), axis, 1);
        Shape all = context.ShapeOf(rows);
        string row = context.Map(index, context.Count(batches, 2, 0), (x, batch) => x + (batch * all[1]));
        string gathered = context.Emit(new Gather(0), context.Reshape(rows, Shape.From([batches * all[1], .. all.Skip(2)])), row);
        return context.MoveAxis(gathered, 1, axis);
    }

    private static Term Modulo(Term value, int length)
    {
        Term rest = value - (value / length * length);
        return (rest < 0).Select(rest + length, rest);
    }

    private static Term AtLeastZeroBelow(this Term value, int end) => (value >= 0).And(value < end);
}
