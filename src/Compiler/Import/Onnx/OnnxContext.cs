using System;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Import.Onnx.Operators;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>The graph being made, as the importer of one node sees it: adds ops under the node's name, and knows the values' types.</summary>
/// <param name="session">What the import shares.</param>
/// <param name="importer">Imports the graphs that the node holds.</param>
/// <param name="node">The node being imported.</param>
/// <param name="scope">What names mean around the node.</param>
internal sealed class OnnxContext(OnnxSession session, OnnxGraphImporter importer, OnnxNode node, OnnxScope scope) : OpEmitter(node.Name)
{
    /// <inheritdoc/>
    protected override GraphBuilder Builder => session.Builder;

    /// <summary>Reads constants of the file.</summary>
    public OnnxTensors Tensors => session.Tensors;

    /// <inheritdoc/>
    /// <exception cref="ImportException">The extent of an operand depends on the data, and nobody has said that this is thought of.</exception>
    public override string Emit(Op op, params string[] operands)
    {
        RequireKnownExtents(operands);
        return base.Emit(op, operands);
    }

    /// <inheritdoc/>
    /// <exception cref="ImportException">The extent of an operand depends on the data, and nobody has said that this is thought of.</exception>
    public override ImmutableArray<string> EmitAll(Op op, string[] suffixes, params string[] operands)
    {
        RequireKnownExtents(operands);
        return base.EmitAll(op, suffixes, operands);
    }

    /// <summary>
    /// Whether whoever adds ops knows that extents of their operands may depend on the data, and says so of what comes of it. An importer that does
    /// not know would take padding for data.
    /// </summary>
    public bool FollowsBounds { get; set; }

    /// <summary>Which extent of a value depends on the data, or <see langword="null"/>.</summary>
    public Bound? BoundOf(string value) => session.Bounds.TryGetValue(value, out Bound? bound) ? bound : null;

    /// <summary>Says that only the first so many slices of a value are valid; with a number that is known, only those are left.</summary>
    /// <param name="value">The value: what is behind the valid slices may be anything.</param>
    /// <param name="bound">The axis, and the value that counts the slices.</param>
    /// <returns>The value to go on with.</returns>
    public string Bounded(string value, Bound bound)
    {
        if (ConstantOf(bound.Count) is { } count)
        {
            return Slice(value, bound.Axis, 0, (int)count.Values<long>()[0]);
        }

        session.Bounds[value] = bound;
        return value;
    }

    /// <summary>The type that a value has in the file where .NET has no such type, else <see langword="null"/>.</summary>
    public NarrowType? NarrowTypeOf(string value) => session.NarrowTypeOf(value);

    /// <summary>A value under another type of the file that is held in the same type here; <see langword="null"/> for just that.</summary>
    /// <param name="value">What the node makes, or one of its inputs, which keeps its own type.</param>
    /// <param name="type">The type.</param>
    public string Mark(string value, NarrowType? type)
    {
        if (NarrowTypeOf(value) == type)
        {
            return value;
        }

        string own = node.Inputs.Contains(value) ? Emit(new Elementwise(Term.Input(0, ElementTypeOf(value))), value) : value;
        session.Mark(own, type);
        return own;
    }

    /// <summary>The classes that a value's numbers stand for, or <see langword="null"/>.</summary>
    public ClassLabels? LabelsOf(string value) => session.LabelsOf(value);

    /// <summary>A value of its own, with the numbers of another, that stands for classes.</summary>
    public string WithLabels(string value, ClassLabels labels) => session.WithLabels(node.Name, value, labels);

    /// <summary>An input that must be constant.</summary>
    /// <exception cref="ImportException">It is computed, or missing.</exception>
    public Tensor ConstantInput(int index) =>
        ConstantOf(node[index]) ?? Settled(index) ?? throw new ImportException(DiagnosticKinds.ShapeDependsOnData, node.Operator, node.InputName(index));

    /// <summary>The values of an input that is a sequence.</summary>
    /// <exception cref="ImportException">It is none.</exception>
    public ImmutableArray<string> SequenceInput(int index) =>
        session.SequenceOf(node[index]) ?? throw ImportException.Invalid($"input '{node.InputName(index)}' of {node.Operator} is no sequence");

