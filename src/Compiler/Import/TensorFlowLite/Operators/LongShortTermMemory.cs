using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>
/// The LSTM over a sequence: input, forget, cell and output gates; the input gate may be one less the forget gate. Peepholes, a projection and
/// normalised gates are left out or in as their weights are.
/// </summary>
internal static class LongShortTermMemory
{
    private const int InputWeights = 1;
    private const int RecurrentWeights = 5;
    private const int Peepholes = 9;
    private const int Biases = 12;
    private const int Projection = 16;
    private const int OutputState = 18;
    private const int CellState = 19;
    private const int Normalization = 20;

    /// <summary>Imports the operator.</summary>
    public static string Import(LiteOperator node, LiteContext context)
    {
        Check(node);
        bool isTimeMajor = node.Flag(3);
        string steps = isTimeMajor ? node[0] : context.Transpose(node[0], 1, 0, 2);
        var captured = new List<string>();
        var places = new Dictionary<int, int>();
        for (int input = InputWeights; input <= Projection + 1; input++)
        {
            if (node.Optional(input) is { } value)
            {
                places.Add(input, captured.Count);
                captured.Add(input < Peepholes || input == Projection ? context.Transpose(value, 1, 0) : value);
            }
        }

        ImmutableArray<string> made = context.Session.Loop(
            node.Name, context.ShapeOf(steps)[0], [context.ReadState(OutputState), context.ReadState(CellState)], [steps], backwards: false, [.. captured], (states, inputs, inside) =>
            {
                (string output, string cell) = Step(node, context, input => places.TryGetValue(input, out int place) ? inside[place] : null, inputs[0], states[0], states[1]);
                return ([output, cell], [output]);
            });
        context.WriteState(OutputState, made[0]);
        context.WriteState(CellState, made[1]);
        return isTimeMajor ? made[2] : context.Transpose(made[2], 1, 0, 2);
    }

    private static void Check(LiteOperator node)
    {
        if (Enumerable.Range(Normalization, 4).Any(input => node.Optional(input) is not null))
        {
            throw ImportException.Attribute(node.Operator, "a normalisation of the gates", "export the LSTM without layer normalisation");
        }

        if (node.Tensor(0).IsQuantized)
        {
            throw ImportException.Attribute(node.Operator, "the arithmetic in integers", "convert the model with float activations; weights may be int8");
        }

        if (node.Flag(5))
        {
            throw ImportException.Attribute(node.Operator, "diagonal recurrent weights", "convert the model with whole matrices");
        }
    }

    private static (string Output, string Cell) Step(LiteOperator node, LiteContext context, Func<int, string?> weights, string input, string state, string cell)
    {
        string forget = Gate(context, weights, 1, input, state, cell);
        string? update = weights(InputWeights) is null ? null : Gate(context, weights, 0, input, state, cell);
        string candidate = Sum(context, weights, 2, input, state);
        float limit = node.Number(1);
        string next = context.Map([forget, cell, candidate, update ?? forget], terms =>
        {
            Term share = update is null ? 1 - terms[3] : terms[3];
            Term sum = (terms[0] * terms[1]) + (share * context.Activated(terms[2], node.Choice(0)));
            return limit > 0 ? sum.Clamp(-limit, limit) : sum;
        });
        string gate = Gate(context, weights, 3, input, state, next);
        string output = context.Map(gate, next, (open, value) => open * context.Activated(value, node.Choice(0)));
        return (Projected(node, context, weights, output), next);
    }

    private static string Projected(LiteOperator node, LiteContext context, Func<int, string?> weights, string output)
    {
        if (weights(Projection) is not { } projection)
        {
            return output;
        }

        string projected = context.Emit(new MatMul(), output, projection);
        projected = weights(Projection + 1) is { } bias ? context.Map(projected, bias, (x, offset) => x + offset) : projected;
        float limit = node.Number(2);
        return limit > 0 ? context.Map(projected, x => x.Clamp(-limit, limit)) : projected;
    }

    private static string Sum(LiteContext context, Func<int, string?> weights, int gate, string input, string state)
    {
        string Required(int index) => weights(index) ?? throw ImportException.Invalid($"input {index} of an LSTM is missing");
        string fresh = context.Emit(new MatMul(), input, Required(InputWeights + gate));
        string old = context.Emit(new MatMul(), state, Required(RecurrentWeights + gate));
        return context.Map(fresh, old, Required(Biases + gate), (x, y, bias) => x + y + bias);
    }

    // The peepholes are those of the input, the forget and the output gate.
    private static string Gate(LiteContext context, Func<int, string?> weights, int gate, string input, string state, string cell)
    {
        string sum = Sum(context, weights, gate, input, state);
        return weights(Peepholes + Math.Min(gate, 2)) is { } peephole
            ? context.Map(sum, cell, peephole, (x, memory, weight) => (x + (memory * weight)).Sigmoid())
            : context.Map(sum, x => x.Sigmoid());
    }
}
