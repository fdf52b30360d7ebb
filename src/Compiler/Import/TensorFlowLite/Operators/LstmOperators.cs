using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>LSTMs of one step, over a sequence, and over a sequence from both ends.</summary>
internal static class LstmOperators
{
    private const int AuxiliaryInput = 39;

    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<LiteEntry> Entries =>
    [
        new("LSTM", Single),
        new("UNIDIRECTIONAL_SEQUENCE_LSTM", (node, context) => InTime(context, node[0], node.Flag(3), steps => new LstmLayer(node, context, LstmInputs.OneDirection).Sequence(steps))),
        new("BIDIRECTIONAL_SEQUENCE_LSTM", BothDirections),
    ];

    /// <summary>Does something with a sequence whose steps are its first axis, and gives what is made the axes that it had.</summary>
    public static string InTime(LiteContext context, string sequence, bool isTimeMajor, Func<string, string> make) =>
        isTimeMajor ? make(sequence) : context.Transpose(make(context.Transpose(sequence, 1, 0, 2)), 1, 0, 2);

    private static ImmutableArray<string> Single(LiteOperator node, LiteContext context)
    {
        // The last output is the result; those before it are scratch memory, except where the kind is the basic one.
        if (node.Choice(3) != 0)
        {
            return Basic(node, context);
        }

        string output = new LstmLayer(node, context, LstmInputs.OneDirection).Single(node[0]);
        return [.. Enumerable.Repeat(output, node.OutputTensors.Length)];
    }

    // Input, state, one matrix for all gates – input, cell, forget, output – and both inputs, the bias, and the cell.
    private static ImmutableArray<string> Basic(LiteOperator node, LiteContext context)
    {
        if (node.Tensor(0).IsQuantized)
        {
            throw ImportException.Attribute(node.Operator, "the arithmetic in integers", "convert the model with float activations");
        }

        string both = context.Concat(1, node[0], context.ReadState(1));
        string sums = context.Map(context.Emit(new MatMul(), both, context.Transpose(node[2], 1, 0)), node[3], (x, bias) => x + bias);
        Shape shape = context.ShapeOf(sums);
        int cells = shape.Rank == 2 && shape[1] % 4 == 0 ? shape[1] / 4 : throw new ShapeException($"gates of {shape}");
        string[] gates = [.. Enumerable.Range(0, 4).Select(gate => context.Slice(sums, 1, gate * cells, cells))];
        string cell = context.Map([gates[0], gates[1], gates[2], context.ReadState(4)], x => (x[0].Sigmoid() * x[1].Tanh()) + (x[2].Sigmoid() * x[3]));
        string output = context.Map(gates[3], cell, (open, value) => open.Sigmoid() * value.Tanh());
        context.WriteState(1, output);
        context.WriteState(4, cell);
        return [output, cell, both, sums];
    }

    // With weights of its own, a second input is added to the first; without, it is what is read backwards.
    private static ImmutableArray<string> BothDirections(LiteOperator node, LiteContext context)
    {
        if (node.Tensor(0).IsQuantized)
        {
            throw ImportException.Attribute(node.Operator, "the arithmetic in integers", "convert the model with float activations; weights may be int8");
        }

        bool isTimeMajor = node.Flag(4, missing: true);
        string Turned(string value) => isTimeMajor ? value : context.Transpose(value, 1, 0, 2);
        string steps = Turned(node[0]);
        string? auxiliary = node.Optional(AuxiliaryInput) is { } second ? Turned(second) : null;
        bool isAdded = auxiliary is not null && node.Optional(LstmInputs.Forwards.Auxiliary + 1) is not null;
        string forwards = Turned(new LstmLayer(node, context, LstmInputs.Forwards).Sequence(steps, isAdded ? auxiliary : null));
        string backwards = Turned(new LstmLayer(node, context, LstmInputs.Backwards).Sequence(isAdded ? steps : auxiliary ?? steps, isAdded ? auxiliary : null, backwards: true));
        return node.Flag(3) ? [context.Concat(2, forwards, backwards)] : [forwards, backwards];
    }
}
