using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Graphs;

/// <summary>
/// Makes a graph node by node: infers types, gives values unique names, and folds operations on constants as they come,
/// so that shapes computed inside a model are plain numbers by the time something needs them.
/// </summary>
/// <param name="outer">For the body of a loop, the graph around it: the work of folding counts there too.</param>
public sealed class GraphBuilder(GraphBuilder? outer = null)
{
    /// <summary>Largest tensor, in bytes: the arena is one array.</summary>
    public const long MaximumTensorBytes = 1 << 30;

    /// <summary>Elements read and written and multiplications done for constants, some ten seconds of them: a file of a few bytes can ask for years.</summary>
    public const long MaximumFoldingWork = 2L << 30;

    private readonly List<string> inputs = [];
    private readonly List<Node> nodes = [];
    private readonly Dictionary<string, Value> values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> constants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Node> producers = new(StringComparer.Ordinal);
    private long foldingWork;

    /// <summary>Whether the model leaves its batch open, which was taken to be 1.</summary>
    public bool HasFreeBatch { get; set; }

    /// <summary>Declares an input of the model.</summary>
    /// <returns>Its value, which has just this name.</returns>
    /// <exception cref="ShapeException">The name is taken, or the tensor is too large.</exception>
    public string AddInput(string name, TensorType type)
    {
        if (values.ContainsKey(name))
        {
            throw new ShapeException($"two inputs are named '{name}'");
        }

        CheckSize(type);
        inputs.Add(name);
        values.Add(name, new Value(name, type));
        return name;
    }

    /// <summary>Whether a value is an input of the model.</summary>
    public bool IsInput(string name) => inputs.Contains(name);

    /// <summary>Takes an input away again.</summary>
    /// <returns>False, and nothing is done, when a node reads it.</returns>
    public bool TryRemoveInput(string name)
    {
        if (nodes.Any(node => node.Inputs.Contains(name)))
        {
            return false;
        }

        values.Remove(name);
        return inputs.Remove(name);
    }

    /// <summary>Adds a constant.</summary>
    /// <param name="tensor">The constant.</param>
    /// <param name="name">Preferred name.</param>
    public string AddConstant(Tensor tensor, string name = "constant")
    {
        string value = Unique(name);
        values.Add(value, new Value(value, tensor.TensorType));
        constants.Add(value, tensor);
        return value;
    }

    /// <summary>Adds a node with one output, or its result when all inputs are constant.</summary>
    /// <param name="name">The model's name for the layer.</param>
    /// <param name="op">What it does.</param>
    /// <param name="operands">Its inputs.</param>
    /// <exception cref="ShapeException">The inputs do not fit the op.</exception>
    public string Add(string name, Op op, params ReadOnlySpan<string> operands) => AddNode(name, op, [.. operands], [name])[0];

    /// <summary>Adds a node with preferred names for its outputs.</summary>
    /// <exception cref="ShapeException">The inputs do not fit the op.</exception>
    /// <exception cref="FoldingException">All inputs are constant, and the result takes too long to compute.</exception>
    public ImmutableArray<string> AddNode(string name, Op op, ImmutableArray<string> operands, ImmutableArray<string> outputNames)
    {
        if (op is Loop loop)
        {
            (op, operands) = loop.Simplified(operands, ConstantOf);
        }

        ImmutableArray<TensorType> operandTypes = [.. operands.Select(operand => ValueOf(operand).Type)];
        ImmutableArray<TensorType> types = op.Infer(operandTypes);
        foreach (TensorType type in types)
        {
            CheckSize(type);
        }

        if (operands.All(constants.ContainsKey))
        {
            ImmutableArray<Tensor> tensors = [.. operands.Select(operand => constants[operand])];
            if (!StaysUniform(op, tensors))
            {
                CountFolding(op.Work(operandTypes, types));
            }

            ImmutableArray<Tensor> results = op.Evaluate(tensors);
            return [.. results.Select((result, index) => AddConstant(result, outputNames[index]))];
        }

        ImmutableArray<string> outputs = [.. types.Select((type, index) =>
        {
            string output = Unique(outputNames[index]);
            values.Add(output, new Value(output, type));
            return output;
        })];
        Append(new Node(name, op, operands, outputs));
        return outputs;
    }

