using System;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlowLite;

/// <summary>The graph being made, as the importer of one node sees it.</summary>
/// <param name="session">What the import shares.</param>
/// <param name="importer">Imports the graph that the node is in.</param>
/// <param name="node">The node being imported.</param>
internal sealed class LiteContext(LiteSession session, LiteGraphImporter importer, LiteOperator node) : NodeContext
{
    // Below, the reciprocal that kernels multiply by is infinite or loses bits.
    private const float LeastScale = 1e-37f;

    /// <summary>What the import shares.</summary>
    public LiteSession Session => session;

    /// <inheritdoc/>
    protected override GraphBuilder Builder => session.Builder;

    /// <inheritdoc/>
    protected override string NodeName => node.Name;

    /// <inheritdoc/>
    /// <exception cref="ImportException">The extent of an operand depends on the data.</exception>
    public override string Emit(Op op, params string[] operands) => base.Emit(op, Known(operands));

    /// <inheritdoc/>
    /// <exception cref="ImportException">The extent of an operand depends on the data.</exception>
    public override ImmutableArray<string> EmitAll(Op op, string[] suffixes, params string[] operands) => base.EmitAll(op, suffixes, Known(operands));

    /// <summary>Says that only the first so many slices of a value are valid; with a number that is known, only those are left.</summary>
    public string Bounded(string value, Bound bound)
    {
        if (ConstantOf(bound.Count) is { } count)
        {
            return Slice(value, bound.Axis, 0, (int)count.ToInt64()[0]);
        }

        session.Bounds[value] = bound;
        return value;
    }

    /// <summary>An input that must be constant.</summary>
    /// <exception cref="ImportException">It is computed, or missing.</exception>
    public Tensor ConstantInput(int index) =>
        ConstantOf(node[index]) ?? throw ImportException.Computed(node.Operator, node.Tensor(index).Name, NumbersOfInput(node[index]));

    /// <summary>An input of integers that must be constant.</summary>
    /// <exception cref="ImportException">It is computed, missing, or not of integers.</exception>
    public long[] IntegerInput(int index) => ConstantInput(index) is { Type: var type } tensor && !type.IsFloat() && type is not (ElementType.Boolean or ElementType.UInt64)
        ? tensor.ToInt64()
        : throw ImportException.ElementType(node.Tensor(index).Name, "float");

    /// <summary>An input of axes that must be constant, none twice.</summary>
    public int[] AxesInput(int index, int rank)
    {
        Shape shape = Shape.From(Enumerable.Repeat(1, rank));
        return [.. IntegerInput(index).Select(axis => shape.Axis(axis)).Distinct().Order()];
    }

    /// <summary>The constant shape in an input or an option: extents that make sense.</summary>
    public static Shape CheckedShape(System.Collections.Generic.IEnumerable<long> extents) => Shape.From(extents.Select(extent => checked((int)extent)));

    /// <summary>The value limited by the activation in an option.</summary>
    /// <exception cref="ImportException">The activation is not supported.</exception>
    public string Activate(string value, int activation) => Map(value, x => Activated(x, activation));

    /// <summary>The activation of a number, by the format's number for it.</summary>
    /// <exception cref="ImportException">The activation is not supported.</exception>
    public Term Activated(Term x, int activation) => activation switch
    {
        0 => x,
        1 => x.Maximum(0),
        2 => x.Clamp(-1, 1),
        3 => x.Clamp(0, 6),
        4 => x.Tanh(),
        _ => throw ImportException.Attribute(node.Operator, $"the fused activation {activation}", "NONE, RELU, RELU_N1_TO_1, RELU6 and TANH are"),
    };

    /// <summary>The bias of a layer; <see langword="null"/> when it has none.</summary>
    /// <param name="index">The input that is the bias.</param>
    /// <param name="weights">The input that is the weights.</param>
    /// <param name="data">The input that the weights are multiplied with.</param>
    /// <param name="channels">Number of output channels.</param>
    public string? Bias(int index, int weights, int data, int channels)
    {
        if (node.Optional(index) is not { } bias)
        {
            return null;
        }

        Tensor? levels = ConstantOf(bias);
        if (levels is { Type: ElementType.Int32 or ElementType.Int64 } && node.Tensor(weights).Grid is { } grid && node.Tensor(data).Grid is { IsSingle: true } input)
        {
            // Integers in steps of the products, whatever scale the file writes beside them.
            float[] scales = Array.ConvertAll(grid.Scales, scale => input.Scales[0] * scale);
            bias = Constant(LiteConstants.Dequantized(levels, new LiteGrid(scales, [], 0), node.Tensor(index).Name));
        }

        return ElementTypeOf(bias) != ElementType.Float32 ? throw ImportException.ElementType(node.Tensor(index).Name, ElementTypeOf(bias).ToString())
            : ShapeOf(bias).ElementCount == channels ? Reshape(bias, [channels])
            : throw new ShapeException($"a bias of shape {ShapeOf(bias)} for {channels} channels");
    }

