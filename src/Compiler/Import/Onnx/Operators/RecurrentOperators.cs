using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>
/// Recurrent layers. What depends on the input alone is one matrix product for all time steps; the loop over the steps holds the product with the
/// last hidden state and one elementwise expression for each new state.
/// </summary>
internal static class RecurrentOperators
{
    /// <summary>The family's rows of the table.</summary>
    public static IEnumerable<OperatorEntry> Entries =>
    [
        new("RNN", 1, (node, context) => Import(node, context, 1, 1, SimpleCell)),
        new("GRU", 1, (node, context) => Import(node, context, 3, 1, node.Flag("linear_before_reset") ? ResetAfterProductCell : ResetBeforeProductCell)),
        new("LSTM", 1, (node, context) => Import(node, context, 4, 2, LongShortTermCell)),
    ];

    // The new states of one step.
    private delegate string[] Cell(RecurrentStep step);

    private static ImmutableArray<string?> Import(OnnxNode node, OnnxContext context, int gates, int states, Cell cell)
    {
        var layer = new RecurrentLayer(node, context, gates, states);
        string[][] directions = [.. Enumerable.Range(0, layer.Directions).Select(direction => Direction(layer, context, direction, cell))];
        string?[] sequences = [.. directions.Select(results => results.Length > states ? results[states] : null)];
        return
        [
            node.HasOutput(0) ? layer.Sequence([.. sequences.OfType<string>()]) : null,
            .. Enumerable.Range(0, states).Select(state => layer.Last([.. directions.Select(results => results[state])])),
        ];
    }

    // The states after the last step, then the sequence [steps, batch, hidden].
    private static string[] Direction(RecurrentLayer layer, OnnxContext context, int direction, Cell cell)
    {
        string[] initial = [.. Enumerable.Range(0, layer.States).Select(state => layer.Initial(state, direction))];
        string projected = layer.Project(direction);
        if (layer.Steps == 1)
        {
            string input = context.Reshape(projected, Shape.From(context.ShapeOf(projected).Extents[1..]));
            string? isInside = layer.Mask is { } mask ? context.Reshape(mask, [layer.Batch, 1]) : null;
            (string[] updated, string output) = Step(layer, new RecurrentStep(layer, context, direction, input, initial, made => made()), isInside, cell);
            return [.. updated, context.Reshape(output, [1, layer.Batch, layer.Hidden])];
        }

        bool backwards = layer.IsBackwards(direction);
        OnnxLoop loop = context.BeginLoop(layer.Steps);
        string[] states = [.. initial.Select(loop.State)];
        string element = loop.Scan(projected, backwards);
        string? isInsideElement = layer.Mask is null ? null : loop.Scan(layer.Mask, backwards);
        (string[] newStates, string hidden) = loop.Inside(() =>
            Step(layer, new RecurrentStep(layer, context, direction, element, states, loop.FromOutside), isInsideElement, cell));
        return [.. layer.WantsSequence ? loop.End(newStates, (hidden, backwards)) : loop.End(newStates)];
    }

    // Behind the end of a sequence the states stay, and the output is 0.
    private static (string[] States, string Output) Step(RecurrentLayer layer, RecurrentStep step, string? isInside, Cell cell)
    {
        string[] states = cell(step);
        if (isInside is null)
        {
            return (states, states[0]);
        }

        OnnxContext context = layer.Context;
        string output = context.Map(isInside, states[0], (condition, x) => condition.Select(x, x.Like(0)));
        return ([.. states.Select((state, index) => context.Map(isInside, state, step.States[index], (condition, x, y) => condition.Select(x, y)))], output);
    }

    private static string[] SimpleCell(RecurrentStep step)
    {
        string product = step.Product(step.States[0], 0, 1);
        return [step.Map([step.Input, product], (f, x) => f[0](x[0] + x[1]))];
    }

    private static string[] ResetBeforeProductCell(RecurrentStep step)
    {
        string hidden = step.States[0];
        string product = step.Product(hidden, 0, 2);
        string update = step.Map([step.Gate(step.Input, 0), step.Gate(product, 0)], (f, x) => f[0](x[0] + x[1]));
        string reset = step.Map([step.Gate(step.Input, 1), step.Gate(product, 1), hidden], (f, x) => f[0](x[0] + x[1]) * x[2]);
        string candidate = step.Product(reset, 2, 1);
        return [step.Map([update, step.Gate(step.Input, 2), candidate, hidden], (f, x) => ((1 - x[0]) * f[1](x[1] + x[2])) + (x[0] * x[3]))];
    }