    /// <summary>Whether a value is a sequence.</summary>
    public bool IsSequence(string value) => session.SequenceOf(value) is not null;

    /// <summary>Makes a sequence.</summary>
    public string AddSequence(ImmutableArray<string> values) => session.AddSequence(values);

    /// <summary>The shape that the file declares for an output of the node, all of it, or <see langword="null"/>.</summary>
    public Shape? DeclaredShape(int output) => scope.DeclaredShapes.TryGetValue(node.OutputNameOf(output), out Shape shape) ? shape : null;

    /// <summary>An input of integers that must be constant.</summary>
    /// <exception cref="ImportException">It is computed, missing, or not of integers.</exception>
    public long[] IntegerInput(int index)
    {
        Tensor tensor = ConstantInput(index);
        return tensor.Type.IsFloat() || tensor.Type is ElementType.UInt64 or ElementType.Boolean
            ? throw ImportException.ElementType(node.InputName(index), tensor.Type.ToString())
            : tensor.ToInt64();
    }

    /// <summary>A list of integers that was an attribute first and became an input; <see langword="null"/> when it is neither.</summary>
    public long[]? IntegersOrInput(string attribute, int index) =>
        node.Optional(index) is not null ? IntegerInput(index) : node.Integers(attribute);

    /// <summary>Imports a branch, or a body whose inputs are the values given, in place.</summary>
    /// <exception cref="ImportException">It has another number of inputs.</exception>
    public ImmutableArray<string> ImportGraph(GraphProto graph, params string[] inputs) =>
        importer.ImportGraph(graph, scope, [.. inputs]) ?? throw new ReportedException();

    /// <summary>Notes that a sequence has one element.</summary>
    public void NoteSingleStep() => session.HasSingleStep = true;

    /// <summary>Begins a loop.</summary>
    public OnnxLoop BeginLoop(int count) => new(session, node.Name, count);

    /// <summary>Imports one iteration into the body of a loop.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="around">A loop that the importer has put around it: the file's names mean values outside of both.</param>
    /// <param name="graph">The file's graph.</param>
    /// <param name="inputs">Its inputs, values of the body.</param>
    public ImmutableArray<string> ImportBody(OnnxLoop loop, OnnxLoop? around, GraphProto graph, params string[] inputs) =>
        loop.Inside(() => importer.ImportGraph(graph, scope, [.. inputs], value => loop.Capture(around?.Capture(value) ?? value))) ?? throw new ReportedException();

    /// <summary>Tries something; what goes wrong is not reported, but given back.</summary>
    /// <returns>What was made, or <see langword="null"/>, and what went wrong.</returns>
    public (T? Result, ImmutableArray<Diagnostic> Problems) Attempt<T>(Func<T> action)
        where T : class => session.Attempt<T?>(() => importer.Guard(node.Name, node.Operator, action));

    /// <summary>Fails with the findings of an attempt.</summary>
    public Exception Failed(ImmutableArray<Diagnostic> problems)
    {
        session.Report(problems);
        return new ReportedException();
    }

    // An input of the model that is a list of numbers, which follow from declared shapes, is as good as a constant.
    private Tensor? Settled(int index)
    {
        string input = node[index];
        TensorType type = TypeOf(input);
        if (!session.IsModelInput(input) || type.Shape.Rank > 1)
        {
            return null;
        }

        int count = type.Shape.Count(..);
        if (session.Settled.TryGetValue(input, out Tensor? before))
        {
            return before;
        }

        // What has no elements can be empty only.
        if ((count == 0 ? [] : SettledInputs.Settle(node, index, count, this)) is not { } numbers || numbers.Length != count)
        {
            return null;
        }

        Tensor settled = Tensor.Of(type.Shape, numbers).ConvertedTo(type.Type);
        session.Settle(input, settled);
        return settled;
    }

    private void RequireKnownExtents(string[] operands)
    {
        foreach (string operand in operands)
        {
            if (!FollowsBounds && BoundOf(operand) is { } bound)
            {
                throw ImportException.Extent(node.Operator, operand, bound.Axis, "cannot follow that");
            }
        }
    }
}
