using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Text;
using Type = ModelCompiler.Compiler.Import.Onnx.AttributeProto.Types.AttributeType;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>What the file says of one node: operator, version, attributes, inputs. Reading an attribute checks its type.</summary>
internal sealed class OnnxNode
{
    private readonly NodeProto proto;
    private readonly IReadOnlyDictionary<string, AttributeProto> attributes;

    /// <summary>Wraps a node.</summary>
    /// <param name="proto">The node.</param>
    /// <param name="name">Its readable name.</param>
    /// <param name="opset">The version of its operator set.</param>
    /// <param name="attributes">Its attributes, those of an enclosing function put in.</param>
    /// <param name="inputs">The graph's values that it reads; <see langword="null"/> for an optional input left out.</param>
    public OnnxNode(NodeProto proto, string name, int opset, IReadOnlyDictionary<string, AttributeProto> attributes, ImmutableArray<string?> inputs)
    {
        this.proto = proto;
        this.attributes = attributes;
        Name = name;
        Opset = opset;
        Inputs = inputs;
    }

    /// <summary>The same node with another value for one of its inputs.</summary>
    public OnnxNode With(int index, string value) => new(proto, Name, Opset, attributes, Inputs.SetItem(index, value));

    /// <summary>The readable name.</summary>
    public string Name { get; }

    /// <summary>The operator.</summary>
    public string Operator => proto.OpType;

    /// <summary>The version of its operator set.</summary>
    public int Opset { get; }

    /// <summary>The graph's values that it reads; <see langword="null"/> for an optional input left out.</summary>
    public ImmutableArray<string?> Inputs { get; }

    /// <summary>The file's name for the first output, for messages.</summary>
    public string OutputName => OutputNameOf(0);

    /// <summary>The file's name for an output; empty when it is not wanted.</summary>
    public string OutputNameOf(int index) => index < proto.Output.Count ? proto.Output[index] : "";

    /// <summary>Number of outputs, to the last one used.</summary>
    public int OutputCount => proto.Output.Count;

    /// <summary>A required input.</summary>
    /// <exception cref="ImportException">It is missing.</exception>
    public string this[int index] => Optional(index) ?? throw ImportException.Invalid($"input {index} of {Operator} is missing");

    /// <summary>An optional input.</summary>
    public string? Optional(int index) => index < Inputs.Length ? Inputs[index] : null;

    /// <summary>All inputs of an operator that takes any number of them.</summary>
    /// <exception cref="ImportException">There are none, or one is left out.</exception>
    public ImmutableArray<string> Variadic() =>
        Inputs.Length > 0 ? [.. Enumerable.Range(0, Inputs.Length).Select(index => this[index])] : throw ImportException.Invalid($"{Operator} has no inputs");

    /// <summary>The file's name for an input, for messages.</summary>
    public string InputName(int index) => index < proto.Input.Count ? proto.Input[index] : "";

    /// <summary>Whether an output is wanted.</summary>
    public bool HasOutput(int index) => index < proto.Output.Count && proto.Output[index].Length > 0;

    /// <summary>Whether an attribute is there.</summary>
    public bool Has(string name) => attributes.ContainsKey(name);

    /// <summary>An integer attribute.</summary>
    public long Integer(string name, long missing) => Find(name, Type.Int)?.I ?? missing;

    /// <summary>An integer attribute without a default.</summary>
    /// <exception cref="ImportException">It is missing.</exception>
    public long Integer(string name) => Find(name, Type.Int)?.I ?? throw Missing(name);

    /// <summary>An attribute that is 0 or 1.</summary>
    public bool Flag(string name, bool missing = false) => Integer(name, missing ? 1 : 0) != 0;

    /// <summary>A real attribute.</summary>
    public float Number(string name, float missing) => Find(name, Type.Float)?.F ?? missing;

    /// <summary>A real attribute without a default.</summary>
    /// <exception cref="ImportException">It is missing.</exception>
    public float Number(string name) => Find(name, Type.Float)?.F ?? throw Missing(name);

    /// <summary>A text attribute.</summary>
    public string Text(string name, string missing) => Find(name, Type.String) is { } found ? Encoding.UTF8.GetString(found.S.Span) : missing;

    /// <summary>A list of texts, or <see langword="null"/>.</summary>
    public string[]? Texts(string name) => Find(name, Type.Strings)?.Strings.Select(text => Encoding.UTF8.GetString(text.Span)).ToArray();

    /// <summary>A list of integers, or <see langword="null"/>.</summary>
    public long[]? Integers(string name) => Find(name, Type.Ints)?.Ints.ToArray();

    /// <summary>A list of reals, or <see langword="null"/>.</summary>
    public float[]? Numbers(string name) => Find(name, Type.Floats)?.Floats.ToArray();

    /// <summary>A constant, or <see langword="null"/>.</summary>
    public TensorProto? Tensor(string name) => Find(name, Type.Tensor)?.T;

    /// <summary>A sparse constant, or <see langword="null"/>.</summary>
    public SparseTensorProto? SparseTensor(string name) => Find(name, Type.SparseTensor)?.SparseTensor;

    /// <summary>A graph.</summary>
    /// <exception cref="ImportException">It is missing.</exception>
    public GraphProto Graph(string name) => Find(name, Type.Graph)?.G ?? throw Missing(name);

    private AttributeProto? Find(string name, Type type)
    {
        if (!attributes.TryGetValue(name, out AttributeProto? found))
        {
            return null;
        }

        // Files of the first versions do not say the type.
        return found.Type == type || found.Type == Type.Undefined
            ? found
            : throw ImportException.Invalid($"attribute '{name}' of {Operator} is of type {found.Type}, not {type}");
    }

    private ImportException Missing(string name) => ImportException.Invalid($"attribute '{name}' of {Operator} is missing");
}
