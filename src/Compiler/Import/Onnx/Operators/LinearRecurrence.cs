using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx.Operators;

/// <summary>
/// The recurrence of linear attention: a matrix a head, which forgets, takes in key ⊗ value, and answers the query. A rule with "delta" takes in only
/// what the key does not bring back already.
/// </summary>
internal sealed class LinearRecurrence
{
    private readonly OnnxContext context;
    private readonly string query;
    private readonly string key;
    private readonly string value;
    private readonly string? decay;
    private readonly string? strength;
    private readonly int heads;

    /// <summary>Reads the node's inputs, whose shapes have been checked.</summary>
    public LinearRecurrence(OnnxNode node, OnnxContext context, int heads)
    {
        this.context = context;
        this.heads = heads;
        (bool forgets, bool corrects) = node.Text("update_rule", "gated_delta") switch
        {
            "linear" => (false, false),
            "gated" => (true, false),
            "delta" => (false, true),
            "gated_delta" => (true, true),
            var other => throw ImportException.Invalid($"attribute 'update_rule' of LinearAttention is '{other}'"),
        };
        Shape keys = context.ShapeOf(node[1]);
        Shape values = context.ShapeOf(node[2]);
        int size = keys[2] / heads;
        Shape state = [keys[0], heads, size, values[2] / heads];
        query = node[0];
        key = node[1];
        value = node[2];
        decay = forgets ? Gate(node[4], keys, keys[2], heads) : null;
        strength = corrects ? Gate(node[5], keys, heads, 1) : null;
        ElementType type = context.ElementTypeOf(query);
        State = node.Optional(3) ?? context.Constant(Tensor.Zeros(new TensorType(type, state)));
        if (context.ShapeOf(State) != state)
        {
            throw new ShapeException($"a state of {context.ShapeOf(State)} where {state} is needed");
        }
    }

    /// <summary>The state after the last step.</summary>
    public string State { get; private set; }

    /// <summary>Takes in an element of the sequence.</summary>
    /// <returns>The answer to its query, B×1×(heads·size), not scaled yet.</returns>
    public string Step(int step)
    {
        Shape state = context.ShapeOf(State);
        string keyColumn = At(key, step, [state[0], heads, state[2], 1]);
        string valueRow = At(value, step, [state[0], heads, 1, state[3]]);
        string kept = decay is null ? State : context.Map(State, At(decay, step, PerHead(decay, state)), (x, gate) => x * gate.Exp());
        if (strength is not null)
        {
            string known = context.Emit(new MatMul(), context.Reshape(keyColumn, [state[0], heads, 1, state[2]]), kept);
            valueRow = context.Map(valueRow, known, At(strength, step, PerHead(strength, state)), (x, y, beta) => beta * (x - y));
        }

        State = context.Map(kept, keyColumn, valueRow, (x, k, v) => x + (k * v));
        Shape queries = context.ShapeOf(query);
        string answer = context.Emit(new MatMul(), At(query, step, [state[0], heads, queries[2] / heads / state[2], state[2]]), State);
        return context.Reshape(answer, [state[0], 1, context.ShapeOf(answer).Count(1..)]);
    }

    private static Shape PerHead(int elements, Shape state, int heads) =>
        elements == 1 ? [state[0], 1, 1, 1] : [state[0], heads, elements / heads, 1];

    private Shape PerHead(string gate, Shape state) => PerHead(context.ShapeOf(gate)[2], state, heads);

    private string Gate(string gate, Shape keys, int elements, int orElements)
    {
        Shape shape = context.ShapeOf(gate);
        return shape.Rank == 3 && shape[0] == keys[0] && shape[1] == keys[1] && (shape[2] == elements || shape[2] == orElements)
            ? gate
            : throw new ShapeException($"a gate of {shape} for keys of {keys} and {heads} heads");
    }

    private string At(string sequence, int step, Shape shape) => context.Reshape(context.Slice(sequence, 1, step, 1), shape);
}
