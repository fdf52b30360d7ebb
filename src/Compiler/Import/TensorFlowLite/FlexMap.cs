using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace ModelCompiler.Compiler.Import.TensorFlowLite;

/// <summary>The options of custom operators: a FlexBuffers map from names to numbers. Reading outside of its bytes is an exception.</summary>
internal static class FlexMap
{
    private const int Integer = 1, Unsigned = 2, Real = 3, Map = 9, Truth = 26;

    // From inline numbers to those that an offset points to.
    private const int Indirect = 5;

    /// <summary>Reads the numbers of a map; other values are left out.</summary>
    /// <exception cref="ImportException">The bytes are no map.</exception>
    public static Dictionary<string, double> Read(ReadOnlySpan<byte> bytes)
    {
        var numbers = new Dictionary<string, double>(StringComparer.Ordinal);
        if (bytes.Length < 3 || bytes[^2] >> 2 != Map)
        {
            throw ImportException.Invalid("the options of a custom operator are no map");
        }

        // The root is last: its width behind its type behind its place.
        int root = bytes.Length - 2 - bytes[^1];
        int map = root - (int)Number(bytes, root, bytes[^1]);
        int width = 1 << (bytes[^2] & 3);
        int count = (int)Number(bytes, map - width, width);
        int keys = map - (3 * width) - (int)Number(bytes, map - (3 * width), width);
        int keyWidth = (int)Number(bytes, map - (2 * width), width);
        for (int index = 0; index < count; index++)
        {
            int key = keys + (index * keyWidth);
            ReadOnlySpan<byte> name = bytes[(key - (int)Number(bytes, key, keyWidth))..];
            if (Value(bytes, map + (index * width), width, bytes[map + (count * width) + index]) is { } value)
            {
                numbers[Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)])] = value;
            }
        }

        return numbers;
    }

    private static double? Value(ReadOnlySpan<byte> bytes, int place, int width, byte packed)
    {
        int type = packed >> 2;
        if (type is Integer + Indirect or Unsigned + Indirect or Real + Indirect)
        {
            (place, width, type) = (place - (int)Number(bytes, place, width), 1 << (packed & 3), type - Indirect);
        }

        return type switch
        {
            Integer => (long)(Number(bytes, place, width) << (64 - (8 * width))) >> (64 - (8 * width)),
            Unsigned or Truth => Number(bytes, place, width),
            Real => width switch
            {
                4 => BinaryPrimitives.ReadSingleLittleEndian(bytes[place..]),
                8 => BinaryPrimitives.ReadDoubleLittleEndian(bytes[place..]),
                _ => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes[place..]),
            },
            _ => null,
        };
    }

    private static ulong Number(ReadOnlySpan<byte> bytes, int place, int width) => width switch
    {
        1 => bytes[place],
        2 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[place..]),
        4 => BinaryPrimitives.ReadUInt32LittleEndian(bytes[place..]),
        8 => BinaryPrimitives.ReadUInt64LittleEndian(bytes[place..]),
        _ => throw ImportException.Invalid("the options of a custom operator make no sense"),
    };
}