    /// <summary>The value on the grid that the file stores a tensor on.</summary>
    /// <exception cref="ImportException">The grid makes no sense.</exception>
    public string OnGrid(string value, LiteTensor tensor)
    {
        LiteGrid grid = tensor.Grid!;
        (double least, double greatest) = GridExpressions.Range(tensor.Storage)!.Value;
        if (!grid.IsSingle || grid.Zeros.Length > 1 || grid.Zero < least || grid.Zero > greatest || grid.Scales[0] < LeastScale)
        {
            throw ImportException.Invalid($"the scale or zero point of tensor '{tensor.Name}' makes no sense for a value that is computed");
        }

        if (tensor.Storage == ElementType.Int16)
        {
            return Map(value, x => Nearest(x, tensor));
        }

        return Emit(new Requantize(Parameters(tensor)), value);
    }

    /// <summary>The number nearest to another that a tensor can hold.</summary>
    public static Term Nearest(Term x, LiteTensor tensor)
    {
        (double least, double greatest) = GridExpressions.Range(tensor.Storage)!.Value;
        Term zero = x.Like(tensor.Grid!.Zero);
        return (((x / tensor.Grid.Scales[0]).Round() + zero).Clamp(least, greatest) - zero) * tensor.Grid.Scales[0];
    }

    /// <summary>The integers that stand for real numbers in the file, as it stores them.</summary>
    public string Levels(string value, LiteTensor tensor) => tensor is { IsQuantized: true, Grid: { } grid }
        ? Map(value, x => GridExpressions.Level(x, Scale(grid), Zero(tensor), tensor.Storage))
        : value;

    /// <summary>The real numbers that integers of the file stand for.</summary>
    public string Real(string levels, LiteTensor tensor) => Map(levels, x => GridExpressions.Real(x, Zero(tensor), Scale(tensor.Grid!)));

    /// <summary>The integers of one tensor read as another's.</summary>
    public string Reinterpreted(string value, LiteTensor from, LiteTensor to)
    {
        double factor = (double)to.Grid!.Scales[0] / from.Grid!.Scales[0];
        double shift = (from.Grid.Zero - to.Grid.Zero) * (double)to.Grid.Scales[0];
        return Map(value, x => (x * factor) + shift);
    }

    /// <summary>The key and name of a variable tensor that is an input of the node.</summary>
    public (string Key, string Name) VariableInput(int index) => (importer.KeyOf(node.Tensor(index)), node.Tensor(index).Name);

    /// <summary>The state in a variable tensor that is an input of the node.</summary>
    /// <exception cref="ImportException">It is missing.</exception>
    public string ReadState(int index)
    {
        LiteTensor tensor = node.Tensor(index);
        session.RequireVariables(node.Operator, writes: false);
        return tensor.IsVariable
            ? session.Variables.Read(session.Builder, importer.KeyOf(tensor), tensor.Name, new TensorType(ElementType.Float32, tensor.Shape))
            : throw ImportException.Invalid($"input {index} of {node.Operator} is no variable tensor");
    }

    /// <summary>Keeps the state for the next prediction.</summary>
    public void WriteState(int index, string value)
    {
        LiteTensor tensor = node.Tensor(index);
        session.RequireVariables(node.Operator, writes: true);
        session.Variables.Write(importer.KeyOf(tensor), tensor.IsQuantized ? OnGrid(value, tensor) : value);
    }

    private static Term Scale(LiteGrid grid) => Term.Literal(grid.Scales[0], ElementType.Float32);

    private static Term Zero(LiteTensor tensor) => Term.Literal(tensor.Grid!.Zero, tensor.Storage);

    private static QuantizationParameters Parameters(LiteTensor tensor) =>
        new(tensor.Grid!.Scales[0], (int)tensor.Grid.Zero + (tensor.Storage == ElementType.Int8 ? 128 : 0));

    private string[] Known(string[] operands)
    {
        foreach (string operand in operands)
        {
            if (session.Bounds.TryGetValue(operand, out Bound? bound))
            {
                throw ImportException.Extent(node.Operator, operand, bound.Axis, "cannot follow that");
            }
        }

        return operands;
    }
}
