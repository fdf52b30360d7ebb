using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Runtime.CompilerServices;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Graphs;

/// <summary>The static shape of a tensor: rank and extents, all known, none negative.</summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>, IEnumerable<int>
{
    private readonly ImmutableArray<int> extents;

    private Shape(ImmutableArray<int> extents) => this.extents = extents;

    /// <summary>The shape of a single number.</summary>
    public static Shape Scalar => new([]);

    /// <summary>The extents.</summary>
    public ImmutableArray<int> Extents => extents.IsDefault ? [] : extents;

    /// <summary>Number of dimensions.</summary>
    public int Rank => Extents.Length;

    /// <summary>Number of elements.</summary>
    public long ElementCount => Extents.Aggregate(1L, (count, extent) => checked(count * extent));

    /// <summary>An extent.</summary>
    public int this[int axis] => Extents[axis];

    /// <summary>An extent, counted from either end.</summary>
    public int this[Index axis] => Extents[axis];

    /// <summary>Makes a shape; collection expressions use it.</summary>
    /// <exception cref="ShapeException">An extent is negative, or the product exceeds 63 bits.</exception>
    public static Shape Create(ReadOnlySpan<int> extents)
    {
        double product = 1;
        foreach (int extent in extents)
        {
            if (extent < 0)
            {
                throw new ShapeException($"an extent is negative: {extent}");
            }

            product *= extent;
        }

        return product < 1e18 ? new Shape([.. extents]) : throw new ShapeException("a shape has more than 10^18 elements");
    }

    /// <summary>Makes a shape from a sequence.</summary>
    /// <exception cref="ShapeException">An extent is negative.</exception>
    public static Shape From(IEnumerable<int> extents) => Create(extents.ToArray());

    /// <summary>The shape two operands have together under NumPy's broadcasting rule.</summary>
    /// <exception cref="ShapeException">They do not broadcast.</exception>
    public static Shape Broadcast(Shape left, Shape right)
    {
        int rank = Math.Max(left.Rank, right.Rank);
        var extents = new int[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            int a = axis < rank - left.Rank ? 1 : left[axis - (rank - left.Rank)];
            int b = axis < rank - right.Rank ? 1 : right[axis - (rank - right.Rank)];
            if (a != b && a != 1 && b != 1)
            {
                throw new ShapeException($"{left} and {right} do not broadcast");
            }

            extents[axis] = a == 1 ? b : a;
        }

        return Create(extents);
    }

    /// <summary>Row-major strides in elements.</summary>
    public int[] Strides()
    {
        var strides = new int[Rank];
        long stride = 1;
        for (int axis = Rank - 1; axis >= 0; axis--)
        {
            strides[axis] = checked((int)stride);
            stride *= Math.Max(1, Extents[axis]);
        }

        return strides;
    }

    /// <summary>Strides that read this shape as if it were <paramref name="target"/>: 0 where it broadcasts.</summary>
    public int[] StridesTo(Shape target) => StridesTo(target, Strides());

    /// <summary>The same for a tensor of this shape whose own strides are <paramref name="own"/>.</summary>
    public int[] StridesTo(Shape target, IReadOnlyList<int> own)
    {
        var strides = new int[target.Rank];
        for (int axis = 0; axis < Rank; axis++)
        {
            strides[axis + target.Rank - Rank] = Extents[axis] == 1 ? 0 : own[axis];
        }

        return strides;
    }

    /// <summary>Resolves an axis that may count from the end.</summary>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public int Axis(long axis) =>
        axis >= -Rank && axis < Rank ? (int)(axis < 0 ? axis + Rank : axis) : throw new ShapeException($"axis {axis} of a shape of rank {Rank}");

    /// <summary>The shape with one extent changed.</summary>
    public Shape With(int axis, int extent) => From(Extents.SetItem(axis, extent));

    /// <inheritdoc/>
    public bool Equals(Shape other) => Extents.AsSpan().SequenceEqual(other.Extents.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Extents.Aggregate(Rank, HashCode.Combine);

    /// <summary>As people write it: <c>1×28×28×16</c>.</summary>
    public override string ToString() =>
        Rank == 0 ? "scalar" : string.Join('×', Extents.Select(extent => extent.ToString(CultureInfo.InvariantCulture)));

    /// <inheritdoc/>
    public IEnumerator<int> GetEnumerator() => ((IEnumerable<int>)Extents).GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Whether two shapes are the same.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether two shapes differ.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);
}

/// <summary>Shapes or types do not fit an operator. The stage that knows the node turns it into a diagnostic.</summary>
/// <param name="message">What does not fit.</param>
public sealed class ShapeException(string message) : Exception(message);

/// <summary>Type and shape of a tensor.</summary>
/// <param name="Type">Of its elements.</param>
/// <param name="Shape">Its shape.</param>
public readonly record struct TensorType(ElementType Type, Shape Shape)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Type} {Shape}";
}
