using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Compiler.Graphs;
using ModelCompiler.Plans;

namespace ModelCompiler.Compiler.Import.Onnx;

/// <summary>Reads the file's constants. Sizes are checked against the data at hand before anything is allocated.</summary>
/// <param name="folder">The model file's folder: where data in other files may be.</param>
internal sealed class OnnxTensors(string folder)
{
    /// <summary>Most dimensions of a tensor; no model has near so many.</summary>
    public const int MaximumRank = 64;

    private readonly SortedSet<string> dataFiles = new(StringComparer.Ordinal);

    /// <summary>Full paths of the other files that were read.</summary>
    public IEnumerable<string> DataFiles => dataFiles;

    /// <summary>Reads a constant.</summary>
    /// <exception cref="ImportException">Its type is not supported, or its data is not there.</exception>
    public Tensor Read(TensorProto proto)
    {
        string name = proto.Name.Length == 0 ? "constant" : proto.Name;
        ElementType type = OnnxTypes.GetStorage(proto.DataType, name);
        Shape shape = ShapeOf(proto.Dims, name);
        CheckSize(type, shape, name);
        if (proto.Segment is not null)
        {
            throw ImportException.Malformed($"tensor '{name}' is one segment of several, which the format has given up");
        }

        if (proto.DataLocation == TensorProto.Types.DataLocation.External)
        {
            return FromBytes(proto, shape, type, name, ReadExternal(proto, name));
        }

        return proto.RawData.Length > 0 || (!HasTypedData(proto) && shape.ElementCount == 0)
            ? FromBytes(proto, shape, type, name, proto.RawData.Span)
            : Tensor.Of(shape, TypedData(proto, type, shape.ElementCount, name));
    }

    /// <summary>Reads a constant of text: indices of the texts, which are in the order of their first appearance.</summary>
    /// <exception cref="ImportException">Its data is not there.</exception>
    public static (Tensor Indices, EquatableArray<string> Texts) ReadText(TensorProto proto)
    {
        Shape shape = ShapeOf(proto.Dims, proto.Name);
        string[] all = [.. proto.StringData.Select(text => text.ToStringUtf8())];
        if (all.Length != shape.ElementCount)
        {
            throw ImportException.ElementType(proto.Name, "string");
        }

        string[] texts = [.. all.Distinct()];
        var places = texts.Select((text, index) => (text, index)).ToDictionary(pair => pair.text, pair => (long)pair.index, StringComparer.Ordinal);
        return (Tensor.Of(shape, Array.ConvertAll(all, text => places[text])), texts.ToEquatableArray());
    }

    /// <summary>Reads a constant given by its places that are not zero.</summary>
    /// <exception cref="ImportException">Its type is not supported, or its data is not there.</exception>
    public Tensor Read(SparseTensorProto proto)
    {
        string name = proto.Values?.Name is { Length: > 0 } given ? given : "constant";
        if (proto.Values is null || proto.Indices is null)
        {
            throw ImportException.Malformed($"sparse tensor '{name}' has no values or no indices");
        }

        Tensor values = Read(proto.Values);
        Tensor indices = Read(proto.Indices);
        Shape shape = ShapeOf(proto.Dims, name);
        CheckSize(values.Type, shape, name);
        bool isFlat = indices.Shape.Rank == 1;
        if (indices.Type != ElementType.Int64 || indices.Count != values.Count * (isFlat ? 1 : shape.Rank))
        {
            throw ImportException.Malformed($"sparse tensor '{name}' has indices of {indices.TensorType} for {values.Count} values in the shape {shape}");
        }

        Tensor dense = Tensor.Zeros(new TensorType(values.Type, shape));
        int[] strides = shape.Strides();
        long[] places = indices.Values<long>();
        for (int index = 0; index < values.Count; index++)
        {
            long place = isFlat ? places[index] : Enumerable.Range(0, shape.Rank).Sum(axis => places[(index * shape.Rank) + axis] * strides[axis]);
            if (place < 0 || place >= dense.Count)
            {
                throw ImportException.Malformed($"sparse tensor '{name}' has a value outside the shape {shape}");
            }

            Array.Copy(values.Data, index, dense.Data, place, 1);
        }

        return dense;
    }

