using System;
using System.Globalization;
using System.Linq;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Graphs;

/// <summary>
/// A constant: type, shape and its elements in row-major order. Nobody writes to it once it is made. One whose elements are all equal need not
/// hold more than the first.
/// </summary>
public sealed class Tensor
{
    private readonly Array stored;

    private Tensor(ElementType type, Shape shape, Array stored, StoredIntegers? integers = null)
    {
        Type = type;
        Shape = shape;
        this.stored = stored;
        Integers = integers;
        Count = Length(new TensorType(type, shape));
    }

    /// <summary>Of the elements.</summary>
    public ElementType Type { get; }

    /// <summary>The shape.</summary>
    public Shape Shape { get; }

    /// <summary>The integers that the model's file has for these numbers, if it quantises them.</summary>
    public StoredIntegers? Integers { get; }

    /// <summary>Number of elements.</summary>
    public int Count { get; }

    /// <summary>Whether one element stands for all.</summary>
    public bool IsUniform => stored.Length == 1 && Count > 0;

    /// <summary>The element of a uniform tensor.</summary>
    public Tensor Element => IsUniform ? new Tensor(Type, Shape.Scalar, stored) : throw new InvalidOperationException("the elements differ");

    /// <summary>The elements: an array of the .NET type of <see cref="Type"/>. Of a uniform tensor it is made anew each time, and not kept.</summary>
    public Array Data => stored.Length == Count ? stored : Repeated();

    /// <summary>Wraps an array.</summary>
    /// <exception cref="ShapeException">The array has not as many elements as the shape.</exception>
    public static Tensor Of<T>(Shape shape, params T[] data) => Of(shape, (Array)data);

    /// <summary>Wraps an array whose type is known at run time only.</summary>
    /// <exception cref="ShapeException">The array has not as many elements as the shape.</exception>
    public static Tensor Of(Shape shape, Array data) =>
        data.Length == shape.ElementCount
            ? new Tensor(ElementTypeOf(data.GetType().GetElementType()!), shape, data)
            : throw new ShapeException($"{data.Length} elements for the shape {shape}");

    /// <summary>A uniform tensor repeated or cut to a shape, which has elements.</summary>
    public static Tensor Uniform(Tensor uniform, Shape shape) =>
        shape.ElementCount > 0 ? new Tensor(uniform.Type, shape, uniform.Element.stored) : throw new ShapeException($"no elements in the shape {shape}");

    /// <summary>A number of any type.</summary>
    public static Tensor Scalar<T>(T value) => Of(Shape.Scalar, value);

    /// <summary>An array of zeros.</summary>
    public static Tensor Zeros(TensorType type) => Of(type.Shape, Array.CreateInstance(type.Type.NetType(), Length(type)));

    /// <summary>The elements as an array of their type.</summary>
    public T[] Values<T>() => (T[])Data;

    /// <summary>The elements converted to 64-bit integers (of shapes, axes, indices).</summary>
    public long[] ToInt64() => Type == ElementType.Int64 ? Values<long>() : Converted(value => Convert.ToInt64(value, null));

    /// <summary>The elements converted to float32.</summary>
    public float[] ToFloat32() => Type == ElementType.Float32 ? Values<float>() : Converted(value => Convert.ToSingle(value, null));

    /// <summary>The elements converted to float64.</summary>
    public double[] ToFloat64() => Type == ElementType.Float64 ? Values<double>() : Converted(value => Convert.ToDouble(value, null));

    /// <summary>The elements converted to another type.</summary>
    /// <exception cref="OverflowException">One is outside the type's range.</exception>
    public Tensor ConvertedTo(ElementType type)
    {
        Array source = Data;
        Array data = Array.CreateInstance(type.NetType(), Count);
        for (int index = 0; index < Count; index++)
        {
            data.SetValue(Convert.ChangeType(source.GetValue(index), type.NetType(), CultureInfo.InvariantCulture), index);
        }

        return Of(Shape, data);
    }

    /// <summary>The same elements in another shape.</summary>
    /// <exception cref="ShapeException">It has another number of elements.</exception>
    public Tensor Reshape(Shape shape) =>
        shape.ElementCount == Count ? new Tensor(Type, shape, stored, Integers?.Reshape(shape)) : throw new ShapeException($"{Count} elements for the shape {shape}");

    /// <summary>The same numbers, and the integers that the model's file has for them.</summary>
    public Tensor WithIntegers(StoredIntegers? integers) => new(Type, Shape, stored, integers);

    /// <summary>Type and shape.</summary>
    public TensorType TensorType => new(Type, Shape);

    /// <summary>The .NET type's element type.</summary>
    public static ElementType ElementTypeOf(Type type) =>
        Enum.GetValues<ElementType>().First(candidate => candidate.NetType() == type);

    private T[] Converted<T>(Func<object?, T> convert)
    {
        Array data = Data;
        var converted = new T[data.Length];
        for (int index = 0; index < converted.Length; index++)
        {
            converted[index] = convert(data.GetValue(index));
        }

        return converted;
    }

    private Array Repeated()
    {
        Array data = Array.CreateInstance(Type.NetType(), Count);
        Array.Copy(stored, data, 1);
        for (int done = 1; done < Count; done *= 2)
        {
            Array.Copy(data, 0, data, done, Math.Min(done, Count - done));
        }

        return data;
    }

    private static int Length(TensorType type) =>
        type.Shape.ElementCount <= Array.MaxLength ? (int)type.Shape.ElementCount : throw new ShapeException($"a tensor of shape {type.Shape} is too large");
}

/// <summary>.NET types of <see cref="ElementType"/>s.</summary>
public static class ElementTypeExtensions
{
    /// <summary>The .NET type.</summary>
    public static Type NetType(this ElementType type) => type switch
    {
        ElementType.Float32 => typeof(float),
        ElementType.Float64 => typeof(double),
        ElementType.Int8 => typeof(sbyte),
        ElementType.UInt8 => typeof(byte),
        ElementType.Int16 => typeof(short),
        ElementType.UInt16 => typeof(ushort),
        ElementType.Int32 => typeof(int),
        ElementType.UInt32 => typeof(uint),
        ElementType.Int64 => typeof(long),
        ElementType.UInt64 => typeof(ulong),
        _ => typeof(bool),
    };
}
