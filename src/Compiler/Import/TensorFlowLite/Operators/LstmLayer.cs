using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Import.TensorFlowLite.Operators;

/// <summary>
/// An LSTM: input, forget, cell and output gates; the input gate may be one less the forget gate. Peepholes, a projection, a second input and
/// normalised gates are left out or in as their weights are. In integers, gates are rounded to 16 bits, state and cell to the file's grids.
/// </summary>
internal sealed class LstmLayer
{
    private const int Gates = 4, Candidate = 2;

    // In integers: steps of what goes into a gate, and of what comes out.
    private const float SumStep = 1f / (1 << 12), GateStep = 1f / (1 << 15);

    private const double Epsilon = 1e-8;

    // Of the tensors that the operator keeps to itself: the output before the projection.
    private const int Hidden = 4;

    private readonly LiteOperator node;
    private readonly LiteContext context;
    private readonly LstmInputs at;
    private readonly bool isInteger, isHybrid, isAsymmetric;
    private readonly SortedDictionary<int, string> weights = [];

    /// <summary>Reads the weights.</summary>
    /// <exception cref="ImportException">They are of a kind that is not supported.</exception>
    public LstmLayer(LiteOperator node, LiteContext context, LstmInputs at)
    {
        (this.node, this.context, this.at) = (node, context, at);
        isInteger = node.Tensor(0).IsQuantized;
        isHybrid = HybridInputs.AreRounded(node, context, at.Weights + 1);
        isAsymmetric = node.Flag(at.Asymmetry);
        Check();
        ReadMatrices(at.Weights);
        ReadMatrices(at.Recurrent);
        ReadMatrices(at.Auxiliary);
        ReadVectors(at.Peepholes, Gates - 1);
        ReadVectors(at.Normalization, Gates);
        int cells = context.ShapeOf(node[at.Recurrent + 1])[0];
        for (int gate = 0; gate < Gates; gate++)
        {
            Add(at.Biases + gate, context.Bias(at.Biases + gate, at.Weights + gate, 0, cells));
        }

        Add(at.Projection, node.Optional(at.Projection) is { } projection ? context.Transpose(projection, 1, 0) : null);
        Add(at.Projection + 1, ProjectionBias());
    }

    /// <summary>All steps of a sequence.</summary>
    /// <param name="steps">Steps × batches × features.</param>
    /// <param name="auxiliary">The second input, or none.</param>
    /// <param name="backwards">Whether the last step is the first.</param>
    /// <returns>Steps × batches × units.</returns>
    public string Sequence(string steps, string? auxiliary = null, bool backwards = false)
    {
        int[] keys = [.. weights.Keys];
        string[] sequences = auxiliary is null ? [steps] : [steps, auxiliary];
        ImmutableArray<string> made = context.Session.Loop(
            node.Name, context.ShapeOf(steps)[0], [context.ReadState(at.State), context.ReadState(at.Cell)], sequences, backwards, [.. weights.Values], (states, inputs, inside) =>
            {
                var known = keys.Zip(inside).ToDictionary(pair => pair.First, pair => pair.Second);
                (string output, string cell) = Step(known, inputs[0], inputs.ElementAtOrDefault(1), states[0], states[1]);
                return ([output, cell], [output]);
            });
        context.WriteState(at.State, made[0]);
        context.WriteState(at.Cell, made[1]);
        return made[2];
    }

    /// <summary>One step.</summary>
    /// <param name="input">Batches × features.</param>
    /// <returns>Batches × units.</returns>
    public string Single(string input)
    {
        (string output, string cell) = Step(weights, input, null, context.ReadState(at.State), context.ReadState(at.Cell));
        context.WriteState(at.State, output);
        context.WriteState(at.Cell, cell);
        return output;
    }

    private void Check()
    {
        bool isNormalized = at.Normalization >= 0 && Enumerable.Range(at.Normalization, Gates).Any(input => node.Optional(input) is not null);
        if (isInteger && isNormalized)
        {
            throw ImportException.Attribute(node.Operator, "a normalisation of gates in integers", "convert the model with float activations; weights may be int8");
        }

        if (isInteger && !(node.Tensor(at.Cell) is { IsQuantized: true, Code: LiteTypes.Int16 } && node.Tensor(at.State).IsQuantized && node.Tensor(0).Code == LiteTypes.Int8))
        {
            throw ImportException.Attribute(node.Operator, "integers of these types", "int8 with a cell of int16 is; or convert the model with float activations");
        }

        if (node.Operator == "UNIDIRECTIONAL_SEQUENCE_LSTM" && node.Flag(5))
        {
            throw ImportException.Attribute(node.Operator, "diagonal recurrent weights", "convert the model with whole matrices");
        }
    }

    private void ReadMatrices(int first)
    {
        for (int gate = 0; gate < Gates && first >= 0; gate++)
        {
            Add(first + gate, node.Optional(first + gate) is { } matrix ? context.Transpose(matrix, 1, 0) : null);
        }
    }

    private void ReadVectors(int first, int count)
    {
        for (int index = 0; index < count && first >= 0; index++)
        {
            Add(first + index, node.Optional(first + index));
        }
    }

