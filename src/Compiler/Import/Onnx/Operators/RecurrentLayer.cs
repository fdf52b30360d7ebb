using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>What RNN, GRU and LSTM have in common: their inputs, taken apart by direction, and their outputs, put together again.</summary>
internal sealed class RecurrentLayer
{
    private readonly int gates;
    private readonly bool isBatchFirst;
    private readonly string sequence;
    private readonly Func<Term, Term>[][] activations;

    /// <summary>Reads and checks a node.</summary>
    /// <param name="node">The node.</param>
    /// <param name="context">The graph being made.</param>
    /// <param name="gates">Gates of a cell.</param>
    /// <param name="states">States of a cell.</param>
    public RecurrentLayer(OnnxNode node, OnnxContext context, int gates, int states)
    {
        Node = node;
        Context = context;
        this.gates = gates;
        States = states;
        isBatchFirst = node.Flag("layout");
        Directions = node.Text("direction", "forward") switch
        {
            "forward" or "reverse" => 1,
            "bidirectional" => 2,
            var other => throw ImportException.Invalid($"attribute 'direction' of {node.Operator} is '{other}'"),
        };
        Shape shape = context.ShapeOf(node[0]);
        if (shape.Rank != 3 || shape.ElementCount == 0)
        {
            throw new ShapeException($"{node.Operator} of the shape {shape}");
        }

        sequence = isBatchFirst ? context.Transpose(node[0], 1, 0, 2) : node[0];
        shape = context.ShapeOf(sequence);
        (Steps, Batch, Hidden) = (shape[0], shape[1], context.ShapeOf(node[2]) is { Rank: 3 } recurrent ? recurrent[2] : 0);
        Expect(1, [Directions, gates * Hidden, shape[2]]);
        Expect(2, [Directions, gates * Hidden, Hidden]);
        Expect(3, [Directions, 2 * gates * Hidden]);
        Expect(4, [Batch]);
        for (int state = 0; state < states; state++)
        {
            Expect(5 + state, isBatchFirst ? [Batch, Directions, Hidden] : [Directions, Batch, Hidden]);
        }

        Expect(7, [Directions, 3 * Hidden]);
        if (Hidden == 0 || node.Integer("hidden_size", Hidden) != Hidden)
        {
            throw ImportException.Invalid($"attribute 'hidden_size' of {node.Operator} does not fit its weights {context.ShapeOf(node[2])}");
        }

        activations = RecurrentActivations.Of(node, Directions);
        Mask = MakeMask();
    }

    /// <summary>The node.</summary>
    public OnnxNode Node { get; }

    /// <summary>The graph being made.</summary>
    public OnnxContext Context { get; }

    /// <summary>States of a cell.</summary>
    public int States { get; }

    /// <summary>1, or 2 when the sequence is read forwards and backwards.</summary>
    public int Directions { get; }

    /// <summary>Time steps.</summary>
    public int Steps { get; }

    /// <summary>Sequences.</summary>
    public int Batch { get; }

    /// <summary>Length of a state.</summary>
    public int Hidden { get; }

    /// <summary>Whether each step [steps, batch, 1] is within its sequence; <see langword="null"/> when all are.</summary>
    public string? Mask { get; }

    /// <summary>Whether the hidden states of all steps are wanted.</summary>
    public bool WantsSequence => Node.HasOutput(0);

    /// <summary>The activations f, g, h of a direction, each with the clip before it.</summary>
    public Func<Term, Term>[] Activations(int direction) => activations[direction];

    /// <summary>Whether a direction goes from the last step to the first.</summary>
    public bool IsBackwards(int direction) => direction == 1 || Node.Text("direction", "forward") == "reverse";

    /// <summary>A state before the first step: [batch, hidden].</summary>
    public string Initial(int state, int direction)
    {
        if (Node.Optional(5 + state) is not { } given)
        {
            return Context.Constant(Tensor.Zeros(new TensorType(Context.ElementTypeOf(sequence), [Batch, Hidden])));
        }

        return Context.Reshape(Context.Slice(given, isBatchFirst ? 1 : 0, direction, 1), [Batch, Hidden]);
    }

    /// <summary>Whether the last gate's recurrent bias belongs to the product: the reset gate multiplies both.</summary>
    public bool HasWaitingBias => Node.Operator == "GRU" && Node.Flag("linear_before_reset") && Node.Optional(3) is not null;