    /// <summary>The shape that dimensions declare.</summary>
    /// <exception cref="ImportException">A dimension is negative or does not fit 32 bits, or the product is absurd.</exception>
    public static Shape ShapeOf(IEnumerable<long> dimensions, string name)
    {
        long[] extents = [.. dimensions];
        if (extents.FirstOrDefault(extent => extent is < 0 or > int.MaxValue, 0) is var wrong && wrong != 0)
        {
            throw ImportException.Malformed($"tensor '{name}' declares an extent of {wrong}");
        }

        if (extents.Length > MaximumRank)
        {
            throw ImportException.Malformed($"tensor '{name}' declares {extents.Length} dimensions");
        }

        try
        {
            return Shape.From(extents.Select(extent => (int)extent));
        }
        catch (ShapeException exception)
        {
            throw ImportException.Malformed($"tensor '{name}': {exception.Message}");
        }
    }

    private static void CheckSize(ElementType type, Shape shape, string name)
    {
        if (shape.ElementCount > GraphBuilder.MaximumTensorBytes / type.SizeOf())
        {
            throw new ImportException(
                DiagnosticKinds.TooLarge, $"tensor '{name}' declares the shape {shape}", $"{GraphBuilder.MaximumTensorBytes >> 20} MB a tensor");
        }
    }

    private static bool HasTypedData(TensorProto proto) =>
        proto.FloatData.Count + proto.Int32Data.Count + proto.Int64Data.Count + proto.DoubleData.Count + proto.Uint64Data.Count > 0;

    private static Tensor FromBytes(TensorProto proto, Shape shape, ElementType type, string name, ReadOnlySpan<byte> bytes)
    {
        bool isHalf = proto.DataType is OnnxTypes.Float16 or OnnxTypes.BFloat16;
        var narrow = NarrowType.Find(proto.DataType);
        long expected = narrow?.PackedBytes(shape.ElementCount) ?? (shape.ElementCount * (isHalf ? 2 : type.SizeOf()));
        if (bytes.Length != expected)
        {
            throw ImportException.Malformed($"tensor '{name}' of shape {shape} should have {expected} bytes, but has {bytes.Length}");
        }

        if (narrow is not null)
        {
            return Tensor.Of(shape, narrow.Unpack(bytes, (int)shape.ElementCount));
        }

        if (isHalf)
        {
            var widened = new float[shape.ElementCount];
            for (int index = 0; index < widened.Length; index++)
            {
                widened[index] = Widen((ushort)(bytes[2 * index] | (bytes[(2 * index) + 1] << 8)), proto.DataType);
            }

            return Tensor.Of(shape, widened);
        }

        Array data = Array.CreateInstance(type.NetType(), (int)shape.ElementCount);
        if (type == ElementType.Boolean)
        {
            // A truth value must be 0 or 1 in memory; the file may hold any byte.
            var truths = (bool[])data;
            for (int index = 0; index < truths.Length; index++)
            {
                truths[index] = bytes[index] != 0;
            }
        }
        else
        {
            // The file is little-endian, and so is every machine that .NET's SDK runs on.
            bytes.CopyTo(MemoryMarshal.CreateSpan(ref MemoryMarshal.GetArrayDataReference(data), bytes.Length));
        }

        return Tensor.Of(shape, data);
    }

