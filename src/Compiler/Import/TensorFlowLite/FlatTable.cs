using System;
using System.Text;
using Google.FlatBuffers;

namespace ModelCompiler.Compiler.Import.TensorFlowLite;

/// <summary>A table of a FlatBuffers file. Fields are told by their number in the schema; no offset is followed that leads outside of the file.</summary>
internal readonly struct FlatTable
{
    // Names are for people; one table can be named by any number of others.
    private const int LongestText = 512;

    // Far more than any model has of anything but numbers.
    private const int MostTables = 1 << 20;

    private readonly ByteBuffer bytes;
    private readonly int position;
    private readonly int fields;
    private readonly int fieldBytes;
    private readonly int extent;

    private FlatTable(ByteBuffer bytes, long at)
    {
        this.bytes = bytes;
        Require(bytes, at, 4);
        position = (int)at;
        long table = at - bytes.GetInt(position);
        Require(bytes, table, 4);
        fields = (int)table;
        fieldBytes = bytes.GetUshort(fields);
        extent = bytes.GetUshort(fields + 2);
        Require(bytes, fields, Math.Max(4, fieldBytes));
        Require(bytes, position, Math.Max(4, extent));
    }

    /// <summary>The table that the file begins with.</summary>
    /// <exception cref="ImportException">The file is damaged.</exception>
    public static FlatTable Root(ByteBuffer bytes)
    {
        Require(bytes, 0, 8);
        return new FlatTable(bytes, bytes.GetUint(0));
    }

    /// <summary>The finding that a file is not what it should be.</summary>
    public static ImportException Damaged(string message) => ImportException.MalformedAs("TensorFlow Lite", message);

    /// <summary>A field of 32 bits.</summary>
    public int Integer(int field, int missing = 0) => Place(field, 4) is { } place ? bytes.GetInt(place) : missing;

    /// <summary>A field of 64 bits.</summary>
    public long Long(int field) => Place(field, 8) is { } place ? bytes.GetLong(place) : 0;

    /// <summary>A field of 8 bits.</summary>
    public int Byte(int field) => Place(field, 1) is { } place ? bytes.GetSbyte(place) : 0;

    /// <summary>A truth value.</summary>
    public bool Flag(int field, bool missing = false) => Place(field, 1) is { } place ? bytes.Get(place) != 0 : missing;

    /// <summary>A real number.</summary>
    public float Number(int field) => Place(field, 4) is { } place ? bytes.GetFloat(place) : 0;

    /// <summary>A text, cut where it is absurdly long; empty when it is missing.</summary>
    public string Text(int field) =>
        Vector(field, 1) is { } vector ? Encoding.UTF8.GetString(bytes.ToArraySegment(vector.Start, Math.Min(vector.Count, LongestText))) : "";

    /// <summary>Numbers of bytes; <see langword="null"/> when the field is missing.</summary>
    public ArraySegment<byte>? Bytes(int field) => Vector(field, 1) is { } vector ? (ArraySegment<byte>?)bytes.ToArraySegment(vector.Start, vector.Count) : null;

    /// <summary>Integers of 32 bits; <see langword="null"/> when the field is missing.</summary>
    public int[]? Integers(int field, int most = MostTables) => Numbers(field, 4, most, (buffer, place) => buffer.GetInt(place));

    /// <summary>Integers of 64 bits; empty when the field is missing.</summary>
    public long[] Longs(int field) => Numbers(field, 8, MostTables, (buffer, place) => buffer.GetLong(place)) ?? [];

    /// <summary>Real numbers; empty when the field is missing.</summary>
    public float[] Floats(int field) => Numbers(field, 4, MostTables, (buffer, place) => buffer.GetFloat(place)) ?? [];

    /// <summary>Another table; <see langword="null"/> when the field is missing.</summary>
    public FlatTable? Table(int field) => Place(field, 4) is { } place ? new FlatTable(bytes, place + (long)bytes.GetUint(place)) : null;

    /// <summary>Number of tables in a list.</summary>
    public int TableCount(int field) => Vector(field, 4) is not { } vector ? 0 : vector.Count <= MostTables ? vector.Count : throw Damaged($"it has {vector.Count} parts of one kind");

    /// <summary>A table of a list.</summary>
    /// <exception cref="ImportException">There is none.</exception>
    public FlatTable TableAt(int field, long index)
    {
        if (Vector(field, 4) is not { } vector || index < 0 || index >= vector.Count)
        {
            throw Damaged($"part {index} of a list is not there");
        }

        int place = vector.Start + (4 * (int)index);
        return new FlatTable(bytes, place + (long)bytes.GetUint(place));
    }

    private T[]? Numbers<T>(int field, int size, int most, Func<ByteBuffer, int, T> read)
    {
        if (Vector(field, size) is not { } vector)
        {
            return null;
        }

        if (vector.Count > most)
        {
            throw Damaged($"a list has {vector.Count} numbers");
        }

        var numbers = new T[vector.Count];
        for (int index = 0; index < numbers.Length; index++)
        {
            numbers[index] = read(bytes, vector.Start + (index * size));
        }

        return numbers;
    }

    private int? Place(int field, int size)
    {
        int slot = 4 + (2 * field);
        if (slot + 2 > fieldBytes || bytes.GetUshort(fields + slot) is not (> 0 and var offset))
        {
            return null;
        }

        return offset + size <= extent ? position + offset : throw Damaged("a field lies outside of its table");
    }

    private (int Start, int Count)? Vector(int field, int size)
    {
        if (Place(field, 4) is not { } place)
        {
            return null;
        }

        long start = place + (long)bytes.GetUint(place);
        Require(bytes, start, 4);
        uint count = bytes.GetUint((int)start);
        Require(bytes, start + 4, (long)count * size);
        return ((int)start + 4, (int)count);
    }

    private static void Require(ByteBuffer bytes, long start, long count)
    {
        if (start < 0 || start + count > bytes.Length)
        {
            throw Damaged("it ends before its parts do");
        }
    }
}
