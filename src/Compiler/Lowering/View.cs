using System;
using System.Linq;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Compiler.Ops;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Lowering;

/// <summary>A region of the arena before it has a place: what the memory planner places.</summary>
/// <param name="Name">Unique; becomes the plan's tensor.</param>
/// <param name="Type">Stored element type.</param>
/// <param name="Length">Elements.</param>
public sealed record Buffer(string Name, ElementType Type, int Length);

/// <summary>How a tensor lies in a buffer.</summary>
/// <param name="Buffer">The buffer.</param>
/// <param name="Shape">Logical shape.</param>
/// <param name="Offset">Element of the buffer at which the tensor begins.</param>
/// <param name="Strides">Elements between neighbours, one an axis.</param>
/// <param name="Padding">For an image with a border around it: the rows and columns there are.</param>
/// <param name="Quantization">When stored as uint8.</param>
public sealed record View(
    Buffer Buffer, Shape Shape, int Offset, EquatableArray<int> Strides, Padding Padding = default, QuantizationParameters? Quantization = null)
{
    /// <summary>Inside loops: elements to skip in each iteration, for the outermost loop first.</summary>
    public EquatableArray<int> Iterations { get; init; }

    /// <summary>Stored element type.</summary>
    public ElementType Type => Buffer.Type;

    /// <summary>Whether the elements lie one after the other in row-major order.</summary>
    public bool IsContiguous
    {
        get
        {
            int[] expected = Shape.Strides();
            return Shape.ElementCount == 0 || Enumerable.Range(0, Shape.Rank).All(axis => Shape[axis] == 1 || Strides[axis] == expected[axis]);
        }
    }

    /// <summary>Whether the first elements of two views are the same: parts of a concatenation share a buffer, but not that.</summary>
    public bool BeginsAt(View other) => Buffer == other.Buffer && Offset == other.Offset && Iterations.Equals(other.Iterations);

    /// <summary>The argument for a kernel that begins at the first element.</summary>
    public TensorValue Argument => new(Buffer.Name, Type, Offset) { Strides = Iterations };

    /// <summary>The argument for a kernel that sees the elements as another type of the same size.</summary>
    public TensorValue ArgumentAs(ElementType type) => new(Buffer.Name, type, Offset) { Strides = Iterations };

    /// <summary>The same elements under another shape; only of a contiguous view.</summary>
    public View Reshape(Shape shape) => this with { Shape = shape, Strides = shape.Strides().ToEquatableArray(), Padding = default };

    /// <summary>Part of the elements, where they lie.</summary>
    public View Slice(Slice slice) => this with
    {
        Shape = Shape.From(slice.Sizes),
        Offset = slice.Sizes.Contains(0) ? Offset : Offset + slice.Starts.Select((start, axis) => start * Strides[axis]).Sum(),
        Strides = Strides.Select((stride, axis) => stride * slice.Steps[axis]).ToEquatableArray(),
        Padding = default,
    };

    /// <summary>In a loop, the element of the first axis that each iteration has to do with.</summary>
    /// <param name="depth">Loops around the loop.</param>
    /// <param name="count">Its iterations.</param>
    /// <param name="backwards">Whether it begins with the last element.</param>
    public View Element(int depth, int count, bool backwards) => this with
    {
        Shape = Shape.From(Shape.Extents[1..]),
        Offset = Offset + (backwards ? (count - 1) * Strides[0] : 0),
        Strides = Strides.Skip(1).ToEquatableArray(),
        Padding = default,
        Iterations = Iterations.Concat(Enumerable.Repeat(0, depth - Iterations.Count)).Append(backwards ? -Strides[0] : Strides[0]).ToEquatableArray(),
    };

    /// <summary>A new buffer that holds just this tensor, with room for a border around images.</summary>
    public static View Allocate(string name, ElementType type, Shape shape, Padding padding, QuantizationParameters? quantization)
    {
        Shape padded = padding.IsEmpty
            ? shape
            : [shape[0], shape[1] + padding.Top + padding.Bottom, shape[2] + padding.Left + padding.Right, shape[3]];
        if (padded.ElementCount * type.SizeOf() > GraphBuilder.MaximumTensorBytes)
        {
            throw new ShapeException($"a tensor of shape {padded} is too large");
        }

        int[] strides = padded.Strides();
        int offset = padding.IsEmpty ? 0 : (padding.Top * strides[1]) + (padding.Left * strides[2]);
        return new View(new Buffer(name, type, Math.Max(1, (int)padded.ElementCount)), shape, offset, strides.ToEquatableArray(), padding, quantization);
    }
}

/// <summary>A border around the rows and columns of an image.</summary>
public readonly record struct Padding(int Top, int Left, int Bottom, int Right)
{
    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => (Top | Left | Bottom | Right) == 0;

    /// <summary>The smallest border that holds both.</summary>
    public Padding Union(Padding other) =>
        new(Math.Max(Top, other.Top), Math.Max(Left, other.Left), Math.Max(Bottom, other.Bottom), Math.Max(Right, other.Right));

    /// <summary>Whether the other fits in.</summary>
    public bool Contains(Padding other) => Union(other) == this;
}