    private static string[] ResetAfterProductCell(RecurrentStep step)
    {
        string hidden = step.States[0];
        string product = step.Product(hidden, 0, 3);
        string update = step.Map([step.Gate(step.Input, 0), step.Gate(product, 0)], (f, x) => f[0](x[0] + x[1]));
        return
        [
            step.Map(
                [update, step.Gate(step.Input, 1), step.Gate(product, 1), step.Gate(step.Input, 2), step.Gate(product, 2), hidden],
                (f, x) => ((1 - x[0]) * f[1](x[3] + (f[0](x[1] + x[2]) * x[4]))) + (x[0] * x[5])),
        ];
    }

    // The gates are in the order input, output, forget, cell; the peepholes input, output, forget.
    private static string[] LongShortTermCell(RecurrentStep step)
    {
        string cell = step.States[1];
        string product = step.Product(step.States[0], 0, 4);
        string?[] peepholes = [.. Enumerable.Range(0, 3).Select(step.Peephole)];
        bool isCoupled = step.Layer.Node.Flag("input_forget");
        string newCell = step.Map(
            [
                step.Gate(step.Input, 0), step.Gate(product, 0), step.Gate(step.Input, 2), step.Gate(product, 2), step.Gate(step.Input, 3), step.Gate(product, 3), cell,
                .. peepholes[0] is null ? [] : new[] { peepholes[0]!, peepholes[2]! },
            ],
            (f, x) =>
            {
                bool looks = x.Length > 7;
                Term input = f[0](looks ? x[0] + x[1] + (x[7] * x[6]) : x[0] + x[1]);
                Term forget = isCoupled ? 1 - input : f[0](looks ? x[2] + x[3] + (x[8] * x[6]) : x[2] + x[3]);
                return (forget * x[6]) + (input * f[1](x[4] + x[5]));
            });
        string hidden = step.Map(
            [step.Gate(step.Input, 1), step.Gate(product, 1), newCell, .. peepholes[1] is { } peephole ? [peephole] : Array.Empty<string>()],
            (f, x) => f[0](x.Length > 3 ? x[0] + x[1] + (x[3] * x[2]) : x[0] + x[1]) * f[2](x[2]));
        return [hidden, newCell];
    }
}

/// <summary>One time step of a recurrent layer in one direction, while it is made.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Context">Adds ops where the step is made.</param>
/// <param name="Direction">Number of the direction.</param>
/// <param name="Input">The projected input [batch, gates · hidden].</param>
/// <param name="States">The states [batch, hidden] before the step.</param>
/// <param name="Outside">Makes a value around the step, once for all steps, and gives it as it is known in the step.</param>
internal sealed record RecurrentStep(RecurrentLayer Layer, OnnxContext Context, int Direction, string Input, string[] States, Func<Func<string>, string> Outside)
{
    /// <summary>The product of a state and the recurrent weights of some gates, with what belongs to it of the bias.</summary>
    public string Product(string state, int firstGate, int gates)
    {
        string weights = Outside(() => Layer.RecurrentWeights(Direction, firstGate, gates));
        return RecurrentLayer.Linear(Context, state, weights, Layer.HasWaitingBias ? Outside(() => Layer.WaitingBias(Direction)) : null);
    }

    /// <summary>One gate's part of all gates' values.</summary>
    public string Gate(string value, int gate) => Context.Slice(value, 1, gate * Layer.Hidden, Layer.Hidden);

    /// <summary>The peephole weights of a gate, or <see langword="null"/>.</summary>
    public string? Peephole(int gate) => Layer.HasPeepholes ? Outside(() => Layer.Peephole(Direction, gate)) : null;

    /// <summary>A function of some values and the layer's activations.</summary>
    public string Map(string[] values, Func<Func<Term, Term>[], Term[], Term> function) => Context.Map(values, terms => function(Layer.Activations(Direction), terms));
}