    /// <summary>Says how a value is stored.</summary>
    public void SetQuantization(string value, QuantizationParameters? quantization) => values[value] = values[value] with { Quantization = quantization };

    /// <summary>A value by name.</summary>
    /// <exception cref="ShapeException">There is none: an importer's sequence, say, was taken for a tensor.</exception>
    public Value ValueOf(string name) => values.TryGetValue(name, out Value? value) ? value : throw new ShapeException($"{name} is no tensor");

    /// <summary>The shape of a value.</summary>
    /// <exception cref="ShapeException">There is none.</exception>
    public Shape ShapeOf(string name) => ValueOf(name).Type.Shape;

    /// <summary>Whether a value of that name exists.</summary>
    public bool Contains(string name) => values.ContainsKey(name);

    /// <summary>The constant of that name, or <see langword="null"/> when the value is computed.</summary>
    public Tensor? ConstantOf(string name) => constants.GetValueOrDefault(name);

    /// <summary>The node that computes a value, or <see langword="null"/>.</summary>
    public Node? ProducerOf(string name) => producers.GetValueOrDefault(name);

    /// <summary>The finished graph, without what the outputs do not need. Inputs stay, used or not.</summary>
    public Graph ToGraph(IEnumerable<GraphOutput> outputs)
    {
        ImmutableArray<GraphOutput> results = [.. outputs];
        var needed = new HashSet<string>(results.Select(output => output.Value), StringComparer.Ordinal);
        needed.UnionWith(results.Select(output => output.Bound?.Count).OfType<string>());
        var kept = new List<Node>();
        for (int index = nodes.Count - 1; index >= 0; index--)
        {
            if (nodes[index].Outputs.Any(needed.Contains))
            {
                kept.Add(nodes[index]);
                needed.UnionWith(nodes[index].Inputs);
            }
        }

        kept.Reverse();
        needed.UnionWith(inputs);
        needed.UnionWith(kept.SelectMany(node => node.Outputs));
        return new Graph(
            [.. inputs],
            results,
            [.. kept],
            values.Where(pair => needed.Contains(pair.Key)).ToFrozenDictionary(StringComparer.Ordinal),
            constants.Where(pair => needed.Contains(pair.Key)).ToFrozenDictionary(StringComparer.Ordinal)) { HasFreeBatch = HasFreeBatch };
    }

    private static void CheckSize(TensorType type)
    {
        if (type.Shape.ElementCount * type.Type.SizeOf() > MaximumTensorBytes)
        {
            throw new ShapeException($"a tensor of shape {type.Shape} has more than {MaximumTensorBytes >> 20} MB");
        }
    }

    // One element is computed, whatever the shape.
    private static bool StaysUniform(Op op, ImmutableArray<Tensor> inputs) =>
        op is Elementwise or Expand or Reshape or Slice or Transpose && inputs.All(input => input.IsUniform);

    private void CountFolding(long work)
    {
        foldingWork += work;
        if (foldingWork > MaximumFoldingWork)
        {
            throw new FoldingException("the model computes very much from constants alone; simplify it before export");
        }

        outer?.CountFolding(work);
    }

    private void Append(Node node)
    {
        nodes.Add(node);
        foreach (string output in node.Outputs)
        {
            producers.Add(output, node);
        }
    }

    /// <summary>A name that no value has, made of the one given.</summary>
    public string Unique(string name)
    {
        string candidate = name;
        for (int number = 2; values.ContainsKey(candidate); number++)
        {
            candidate = name + "_" + number.ToString(CultureInfo.InvariantCulture);
        }

        return candidate;
    }
}

/// <summary>Folding the constants of a model would take too long.</summary>
/// <param name="message">What takes long.</param>
public sealed class FoldingException(string message) : Exception(message);
