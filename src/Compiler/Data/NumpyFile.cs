using System;
using System.Buffers.Binary;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;

namespace ModelCompiler.Compiler.Data;

/// <summary>Reads arrays in NumPy's <c>.npy</c> format, versions 1 to 3 (numpy.lib.format): a magic string, a header that is a Python dictionary, the elements.</summary>
public static partial class NumpyFile
{
    private const int MagicLength = 8;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads an array of numbers as float32.</summary>
    /// <returns>The elements in row-major order, and the shape.</returns>
    /// <exception cref="InvalidDataException">The bytes are not such an array.</exception>
    public static (float[] Values, int[] Shape) Read(byte[] bytes)
    {
        if (bytes.Length < MagicLength + 4 || !bytes.AsSpan().StartsWith(Magic))
        {
            throw new InvalidDataException("it is not a NumPy array");
        }

        int lengthBytes = bytes[6] == 1 ? 2 : 4;
        uint headerLength = lengthBytes == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8)) : BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(8));
        long start = MagicLength + lengthBytes + (long)headerLength;
        if (start > bytes.Length)
        {
            throw new InvalidDataException("the NumPy array is truncated");
        }

        string header = Encoding.UTF8.GetString(bytes, MagicLength + lengthBytes, (int)headerLength);
        if (Header().Match(header) is not { Success: true } match)
        {
            throw new InvalidDataException($"the NumPy array's header is not understood: {header.Trim()}");
        }

        if (match.Groups["order"].Value == "True")
        {
            throw new InvalidDataException("the NumPy array is in Fortran order; save numpy.ascontiguousarray(x)");
        }

        int[] shape = [.. match.Groups["shape"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(extent => int.TryParse(extent, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : throw new InvalidDataException("the NumPy array's shape is not understood"))];
        return (Elements(bytes.AsSpan((int)start), match.Groups["type"].Value, shape), shape);
    }

    private static float[] Elements(ReadOnlySpan<byte> data, string type, int[] shape)
    {
        int size = type[^1] - '0';
        long count = shape.Aggregate(1L, (product, extent) => checked(product * extent));
        if (count * size != data.Length)
        {
            throw new InvalidDataException($"the NumPy array should have {count} elements of {size} bytes, but has {data.Length} bytes");
        }

        var values = new float[count];
        for (int index = 0; index < values.Length; index++)
        {
            ReadOnlySpan<byte> element = data.Slice(index * size, size);
            values[index] = type[1..] switch
            {
                "f4" => BinaryPrimitives.ReadSingleLittleEndian(element),
                "f8" => (float)BinaryPrimitives.ReadDoubleLittleEndian(element),
                "f2" => (float)BinaryPrimitives.ReadHalfLittleEndian(element),
                "u1" or "b1" => element[0],
                "i1" => (sbyte)element[0],
                "i2" => BinaryPrimitives.ReadInt16LittleEndian(element),
                "u2" => BinaryPrimitives.ReadUInt16LittleEndian(element),
                "i4" => BinaryPrimitives.ReadInt32LittleEndian(element),
                "i8" => BinaryPrimitives.ReadInt64LittleEndian(element),
                _ => throw new InvalidDataException($"NumPy's element type '{type}' is not read; save x.astype(numpy.float32)"),
            };
        }

        return values;
    }

    [GeneratedRegex(@"'descr':\s*'(?<type>[<|][fuib]\d)'.*'fortran_order':\s*(?<order>True|False).*'shape':\s*\((?<shape>[\d,\s]*)\)", RegexOptions.CultureInvariant)]
    private static partial Regex Header();
}
