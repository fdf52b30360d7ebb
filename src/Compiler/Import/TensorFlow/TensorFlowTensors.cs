using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>Reads the file's constants. Sizes are checked against the data at hand before anything is allocated.</summary>
internal static class TensorFlowTensors
{
    // Most dimensions of a tensor; no model has near so many.
    private const int MaximumRank = 64;

    /// <summary>Reads a constant.</summary>
    /// <param name="proto">The constant.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="ImportException">Its type is not supported, or its data is not there.</exception>
    public static Tensor Read(TensorProto proto, string name)
    {
        ElementType type = TensorFlowTypes.Get(proto.Dtype, name);
        Shape shape = ShapeOf(proto.TensorShape, name);
        CheckSize(type, shape, name);
        if (proto.TensorContent.Length > 0)
        {
            return FromBytes(proto.Dtype, shape, name, proto.TensorContent.Span);
        }

        Array given = Listed(proto, type);
        return given.Length <= shape.ElementCount
            ? Repeated(given, type, shape)
            : throw TensorFlowImporter.Malformed($"constant '{name}' of shape {shape} has {given.Length} elements");
    }

    /// <summary>Makes a tensor of its bytes, little-endian.</summary>
    /// <exception cref="ImportException">Its type is not supported, or there are too many or too few.</exception>
    public static Tensor FromBytes(int code, Shape shape, string name, ReadOnlySpan<byte> bytes)
    {
        ElementType type = TensorFlowTypes.Get(code, name);
        CheckSize(type, shape, name);
        bool isHalf = TensorFlowTypes.Plain(code) is TensorFlowTypes.Float16 or TensorFlowTypes.BFloat16;
        long expected = shape.ElementCount * (isHalf ? sizeof(ushort) : type.SizeOf());
        if (bytes.Length != expected)
        {
            throw TensorFlowImporter.Malformed($"constant '{name}' of shape {shape} should have {expected} bytes, but has {bytes.Length}");
        }

        if (isHalf)
        {
            return Tensor.Of(shape, Array.ConvertAll(MemoryMarshal.Cast<byte, ushort>(bytes).ToArray(), bits => Widened(bits, code)));
        }

        if (type == ElementType.Boolean)
        {
            // A truth value must be 0 or 1 in memory; the file may hold any byte.
            return Tensor.Of(shape, Array.ConvertAll(bytes.ToArray(), value => value != 0));
        }

        // The file is little-endian, and so is every machine that .NET's SDK runs on.
        Array data = Array.CreateInstance(type.NetType(), (int)shape.ElementCount);
        bytes.CopyTo(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(data), bytes.Length));
        return Tensor.Of(shape, data);
    }

    /// <summary>A shape that is known in full.</summary>
    /// <exception cref="ImportException">An extent is open, negative or absurd.</exception>
    public static Shape ShapeOf(TensorShapeProto? proto, string name)
    {
        long[] extents = [.. (proto?.Dim ?? []).Select(dimension => dimension.Size)];
        if (proto?.UnknownRank == true || extents.Length > MaximumRank || extents.Any(extent => extent is < 0 or > int.MaxValue))
        {
            throw TensorFlowImporter.Malformed($"constant '{name}' declares the shape {string.Join('×', extents)}");
        }

        try
        {
            return Shape.From(extents.Select(extent => (int)extent));
        }
        catch (ShapeException exception)
        {
            throw TensorFlowImporter.Malformed($"constant '{name}': {exception.Message}");
        }
    }

    private static void CheckSize(ElementType type, Shape shape, string name)
    {
        if (shape.ElementCount > GraphBuilder.MaximumTensorBytes / type.SizeOf())
        {
            throw new ImportException(
                DiagnosticKinds.TooLarge, $"constant '{name}' declares the shape {shape}", $"{GraphBuilder.MaximumTensorBytes >> 20} MB a tensor");
        }
    }

    // The elements in the list of their type, which ends where all others are like the last.
    private static Array Listed(TensorProto proto, ElementType type) => type switch
    {
        ElementType.Float32 when proto.Dtype is TensorFlowTypes.Float16 or TensorFlowTypes.BFloat16 =>
            proto.HalfVal.Select(bits => Widened(unchecked((ushort)bits), proto.Dtype)).ToArray(),
        ElementType.Float32 => proto.FloatVal.ToArray(),
        ElementType.Float64 => proto.DoubleVal.ToArray(),
        ElementType.Int32 => proto.IntVal.ToArray(),
        ElementType.UInt8 => Narrowed(proto.IntVal, value => unchecked((byte)value)),
        ElementType.Int8 => Narrowed(proto.IntVal, value => unchecked((sbyte)value)),
        ElementType.Int16 => Narrowed(proto.IntVal, value => unchecked((short)value)),
        ElementType.UInt16 => Narrowed(proto.IntVal, value => unchecked((ushort)value)),
        ElementType.Int64 => proto.Int64Val.ToArray(),
        ElementType.UInt32 => proto.Uint32Val.ToArray(),
        ElementType.UInt64 => proto.Uint64Val.ToArray(),
        _ => proto.BoolVal.ToArray(),
    };

    private static Array Narrowed<T>(IEnumerable<int> values, Func<int, T> convert) => values.Select(convert).ToArray();

    private static Tensor Repeated(Array given, ElementType type, Shape shape)
    {
        if (given.Length == shape.ElementCount)
        {
            return Tensor.Of(shape, given);
        }

        if (given.Length <= 1)
        {
            Array element = given.Length == 1 ? given : Array.CreateInstance(type.NetType(), 1);
            return Tensor.Uniform(Tensor.Of(Shape.Scalar, element), shape);
        }

        Array data = Array.CreateInstance(type.NetType(), (int)shape.ElementCount);
        Array.Copy(given, data, given.Length);
        for (int index = given.Length; index < data.Length; index++)
        {
            Array.Copy(given, given.Length - 1, data, index, 1);
        }

        return Tensor.Of(shape, data);
    }

    private static float Widened(ushort bits, long code) =>
        TensorFlowTypes.Plain(code) == TensorFlowTypes.BFloat16 ? BitConverter.UInt32BitsToSingle((uint)bits << 16) : (float)BitConverter.UInt16BitsToHalf(bits);
}
