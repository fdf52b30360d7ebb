using System;
using System.Collections.Immutable;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import;

/// <summary>The graph being made, as the importer of one node sees it, whatever the format: adds ops under the node's name, and knows the values' types.</summary>
internal abstract class NodeContext
{
    /// <summary>The graph being made.</summary>
    protected abstract GraphBuilder Builder { get; }

    /// <summary>What ops are called.</summary>
    protected abstract string NodeName { get; }

    /// <summary>Adds an op with one output.</summary>
    /// <returns>The value it makes.</returns>
    /// <exception cref="ShapeException">The operands do not fit.</exception>
    public virtual string Emit(Op op, params string[] operands) => Builder.Add(NodeName, op, operands);

    /// <summary>Adds an op with several outputs; the names of all but the first end in the given suffixes.</summary>
    /// <exception cref="ShapeException">The operands do not fit.</exception>
    public virtual ImmutableArray<string> EmitAll(Op op, string[] suffixes, params string[] operands) =>
        Builder.AddNode(NodeName, op, [.. operands], [NodeName, .. suffixes.Select(suffix => $"{NodeName}.{suffix}")]);

    /// <summary>Adds a constant.</summary>
    public string Constant(Tensor tensor) => Builder.AddConstant(tensor, NodeName);

    /// <summary>Adds a constant vector of integers.</summary>
    public string Constant(params long[] values) => Constant(Tensor.Of([values.Length], values));

    /// <summary>A number of a type.</summary>
    public string Scalar(double value, ElementType type) => Emit(new Elementwise(new LiteralExpression(value, type)), Constant(Tensor.Scalar(0f)));

    /// <summary>Type and shape of a value.</summary>
    public TensorType TypeOf(string value) => Builder.ValueOf(value).Type;

    /// <summary>The type of a value's elements.</summary>
    public ElementType ElementTypeOf(string value) => TypeOf(value).Type;

    /// <summary>The shape of a value.</summary>
    public Shape ShapeOf(string value) => Builder.ShapeOf(value);

    /// <summary>How many numbers an input of the model holds; <see langword="null"/> for a value that is computed.</summary>
    protected long? NumbersOfInput(string value) => Builder.IsInput(value) ? ShapeOf(value).ElementCount : null;

    /// <summary>The constant that a value is, or <see langword="null"/> when it is computed.</summary>
    public Tensor? ConstantOf(string value) => Builder.ConstantOf(value);

    /// <summary>The op that computes a value, or <see langword="null"/>.</summary>
    public Op? ProducerOf(string value) => Builder.ProducerOf(value)?.Op;

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
            ElementType.UInt64 => throw ImportException.ElementType(value, "uint64"),
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
}
