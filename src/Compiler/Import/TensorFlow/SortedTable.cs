using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text;

namespace ModelCompiler.Compiler.Import.TensorFlow;

/// <summary>
/// Reads a file of sorted keys and values, as <c>variables.index</c> is one: blocks of entries, whose keys leave out what they share with the
/// key before; an index block that says where the others are; a footer that says where the index is.
/// </summary>
internal static class SortedTable
{
    private const ulong Magic = 0xdb4775248b80fb57;
    private const int FooterBytes = 48;

    // Behind each block: how it is compressed, and its checksum.
    private const int TrailerBytes = 5;

    /// <summary>The entries, in their order.</summary>
    /// <exception cref="ImportException">The file is damaged or compressed.</exception>
    public static IReadOnlyList<KeyValuePair<string, byte[]>> Read(byte[] file)
    {
        if (file.Length < FooterBytes || BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(file.Length - sizeof(ulong))) != Magic)
        {
            throw Damaged("it does not end as such a file does");
        }

        ReadOnlySpan<byte> footer = file.AsSpan(file.Length - FooterBytes);
        Handle(ref footer);
        (long offset, long size) = Handle(ref footer);
        var entries = new List<KeyValuePair<string, byte[]>>();
        long total = 0;
        foreach ((_, byte[] handle) in Block(file, offset, size))
        {
            ReadOnlySpan<byte> place = handle;
            (long start, long length) = Handle(ref place);

            // Blocks follow one another; more than the file has were one block many times.
            total += length;
            entries.AddRange(total <= file.Length ? Block(file, start, length) : throw Damaged("its blocks overlap"));
        }

        return entries;
    }

    private static List<KeyValuePair<string, byte[]>> Block(byte[] file, long offset, long size)
    {
        if (offset < 0 || size < sizeof(uint) || offset > file.Length - TrailerBytes || size > file.Length - TrailerBytes - offset)
        {
            throw Damaged("a block is outside the file");
        }

        ReadOnlySpan<byte> block = file.AsSpan((int)offset, (int)size);
        Check(file, (int)offset, (int)size);
        uint restarts = BinaryPrimitives.ReadUInt32LittleEndian(block[^sizeof(uint)..]);
        if (restarts > (block.Length - sizeof(uint)) / sizeof(uint))
        {
            throw Damaged("a block has no entries");
        }

        block = block[..^(int)((restarts + 1) * sizeof(uint))];
        var entries = new List<KeyValuePair<string, byte[]>>();
        byte[] key = [];
        while (!block.IsEmpty)
        {
            int shared = Length(ref block), own = Length(ref block), length = Length(ref block);
            if (shared > key.Length || own > block.Length || length > block.Length - own)
            {
                throw Damaged("an entry is longer than its block");
            }

            key = [.. key.AsSpan(0, shared), .. block[..own]];
            entries.Add(new(Encoding.UTF8.GetString(key), block.Slice(own, length).ToArray()));
            block = block[(own + length)..];
        }

        return entries;
    }

    private static void Check(byte[] file, int offset, int size)
    {
        if (file[offset + size] != 0)
        {
            throw ImportException.Attribute("variables.index", "compression", "save the model again with TensorFlow, which does not compress this file");
        }

        uint expected = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(offset + size + 1));
        if (Checksum.OfMasked(file.AsSpan(offset, size + 1)) != expected)
        {
            throw Damaged("a block does not match its checksum");
        }
    }

    private static (long Offset, long Size) Handle(ref ReadOnlySpan<byte> bytes) => ((long)Number(ref bytes), (long)Number(ref bytes));

    private static int Length(ref ReadOnlySpan<byte> bytes) =>
        Number(ref bytes) is var number && number <= int.MaxValue ? (int)number : throw Damaged("an entry is longer than its block");

    // Seven bits a byte, the lowest first.
    private static ulong Number(ref ReadOnlySpan<byte> bytes)
    {
        ulong number = 0;
        for (int index = 0; index < bytes.Length && index < 10; index++)
        {
            number |= (ulong)(bytes[index] & 0x7f) << (7 * index);
            if (bytes[index] < 0x80)
            {
                bytes = bytes[(index + 1)..];
                return number;
            }
        }

        throw Damaged("a number has no end");
    }

    private static ImportException Damaged(string message) => TensorFlowImporter.Malformed($"variables.index: {message}");
}
