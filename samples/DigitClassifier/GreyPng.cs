using System;
using System.Buffers.Binary;
using System.IO;
using System.IO.Compression;

namespace Digits;

/// <summary>Reads 8-bit greyscale PNG files (ISO/IEC 15948), so that the sample needs no library: no interlacing, checksums not verified.</summary>
internal sealed class GreyPng
{
    private const int HeaderLength = 13;
    private const int MaximumExtent = 1 << 12;

    private GreyPng(int width, int height, byte[] pixels)
    {
        Width = width;
        Height = height;
        Pixels = pixels;
    }

    /// <summary>Pixels in a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>All pixels, row by row from the top: 0 is black, 255 white.</summary>
    public byte[] Pixels { get; }

    /// <summary>A pixel; black below the last row.</summary>
    public byte this[int row, int column] => row < Height ? Pixels[(row * Width) + column] : (byte)0;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is no such picture.</exception>
    public static GreyPng Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        if (!file.AsSpan().StartsWith(Signature))
        {
            throw new InvalidDataException($"{path} is not a PNG file.");
        }

        // A file is a row of chunks: length, type, data, checksum. The picture is what all IDAT chunks hold together.
        byte[] header = [];
        using var compressed = new MemoryStream();
        for (int position = Signature.Length; position + 12 <= file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(position));
            ReadOnlySpan<byte> type = file.AsSpan(position + 4, 4);
            if (length < 0 || length > file.Length - position - 12)
            {
                throw new InvalidDataException($"{path} is truncated.");
            }

            ReadOnlySpan<byte> data = file.AsSpan(position + 8, length);
            if (type.SequenceEqual("IHDR"u8))
            {
                header = data.ToArray();
            }
            else if (type.SequenceEqual("IDAT"u8))
            {
                compressed.Write(data);
            }

            position += length + 12;
        }

        return Decode(path, header, compressed);
    }

    private static GreyPng Decode(string path, ReadOnlySpan<byte> header, MemoryStream compressed)
    {
        // Width, height, bits, colour type, and three zeros: deflate, the five filters, no interlacing.
        if (header.Length != HeaderLength || !header[8..].SequenceEqual((ReadOnlySpan<byte>)[8, 0, 0, 0, 0]))
        {
            throw new InvalidDataException($"{path} is not an 8-bit greyscale picture without interlacing.");
        }

        int width = BinaryPrimitives.ReadInt32BigEndian(header);
        int height = BinaryPrimitives.ReadInt32BigEndian(header[4..]);
        if (width is < 1 or > MaximumExtent || height is < 1 or > MaximumExtent)
        {
            throw new InvalidDataException($"{path} is too large, or empty.");
        }

        compressed.Position = 0;
        using var stream = new ZLibStream(compressed, CompressionMode.Decompress);
        byte[] pixels = new byte[width * height];
        ReadOnlySpan<byte> above = new byte[width];
        for (int row = 0; row < height; row++)
        {
            Span<byte> line = pixels.AsSpan(row * width, width);
            int filter = stream.ReadByte();
            if (stream.ReadAtLeast(line, width, throwOnEndOfStream: false) < width || filter is < 0 or > 4)
            {
                throw new InvalidDataException($"{path} is damaged.");
            }

            Unfilter(filter, line, above);
            above = line;
        }

        return new GreyPng(width, height, pixels);
    }

    // A filter has stored each pixel as its difference from what its neighbours suggest.
    private static void Unfilter(int filter, Span<byte> line, ReadOnlySpan<byte> above)
    {
        for (int column = 0; column < line.Length; column++)
        {
            int left = column > 0 ? line[column - 1] : 0;
            int corner = column > 0 ? above[column - 1] : 0;
            int suggested = filter switch
            {
                1 => left,
                2 => above[column],
                3 => (left + above[column]) / 2,
                4 => Paeth(left, above[column], corner),
                _ => 0,
            };
            line[column] = (byte)(line[column] + suggested);
        }
    }

    // Whichever of the three is nearest to left + above - corner.
    private static int Paeth(int left, int above, int corner)
    {
        int fromLeft = Math.Abs(above - corner);
        int fromAbove = Math.Abs(left - corner);
        int fromCorner = Math.Abs(left + above - (2 * corner));
        return fromLeft <= fromAbove && fromLeft <= fromCorner ? left : fromAbove <= fromCorner ? above : corner;
    }
}
