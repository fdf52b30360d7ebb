using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Plans;
using Kind = ModelCompiler.Compiler.Import.TensorFlow.AttrValue.ValueOneofCase;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>What the file says of one node: operator, attributes, inputs. Reading an attribute checks its type.</summary>
/// <param name="proto">The node.</param>
/// <param name="name">Its readable name.</param>
/// <param name="arguments">The attributes of the call, in a function.</param>
/// <param name="inputs">The graph's values that it reads.</param>
internal sealed class TensorFlowNode(NodeDef proto, string name, IReadOnlyDictionary<string, AttrValue> arguments, ImmutableArray<string> inputs)
{
    /// <summary>The readable name.</summary>
    public string Name => name;

    /// <summary>The file's name.</summary>
    public string FileName => proto.Name;

    /// <summary>The operator.</summary>
    public string Operator => proto.Op;

    /// <summary>The graph's values that it reads.</summary>
    public ImmutableArray<string> Inputs => inputs;

    /// <summary>An input.</summary>
    /// <exception cref="ImportException">It is missing.</exception>
    public string this[int index] => index < inputs.Length ? inputs[index] : throw ImportException.Invalid($"input {index} of {Operator} is missing");

    /// <summary>The file's name for an input, for messages.</summary>
    public string InputName(int index) => index < proto.Input.Count ? proto.Input[index] : "";

    /// <summary>Whether an attribute is there.</summary>
    public bool Has(string attribute) => proto.Attr.ContainsKey(attribute);

    /// <summary>An integer attribute.</summary>
    public long Integer(string attribute, long missing) => Find(attribute, Kind.I)?.I ?? missing;

    /// <summary>An integer attribute without a default.</summary>
    /// <exception cref="ImportException">It is missing.</exception>
    public long Integer(string attribute) => Find(attribute, Kind.I)?.I ?? throw Missing(attribute);

    /// <summary>An attribute that is true or false.</summary>
    public bool Flag(string attribute, bool missing = false) => Find(attribute, Kind.B)?.B ?? missing;

    /// <summary>A real attribute.</summary>
    public float Number(string attribute, float missing) => Find(attribute, Kind.F)?.F ?? missing;

    /// <summary>A text attribute.</summary>
    public string Text(string attribute, string missing) => Find(attribute, Kind.S)?.S.ToStringUtf8() ?? missing;

    /// <summary>A list of integers, or <see langword="null"/>.</summary>
    public long[]? Integers(string attribute) => Find(attribute, Kind.List)?.List.I.ToArray();

    /// <summary>A list of element types, or <see langword="null"/>.</summary>
    public int[]? Types(string attribute) => Find(attribute, Kind.List)?.List.Type.ToArray();

    /// <summary>An element type.</summary>
    /// <exception cref="ImportException">It is not supported.</exception>
    public ElementType Type(string attribute, int missing) => TensorFlowTypes.Get(TypeCode(attribute, missing), FileName);

    /// <summary>The format's code for an element type.</summary>
    public int TypeCode(string attribute, int missing) => Find(attribute, Kind.Type)?.Type ?? missing;

    /// <summary>A shape, or <see langword="null"/>.</summary>
    public TensorShapeProto? Shape(string attribute) => Find(attribute, Kind.Shape)?.Shape;

    /// <summary>The shapes of a list, or <see langword="null"/>.</summary>
    public TensorShapeProto[]? Shapes(string attribute) => Find(attribute, Kind.List)?.List.Shape.ToArray();

    /// <summary>A constant.</summary>
    /// <exception cref="ImportException">It is missing.</exception>
    public TensorProto Tensor(string attribute) => Find(attribute, Kind.Tensor)?.Tensor ?? throw Missing(attribute);

    /// <summary>A function by name.</summary>
    /// <exception cref="ImportException">It is missing.</exception>
    public NameAttrList Function(string attribute) => Find(attribute, Kind.Func)?.Func ?? throw Missing(attribute);

    /// <summary>The attributes of the node, those of the call around it put in.</summary>
    public IReadOnlyDictionary<string, AttrValue> Attributes() =>
        proto.Attr.Where(pair => Resolve(pair.Value) is not null).ToDictionary(pair => pair.Key, pair => Resolve(pair.Value)!);

    private AttrValue? Find(string attribute, Kind kind)
    {
        if (!proto.Attr.TryGetValue(attribute, out AttrValue? given) || Resolve(given) is not { } found)
        {
            return null;
        }

        return found.ValueCase == kind || found.ValueCase == Kind.None
            ? found
            : throw ImportException.Invalid($"attribute '{attribute}' of {Operator} is of type {found.ValueCase}, not {kind}");
    }

    private AttrValue? Resolve(AttrValue value) => value.ValueCase == Kind.Placeholder ? arguments.GetValueOrDefault(value.Placeholder) : value;

    private ImportException Missing(string attribute) => ImportException.Invalid($"attribute '{attribute}' of {Operator} is missing");
}
