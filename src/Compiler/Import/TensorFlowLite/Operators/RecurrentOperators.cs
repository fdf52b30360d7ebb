using System.Collections.Generic;
using System.Collections.Immutable;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>Layers that remember: their states are variable tensors of the file, and last from one prediction to the next.</summary>
internal static class RecurrentOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        new("SVDF", Filter),
        new("RNN", (node, context) => Step(node, context, node[0], context.ReadState(4), node.Choice(0)) is var state && Keep(context, 4, state) ? state : ""),
        new("UNIDIRECTIONAL_SEQUENCE_RNN", Sequence),
        new("UNIDIRECTIONAL_SEQUENCE_LSTM", LongShortTermMemory.Import),
    ];

    private static bool Keep(LiteContext context, int input, string state)
    {
        context.WriteState(input, state);
        return true;
    }

    // A filter over features, then one over time: the newest feature moves into the memory, and the oldest out.
    private static string Filter(LiteOperator node, LiteContext context)
    {
        Shape features = context.ShapeOf(node[1]), times = context.ShapeOf(node[2]);
        int rank = node.Count(0, "rank");
        (int filters, int memory, int units) = (features[0], times[1], features[0] / rank);
        int batches = context.ShapeOf(node[0])[0];
        string state = context.Reshape(context.ReadState(4), [batches, filters, memory]);
        string feature = context.Emit(new MatMul(), node[0], context.Transpose(node[1], 1, 0));
        string next = context.Concat(2, context.Slice(state, 2, 1, memory - 1), context.Reshape(feature, [batches, filters, 1]));
        context.WriteState(4, context.Reshape(next, [batches, filters * memory]));
        string weighted = context.Map(next, context.Reshape(node[2], [1, filters, memory]), (x, weight) => x * weight);
        string sums = context.Reduce(ReduceKind.Sum, context.Reshape(weighted, [batches, units, rank * memory]), [2], keep: false);
        string biased = Bias(node, context) is { } bias ? context.Map(sums, bias, (x, offset) => x + offset) : sums;
        return context.Activate(biased, node.Choice(1));
    }

    // Integers in the scale that the file writes beside them: here that is not the layer's input times its weights.
    private static string? Bias(LiteOperator node, LiteContext context) =>
        node.Optional(3) is { } bias && context.ConstantOf(bias) is { Type: ElementType.Int32 } levels && node.Tensor(3).Grid is { } grid
            ? context.Constant(LiteConstants.Dequantized(levels, grid, node.Tensor(3).Name))
            : node.Optional(3);

    private static string Step(LiteOperator node, LiteContext context, string input, string state, int activation)
    {
        string fresh = context.Emit(new MatMul(), input, context.Transpose(node[1], 1, 0));
        string old = context.Emit(new MatMul(), state, context.Transpose(node[2], 1, 0));
        return context.Map(fresh, old, node[3], (x, y, bias) => context.Activated(x + y + bias, activation));
    }

    private static string Sequence(LiteOperator node, LiteContext context)
    {
        bool isTimeMajor = node.Flag(0);
        string steps = isTimeMajor ? node[0] : context.Transpose(node[0], 1, 0, 2);
        string[] weights = [context.Transpose(node[1], 1, 0), context.Transpose(node[2], 1, 0), node[3]];
        ImmutableArray<string> made = context.Session.Loop(
            node.Name, context.ShapeOf(steps)[0], [context.ReadState(4)], [steps], backwards: false, weights, (states, inputs, captured) =>
            {
                string fresh = context.Emit(new MatMul(), inputs[0], captured[0]);
                string old = context.Emit(new MatMul(), states[0], captured[1]);
                string next = context.Map(fresh, old, captured[2], (x, y, bias) => context.Activated(x + y + bias, node.Choice(1)));
                return ([next], [next]);
            });
        context.WriteState(4, made[0]);
        return isTimeMajor ? made[1] : context.Transpose(made[1], 1, 0, 2);
    }
}
