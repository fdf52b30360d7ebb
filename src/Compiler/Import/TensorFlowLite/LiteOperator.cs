using System.Collections.Immutable;
using System.Linq;

namespace ModelCompiler.Compiler.Import.TensorFlowLite;

/// <summary>A node being imported: its inputs as values, the descriptions of its tensors, and its options by their numbers in the schema.</summary>
/// <param name="Name">The node's name: the format has none, so that of its first output.</param>
/// <param name="Node">What the file says.</param>
/// <param name="Inputs">The values read; <see langword="null"/> for those left out.</param>
/// <param name="InputTensors">Their descriptions.</param>
/// <param name="OutputTensors">Descriptions of what it makes.</param>
/// <param name="Intermediates">Descriptions of what it keeps to itself.</param>
internal sealed record LiteOperator(
    string Name,
    LiteNode Node,
    ImmutableArray<string?> Inputs,
    ImmutableArray<LiteTensor?> InputTensors,
    ImmutableArray<LiteTensor?> OutputTensors,
    ImmutableArray<LiteTensor?> Intermediates)
{
    // Beyond, sizes computed from options no longer fit 32 bits; no model comes near.
    private const int Greatest = 1 << 15;

    /// <summary>The operator.</summary>
    public string Operator => Node.OperatorName;

    /// <summary>An input that the operator needs.</summary>
    /// <exception cref="ImportException">It is missing.</exception>
    public string this[int index] => Optional(index) ?? throw ImportException.Invalid($"input {index} of {Operator} is missing");

    /// <summary>An input that may be left out.</summary>
    public string? Optional(int index) => index < Inputs.Length ? Inputs[index] : null;

    /// <summary>All inputs.</summary>
    public string[] All => [.. Enumerable.Range(0, Inputs.Length).Select(index => this[index])];

    /// <summary>The description of an input.</summary>
    /// <exception cref="ImportException">It is missing.</exception>
    public LiteTensor Tensor(int index) =>
        (index < InputTensors.Length ? InputTensors[index] : null) ?? throw ImportException.Invalid($"input {index} of {Operator} is missing");

    /// <summary>The description of an output.</summary>
    /// <exception cref="ImportException">It is missing.</exception>
    public LiteTensor OutputTensor(int index = 0) =>
        (index < OutputTensors.Length ? OutputTensors[index] : null) ?? throw ImportException.Invalid($"output {index} of {Operator} is missing");

    /// <summary>The description of a tensor that the operator keeps to itself, or <see langword="null"/>.</summary>
    public LiteTensor? Intermediate(int index) => index < Intermediates.Length ? Intermediates[index] : null;

    /// <summary>An option that is an integer.</summary>
    public int Integer(int field, int missing = 0) => Node.Options?.Integer(field, missing) ?? missing;

    /// <summary>An option that counts something, from 1 to what is sensible.</summary>
    /// <exception cref="ImportException">It does not.</exception>
    public int Count(int field, string what, int missing = 0) =>
        Integer(field, missing) is >= 1 and <= Greatest and var count ? count : throw ImportException.Invalid($"the {what} of {Operator} is {Integer(field, missing)}");

    /// <summary>An option of a byte: a choice, or a type.</summary>
    public int Choice(int field) => Node.Options?.Byte(field) ?? 0;

    /// <summary>An option that is true or false.</summary>
    public bool Flag(int field, bool missing = false) => Node.Options?.Flag(field, missing) ?? missing;

    /// <summary>An option that is a real number.</summary>
    public float Number(int field) => Node.Options?.Number(field) ?? 0;

    /// <summary>An option that is a list of integers.</summary>
    public int[] Integers(int field) => Node.Options?.Integers(field) ?? [];
}

/// <summary>Imports a node with one output; returns the value it makes.</summary>
internal delegate string SingleLiteImporter(LiteOperator node, LiteContext context);

/// <summary>Imports a node; returns the values it makes.</summary>
internal delegate ImmutableArray<string> LiteOperatorImporter(LiteOperator node, LiteContext context);

/// <summary>One row of the operators' table.</summary>
/// <param name="Name">The operator.</param>
/// <param name="Import">Imports a node.</param>
internal sealed record LiteEntry(string Name, LiteOperatorImporter Import)
{
    /// <summary>An operator with one output.</summary>
    public LiteEntry(string name, SingleLiteImporter import)
        : this(name, (node, context) => [import(node, context)])
    {
    }

    /// <summary>For an operator that only moves elements, integers that stand for real numbers among them: the input whose elements it moves.</summary>
    public int? Moved { get; init; }

    /// <summary>Whether the operator makes or reads complex numbers.</summary>
    public bool IsComplex { get; init; }

    /// <summary>An operator that moves elements, of its first input unless told otherwise.</summary>
    public static LiteEntry Move(string name, SingleLiteImporter import, int moved = 0) => new(name, import) { Moved = moved };
}
