using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>The graph being made, as the importer of one node sees it.</summary>
/// <param name="session">What the import shares.</param>
/// <param name="importer">Imports the functions that the node calls.</param>
/// <param name="node">The node being imported.</param>
internal sealed class TensorFlowContext(TensorFlowSession session, TensorFlowGraphImporter importer, TensorFlowNode node) : NodeContext
{
    /// <summary>What the import shares.</summary>
    public TensorFlowSession Session => session;

    /// <inheritdoc/>
    protected override GraphBuilder Builder => session.Builder;

    /// <inheritdoc/>
    protected override string NodeName => node.Name;

    /// <summary>An input that must be constant.</summary>
    /// <exception cref="ImportException">It is computed, or missing.</exception>
    public Tensor ConstantInput(int index) =>
        ConstantOf(node[index]) ?? throw ImportException.Computed(node.Operator, node.InputName(index), NumbersOfInput(node[index]));

    /// <summary>An input of integers that must be constant.</summary>
    /// <exception cref="ImportException">It is computed, missing, or not of integers.</exception>
    public long[] IntegerInput(int index)
    {
        Tensor tensor = ConstantInput(index);
        return tensor.Type is ElementType.Int32 or ElementType.Int64 or ElementType.Int16 or ElementType.Int8 or ElementType.UInt8
            ? tensor.ToInt64()
            : throw ImportException.ElementType(node.InputName(index), tensor.Type.ToString());
    }

    /// <summary>An input that must be one constant integer.</summary>
    /// <exception cref="ImportException">It is not.</exception>
    public long NumberInput(int index) =>
        IntegerInput(index) is [var number] ? number : throw new ShapeException($"input '{node.InputName(index)}' of {node.Operator} is not one number");

    /// <summary>Indices, as int64.</summary>
    /// <exception cref="ImportException">They are no indices.</exception>
    public string IndexInput(int index) => ElementTypeOf(node[index]) is ElementType.Int16 or ElementType.Int32 or ElementType.Int64 or ElementType.UInt8
        ? Convert(node[index], ElementType.Int64)
        : throw ImportException.ElementType(node.InputName(index), ElementTypeOf(node[index]).ToString());

    /// <summary>Fails unless an input is of float32.</summary>
    /// <exception cref="ImportException">It is not.</exception>
    public void RequireFloat32(int index)
    {
        ElementType type = ElementTypeOf(node[index]);
        if (type != ElementType.Float32)
        {
            throw ImportException.ElementType(node.InputName(index), type.ToString());
        }
    }

    /// <summary>A constant of one element as a number, or <see langword="null"/>.</summary>
    public double? NumberOf(string value) =>
        ConstantOf(value) is { Count: 1 } constant && constant.Type != ElementType.Boolean ? constant.ToFloat64()[0] : null;

    /// <summary>Numbers that make a tensor of integers of the type that the node's attribute asks for.</summary>
    public string Integers(Shape shape, long[] values, string attribute)
    {
        string value = Constant(Tensor.Of(shape, values));
        return Convert(value, node.Type(attribute, TensorFlowTypes.Int32));
    }

    /// <summary>Calls a function of the file.</summary>
    public ImmutableArray<string?> Call(NameAttrList function, ImmutableArray<string> inputs) => importer.Call(function.Name, function.Attr, inputs);

    /// <summary>Whether a value is a tensor: no handle on a variable, and of no branch that is not taken.</summary>
    public bool IsTensor(string value) => value != TensorFlowSession.Unreached && !session.IsHandle(value) && session.Builder.Contains(value);

    /// <summary>All inputs.</summary>
    /// <exception cref="ImportException">There are none.</exception>
    public string[] Variadic() => node.Inputs.Length > 0 ? [.. node.Inputs] : throw ImportException.Invalid($"{node.Operator} has no inputs");

    /// <summary>An attribute that is a list of a number for each axis of an image, in the order of rows and columns.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <param name="missing">The numbers when it is missing, or <see langword="null"/> when it must not be.</param>
    /// <exception cref="ImportException">It is not, or says something of the batch or the channels.</exception>
    public (int Rows, int Columns) Spatial(string attribute, int? missing)
    {
        long[] values = node.Integers(attribute) is { Length: > 0 } given ? given
            : missing is { } number ? [1, number, number, 1]
            : throw ImportException.Invalid($"attribute '{attribute}' of {node.Operator} is missing");
        bool isFirst = IsChannelsFirst;
        if (values.Length != 4 || values.Any(value => value is < 1 or > 1 << 15))
        {
            throw ImportException.Invalid($"attribute '{attribute}' of {node.Operator} is {string.Join(',', values)}");
        }

        (long batch, long channels) = (values[0], values[isFirst ? 1 : 3]);
        return batch == 1 && channels == 1
            ? ((int)values[isFirst ? 2 : 1], (int)values[isFirst ? 3 : 2])
            : throw ImportException.Attribute(node.Operator, $"'{attribute}' of {string.Join(',', values)}, which goes over batch or channels,", "those over rows and columns are");
    }

    /// <summary>Whether the node's images have their channels before their rows.</summary>
    /// <exception cref="ImportException">They are laid out in another way.</exception>
    public bool IsChannelsFirst => node.Text("data_format", "NHWC") switch
    {
        "NHWC" or "" => false,
        "NCHW" => true,
        var other => throw ImportException.Attribute(node.Operator, $"'data_format' {other}", "NHWC and NCHW are"),
    };

    /// <summary>An image with its channels last, whatever the node's are.</summary>
    public string ToImage(string value) => IsChannelsFirst ? MoveAxis(value, 1, ShapeOf(value).Rank - 1) : value;

    /// <summary>An image in the node's own layout.</summary>
    public string FromImage(string value) => IsChannelsFirst ? MoveAxis(value, ShapeOf(value).Rank - 1, 1) : value;
}
