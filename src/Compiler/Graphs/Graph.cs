using System;
using System.Collections.Frozen;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Ops;

namespace ModelCompiler.Compiler.Graphs;

/// <summary>How uint8 stands for real numbers: <c>real = (q − ZeroPoint) × Scale</c>.</summary>
/// <param name="Scale">Positive.</param>
/// <param name="ZeroPoint">0…255.</param>
public sealed record QuantizationParameters(float Scale, int ZeroPoint);

/// <summary>A tensor of a graph: computed by a node, given as input, or constant.</summary>
/// <param name="Name">Unique in the graph.</param>
/// <param name="Type">Type and shape. A quantised tensor is float32 here: storage does not change what it means.</param>
/// <param name="Quantization">How the numbers are stored as uint8, or <see langword="null"/> when they are stored as they are.</param>
public sealed record Value(string Name, TensorType Type, QuantizationParameters? Quantization = null);

/// <summary>An operation of a graph.</summary>
/// <param name="Name">The model's name for the layer; not necessarily unique after rewriting.</param>
/// <param name="Op">What it does.</param>
/// <param name="Inputs">Names of values.</param>
/// <param name="Outputs">Names of values.</param>
public sealed record Node(string Name, Op Op, ImmutableArray<string> Inputs, ImmutableArray<string> Outputs)
{
    /// <summary>The only output.</summary>
    public string Output => Outputs[0];
}

/// <summary>An output of the model.</summary>
/// <param name="Name">The model's name for it.</param>
/// <param name="Value">The value given out.</param>
/// <param name="Labels">The classes that its numbers stand for, or <see langword="null"/>.</param>
/// <param name="Bound">When its extent depends on the data: how much of the value is given out.</param>
public sealed record GraphOutput(string Name, string Value, ClassLabels? Labels = null, Bound? Bound = null);

/// <summary>An extent that depends on the data: of a value's slices along an axis, only the first so many are valid; the value's shape is the upper bound.</summary>
/// <param name="Axis">The axis.</param>
/// <param name="Count">Name of the value, an int64 scalar, that says how many; 0…the extent.</param>
public sealed record Bound(int Axis, string Count);

/// <summary>A model: typed, static-shaped, of the small core of ops, whatever format it came from. Immutable.</summary>
public sealed class Graph
{
    private readonly Lazy<FrozenDictionary<string, Node>> producers;
    private readonly Lazy<ILookup<string, Node>> consumers;

    /// <summary>Makes a graph; <see cref="GraphBuilder"/> is the way to do it.</summary>
    public Graph(
        ImmutableArray<string> inputs,
        ImmutableArray<GraphOutput> outputs,
        ImmutableArray<Node> nodes,
        FrozenDictionary<string, Value> values,
        FrozenDictionary<string, Tensor> constants)
    {
        Inputs = inputs;
        Outputs = outputs;
        Nodes = nodes;
        Values = values;
        Constants = constants;
        producers = new(() => Nodes.SelectMany(node => node.Outputs.Select(output => (output, node))).ToFrozenDictionary(pair => pair.output, pair => pair.node));
        consumers = new(() => Nodes.SelectMany(node => node.Inputs.Distinct().Select(input => (input, node))).ToLookup(pair => pair.input, pair => pair.node));
    }

    /// <summary>Values that the caller gives; their names are the model's.</summary>
    public ImmutableArray<string> Inputs { get; }

    /// <summary>What the caller gets.</summary>
    public ImmutableArray<GraphOutput> Outputs { get; }

    /// <summary>Whether the model leaves its batch open, which was taken to be 1, and no example has a part in the results of another.</summary>
    public bool HasFreeBatch { get; init; }

    /// <summary>What the model's file says that one prediction leaves for the next. Known of a graph as it was imported: the driver takes it from there.</summary>
    public ImmutableArray<StateLink> State { get; init; } = [];

    /// <summary>What the model's file says of how it is used. Known of a graph as it was imported.</summary>
    public ModelNotes Notes { get; init; } = ModelNotes.None;

    /// <summary>The operations, each after those it depends on.</summary>
    public ImmutableArray<Node> Nodes { get; }

    /// <summary>All values by name.</summary>
    public FrozenDictionary<string, Value> Values { get; }

    /// <summary>The values that are constant.</summary>
    public FrozenDictionary<string, Tensor> Constants { get; }

    /// <summary>The node that computes a value, or <see langword="null"/>.</summary>
    public Node? Producer(string value) => producers.Value.GetValueOrDefault(value);

    /// <summary>The nodes that read a value.</summary>
    public IEnumerable<Node> Consumers(string value) => consumers.Value[value];

    /// <summary>Whether the value is given out.</summary>
    public bool IsOutput(string value) => Outputs.Any(output => output.Value == value || output.Bound?.Count == value);

    /// <summary>How many nodes and outputs use a value.</summary>
    public int UseCount(string value) => consumers.Value[value].Count() + Outputs.Count(output => output.Value == value || output.Bound?.Count == value);

    /// <summary>The graph and, recursively, the bodies of its loops.</summary>
    public IEnumerable<Graph> WithBodies() => Nodes.Select(node => node.Op).OfType<Loop>().SelectMany(loop => loop.Body.WithBodies()).Prepend(this);

    /// <summary>The graph with other inputs, and with some of its former inputs constant.</summary>
    public Graph With(ImmutableArray<string> inputs, IEnumerable<KeyValuePair<string, Tensor>> constants) =>
        new(inputs, Outputs, Nodes, Values, Constants.Concat(constants).ToFrozenDictionary(StringComparer.Ordinal)) { HasFreeBatch = HasFreeBatch };

    /// <summary>The graph with what one prediction leaves for the next.</summary>
    public Graph With(ImmutableArray<StateLink> state) => new(Inputs, Outputs, Nodes, Values, Constants) { HasFreeBatch = HasFreeBatch, State = state, Notes = Notes };

    /// <summary>The graph with what its file says of how it is used.</summary>
    public Graph With(ModelNotes notes) => new(Inputs, Outputs, Nodes, Values, Constants) { HasFreeBatch = HasFreeBatch, State = State, Notes = notes };

    /// <summary>Multiply-accumulates of one evaluation.</summary>
    public long MultiplyAccumulates() => Nodes.Sum(node => node.Op.MultiplyAccumulates(TypesOf(node.Inputs), TypesOf(node.Outputs)));

    /// <summary>What evaluating a node takes.</summary>
    public long WorkOf(Node node) => node.Op.Work(TypesOf(node.Inputs), TypesOf(node.Outputs));

    /// <summary>The types of some values.</summary>
    public ImmutableArray<TensorType> TypesOf(ImmutableArray<string> values) => [.. values.Select(value => Values[value].Type)];

    /// <summary>The shape of a value.</summary>
    public Shape ShapeOf(string value) => Values[value].Type.Shape;
}
