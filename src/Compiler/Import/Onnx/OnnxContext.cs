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
internal sealed class OnnxContext(OnnxSession session, OnnxGraphImporter importer, OnnxNode node, OnnxScope scope)
{
    /// <summary>Reads constants of the file.</summary>
    public OnnxTensors Tensors => session.Tensors;

    /// <summary>Adds an op with one output.</summary>
    /// <returns>The value it makes.</returns>
    /// <exception cref="ShapeException">The operands do not fit.</exception>
    /// <exception cref="ImportException">The extent of an operand depends on the data, and nobody has said that this is thought of.</exception>
    public string Emit(Op op, params string[] operands)
    {
        RequireKnownExtents(operands);
        return session.Builder.Add(node.Name, op, operands);
    }

    /// <summary>Adds an op with several outputs; the names of all but the first end in the given suffixes.</summary>
    /// <exception cref="ShapeException">The operands do not fit.</exception>
    /// <exception cref="ImportException">The extent of an operand depends on the data, and nobody has said that this is thought of.</exception>
    public ImmutableArray<string> EmitAll(Op op, string[] suffixes, params string[] operands)
    {
        RequireKnownExtents(operands);
        return session.Builder.AddNode(node.Name, op, [.. operands], [node.Name, .. suffixes.Select(suffix => $"{node.Name}.{suffix}")]);
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

    /// <summary>Adds a constant.</summary>
    public string Constant(Tensor tensor) => session.Builder.AddConstant(tensor, node.Name);

    /// <summary>Adds a constant vector of integers.</summary>
    public string Constant(params long[] values) => Constant(Tensor.Of([values.Length], values));

    /// <summary>A number of a type.</summary>
    public string Scalar(double value, ElementType type) => Emit(new Elementwise(new LiteralExpression(value, type)), Constant(Tensor.Scalar(0f)));

    /// <summary>Type and shape of a value.</summary>
    public TensorType TypeOf(string value) => session.Builder.ValueOf(value).Type;

    /// <summary>The type of a value's elements.</summary>
    public ElementType ElementTypeOf(string value) => TypeOf(value).Type;

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

    /// <summary>The shape of a value.</summary>
    public Shape ShapeOf(string value) => session.Builder.ShapeOf(value);

    /// <summary>The constant that a value is, or <see langword="null"/> when it is computed.</summary>
    public Tensor? ConstantOf(string value) => session.Builder.ConstantOf(value);

    /// <summary>The classes that a value's numbers stand for, or <see langword="null"/>.</summary>
    public ClassLabels? LabelsOf(string value) => session.LabelsOf(value);

    /// <summary>A value of its own, with the numbers of another, that stands for classes.</summary>
    public string WithLabels(string value, ClassLabels labels) => session.WithLabels(node.Name, value, labels);

    /// <summary>An input that must be constant.</summary>
    /// <exception cref="ImportException">It is computed, or missing.</exception>
    public Tensor ConstantInput(int index) =>
        ConstantOf(node[index]) ?? Settled(index) ?? throw ImportException.Computed(
            node.Operator, node.InputName(index), session.IsModelInput(node[index]) ? ShapeOf(node[index]).ElementCount : null);

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

    /// <summary>Begins a loop.</summary>
    public OnnxLoop BeginLoop(int count) => new(session, node.Name, count);

    /// <summary>Imports one iteration into the body of a loop.</summary>
    /// <param name="loop">The loop.</param>
    /// <param name="around">A loop that the importer has put around it: the file's names mean values outside of both.</param>
    /// <param name="graph">The file's graph.</param>
    /// <param name="inputs">Its inputs, values of the body.</param>
    public ImmutableArray<string> ImportBody(OnnxLoop loop, OnnxLoop? around, GraphProto graph, params string[] inputs) =>
        loop.Inside(() => importer.ImportGraph(graph, scope, [.. inputs], value => loop.Capture(around?.Capture(value) ?? value))) ?? throw new ReportedException();

    /// <summary>The op that computes a value, or <see langword="null"/>.</summary>
    public Op? ProducerOf(string value) => session.Builder.ProducerOf(value)?.Op;

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

    /// <summary>A function of one value's elements.</summary>
    public string Map(string value, Func<Term, Term> function)
    {
        Term input = Term.Input(0, ElementTypeOf(value));
        Term result = function(input);
        return result == input ? value : Emit(new Elementwise(result), value);
    }

    /// <summary>A function of two values' elements.</summary>
    public string Map(string left, string right, Func<Term, Term, Term> function) =>
        Emit(new Elementwise(function(Term.Input(0, ElementTypeOf(left)), Term.Input(1, ElementTypeOf(right)))), left, right);

    /// <summary>A function of three values' elements.</summary>
    public string Map(string first, string second, string third, Func<Term, Term, Term, Term> function) =>
        Emit(
            new Elementwise(function(Term.Input(0, ElementTypeOf(first)), Term.Input(1, ElementTypeOf(second)), Term.Input(2, ElementTypeOf(third)))),
            first,
            second,
            third);

    /// <summary>A function of the elements of any number of values.</summary>
    public string Map(string[] values, Func<Term[], Term> function) =>
        Emit(new Elementwise(function([.. values.Select((value, index) => Term.Input(index, ElementTypeOf(value)))])), values);

    /// <summary>The value converted to a type.</summary>
    public string Convert(string value, ElementType type) => Map(value, x => x.To(type));

    /// <summary>The value in another shape of as many elements.</summary>
    public string Reshape(string value, Shape shape) => ShapeOf(value) == shape ? value : Emit(new Reshape(shape), value);

    /// <summary>The value with its axes in another order.</summary>
    public string Transpose(string value, params int[] permutation) =>
        permutation.SequenceEqual(Enumerable.Range(0, permutation.Length)) && permutation.Length == ShapeOf(value).Rank
            ? value
            : Emit(new Transpose(new EquatableArray<int>(permutation)), value);

    /// <summary>The value with one axis moved to another place.</summary>
    public string MoveAxis(string value, int from, int to)
    {
        var axes = Enumerable.Range(0, ShapeOf(value).Rank).ToList();
        axes.RemoveAt(from);
        axes.Insert(to, from);
        return Transpose(value, [.. axes]);
    }

    /// <summary>The value with repeated elements.</summary>
    public string Expand(string value, Shape shape) => ShapeOf(value) == shape ? value : Emit(new Expand(shape), value);

    /// <summary>Part of one axis.</summary>
    public string Slice(string value, int axis, int start, int size, int step = 1)
    {
        Shape shape = ShapeOf(value);
        return Slice(
            value,
            [.. shape.Select((_, index) => index == axis ? start : 0)],
            [.. shape.Select((extent, index) => index == axis ? size : extent)],
            [.. shape.Select((_, index) => index == axis ? step : 1)]);
    }

    /// <summary>Part of every axis.</summary>
    public string Slice(string value, int[] starts, int[] sizes, int[] steps) =>
        sizes.SequenceEqual(ShapeOf(value)) && steps.All(step => step == 1)
            ? value
            : Emit(new Slice(new EquatableArray<int>(starts), new EquatableArray<int>(sizes), new EquatableArray<int>(steps)), value);

    /// <summary>The value with constants around and between its elements.</summary>
    public string Pad(string value, int[] before, int[] after, double filling = 0, int[]? between = null)
    {
        between ??= new int[before.Length];
        return before.Concat(after).Concat(between).All(count => count == 0)
            ? value
            : Emit(new Pad(new EquatableArray<int>(before), new EquatableArray<int>(after), new EquatableArray<int>(between), filling), value);
    }

    /// <summary>The value picked along one axis.</summary>
    public string Gather(string value, int axis, params long[] indices) => Emit(new Gather(axis), value, Constant(indices));

    /// <summary>The values one after the other.</summary>
    public string Concat(int axis, params string[] values) => values.Length == 1 ? values[0] : Emit(new Concat(axis), values);

    /// <summary>A reduction, in the value's own type; narrow integers and truth values are widened on the way.</summary>
    /// <param name="kind">What it makes.</param>
    /// <param name="value">Of what.</param>
    /// <param name="axes">Along which axes, any order.</param>
    /// <param name="keep">Whether they stay, with the extent 1.</param>
    public string Reduce(ReduceKind kind, string value, int[] axes, bool keep)
    {
        TensorType type = TypeOf(value);
        ElementType wide = type.Type switch
        {
            ElementType.Float32 or ElementType.Float64 or ElementType.Int64 => type.Type,
            ElementType.UInt32 => ElementType.Int64,
            ElementType.UInt64 => throw ImportException.ElementType(node.InputName(0), "uint64"),
            _ => ElementType.Int32,
        };
        int[] sorted = [.. axes.Distinct().Order()];
        string reduced = Convert(Emit(new Reduce(kind, new EquatableArray<int>(sorted)), Convert(value, wide)), type.Type);
        return keep ? Reshape(reduced, Shape.From(type.Shape.Select((extent, axis) => sorted.Contains(axis) ? 1 : extent))) : reduced;
    }

    /// <summary>0, 1, 2, … along one axis, all other axes having the extent 1.</summary>
    public string Count(int length, int rank, int axis)
    {
        var extents = new int[rank];
        Array.Fill(extents, 1);
        extents[axis] = length;
        return Constant(Tensor.Of(Shape.From(extents), Enumerable.Range(0, length).Select(index => (long)index).ToArray()));
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
