using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using ModelCompiler.Compiler.Diagnostics;
using ModelCompiler.Plans;
using StbImageSharp;

namespace ModelCompiler.Compiler.Data;

/// <summary>Reads example inputs: pictures (PNG, JPEG, BMP), NumPy arrays (<c>.npy</c>), raw little-endian data (<c>.bin</c>).</summary>
public static class SampleReader
{
    /// <summary>Largest file read, in bytes.</summary>
    public const long MaximumBytes = 1 << 30;

    /// <summary>Reads a file with one example of an input.</summary>
    /// <exception cref="DiagnosticException">The file is missing, unreadable, or does not fit the input.</exception>
    public static Sample Read(string path, PlanPort input) => ReadAll(path, input) is [var only]
        ? only
        : throw new DiagnosticException(DiagnosticKinds.CalibrationUnreadable.At(path, "", "it holds several examples; give one"));

    /// <summary>Reads a file for an input: one example, or a NumPy array of several along its first axis.</summary>
    /// <exception cref="DiagnosticException">The file is missing, unreadable, or does not fit the input.</exception>
    public static ImmutableArray<Sample> ReadAll(string path, PlanPort input)
    {
        try
        {
            if (new FileInfo(path).Length > MaximumBytes)
            {
                throw new InvalidDataException("it has more than 1 GB");
            }

            byte[] bytes = File.ReadAllBytes(path);
            return Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".npy" => [.. Fit(NumpyFile.Read(bytes), input).Select(values => new Sample(null, values))],
                ".bin" => [Raw(bytes, input)],
                ".png" or ".jpg" or ".jpeg" or ".bmp" => [Picture(bytes, input)],
                string other => throw new InvalidDataException($"'{other}' is not a kind of file this reads; use .png, .jpg, .bmp, .npy or .bin"),
            };
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException or OverflowException)
        {
            throw new DiagnosticException(DiagnosticKinds.CalibrationUnreadable.At(path, "", exception.Message));
        }
    }

    private static Sample Picture(byte[] bytes, PlanPort input)
    {
        PlanConversion? pixels = PixelConversion(input);
        if (pixels is null)
        {
            throw new InvalidDataException($"input '{input.Name}' has the shape {string.Join('×', input.Shape)}, which is not that of a picture; use .npy or .bin files");
        }

        (int height, int width, int channels) = (pixels.Shape[0], pixels.Shape[1], pixels.Shape[2]);
        ImageResult image;
        if (!IsComplete(bytes))
        {
            throw new InvalidDataException("the picture is damaged: the file ends before the picture does");
        }

        try
        {
            if (ImageInfo.FromStream(new MemoryStream(bytes)) is not { } info)
            {
                throw new InvalidDataException("it is not a PNG, JPEG or BMP picture");
            }

            // The size is known from the header: a picture that does not fit is not decoded.
            if (info.Height != height || info.Width != width)
            {
                throw new InvalidDataException($"the picture is {info.Width}×{info.Height}, but the model takes {width}×{height} pixels; resize it as in training");
            }

            image = ImageResult.FromMemory(bytes, (ColorComponents)channels);
        }
        catch (Exception exception) when (exception is not InvalidDataException)
        {
            // The decoder reports damage by whatever exception its code runs into.
            throw new InvalidDataException($"the picture is damaged ({exception.Message})");
        }

        return new Sample(image.Data, null);
    }

    // The decoder takes what is missing of a cut BMP or JPEG for black; calibration must not.
    private static bool IsComplete(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("BM"u8) && bytes.Length >= 6)
        {
            return BinaryPrimitives.ReadUInt32LittleEndian(bytes[2..]) <= bytes.Length;
        }

        // A JPEG's last scan (FF DA) is followed by its end (FF D9); neither pair occurs inside compressed data.
        return !bytes.StartsWith<byte>([0xFF, 0xD8]) || bytes.LastIndexOf<byte>([0xFF, 0xD9]) > bytes.LastIndexOf<byte>([0xFF, 0xDA]);
    }

    private static Sample Raw(byte[] bytes, PlanPort input)
    {
        long count = input.Shape.Aggregate(1L, (product, extent) => product * extent);
        if (bytes.Length == count && input.Type is (ElementType.Int8 or ElementType.UInt8))
        {
            return new Sample(null, [.. bytes.Select(level => input.Type == ElementType.Int8 ? (float)unchecked((sbyte)level) : level)]);
        }

        if (PixelConversion(input) is not null && bytes.Length == count)
        {
            return new Sample(bytes, null);
        }

        if (bytes.Length != count * sizeof(float))
        {
            throw new InvalidDataException($"it has {bytes.Length} bytes, but input '{input.Name}' takes {count} float32 numbers ({count * sizeof(float)} bytes)");
        }

        return new Sample(null, [.. Enumerable.Range(0, (int)count).Select(index => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(index * sizeof(float))))]);
    }

    // The shape of an example, axes of extent 1 aside; or several of them, joined along the first axis or stacked along a new one.
    private static float[][] Fit((float[] Values, int[] Shape) array, PlanPort input)
    {
        long count = input.Shape.Aggregate(1L, (product, extent) => product * extent);
        bool isOne = array.Values.Length == count && IsAlike(array.Shape, input.Shape);
        bool isSeveral = count > 0 && array.Shape is [> 1, .. var inner] && array.Values.Length % count == 0
            && (IsAlike(inner, input.Shape) || (array.Shape.Length == input.Shape.Count && IsAlike(inner, input.Shape.Skip(1))));
        return isOne ? [array.Values]
            : isSeveral ? [.. array.Values.Chunk((int)count)]
            : throw new InvalidDataException($"the array is {string.Join('×', array.Shape)}, but input '{input.Name}' is {string.Join('×', input.Shape)}");
    }

    private static bool IsAlike(IEnumerable<int> shape, IEnumerable<int> other) => shape.Where(extent => extent != 1).SequenceEqual(other.Where(extent => extent != 1));

    private static PlanConversion? PixelConversion(PlanPort input) => input.Conversions.FirstOrDefault(conversion => conversion.Kind == ConversionKind.Pixels);
}
