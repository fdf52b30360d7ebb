using System;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;

namespace ModelCompiler.Compiler.Import.TensorFlowLite;

/// <summary>The ZIP archive that tools put behind a model, in the same file.</summary>
internal static class LiteArchive
{
    // Of a file of labels; an archive of a few bytes can hold any number.
    private const int MostBytes = 4 << 20;

    // Its last record, and the comment behind that at most.
    private const int EndLength = 22, MostComment = ushort.MaxValue;

    /// <summary>The lines of a text file in the archive, without empty ones at its end.</summary>
    /// <exception cref="InvalidDataException">There is no archive or no such file, or it is damaged or too large.</exception>
    public static ImmutableArray<string> Lines(byte[] content, string name)
    {
        using var archive = new ZipArchive(new MemoryStream(content, Start(content), content.Length - Start(content), writable: false), ZipArchiveMode.Read);
        using Stream file = (archive.GetEntry(name) ?? throw new InvalidDataException($"its file '{name}' is missing")).Open();
        var text = new byte[MostBytes + 1];
        int length = file.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
        return length <= MostBytes
            ? [.. Encoding.UTF8.GetString(text, 0, length).TrimStart('\uFEFF').Split('\n').Select(line => line.Trim()).Reverse().SkipWhile(line => line.Length == 0).Reverse()]
            : throw new InvalidDataException($"its file '{name}' has more than {MostBytes >> 20} MB");
    }

    // Places in the archive count from its beginning or from that of the file, as the tool liked: its last record tells.
    private static int Start(ReadOnlySpan<byte> content)
    {
        int from = Math.Max(0, content.Length - EndLength - MostComment);
        int end = from + content[from..].LastIndexOf("PK\u0005\u0006"u8);
        if (end < from || end + EndLength > content.Length)
        {
            throw new InvalidDataException("there are no files behind the model");
        }

        long start = end - (long)BinaryPrimitives.ReadUInt32LittleEndian(content[(end + 12)..]) - BinaryPrimitives.ReadUInt32LittleEndian(content[(end + 16)..]);
        return start >= 0 ? (int)start : throw new InvalidDataException("the archive behind the model is damaged");
    }
}