    /// <summary>Whether the gates see the cell.</summary>
    public bool HasPeepholes => States == 2 && Node.Optional(7) is not null;

    /// <summary>What the gates get from the input, at all steps: [steps, batch, gates · hidden].</summary>
    public string Project(int direction)
    {
        Shape shape = Context.ShapeOf(sequence);
        string rows = Context.Reshape(sequence, [Steps * Batch, shape[2]]);
        string product = Linear(Context, rows, Part(1, direction, 0, gates * Hidden), Node.Optional(3) is null ? null : Bias(direction));
        return Context.Reshape(product, [Steps, Batch, gates * Hidden]);
    }

    /// <summary>The recurrent weights of some gates: [gates · hidden, hidden].</summary>
    public string RecurrentWeights(int direction, int firstGate, int count) => Part(2, direction, firstGate * Hidden, count * Hidden);

    /// <summary>The recurrent bias that belongs to the product, for all gates.</summary>
    public string WaitingBias(int direction)
    {
        int before = (gates - 1) * Hidden;
        return Context.Pad(Part(3, direction, (gates * Hidden) + before, Hidden), [before], [0]);
    }

    /// <summary>The peephole weights of a gate: [hidden].</summary>
    public string Peephole(int direction, int gate) => Part(7, direction, gate * Hidden, Hidden);

    /// <summary>The first output, from the sequences [steps, batch, hidden] of the directions.</summary>
    public string Sequence(string[] directions)
    {
        string joined = Context.Concat(1, [.. directions.Select(direction => Context.Reshape(direction, [Steps, 1, Batch, Hidden]))]);
        return isBatchFirst ? Context.Transpose(joined, 2, 0, 1, 3) : joined;
    }

    /// <summary>The output of a state, from those [batch, hidden] of the directions.</summary>
    public string Last(string[] directions)
    {
        string joined = Context.Concat(0, [.. directions.Select(direction => Context.Reshape(direction, [1, Batch, Hidden]))]);
        return isBatchFirst ? Context.Transpose(joined, 1, 0, 2) : joined;
    }

    /// <summary>rows · weightsᵀ + bias: a fully connected layer where the weights are constant.</summary>
    public static string Linear(OnnxContext context, string rows, string weights, string? bias)
    {
        if (context.ElementTypeOf(rows) == ElementType.Float32 && context.ConstantOf(weights) is not null && (bias is null || context.ConstantOf(bias) is not null))
        {
            return context.Emit(
                new FullyConnected(), rows, weights, bias ?? context.Constant(Tensor.Zeros(new TensorType(ElementType.Float32, [context.ShapeOf(weights)[0]]))));
        }

        string product = context.Emit(new MatMul(), rows, context.Transpose(weights, 1, 0));
        return bias is null ? product : context.Map(product, bias, (x, y) => x + y);
    }

    private void Expect(int input, Shape shape)
    {
        if (Node.Optional(input) is { } given && Context.ShapeOf(given) != shape)
        {
            throw new ShapeException($"input {input} of {Node.Operator} has the shape {Context.ShapeOf(given)}, not {shape}");
        }
    }

    // The input's bias and what may be added to it already of the recurrent one.
    private string Bias(int direction)
    {
        int ready = (HasWaitingBias ? gates - 1 : gates) * Hidden;
        string recurrent = Context.Pad(Part(3, direction, gates * Hidden, ready), [0], [(gates * Hidden) - ready]);
        return Context.Map(Part(3, direction, 0, gates * Hidden), recurrent, (x, y) => x + y);
    }

    // Part of the second axis of an input that has a row a direction.
    private string Part(int input, int direction, int start, int length)
    {
        string part = Context.Slice(Context.Slice(Node[input], 0, direction, 1), 1, start, length);
        return Context.Reshape(part, Shape.From(Context.ShapeOf(part).Extents[1..]));
    }

    private string? MakeMask()
    {
        if (Node.Optional(4) is not { } lengths || Context.ConstantOf(lengths)?.ToInt64().All(length => length == Steps) == true)
        {
            return null;
        }

        string ends = Context.Reshape(Context.Convert(lengths, ElementType.Int64), [1, Batch, 1]);
        return Context.Map(Context.Count(Steps, 3, 0), ends, (step, end) => step < end);
    }
}