    private void Add(int input, string? value)
    {
        if (value is not null)
        {
            weights.Add(input, value);
        }
    }

    private string? ProjectionBias()
    {
        if (node.Optional(at.Projection + 1) is not { } bias || !isInteger || context.ConstantOf(bias) is not { } levels)
        {
            return node.Optional(at.Projection + 1);
        }

        float scale = (HiddenTensor?.Grid ?? node.Tensor(at.State).Grid)!.Scales[0] * (node.Tensor(at.Projection).Grid?.Scales[0] ?? 1);
        return context.Constant(LiteConstants.Dequantized(levels, new LiteGrid([scale], [], 0), node.Tensor(at.Projection + 1).Name));
    }

    private LiteTensor? HiddenTensor => node.Intermediate(Hidden) is { IsQuantized: true, Grid.IsSingle: true } hidden ? hidden : null;

    private (string Output, string Cell) Step(IReadOnlyDictionary<int, string> known, string input, string? auxiliary, string state, string cell)
    {
        var step = new StepInputs(known, Rounded(input), auxiliary is null ? null : Rounded(auxiliary), Rounded(state));
        string forget = Gate(step, 1, cell);
        string? update = known.ContainsKey(at.Weights) ? Gate(step, 0, cell) : null;
        string candidate = context.Map(Sum(step, Candidate, cell), x => Narrow(context.Activated(Narrow(x, SumStep), node.Choice(0)), GateStep));
        float limit = node.Number(1);
        string next = context.Map([forget, cell, candidate, update ?? forget], terms =>
        {
            Term share = update is null ? 1 - terms[3] : terms[3];
            Term sum = (terms[0] * terms[1]) + (share * terms[2]);
            sum = limit > 0 ? sum.Clamp(-limit, limit) : sum;
            return isInteger ? LiteContext.Nearest(sum, node.Tensor(at.Cell)) : sum;
        });
        string gate = Gate(step, 3, next);
        string output = context.Map(gate, next, (open, value) => open * Narrow(context.Activated(value, node.Choice(0)), GateStep));
        output = Projected(known, output);
        return (isInteger ? context.Map(output, x => LiteContext.Nearest(x, node.Tensor(at.State))) : output, next);
    }

    private string Rounded(string value) => isHybrid ? HybridInputs.Rounded(context, value, isAsymmetric) : value;

    private Term Narrow(Term x, float step) => isInteger ? (x / step).Round().Clamp(short.MinValue, short.MaxValue) * step : x;

    private string Projected(IReadOnlyDictionary<int, string> known, string output)
    {
        if (!known.TryGetValue(at.Projection, out string? projection))
        {
            return output;
        }

        output = isInteger && HiddenTensor is { } hidden ? context.Map(output, x => LiteContext.Nearest(x, hidden)) : Rounded(output);
        string projected = context.Emit(new MatMul(), output, projection);
        projected = known.TryGetValue(at.Projection + 1, out string? bias) ? context.Map(projected, bias, (x, offset) => x + offset) : projected;
        float limit = node.Number(2);
        return limit > 0 ? context.Map(projected, x => x.Clamp(-limit, limit)) : projected;
    }

    private string Gate(StepInputs step, int gate, string cell) => context.Map(Sum(step, gate, cell), x => Narrow(Narrow(x, SumStep).Sigmoid(), GateStep));

    private string Sum(StepInputs step, int gate, string cell)
    {
        List<string> products = [Product(step, step.Input, at.Weights + gate), Product(step, step.State, at.Recurrent + gate)];
        if (step.Auxiliary is { } auxiliary)
        {
            products.Add(Product(step, auxiliary, at.Auxiliary + gate));
        }

        string sum = context.Map([.. products], terms => terms.Aggregate((x, y) => x + y));

        // The peepholes are those of the input, the forget and the output gate.
        if (gate != Candidate && step.Known.TryGetValue(at.Peepholes + Math.Min(gate, 2), out string? peephole))
        {
            sum = context.Map(sum, cell, peephole, (x, memory, weight) => x + (memory * weight));
        }

        if (at.Normalization >= 0 && step.Known.TryGetValue(at.Normalization + gate, out string? coefficients))
        {
            sum = Normalized(sum, coefficients);
        }

        return context.Map(sum, Required(step, at.Biases + gate), (x, bias) => x + bias);
    }

    private string Normalized(string sum, string coefficients)
    {
        string centred = context.Map(sum, context.Reduce(ReduceKind.Mean, sum, [1], keep: true), (x, mean) => x - mean);
        string variance = context.Reduce(ReduceKind.Mean, context.Map(centred, x => x * x), [1], keep: true);
        return context.Map(centred, variance, coefficients, (x, square, factor) => x / (square + Epsilon).Sqrt() * factor);
    }

    private string Product(StepInputs step, string value, int input) => context.Emit(new MatMul(), value, Required(step, input));

    private string Required(StepInputs step, int input) =>
        step.Known.TryGetValue(input, out string? value) ? value : throw ImportException.Invalid($"input {input} of {node.Operator} is missing");

    private sealed record StepInputs(IReadOnlyDictionary<int, string> Known, string Input, string? Auxiliary, string State);
}