    private static Array TypedData(TensorProto proto, ElementType type, long count, string name)
    {
        var narrow = NarrowType.Find(proto.DataType);
        int present = type switch
        {
            _ when narrow is not null => proto.Int32Data.Count,
            ElementType.Float32 when proto.DataType == OnnxTypes.Float => proto.FloatData.Count,
            ElementType.Float64 => proto.DoubleData.Count,
            ElementType.Int64 => proto.Int64Data.Count,
            ElementType.UInt32 or ElementType.UInt64 => proto.Uint64Data.Count,
            _ => proto.Int32Data.Count,
        };
        long expected = narrow?.PackedBytes(count) ?? count;
        if (present != expected)
        {
            throw ImportException.Malformed($"tensor '{name}' should have {expected} elements, but has {present}");
        }

        if (narrow is not null)
        {
            // Each integer is one byte of what raw data would be.
            return narrow.Unpack([.. proto.Int32Data.Select(bits => unchecked((byte)bits))], (int)count);
        }

        return type switch
        {
            ElementType.Float32 when proto.DataType == OnnxTypes.Float => proto.FloatData.ToArray(),
            ElementType.Float32 => proto.Int32Data.Select(bits => Widen(unchecked((ushort)bits), proto.DataType)).ToArray(),
            ElementType.Float64 => proto.DoubleData.ToArray(),
            ElementType.Int64 => proto.Int64Data.ToArray(),
            ElementType.UInt32 => proto.Uint64Data.Select(value => unchecked((uint)value)).ToArray(),
            ElementType.UInt64 => proto.Uint64Data.ToArray(),
            ElementType.Int32 => proto.Int32Data.ToArray(),
            ElementType.Int8 => proto.Int32Data.Select(value => unchecked((sbyte)value)).ToArray(),
            ElementType.UInt8 => proto.Int32Data.Select(value => unchecked((byte)value)).ToArray(),
            ElementType.Int16 => proto.Int32Data.Select(value => unchecked((short)value)).ToArray(),
            ElementType.UInt16 => proto.Int32Data.Select(value => unchecked((ushort)value)).ToArray(),
            _ => proto.Int32Data.Select(value => value != 0).ToArray(),
        };
    }

    private static float Widen(ushort bits, int code) =>
        code == OnnxTypes.BFloat16 ? BitConverter.UInt32BitsToSingle((uint)bits << 16) : (float)BitConverter.UInt16BitsToHalf(bits);

    private byte[] ReadExternal(TensorProto proto, string name)
    {
        var entries = proto.ExternalData.GroupBy(entry => entry.Key).ToDictionary(group => group.Key, group => group.First().Value);
        string location = entries.GetValueOrDefault("location", "");
        string path = PathInFolder(location, name);
        long offset = Number(entries, "offset", 0, name);
        try
        {
            using FileStream stream = File.OpenRead(path);
            long length = Number(entries, "length", Math.Max(0, stream.Length - offset), name);
            if (offset > stream.Length || length > stream.Length - offset || length > Array.MaxLength)
            {
                throw ImportException.Malformed($"tensor '{name}' takes {length} bytes at {offset} of '{location}', which has {stream.Length}");
            }

            var bytes = new byte[length];
            stream.Position = offset;
            stream.ReadExactly(bytes);
            dataFiles.Add(path);
            return bytes;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ImportException(DiagnosticKinds.FileUnreadable, $"'{location}', the data of tensor '{name}': {exception.Message}");
        }
    }

    private static long Number(Dictionary<string, string> entries, string key, long missing, string name) =>
        !entries.TryGetValue(key, out string? text) ? missing
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value
        : throw ImportException.Malformed($"tensor '{name}' has the {key} '{text}' in another file");

    // A model must not make the compiler read files that have nothing to do with it.
    private string PathInFolder(string location, string name)
    {
        bool isInside = location.Length > 0
            && !Path.IsPathRooted(location)
            && !location.Contains('\0')
            && !location.Split('/', '\\').Contains("..");
        return isInside
            ? Path.Combine(folder, location.Replace('\\', '/'))
            : throw ImportException.Malformed($"tensor '{name}' has its data in '{location}', which is not in the folder of the model");
    }
}
